/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "histogram.h"

/* Launch in one dimension with HISTOGRAM_BINS items: each item has a bin of its own. */
HUM_KERNEL(histogram, struct histogram_args)
{
    struct histogram_local *mine = hum_local_memory();
    struct histogram_shared *shared = args->shared;
    size_t end;

    hum_for_item (it) {
        if (it == 0)
            mine->chunk = hum_atomic_add_u64(&shared->next, 1);
        mine->bins[it] = 0;
    }
    hum_barrier();
    if (mine->chunk >= histogram_chunks(args->count))
        return;
    end = histogram_chunk_end(mine->chunk, args->count);
    hum_for_item (it) {
        for (size_t i = mine->chunk * HISTOGRAM_CHUNK + it; i < end; i += HISTOGRAM_BINS)
            hum_atomic_add_u32(&mine->bins[args->values[i] % HISTOGRAM_BINS], 1);
    }
    hum_barrier();
    hum_for_item (it) {
        if (mine->bins[it])
            hum_atomic_add_u64(&shared->bins[it], mine->bins[it]);
        if (it == 0)
            hum_atomic_add_u64(&shared->by_device, 1);
    }
}
