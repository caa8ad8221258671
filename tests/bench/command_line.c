/* SPDX-License-Identifier: MIT */
/* command_line.c - see command_line.h */
#include "bench/command_line.h"

#include <stdarg.h>
#include <stdio.h>

const char *command_line_hum, *command_line_folder;

struct output *run_line(const char *format, ...)
{
    char line[2048];
    size_t used;
    va_list args;

    used = (size_t)snprintf(line, sizeof(line), "cd %s; hum() { '%s' \"$@\"; }; { ",
                            command_line_folder, command_line_hum);
    va_start(args, format);
    used += (size_t)vsnprintf(line + used, sizeof(line) - used, format, args);
    va_end(args);
    snprintf(line + used, sizeof(line) - used, "; } 2>&1");
    return shell_run(line);
}
