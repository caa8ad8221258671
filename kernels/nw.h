/* SPDX-License-Identifier: MIT */
/*
 * nw.h - Needleman-Wunsch: scores of the best alignment of two sequences, one diagonal of tiles.
 *
 *   score[r][c] = max(score[r-1][c-1] + match[r][c],
 *                     score[r][c-1] - penalty, score[r-1][c] - penalty)       1 <= r, c < side
 *
 * Row 0 and column 0 are given.  Tile (i, j) starts at row 1 + NW_TILE * i, column 1 + NW_TILE * j.
 * The tiles of a diagonal, i + j = diagonal, need only those of diagonals before.
 */
#ifndef HUM_KERNELS_NW_H
#define HUM_KERNELS_NW_H

#include <stddef.h>
#include <stdint.h>

#define NW_TILE ((size_t)64)

struct nw_args {
    int32_t *score;
    const int32_t *match;
    size_t side;            /* rows and columns of both matrices */
    size_t diagonal;
    size_t first, count;    /* tiles (i, diagonal - i) for first <= i < first + count */
    int32_t penalty;
};

#endif
