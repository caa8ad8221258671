/* SPDX-License-Identifier: MIT */
/*
 * record.h - what is true of every record, however it is kept.
 * Threads: any; nothing here keeps anything.
 */
#ifndef HUMI_TRACE_RECORD_H
#define HUMI_TRACE_RECORD_H

#include <stddef.h>

#include <hum/trace.h>

/* Bytes of the record that its kind uses, from its start; 0 if there is no such kind. */
size_t humi_trace_record_bytes(enum hum_trace_kind kind);

/* NULL: a record as trace.h describes it; else what is wrong with it, for an error text. */
const char *humi_trace_record_wrong(const struct hum_trace_record *record);

#endif
