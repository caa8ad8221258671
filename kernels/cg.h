/* SPDX-License-Identifier: MIT */
/*
 * cg.h - the three steps of an iteration of conjugate gradients, over a symmetric sparse matrix.
 *
 *   cg_multiply    q = A p         sums of p q
 *   cg_update      x = x + a p,    r = r - a q, sums of r r
 *   cg_direction   p = r + b p
 *
 * An index of a launch is a chunk of CG_CHUNK rows, and each chunk has a sum of its own: the host
 * adds those up in order, so that results do not depend on how many workers there are.
 */
#ifndef HUM_KERNELS_CG_H
#define HUM_KERNELS_CG_H

#include "sparse.h"

#define CG_CHUNK 1024u

struct cg_multiply_args {
    struct sparse matrix;
    const double *p;
    double *q;
    double *sums;           /* one a chunk */
};

struct cg_update_args {
    double *x, *r;
    const double *p, *q;
    size_t rows;
    double a;
    double *sums;           /* one a chunk */
};

struct cg_direction_args {
    double *p;
    const double *r;
    size_t rows;
    double b;
};

static inline size_t cg_chunks(size_t rows)
{
    return (rows + CG_CHUNK - 1) / CG_CHUNK;
}

/* Where a chunk's rows end. */
static inline size_t cg_chunk_end(size_t chunk, size_t rows)
{
    return (chunk + 1) * CG_CHUNK < rows ? (chunk + 1) * CG_CHUNK : rows;
}

#endif
