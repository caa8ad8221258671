/* SPDX-License-Identifier: MIT */
/* property_memory.c - the device's side of the coherence test. */
#include <hum/kernel.h>

#include "property/kernels/property_args.h"

HUM_KERNEL(step_write, struct step_bytes)
{
    hum_for_each (i, args->n)
        args->bytes[i] = step_byte(args->value, i);
}

HUM_KERNEL(step_check, struct step_bytes)
{
    uint64_t sum = 0;

    hum_for_each (i, args->n)
        sum += step_weight(args->bytes[i], i);
    hum_atomic_add_u64(args->result, sum);
}

HUM_KERNEL(step_add, struct step_words)
{
    hum_for_each (i, args->n)
        args->words[i] += args->value + i;
}

/* n additions to one word, half of them by compare and swap */
HUM_KERNEL(step_count, struct step_words)
{
    hum_for_each (i, args->n) {
        uint64_t old = hum_atomic_load_u64(args->words), seen;
        if (i % 2)
            hum_atomic_add_u64(args->words, args->value);
        else
            while ((seen = hum_atomic_cas_u64(args->words, old, old + args->value)) != old)
                old = seen;
    }
}

HUM_KERNEL(step_copy, struct step_copy)
{
    hum_for_each (i, args->n)
        args->to[i] = args->from[i];
}

HUM_KERNEL(step_nothing, struct step_words)
{
}

HUM_KERNEL(together_round, struct together_round)
{
    hum_for_each (i, args->n)
        together_pair(args, (i * 61 + args->turn) % args->n);
}
