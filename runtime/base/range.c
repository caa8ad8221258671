/* SPDX-License-Identifier: MIT */
/*
 * range.c - cutting a range into the blocks it touches.
 */
#include "base/range.h"

struct humi_piece humi_range_piece(const struct humi_range *range)
{
    struct humi_piece piece = {.left = *range};
    uintptr_t block_end, end;

    if (range->start >= range->end)
        return piece;
    block_end = humi_round_down(range->start, HUM_BLOCK_SIZE) + HUM_BLOCK_SIZE;
    end = range->end < block_end ? range->end : block_end;
    piece.block = humi_block_index(range->start);
    piece.first = humi_page_in_block(range->start);
    piece.end = humi_page_in_block(end - 1) + 1;
    piece.left.start = end;
    return piece;
}
