/* SPDX-License-Identifier: MIT */
/*
 * merger.h - several traces become one, on one clock.
 *
 * Each trace gets an offset for its times (from the wall clock at its time 0), for its pages and
 * blocks (its space lies behind those of the traces before it), and for its regions, kernels,
 * launches, agents, threads, epochs and devices.  The host is one.  Records are taken from the
 * trace whose next one is the earliest.  Totals are summed into one record at the end.
 * Not kept apart: accesses of two traces that ran at the same time lie between each other's epochs.
 */
#ifndef HUM_COMMAND_TRACE_MERGER_H
#define HUM_COMMAND_TRACE_MERGER_H

#include "command/trace/tool.h"

#define TRACE_MERGE_MAX 64

/* `traces` are at their first records.  one_machine: devices of the same number are the same. */
bool trace_merge_all(struct hum_trace *const *traces, size_t count, bool one_machine,
                     struct hum_trace_writer *out, struct trace_problem *problem);

#endif
