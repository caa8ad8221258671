/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "nw.h"

static inline int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Cells [start, end) of row r. */
static inline void row_score(const struct nw_args *args, size_t r, size_t start, size_t end)
{
    int32_t *score = args->score + r * args->side;
    const int32_t *above = score - args->side, *match = args->match + r * args->side;

    for (size_t c = start; c < end; c++)
        score[c] =
            greater(above[c - 1] + match[c], greater(score[c - 1], above[c]) - args->penalty);
}

/* The end of the tile that starts at this row or column. */
static inline size_t tile_end(size_t start, size_t side)
{
    return start + NW_TILE < side ? start + NW_TILE : side;
}

/* One index is one tile. */
HUM_KERNEL(nw, struct nw_args)
{
    hum_for_each (i, args->count) {
        size_t row = 1 + NW_TILE * (args->first + i);
        size_t column = 1 + NW_TILE * (args->diagonal - args->first - i);

        for (size_t r = row; r < tile_end(row, args->side); r++)
            row_score(args, r, column, tile_end(column, args->side));
    }
}
