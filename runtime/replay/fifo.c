/* SPDX-License-Identifier: MIT */
/*
 * fifo.c - first in, first out: what came first leaves first, used or not.
 *
 * Source: L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM
 * Systems Journal 5(2), 1966.  More capacity may mean more misses (Belady, Nelson, Shedler 1969).
 */
#include "replay/single.h"

static struct humi_cache_outcome fifo_access(void *state, uint32_t object, uint64_t next_use)
{
    struct humi_single *fifo = state;
    uint32_t victim = HUMI_OBJECT_NONE;

    (void)next_use;
    if (humi_single_has(fifo, object))
        return humi_cache_hit();
    if (humi_single_is_full(fifo))
        victim = humi_chain_first(fifo->links, fifo->head);
    return humi_single_bring(fifo, object, victim);
}

const struct humi_cache_algorithm humi_cache_fifo = {
    .name = "fifo",
    .about = "what came first leaves first",
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .access = fifo_access,
};
