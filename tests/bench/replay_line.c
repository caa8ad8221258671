/* SPDX-License-Identifier: MIT */
/* replay_line.c - see replay_line.h */
#include "bench/replay_line.h"

#include "support/test.h"

void run_well(const char *line)
{
    struct output *out = run_line("%s", line);

    if (out->status != 0)
        fail_msg("%s: %s", line, out->text);
}

json_t *replay(const char *arguments)
{
    struct output *out = run_line("hum replay --json %s", arguments);
    json_error_t error;
    json_t *root = json_loads(out->text, 0, &error);

    if (!root || out->status != 0)
        fail_msg("%s: %s", arguments, out->text);
    return root;
}

int64_t number(json_t *root, const char *field)
{
    json_t *value = json_object_get(root, field);

    if (!json_is_integer(value))
        fail_msg("%s is no whole number", field);
    return json_integer_value(value);
}
