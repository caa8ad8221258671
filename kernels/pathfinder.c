/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "pathfinder.h"

static inline int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* The cheapest of three neighbours, of those that are in the grid. */
static inline int32_t least_above(const int32_t *above, size_t at, size_t column, size_t columns)
{
    int32_t way = above[at];

    if (column > 0)
        way = least(way, above[at - 1]);
    return column + 1 < columns ? least(way, above[at + 1]) : way;
}

HUM_KERNEL(pathfinder, struct pathfinder_args)
{
    size_t items = hum_group_size(0), height = args->height, columns = args->columns;
    size_t first = hum_group_id(0) * (items - 2 * height); /* column of item `height` */
    int32_t *above = hum_local_memory(), *below = above + items;

    hum_for_item (it) {
        size_t column = first + it - height; /* wraps left of the grid, then beyond its right end */
        if (column < columns)
            above[it] = args->prev[column];
    }
    hum_barrier();
    for (size_t row = 0; row < height; row++) {
        const int32_t *wall = args->wall + row * columns;
        int32_t *swap = above;

        hum_for_item (it) {
            size_t column = first + it - height;
            if (it > row && it + row + 1 < items && column < columns)
                below[it] = wall[column] + least_above(above, it, column, columns);
        }
        hum_barrier();
        above = below;
        below = swap;
    }
    hum_for_item (it) {
        size_t column = first + it - height;
        if (it >= height && it + height < items && column < columns)
            args->next[column] = above[it];
    }
}
