/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "spmv.h"

HUM_KERNEL(spmv, struct spmv_args)
{
    hum_for_each (i, args->matrix.rows)
        args->y[i] = args->scale * sparse_row_times(&args->matrix, i, args->x);
}
