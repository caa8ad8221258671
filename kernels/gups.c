/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "gups.h"
#include "mix.h"

HUM_KERNEL(gups, struct gups_args)
{
    hum_for_each (u, args->updates) {
        uint64_t number = mix_number(args->seed, u);
        hum_atomic_xor_u64(&args->table[mix_below(number, args->words)], number);
    }
}
