/* SPDX-License-Identifier: MIT */
/*
 * command_line.h - `hum` run as a user runs it, in a folder of the test's own.
 *
 * Threads: one; what run_line() returns is overwritten by its next call.
 */
#ifndef TESTS_BENCH_COMMAND_LINE_H
#define TESTS_BENCH_COMMAND_LINE_H

#include "shell.h"

/* What `hum` is, and where lines run; both are set before the first one and are the caller's. */
extern const char *command_line_hum, *command_line_folder;

/* A line for the shell in which `hum` is the command; standard error is with the text. */
struct output *run_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
