/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "hashjoin.h"

HUM_KERNEL(join_clear, struct join_clear_args)
{
    const struct join_row empty = {JOIN_EMPTY, 0};

    hum_for_each (i, args->slot_mask + 1)
        args->slots[i] = empty;
}

HUM_KERNEL(join_build, struct join_build_args)
{
    hum_for_each (i, args->count) {
        uint64_t key = args->rows[i].key;
        size_t slot = join_slot(key, args->slot_mask);

        while (hum_atomic_cas_u64(&args->slots[slot].key, JOIN_EMPTY, key) != JOIN_EMPTY)
            slot = (slot + 1) & args->slot_mask;
        args->slots[slot].payload = args->rows[i].payload;
    }
}

HUM_KERNEL(join_probe, struct join_probe_args)
{
    hum_for_each (i, args->count) {
        uint64_t key = args->probes[i], sum = 0;
        size_t slot = join_slot(key, args->slot_mask);

        for (; args->slots[slot].key != JOIN_EMPTY; slot = (slot + 1) & args->slot_mask)
            sum += args->slots[slot].key == key ? args->slots[slot].payload : 0;
        args->sums[i] = sum;
    }
}
