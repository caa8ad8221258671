/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "matvec.h"

HUM_KERNEL(matvec_rows, struct matvec_args)
{
    const float *x = args->x;

    hum_for_each (r, args->rows) {
        const float *row = args->a + r * args->columns;
        float sum = 0.0f;

        for (size_t c = 0; c < args->columns; c++)
            sum += row[c] * x[c];
        args->y[r] += sum;
    }
}

HUM_KERNEL(matvec_columns, struct matvec_args)
{
    hum_for_each (tile, matvec_tiles(args->columns)) {
        size_t first = tile * MATVEC_TILE, left = args->columns - first;
        size_t count = left < MATVEC_TILE ? left : MATVEC_TILE;
        float *restrict y = args->y + first;

        for (size_t r = 0; r < args->rows; r++) {
            const float *restrict row = args->a + r * args->columns + first;
            float x = args->x[r];

            for (size_t c = 0; c < count; c++)
                y[c] += row[c] * x;
        }
    }
}
