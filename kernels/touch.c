/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "touch.h"

#define WORDS (TOUCH_PAGE_BYTES / sizeof(uint64_t))

HUM_KERNEL(touch_read, struct touch_args)
{
    uint64_t sum = 0;

    hum_for_each (i, args->count)
        sum += args->base[args->pages[i] * WORDS];
    hum_atomic_add_u64(args->sum, sum);
}

HUM_KERNEL(touch_write, struct touch_args)
{
    hum_for_each (i, args->count)
        args->base[args->pages[i] * WORDS] = i + args->value;
}

HUM_KERNEL(own, struct own_args)
{
    volatile uint64_t *base = args->base;

    hum_for_each (page, args->pages)
        base[page * WORDS] = base[page * WORDS];
}
