/* SPDX-License-Identifier: MIT */
/* bench_thrash.h - what the benchmark `thrash` says besides its ratio. */
#ifndef HUM_COMMAND_BENCH_THRASH_H
#define HUM_COMMAND_BENCH_THRASH_H

#include <jansson.h>

#include "marks/thrash.h"

/* For each load: rounds a second, faults a second and bytes moved a round, by kernels and policy.
 */
void bench_thrash_print(const struct thrash_table *table);

/* Into a result: `cells`, one for each load, number of kernels and policy. */
void bench_thrash_json(const struct thrash_table *table, json_t *result);

#endif
