/* SPDX-License-Identifier: MIT */
/*
 * print.h - what a replay came to: tables for people, or one JSON object.  hum.1 documents both.
 */
#ifndef HUM_COMMAND_REPLAY_PRINT_H
#define HUM_COMMAND_REPLAY_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "command/replay/request.h"

void replay_print_text(const char *trace, const struct replay_request *request,
                       const struct replay_outcome *outcome, FILE *out);
/* False: not all of it could be written. */
bool replay_print_json(const char *trace, const struct replay_request *request,
                       const struct replay_outcome *outcome, FILE *out);

/* What became of what the program asked for, if it did; in lines. */
void replay_print_calls(const struct replay_request *request, const struct replay_outcome *outcome,
                        FILE *out);

/* A replay of a trace that has nothing to be replayed, and why. */
bool replay_print_nothing(const char *trace, const char *why, bool json, FILE *out);

#endif
