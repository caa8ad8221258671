/* SPDX-License-Identifier: MIT */
/*
 * large.h - large blocks of the heap: a region of their own each.
 *
 * Regions of a few that were given back are kept for the next ones, as programs ask for the same
 * sizes again and again: a region that is made anew has pages that fault anew.  The others go.
 *
 * Threads: any; one lock for the lists of them.
 */
#ifndef HUMI_HEAP_LARGE_H
#define HUMI_HEAP_LARGE_H

#include "heap/piece.h"

#define HUMI_SPARES_MAX 16u                     /* regions that are kept, */
#define HUMI_SPARES_BYTES ((size_t)32 << 20)    /* and their bytes together; */
#define HUMI_SPARE_MOST (HUMI_SPARES_BYTES / 4) /* one that is larger is not */

/* At a multiple of `alignment`, a power of two; larger than HUMI_SMALL_BYTES, or aligned to more
 * than that.  NULL: no memory. */
void *humi_large_take(size_t bytes, size_t alignment, bool zero);

void humi_large_give(struct humi_piece *large);

/* The block that holds the pointer: looked for in all of them; false: none. */
bool humi_large_find(const void *pointer, char **start_out, size_t *bytes_out);

/* Let the regions go that are kept. */
void humi_larges_trim(void);

/* Call for each, with the lock held: nothing is taken or given. */
void humi_larges_visit(void (*visit)(uintptr_t start, size_t bytes, void *data), void *data);

#endif
