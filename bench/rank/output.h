/* SPDX-License-Identifier: MIT */
/*
 * output.h - a table of places, shown.  Functions return false if not all could be written or there
 * was no memory.
 */
#ifndef HUM_RANK_OUTPUT_H
#define HUM_RANK_OUTPUT_H

#include <stdio.h>

#include "rank/table.h"

/* What was run under, for readers. */
struct rank_settings {
    const char *link, *pace;     /* as users type them */
    const char *time;            /* "whole" or "service" */
    double r;                    /* footprint / device memory */
    unsigned runs, workers;
};

bool rank_print_text(const struct rank_table *table, const struct rank_settings *settings,
                     FILE *out);
bool rank_print_json(const struct rank_table *table, const struct rank_settings *settings,
                     FILE *out);

#endif
