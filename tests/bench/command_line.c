/* SPDX-License-Identifier: MIT */
/* command_line.c - see command_line.h */
#include "bench/command_line.h"

#include "support/test.h"

#include <stdio.h>
#include <sys/wait.h>

const char *command_line_hum, *command_line_folder;

struct output *run_line(const char *format, ...)
{
    static struct output output;
    char line[2048];
    size_t used, bytes;
    va_list args;
    FILE *in;
    int ended;

    used = (size_t)snprintf(line, sizeof(line), "cd %s; hum() { '%s' \"$@\"; }; { ",
                            command_line_folder, command_line_hum);
    va_start(args, format);
    used += (size_t)vsnprintf(line + used, sizeof(line) - used, format, args);
    va_end(args);
    snprintf(line + used, sizeof(line) - used, "; } 2>&1");
    in = popen(line, "r");
    assert_non_null(in);
    bytes = fread(output.text, 1, sizeof(output.text) - 1, in);
    output.text[bytes] = '\0';
    ended = pclose(in);
    assert_true(WIFEXITED(ended));
    output.status = WEXITSTATUS(ended);
    return &output;
}
