/* SPDX-License-Identifier: MIT */
/*
 * fill.h - repeating a pattern in memory.
 * Threads: any.
 */
#ifndef HUMI_PLATFORM_FILL_H
#define HUMI_PLATFORM_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/graph.h"

#define HUMI_PATTERN_MAX 128u

/* A size that patterns may have: 1, 2, 4 .. 128. */
bool humi_pattern_is_size(size_t bytes);

/* `bytes` is a multiple of the pattern's. */
void humi_pattern_fill(char *to, size_t bytes, const void *pattern, size_t pattern_bytes);

/* A pattern and where it goes; all of it as the program gave it. */
struct humi_fill {
    void *to;
    size_t bytes;
    const void *pattern;
    size_t pattern_bytes;
};

/* Check everything, and enqueue a fill of memory that is no memory object's. */
cl_int humi_fill_enqueue(cl_command_queue queue, cl_command_type type, const struct humi_fill *fill,
                         const struct humi_submit *how);

#endif
