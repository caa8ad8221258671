/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "triad.h"

HUM_KERNEL(triad, struct triad_args)
{
    double *a = args->a, scalar = args->scalar;
    const double *b = args->b, *c = args->c;

    hum_for_each (i, args->count)
        a[i] = b[i] + scalar * c[i];
}
