/* SPDX-License-Identifier: MIT */
/*
 * srad.h - one step of speckle reducing anisotropic diffusion (Yu and Acton 2002), in two kernels,
 * as in Rodinia's srad_v2.
 *
 *   srad_slopes   differences to the four neighbours of each cell, and from them and the speckle
 *                 scale how much may flow there: 0 at edges, 1 where the image is even
 *   srad_flow     image += rate / 4 * (what flows over the four sides)
 *
 * Cells outside the image are those at its edge.  The image is positive.
 */
#ifndef HUM_KERNELS_SRAD_H
#define HUM_KERNELS_SRAD_H

#include <stddef.h>

struct srad_args {
    float *image;
    float *north, *south, *west, *east; /* differences, neighbour - cell */
    float *flow;            /* coefficient of each cell, 0 to 1 */
    size_t rows, columns;
    float scale;            /* squared variation of an even part: variance / mean^2 */
    float rate;             /* of a step, 0 to 1 */
};

#endif
