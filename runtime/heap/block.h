/* SPDX-License-Identifier: MIT */
/*
 * block.h - blocks of the heap of any size, with a stock of small ones for each thread.
 *
 * Threads: any, also one that ends.  A block may be given back by another thread than took it.
 */
#ifndef HUMI_HEAP_BLOCK_H
#define HUMI_HEAP_BLOCK_H

#include "heap/piece.h"

/* At a multiple of `alignment`, a power of two of at least 16.  NULL: no memory. */
void *humi_block_take(size_t bytes, size_t alignment, bool zero);

/* `piece` is the block's. */
void humi_block_give(struct humi_piece *piece, void *block);

/* The block that holds the pointer, in use or not; false: there is none. */
bool humi_block_find(const void *pointer, char **start_out, size_t *bytes_out);

/* In a child of fork(), and when the process ends: nothing is given back any more. */
void humi_blocks_leave(void);

#endif
