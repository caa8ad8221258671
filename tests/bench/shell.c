/* SPDX-License-Identifier: MIT */
/* shell.c - see shell.h */
#include "shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

struct output *shell_run(const char *line)
{
    static struct output output;
    FILE *in = popen(line, "r");
    size_t bytes;
    int ended;

    assert_non_null(in);
    bytes = fread(output.text, 1, sizeof(output.text) - 1, in);
    output.text[bytes] = '\0';
    ended = pclose(in);
    assert_true(WIFEXITED(ended));
    output.status = WEXITSTATUS(ended);
    return &output;
}
