/* SPDX-License-Identifier: MIT */
/* double_kernels.c - kernels in their native form, for the tests of the double. */
#include <hum/kernel.h>

#include "double_kernels.h"

HUM_KERNEL(add, struct add_args)
{
    hum_for_each (i, args->count)
        args->words[i] += args->add;
}

HUM_KERNEL(reverse, struct reverse_args)
{
    int32_t *tile = hum_local_memory();

    hum_for_item (it)
        tile[hum_item_id(it, 0)] = args->in[hum_global_id(it, 0)];
    hum_barrier();
    hum_for_item (it)
        args->out[hum_global_id(it, 0)] = tile[hum_group_size(0) - 1 - hum_item_id(it, 0)];
}

HUM_KERNEL(poke, struct poke_args)
{
    hum_for_each (once, 1)
        *args->at = 1;
}

HUM_KERNEL(peek, struct sum_args)
{
    int64_t sum = 0;

    hum_for_each (i, args->count)
        sum += args->words[i];
    hum_atomic_add_i64(args->sum, sum);
}

HUM_KERNEL(trap, struct poke_args)
{
    __builtin_trap();
}
