/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "cg.h"

HUM_KERNEL(cg_multiply, struct cg_multiply_args)
{
    size_t rows = args->matrix.rows;

    hum_for_each (chunk, cg_chunks(rows)) {
        size_t end = cg_chunk_end(chunk, rows);
        double sum = 0.0;

        for (size_t i = chunk * CG_CHUNK; i < end; i++) {
            double q = sparse_row_times(&args->matrix, i, args->p);
            args->q[i] = q;
            sum += args->p[i] * q;
        }
        args->sums[chunk] = sum;
    }
}

HUM_KERNEL(cg_update, struct cg_update_args)
{
    hum_for_each (chunk, cg_chunks(args->rows)) {
        size_t end = cg_chunk_end(chunk, args->rows);
        double sum = 0.0;

        for (size_t i = chunk * CG_CHUNK; i < end; i++) {
            double r = args->r[i] - args->a * args->q[i];
            args->x[i] += args->a * args->p[i];
            args->r[i] = r;
            sum += r * r;
        }
        args->sums[chunk] = sum;
    }
}

HUM_KERNEL(cg_direction, struct cg_direction_args)
{
    hum_for_each (chunk, cg_chunks(args->rows)) {
        size_t end = cg_chunk_end(chunk, args->rows);

        for (size_t i = chunk * CG_CHUNK; i < end; i++)
            args->p[i] = args->r[i] + args->b * args->p[i];
    }
}
