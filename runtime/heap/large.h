/* SPDX-License-Identifier: MIT */
/*
 * large.h - large blocks of the heap: a region of their own each, which goes with them.
 *
 * Threads: any; one lock for the list of them.
 */
#ifndef HUMI_HEAP_LARGE_H
#define HUMI_HEAP_LARGE_H

#include "heap/piece.h"

/* Zero; at a multiple of `alignment`, a power of two; larger than HUMI_SMALL_BYTES, or aligned to
 * more than that.  NULL: no memory. */
void *humi_large_take(size_t bytes, size_t alignment);

void humi_large_give(struct humi_piece *large);

/* Call for each, with the lock held: nothing is taken or given. */
void humi_larges_visit(void (*visit)(uintptr_t start, size_t bytes, void *data), void *data);

#endif
