/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "words.h"

HUM_KERNEL(fill, struct fill_args)
{
    uint64_t *words = args->words, value = args->value;

    hum_for_each (i, args->count)
        words[i] = value;
}

HUM_KERNEL(increment, struct increment_args)
{
    uint64_t *words = args->words;

    hum_for_each (i, args->count)
        words[i]++;
}

HUM_KERNEL(sum, struct sum_args)
{
    const uint64_t *words = args->words;
    uint64_t sum = 0;

    hum_for_each (i, args->count)
        sum += words[i];
    hum_atomic_add_u64(args->sum, sum);
}
