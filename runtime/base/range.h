/* SPDX-License-Identifier: MIT */
/*
 * range.h - half-open ranges [start, end) and how they fall into pages and blocks.
 *
 * The numbers are addresses or offsets, whichever the caller counts in; a space starts at a
 * multiple of the block, so both fall into pages and blocks in the same way.
 *
 *     block      |        0        |        1        |        2        |
 *     range                  [=======================)
 *     pieces                 [=====)[================)                     one a block
 *
 * Invariant: start <= end.  Empty when they are equal.
 */
#ifndef HUMI_BASE_RANGE_H
#define HUMI_BASE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/policy.h>

struct humi_range {
    uintptr_t start, end;
};

/* Down to a multiple of `unit`, a power of two. */
static inline uintptr_t humi_round_down(uintptr_t value, size_t unit)
{
    return value & ~(uintptr_t)(unit - 1);
}

/* Up to a multiple of `unit`; value must be at most UINTPTR_MAX - unit + 1. */
static inline uintptr_t humi_round_up(uintptr_t value, size_t unit)
{
    return humi_round_down(value + unit - 1, unit);
}

static inline size_t humi_block_index(uintptr_t at)
{
    return at / HUM_BLOCK_SIZE;
}

/* Which page of its block, 0 .. 511. */
static inline unsigned humi_page_in_block(uintptr_t at)
{
    return (unsigned)(at % HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
}

/* [start, start + bytes); false, and nothing written, if that runs past the last address. */
static inline bool humi_range_make(uintptr_t start, size_t bytes, struct humi_range *range_out)
{
    if (bytes > UINTPTR_MAX - HUM_BLOCK_SIZE || start > UINTPTR_MAX - HUM_BLOCK_SIZE - bytes)
        return false; /* a block of room, so that rounding up never overflows */
    *range_out = (struct humi_range){start, start + bytes};
    return true;
}

static inline size_t humi_range_bytes(const struct humi_range *range)
{
    return range->end - range->start;
}

static inline bool humi_range_is_empty(const struct humi_range *range)
{
    return range->start == range->end;
}

static inline bool humi_range_has(const struct humi_range *range, uintptr_t at)
{
    return at >= range->start && at < range->end;
}

/* a lies within b */
static inline bool humi_range_within(const struct humi_range *a, const struct humi_range *b)
{
    return a->start >= b->start && a->end <= b->end;
}

static inline bool humi_range_meets(const struct humi_range *a, const struct humi_range *b)
{
    return a->start < b->end && b->start < a->end;
}

/* The pages that the range touches.  An empty range touches none. */
static inline struct humi_range humi_range_outer(const struct humi_range *range, size_t unit)
{
    if (humi_range_is_empty(range))
        return *range;
    return (struct humi_range){humi_round_down(range->start, unit),
                               humi_round_up(range->end, unit)};
}

/* The whole units (pages, blocks) inside the range; empty if there are none. */
static inline struct humi_range humi_range_inner(const struct humi_range *range, size_t unit)
{
    struct humi_range inner = {humi_round_up(range->start, unit),
                               humi_round_down(range->end, unit)};
    if (inner.start >= inner.end)
        inner.start = inner.end = range->start;
    return inner;
}

/* The part of a range that lies in one block. */
struct humi_piece {
    size_t block;           /* its index */
    unsigned first, end;    /* pages of it that the range touches; first == end: no piece is left */
    struct humi_range left; /* the range behind this piece */
};

/* The first piece of a range; the piece behind it is that of piece.left. */
struct humi_piece humi_range_piece(const struct humi_range *range);

/*
 * for each block that the range touches, with the pages it touches there
 *     humi_for_each_block (piece, &range)
 *         use(piece.block, piece.first, piece.end);
 */
#define humi_for_each_block(piece, range)                                                          \
    for (struct humi_piece piece = humi_range_piece(range); piece.first < piece.end;               \
         piece = humi_range_piece(&piece.left))

#endif
