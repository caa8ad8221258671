/* SPDX-License-Identifier: MIT */
/*
 * records.h - records to test with, and files of them.
 *
 * Records are zero wherever nothing is set, padding too, so that two can be compared as bytes.
 */
#ifndef TRACE_TEST_RECORDS_H
#define TRACE_TEST_RECORDS_H

#include <stddef.h>

#include <hum/trace.h>

#include "support/random.h"

/* Any record that is valid, of any kind, near and far from the one before. */
void records_random(struct random *random, struct hum_trace_record *record_out);

/* Records as a program with one device leaves them: event, faults, batch a fault, in order. */
void records_typical(struct random *random, uint64_t number, struct hum_trace_record *record_out);

/* A new path in the folder for temporary files; the file is not made.  Static, one a call of 8. */
const char *records_path(void);

/* Write a file of these records, `chunk` of them a chunk (0: as the writer likes). */
enum hum_status records_write(const char *path, const struct hum_trace_record *records,
                              size_t count, size_t chunk);

/* All bytes of a file; NULL if it cannot be read.  Freed by the caller. */
unsigned char *records_bytes(const char *path, size_t *bytes_out);
enum hum_status records_put_bytes(const char *path, const unsigned char *bytes, size_t count);

#endif
