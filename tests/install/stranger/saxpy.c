/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "saxpy.h"

HUM_KERNEL(saxpy, struct saxpy_args)
{
    hum_for_each (i, args->n)
        args->y[i] += args->k * args->x[i];
}
