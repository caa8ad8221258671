/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "gemm.h"

struct tile {
    float row[GEMM_TILE][GEMM_TILE];
};

/* A tile's row of a matrix, zero beyond the edges. */
static inline void row_load(float *row, const float *matrix, size_t side, size_t r, size_t first)
{
    for (size_t c = 0; c < GEMM_TILE; c++)
        row[c] = r < side && first + c < side ? matrix[r * side + first + c] : 0.0f;
}

/* sum += a's row times b, the first `depth` of it. */
static inline void row_multiply(float *restrict sum, const float *restrict a,
                                const struct tile *restrict b, size_t depth)
{
    for (size_t k = 0; k < depth; k++)
        for (size_t c = 0; c < GEMM_TILE; c++)
            sum[c] += a[k] * b->row[k][c];
}

static inline void row_store(const struct gemm_args *args, const float *sum, size_t r, size_t first)
{
    for (size_t c = 0; c < GEMM_TILE && first + c < args->side; c++) {
        float *out = &args->c[r * args->side + first + c];
        *out = args->alpha * sum[c] + args->beta * *out;
    }
}

HUM_KERNEL(gemm, struct gemm_args)
{
    size_t side = args->side;
    size_t column = hum_group_id(0) * GEMM_TILE, row = hum_group_id(1) * GEMM_TILE;
    struct tile *a = hum_local_memory(), *b = a + 1, *sum = a + 2;

    hum_for_item (it)
        for (size_t c = 0; c < GEMM_TILE; c++)
            sum->row[it][c] = 0.0f;
    for (size_t k = 0; k < side; k += GEMM_TILE) {
        size_t depth = side - k < GEMM_TILE ? side - k : GEMM_TILE;

        hum_for_item (it) {
            row_load(a->row[it], args->a, side, row + it, k);
            row_load(b->row[it], args->b, side, k + it, column);
        }
        hum_barrier();
        hum_for_item (it)
            row_multiply(sum->row[it], a->row[it], b, depth);
        hum_barrier();
    }
    hum_for_item (it)
        if (row + it < side)
            row_store(args, sum->row[it], row + it, column);
}
