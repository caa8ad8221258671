/* SPDX-License-Identifier: MIT */
/* device_kernels.c - kernels of the device tests; some break the rules on purpose. */
#include <hum/kernel.h>

#include "device/kernels.h"

HUM_KERNEL(touch, struct touch_args)
{
    if (args->write)
        *(volatile uint64_t *)args->at = args->value;
    else
        *args->result = *(volatile uint64_t *)args->at;
}

HUM_KERNEL(hammer, struct hammer_args)
{
    while (!*(const volatile uint64_t *)args->stop)
        (void)hum_atomic_add_u64(args->at, 1);
}

HUM_KERNEL(mark, struct mark_args)
{
    hum_for_each (i, args->n)
        (void)hum_atomic_add_u32(&args->count[i], 1);
}

HUM_KERNEL(order, struct order_args)
{
    args->at[hum_atomic_add_u32(args->next, 1)] = args->value;
}

HUM_KERNEL(grid, struct grid_args)
{
    uint64_t *tile = hum_local_memory();
    size_t width = hum_global_size(0), height = hum_global_size(1);
    size_t items = hum_group_size(0) * hum_group_size(1) * hum_group_size(2);

    hum_for_item (it)
        tile[it] = it;
    hum_barrier();
    hum_for_item (it) {
        size_t sum = 0;
        for (size_t i = 0; i < items; i++)
            sum += tile[i];
        size_t at = (hum_global_id(it, 2) * height + hum_global_id(it, 1)) * width +
                    hum_global_id(it, 0);
        args->out[at] += 1 + sum;
    }
}

#ifndef __OPENCL_C_VERSION__ /* which has no calls through pointers, nor assembly */

/* More stack than there is. */
__attribute__((no_sanitize("address", "undefined", "thread"))) static uint64_t
dig(volatile char *above, uint64_t depth)
{
    volatile char hole[4096];

    hole[0] = above ? above[0] : 0;
    return depth > 0 ? dig(hole, depth - 1) + (uint64_t)hole[0] : 0;
}

/* A sanitizer would end the process where the processor only ends the kernel. */
__attribute__((noinline, no_sanitize("address", "undefined", "thread"))) static void
break_rules(const struct crash_args *args)
{
    volatile uint64_t zero = 0;

    switch (args->how) {
    case CRASH_NULL:
    case CRASH_WILD:
        *(volatile uint64_t *)args->at = 1;
        break;
    case CRASH_JUMP:
        ((void (*)(void))(uintptr_t)args->at)();
        break;
    case CRASH_DIVIDE:
        zero = 7 / zero;
        break;
    case CRASH_ILLEGAL:
        __builtin_trap();
        break;
    case CRASH_TRAP:
        __asm__ volatile("int3");
        break;
    default:
        zero = dig(NULL, UINT64_MAX);
        break;
    }
}

HUM_KERNEL(crash, struct crash_args)
{
    hum_for_each (once, 1)
        break_rules(args);
}

#endif

HUM_KERNEL(empty, struct empty_args)
{
}

HUM_KERNEL(forever, struct empty_args)
{
    for (volatile uint64_t i = 0;; i++) {
    }
}
