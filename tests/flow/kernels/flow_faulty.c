/* SPDX-License-Identifier: MIT */
/* flow_faulty.c - kernels that do what kernels may not. */
#include <hum/kernel.h>

#include "flow/kernels/flow_args.h"

#if defined(HUM_KERNEL_CUDA)
#define UNCHECKED __attribute__((noinline))
#elif defined(__clang__)
#define UNCHECKED __attribute__((noinline, no_sanitize("undefined", "address", "thread")))
#else
#define UNCHECKED                                                                                  \
    __attribute__((noinline, no_sanitize_undefined, no_sanitize_address, no_sanitize_thread))
#endif

UNCHECKED static void store(volatile uint64_t *address, uint64_t value)
{
    *address = value;
}

UNCHECKED static uint64_t load(const volatile uint64_t *address)
{
    return *address;
}

UNCHECKED static int divide(volatile int *a, volatile int *b)
{
    return *a / *b;
}

UNCHECKED static uint64_t descend(volatile uint64_t *depth)
{
    volatile uint64_t frame[64];

    frame[*depth % 64] = *depth;
    *depth += 1;
    if (*depth == UINT64_MAX) /* never: the stack ends before */
        return 0;
    return descend(depth) + frame[3];
}

HUM_KERNEL(poke, struct flow_poke)
{
    hum_for_each (i, 1)
        store(args->address, args->value);
}

HUM_KERNEL(peek, struct flow_poke)
{
    hum_for_each (i, 1)
        (void)load(args->address);
}

/* Stores for ever, so that access can be taken away while it runs. */
HUM_KERNEL(poke_on, struct flow_poke)
{
    hum_for_each (i, 1)
        for (uint64_t v = 0;; v++)
            store(args->address, v);
}

HUM_KERNEL(divide_by_zero, struct flow_none)
{
    hum_for_each (i, 1) {
        volatile int one = 1, zero = 0;
        one = divide(&one, &zero);
    }
}

HUM_KERNEL(bad_instruction, struct flow_none)
{
    hum_for_each (i, 1)
        __builtin_trap();
}

HUM_KERNEL(overflow_stack, struct flow_none)
{
    hum_for_each (i, 1) {
        volatile uint64_t depth = 0;
        depth = descend(&depth);
    }
}

HUM_KERNEL(run_for_ever, struct flow_none)
{
    hum_for_each (i, 1)
        for (volatile unsigned spin = 0;; spin++) {
        }
}
