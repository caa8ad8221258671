/* SPDX-License-Identifier: MIT */
/*
 * file.h - inputs as files in memory.
 * What goes wrong here ends the process.  The caller closes the descriptors.
 */
#ifndef HUM_FUZZ_FILE_H
#define HUM_FUZZ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/trace.h>

enum { FUZZ_PATH_BYTES = 64, FUZZ_RECORDS_MAX = 4096 };

/* A file of these bytes, and a path that opens it. */
int fuzz_file(const uint8_t *data, size_t size, char path_out[FUZZ_PATH_BYTES]);

/* How many records a reader will ask for in a chunk of these bytes before compression: those that
 * there are, and one more unless they use up all of it. */
uint32_t fuzz_count(const uint8_t *data, size_t size);

/* A trace of one chunk with these bytes inside and all checksums right. */
int fuzz_chunk_file(const uint8_t *data, size_t size, uint32_t records,
                    char path_out[FUZZ_PATH_BYTES]);

/* Accesses to very many pages are right, but take their time to measure. */
bool fuzz_is_quick(const struct hum_trace_record *record);

#endif
