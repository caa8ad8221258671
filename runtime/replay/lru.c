/* SPDX-License-Identifier: MIT */
/*
 * lru.c - least recently used: what has not been used for longest leaves.
 *
 * Source: R. L. Mattson, J. Gecsei, D. R. Slutz, I. L. Traiger, "Evaluation techniques for storage
 * hierarchies", IBM Systems Journal 9(2), 1970.  It has their inclusion property: a larger cache
 * holds all that a smaller one does, so it never misses more.
 */
#include "replay/single.h"

static struct humi_cache_outcome lru_access(void *state, uint32_t object, uint64_t next_use)
{
    struct humi_single *lru = state;
    uint32_t victim = HUMI_OBJECT_NONE;

    (void)next_use;
    if (humi_single_has(lru, object)) {
        humi_chain_move_back(lru->links, lru->head, object);
        return humi_cache_hit();
    }
    if (humi_single_is_full(lru))
        victim = humi_chain_first(lru->links, lru->head);
    return humi_single_bring(lru, object, victim);
}

const struct humi_cache_algorithm humi_cache_lru = {
    .name = "lru",
    .about = "what has not been used for longest leaves",
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .access = lru_access,
};
