/* SPDX-License-Identifier: MIT */
/* print.h - one look at a space as lines for logs, or as one JSON object. */
#ifndef HUM_COMMAND_TOP_PRINT_H
#define HUM_COMMAND_TOP_PRINT_H

#include <stdio.h>

#include "command/top/view.h"

/* Rows are those that top_view_sort() left. */
bool top_print_text(struct top_view *view, const struct top_place *place, enum top_order order,
                    FILE *out);
bool top_print_json(struct top_view *view, const struct top_place *place, enum top_order order,
                    FILE *out);

#endif
