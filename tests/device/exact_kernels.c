/* SPDX-License-Identifier: MIT */
/* exact_kernels.c - kernels whose touches are compared with a model. */
#include <hum/kernel.h>

#include "device/exact_kernels.h"

HUM_KERNEL(stride, struct stride_args)
{
    uint64_t *words = args->words;
    size_t step = args->step;

    hum_for_each (i, args->n)
        words[i * step] = i;
}

HUM_KERNEL(sample, struct sample_args)
{
    const unsigned char *bytes = args->bytes;
    size_t step = args->step;
    uint64_t sum = 0;

    hum_for_each (i, args->n)
        sum += bytes[i * step];
    (void)hum_atomic_add_u64(args->sum, sum);
}

HUM_KERNEL(axpy, struct axpy_args)
{
    hum_for_each (i, args->n)
        args->y[i] += args->k * args->x[i];
}

HUM_KERNEL(counter, struct counter_args)
{
    uint32_t *at = args->at;

    hum_for_each (i, args->n)
        (void)hum_atomic_add_u32(at, 1);
}

HUM_KERNEL(transpose, struct transpose_args)
{
    uint32_t *tile = hum_local_memory();
    size_t n = args->n;

    hum_for_item (it)
        tile[it] = args->in[hum_global_id(it, 1) * n + hum_global_id(it, 0)];
    hum_barrier();
    hum_for_item (it) {
        size_t x = hum_item_id(it, 0), y = hum_item_id(it, 1);
        size_t row = hum_group_id(0) * 16 + y, column = hum_group_id(1) * 16 + x;
        args->out[row * n + column] = tile[x * 16 + y];
    }
    hum_fence();
}

HUM_KERNEL(records, struct records_args)
{
    hum_for_each (i, args->n) {
        if (i % 2 == 0)
            args->to[i] = args->from[i];
        else
            __builtin_memcpy(&args->to[i], &args->from[i], sizeof(struct record));
    }
    hum_for_each (once, 1)
        __builtin_memset(args->zeroed, 0, args->bytes);
}

HUM_KERNEL(trip, struct trip_args)
{
    uint64_t *words = args->words;
    volatile uint64_t *nowhere = NULL;

    for (size_t i = 0; i < args->n; i++)
        words[512 * i] = i;
    *nowhere = 1;
}
