/* SPDX-License-Identifier: MIT */
/*
 * mru.c - most recently used: what was used last before the missing page leaves.
 *
 * As good as `min` on a cyclic scan, and there only: what was used last is needed last.
 * Source: H.-T. Chou, D. J. DeWitt, "An evaluation of buffer management strategies for relational
 * database systems", VLDB 1985, for looping references.
 */
#include "replay/single.h"

static struct humi_cache_outcome mru_access(void *state, uint32_t object, uint64_t next_use)
{
    struct humi_single *mru = state;
    uint32_t victim = HUMI_OBJECT_NONE;

    (void)next_use;
    if (humi_single_has(mru, object)) {
        humi_chain_move_back(mru->links, mru->head, object);
        return humi_cache_hit();
    }
    if (humi_single_is_full(mru))
        victim = humi_chain_last(mru->links, mru->head);
    return humi_single_bring(mru, object, victim);
}

const struct humi_cache_algorithm humi_cache_mru = {
    .name = "mru",
    .about = "what was used last leaves: for cyclic scans",
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .access = mru_access,
};
