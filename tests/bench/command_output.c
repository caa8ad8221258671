/* SPDX-License-Identifier: MIT */
/* command_output.c - see command_output.h */
#include "command_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

const char *command, *opener;

struct output *run_line(const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    return shell_run(line);
}

json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, 0, &error);

    if (!value)
        fail_msg("%s in: %s", error.text, text);
    return value;
}

json_t *parse_last_line(const char *text)
{
    const char *last = text;

    for (const char *at = text; (at = strchr(at, '\n')) && at[1]; at++)
        last = at + 1;
    return parse(last);
}

void has_members(json_t *object, const char *const *names)
{
    for (; *names; names++)
        if (!json_object_get(object, *names))
            fail_msg("no member '%s'", *names);
}
