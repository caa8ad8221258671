/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - metrics for people and for programs, and whether a trace agrees with its own totals.
 */
#ifndef HUM_COMMAND_TRACE_METRICS_H
#define HUM_COMMAND_TRACE_METRICS_H

#include <hum/trace.h>

#include "command/json.h"

/* Every metric by its name in trace.h; arrays by direction, processor or cause are objects. */
json_t *trace_metrics_json(const struct hum_metrics *metrics);

/* Those that are not 0 or unknown, as a table. */
void trace_metrics_print(const struct hum_metrics *metrics, FILE *out);

/* NULL: the records sum up to the counters; else the name of the first that does not. */
const char *trace_metrics_differ(const struct hum_metrics *metrics,
                                 const struct hum_counters *totals);

#endif
