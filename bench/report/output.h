/* SPDX-License-Identifier: MIT */
/*
 * output.h - a model, shown.
 *
 * Every function returns false if not all could be written or there was no memory.
 */
#ifndef HUM_REPORT_OUTPUT_H
#define HUM_REPORT_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

#include "report/model.h"

/* The model as JSON; what the page embeds, and all that it knows.  NULL: no memory. */
json_t *report_json_of(const struct report_model *model);

bool report_print_json(const struct report_model *model, FILE *out);
bool report_print_text(const struct report_model *model, FILE *out);
bool report_print_svg(const struct report_model *model, FILE *out);
bool report_print_page(const struct report_model *model, FILE *out);

/* Was the page built into this command?  It needs a library from npm at build time. */
bool report_has_page(void);

/* The command line that repeats the run, as far as the trace tells. */
void report_repeat(const struct report_model *model, char *line, size_t bytes);

#endif
