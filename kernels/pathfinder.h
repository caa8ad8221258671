/* SPDX-License-Identifier: MIT */
/*
 * pathfinder.h - the cheapest way down through a grid of costs, some rows at a time, as Rodinia's
 * program of that name.
 *
 *   next[c] = wall[row][c] + min(prev[c-1], prev[c], prev[c+1])     for `height` rows
 *
 * A launch in groups of one dimension.  A group loads its columns and `height` more on each side,
 * goes down in local memory with nobody's help, and writes its own columns.  Outside the grid
 * there is no way.
 */
#ifndef HUM_KERNELS_PATHFINDER_H
#define HUM_KERNELS_PATHFINDER_H

#include <stddef.h>
#include <stdint.h>

#define PATHFINDER_ITEMS ((size_t)1024) /* of a group; 2 * height are given up */
#define PATHFINDER_LOCAL_BYTES (2 * PATHFINDER_ITEMS * sizeof(int32_t))

struct pathfinder_args {
    const int32_t *wall;    /* the first of the rows */
    const int32_t *prev;    /* cheapest way to each column of the row above */
    int32_t *next;          /* the same of the last row */
    size_t columns;
    size_t height;          /* rows of this launch, 2 * height < PATHFINDER_ITEMS */
};

#endif
