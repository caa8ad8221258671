/* SPDX-License-Identifier: MIT */
/* bench_link.h - what the benchmark `link` says besides its ratio. */
#ifndef HUM_COMMAND_BENCH_LINK_H
#define HUM_COMMAND_BENCH_LINK_H

#include <jansson.h>

#include "marks/link.h"

/* Times by size, and the lines to use. */
void bench_link_print(const struct link_table *table);

/*
 * Into a result: alpha_ns, beta_bytes_per_s, setting, error_median, error_max of the line through
 * all points, `directions` with the same of each, and `points`.
 */
void bench_link_json(const struct link_table *table, json_t *result);

#endif
