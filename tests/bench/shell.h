/* SPDX-License-Identifier: MIT */
/*
 * shell.h - a line for the shell, what it printed and how it ended.
 *
 * Threads: one; the result is overwritten by the next call.
 */
#ifndef TESTS_BENCH_SHELL_H
#define TESTS_BENCH_SHELL_H

struct output {
    char text[65536];
    int status;
};

/* Standard error is left out unless redirected.  A line that is killed fails the test. */
struct output *shell_run(const char *line);

#endif
