/* SPDX-License-Identifier: MIT */
/*
 * fill.h - repeating a pattern in memory.
 * Threads: plain data.
 */
#ifndef HUMI_PLATFORM_FILL_H
#define HUMI_PLATFORM_FILL_H

#include <stdbool.h>
#include <stddef.h>

#define HUMI_PATTERN_MAX 128u

/* A size that patterns may have: 1, 2, 4 .. 128. */
bool humi_pattern_is_size(size_t bytes);

/* `bytes` is a multiple of the pattern's. */
void humi_pattern_fill(char *to, size_t bytes, const void *pattern, size_t pattern_bytes);

#endif
