/* SPDX-License-Identifier: MIT */
#include "matvec_reference.h"

void matvec_rows_reference(const struct matvec_args *args)
{
    for (size_t r = 0; r < args->rows; r++) {
        float sum = 0.0f;

        for (size_t c = 0; c < args->columns; c++)
            sum += args->a[r * args->columns + c] * args->x[c];
        args->y[r] += sum;
    }
}

void matvec_columns_reference(const struct matvec_args *args)
{
    for (size_t r = 0; r < args->rows; r++)
        for (size_t c = 0; c < args->columns; c++)
            args->y[c] += args->a[r * args->columns + c] * args->x[r];
}
