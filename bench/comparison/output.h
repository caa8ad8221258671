/* SPDX-License-Identifier: MIT */
/*
 * output.h - a comparison, shown.  Every function returns false if not all could be written or
 * there was no memory.
 */
#ifndef HUM_COMPARE_OUTPUT_H
#define HUM_COMPARE_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "comparison/table.h"

/* What was compared under, for readers. */
struct compare_settings {
    const char *link, *fault;    /* as users type them */
    const char *command;         /* the command line that repeats it */
};

/* All of it; what the page embeds.  NULL: no memory. */
json_t *compare_json_of(const struct compare_table *table, const struct compare_settings *settings);

bool compare_print_json(const struct compare_table *table, const struct compare_settings *settings,
                        FILE *out);
bool compare_print_text(const struct compare_table *table, const struct compare_settings *settings,
                        FILE *out);
/* One line a cell, every figure a column. */
bool compare_print_csv(const struct compare_table *table, FILE *out);
bool compare_print_page(const struct compare_table *table, const struct compare_settings *settings,
                        FILE *out);

#endif
