/* SPDX-License-Identifier: MIT */
/*
 * slab.h - small blocks of the heap: bins of sizes, and slabs of blocks of one bin.
 *
 * Sizes are multiples of 16 up to 128 bytes, then four to each doubling, up to a granule: at most
 * a fifth of a block is lost.  A slab is one granule, for blocks of more than 8 KiB eight of
 * them.  Slabs are cut from fields of 64 MiB, a region each.  Which blocks are free is in bits
 * beside the slab, not in the blocks: managed memory is not touched to find one, and what a
 * kernel wrote stays where it is when its block is freed.
 *
 * Threads: any; a lock for each bin and one for the fields, the latter under one of a bin.
 */
#ifndef HUMI_HEAP_SLAB_H
#define HUMI_HEAP_SLAB_H

#include "heap/piece.h"

#define HUMI_SMALL_BYTES HUMI_GRANULE_BYTES /* the largest block of a slab */
#define HUMI_BINS 44u
#define HUMI_FIELD_BYTES ((size_t)64 << 20)
#define HUMI_NO_BIN HUMI_BINS

size_t humi_bin_bytes(unsigned bin);

/* The smallest whose blocks hold `bytes` at a multiple of `alignment`, a power of two; NO_BIN:
 * they are too large. */
unsigned humi_bin_of(size_t bytes, size_t alignment);

/* The bin of a slab's blocks. */
unsigned humi_slab_bin(const struct humi_piece *slab);

/* Take up to `count` blocks of a bin; returns how many there were: 0, no memory. */
unsigned humi_slab_take(unsigned bin, void **blocks_out, unsigned count);

/* Give blocks of a bin back. */
void humi_slab_give(unsigned bin, void *const *blocks, unsigned count);

/* Call for each field, one behind the other, with the lock held: nothing is taken or given. */
void humi_fields_visit(void (*visit)(uintptr_t start, size_t bytes, void *data), void *data);

#endif
