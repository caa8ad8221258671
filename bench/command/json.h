/* SPDX-License-Identifier: MIT */
/*
 * json.h - the few things that the subcommands need on top of jansson.
 */
#ifndef HUM_COMMAND_JSON_H
#define HUM_COMMAND_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A string; bytes that are not UTF-8 become '?'. */
json_t *json_text(const char *text);
/* null if the number is not finite. */
json_t *json_number(double number);
/* Above 2^63 - 1, jansson's limit, the limit. */
json_t *json_count(uint64_t count);

/* Print and release.  pretty: indented over several lines; else all on one line.  False: failed. */
bool json_print(json_t *value, FILE *out, bool pretty);

#endif
