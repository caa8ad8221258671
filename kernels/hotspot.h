/* SPDX-License-Identifier: MIT */
/*
 * hotspot.h - one step of heat flow on a chip: a five-point stencil over a grid of cells.
 *
 *   out = in + flow * (left + right + up + down - 4 in) + heat * power
 *
 * Cells outside the grid have the temperature of the cell at the edge (nothing flows out).
 */
#ifndef HUM_KERNELS_HOTSPOT_H
#define HUM_KERNELS_HOTSPOT_H

#include <stddef.h>

struct hotspot_args {
    const float *in, *power;
    float *out;
    size_t rows, columns;
    float flow;             /* share of a difference that flows in one step, below 0.25 */
    float heat;             /* degrees a unit of power adds in one step */
};

#endif
