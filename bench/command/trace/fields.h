/* SPDX-License-Identifier: MIT */
/*
 * fields.h - the fields of each kind of record, as data, for formats that name them.
 */
#ifndef HUM_COMMAND_TRACE_FIELDS_H
#define HUM_COMMAND_TRACE_FIELDS_H

#include <stddef.h>

#include <hum/trace.h>

enum trace_field_type {
    FIELD_U64,
    FIELD_HEX,      /* a uint64_t that is an address or a set of bits */
    FIELD_U32,
    FIELD_I32,
    FIELD_BOOL,
    FIELD_TEXT,     /* a char array */
    FIELD_PAGES,    /* struct hum_pages: "0-15 17 40-511" */
    FIELD_CAUSE,    /* a uint32_t: "device fault" */
    FIELD_KIND,     /* a uint32_t: "event" */
    FIELD_CALL,     /* a uint32_t: "prefetch" */
    FIELD_ADVICE,   /* a uint32_t: "read-mostly"; 0: "" */
    FIELD_COUNTS    /* uint64_t numbers: "1 2 3" */
};

struct trace_field {
    const char *name;            /* the same name means the same type in every kind */
    enum trace_field_type type;
    size_t offset, bytes;        /* in struct hum_trace_record */
};

/* The fields of a kind, count in *count_out. */
const struct trace_field *trace_fields(enum hum_trace_kind kind, size_t *count_out);

/* The number of the kind with this text; HUM_TRACE_KIND_COUNT if there is none. */
enum hum_trace_kind trace_kind_find(const char *text);

/* All names, each once, in order; count in *count_out. */
#define TRACE_COLUMNS_MAX 64
size_t trace_columns(const char *names_out[TRACE_COLUMNS_MAX]);

#endif
