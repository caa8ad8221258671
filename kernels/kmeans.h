/* SPDX-License-Identifier: MIT */
/*
 * kmeans.h - the device's part of k-means, in two kernels as in Rodinia.
 *
 *   kmeans_flip     columns[f][i] = points[i][f]: so neighbouring threads read neighbouring words
 *   kmeans_assign   nearest[i] = the centre that is nearest to point i, the first of equals
 *
 * Squared distances are added up in the order of the coordinates, in float.
 */
#ifndef HUM_KERNELS_KMEANS_H
#define HUM_KERNELS_KMEANS_H

#include <stddef.h>
#include <stdint.h>

struct kmeans_args {
    const float *points;    /* count x width, flip only */
    float *columns;         /* width x count */
    const float *centres;   /* groups x width, assign only */
    uint32_t *nearest;      /* count, assign only */
    size_t count, width, groups;
};

#endif
