/* SPDX-License-Identifier: MIT */
/*
 * replay_line.h - `hum replay` run as a user runs it, and what its JSON says.
 *
 * Threads: as command_line.h.
 */
#ifndef TESTS_BENCH_REPLAY_LINE_H
#define TESTS_BENCH_REPLAY_LINE_H

#include <jansson.h>
#include <stdint.h>

#include "bench/command_line.h"

/* A line that must end well. */
void run_well(const char *line);

/* One JSON object and nothing else; released by the caller. */
json_t *replay(const char *arguments);

/* A member that is a whole number. */
int64_t number(json_t *root, const char *field);

/* The tests of --as-recorded, on traces that the others left in the folder: how many failed. */
int replay_as_recorded(void);

/* The tests of what is counted: how many failed. */
int replay_figures(void);

#endif
