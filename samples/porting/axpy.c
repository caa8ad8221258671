/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "axpy.h"

HUM_KERNEL(axpy, struct axpy_args)
{
    hum_for_item (it) {
        size_t i = hum_global_id(it, 0);

        if (i < args->n)
            args->y[i] += args->a * args->x[i];
    }
}

HUM_KERNEL(squares, struct squares_args)
{
    double *local = hum_local_memory();

    hum_for_item (it) {
        size_t i = hum_global_id(it, 0);

        local[hum_item_id(it, 0)] = i < args->n ? (double)args->y[i] * (double)args->y[i] : 0.0;
    }
    hum_barrier();
    hum_for_item (it) {
        double sum = 0.0;

        if (hum_item_id(it, 0) == 0) {
            for (size_t j = 0; j < hum_group_size(0); j++)
                sum += local[j];
            args->parts[hum_group_id(0)] = sum;
        }
    }
}
