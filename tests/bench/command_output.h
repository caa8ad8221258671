/* SPDX-License-Identifier: MIT */
/*
 * command_output.h - lines of the shell that run the hum command, and what they print.
 *
 * Threads: one; what run_line() returns is overwritten by its next call.
 */
#ifndef TESTS_BENCH_COMMAND_OUTPUT_H
#define TESTS_BENCH_COMMAND_OUTPUT_H

#include <jansson.h>

#include "shell.h"

extern const char *command, *opener; /* paths of hum and of the program that it runs */

struct output *run_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text, or its last line, which is where `hum run --json` puts its object; the caller's. */
json_t *parse(const char *text);
json_t *parse_last_line(const char *text);

/* Names end with NULL. */
void has_members(json_t *object, const char *const *names);

/* The tests of `hum bench`: how many failed. */
int command_bench(void);

#endif
