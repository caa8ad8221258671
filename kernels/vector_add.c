/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "vector_add.h"

HUM_KERNEL(vector_add, struct vector_add_args)
{
    const float *x = args->x + args->first, *y = args->y + args->first;
    float *z = args->z + args->first;

    hum_for_each (i, args->count)
        z[i] = x[i] + y[i];
}
