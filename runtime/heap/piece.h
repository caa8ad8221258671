/* SPDX-License-Identifier: MIT */
/*
 * piece.h - what lies where in the heap: for each granule of the space the piece that it is of.
 *
 *     granule   0      1      2      3      4      5      6
 *             [slab  ][slab  ][slab of large blocks ][block|    |block..
 *
 * A piece is a slab, blocks of one size one behind the other, or one block with a region of its
 * own.  Those are larger than a granule, so no two of them start in the same one, though they
 * start anywhere at a page: only the granule where it starts knows such a block.
 *
 * Threads: of() may be called any time, also by a child of fork(); a piece is set before its first
 * block is given out and taken away after its last came back.
 */
#ifndef HUMI_HEAP_PIECE_H
#define HUMI_HEAP_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

#define HUMI_GRANULE_BYTES ((size_t)64 << 10)

/* Where pieces lie: regions of a space, or anything like it in tests. */
struct humi_source {
    uintptr_t start;             /* all that it gives lies in [start, +bytes), and nothing */
    size_t bytes;                /* else does; start is a multiple of the granule */
    void *(*take)(size_t bytes); /* zero, at a page, from 2 MiB on at a block; NULL: none */
    void (*give)(void *start);
};

struct humi_piece {
    uintptr_t start;       /* of its first block */
    size_t block_bytes;    /* of each, a usable size */
    unsigned count;        /* blocks; 0: one, with a region of its own */
    void *region;          /* that region; NULL: a slab's */
    size_t region_bytes;   /* of it */
    struct humi_link link; /* of those with regions, or of a bin's slabs with free blocks */
};

/* False: no addresses for the table.  Once. */
bool humi_pieces_open(const struct humi_source *source);
const struct humi_source *humi_pieces_source(void);

/* The address is of the heap's space: what is no block there is none of the C library's either. */
bool humi_pieces_hold(const void *pointer);

/* The piece whose granule it is; NULL: none. */
struct humi_piece *humi_piece_of(const void *pointer);
/* For all granules that [start, +bytes) begins in or covers; piece NULL: nobody's again. */
void humi_piece_set(uintptr_t start, size_t bytes, struct humi_piece *piece);

/* It is the start of a block of the piece: not one inside, nor behind the last. */
bool humi_piece_has_block(const struct humi_piece *piece, const void *pointer);

#endif
