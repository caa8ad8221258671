/* SPDX-License-Identifier: MIT */
/*
 * link.h - what the benchmark `link` finds besides its ratio: times by size, and the lines through
 * them.
 */
#ifndef HUM_MARKS_LINK_H
#define HUM_MARKS_LINK_H

#include <hum/hum.h>

#include "marks/fit.h"

#define LINK_SIZES_MAX 16u /* 4 KiB .. 128 MiB */
#define LINK_BOTH 2u       /* behind HUM_H2D and HUM_D2H */
#define LINK_LINES 3u

/* One size in one direction; medians. */
struct link_point {
    enum hum_direction direction;
    struct fit_point move; /* hum's mover; copies as the runtime prices them, one a block */
    double memcpy_ns;      /* the same bytes, warm */
};

struct link_line {
    bool known;
    const char *why; /* if not */
    struct fit fit;
};

struct link_table {
    struct link_point points[2 * LINK_SIZES_MAX]; /* first all of HUM_H2D, by size */
    size_t count;
    struct link_line lines[LINK_LINES]; /* by direction, and through all points */
};

#endif
