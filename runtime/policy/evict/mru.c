/* SPDX-License-Identifier: MIT */
/*
 * mru.c - most recently used: what was used last before the missing page leaves.
 *
 * As good as `min` on a cyclic scan, and there only: what was used last is needed last.
 * Source: H.-T. Chou, D. J. DeWitt, "An evaluation of buffer management strategies for relational
 * database systems", VLDB 1985, for looping references.
 */
#include "policy/evict/single.h"

static uint32_t mru_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct humi_single *mru = state;
    uint32_t prev = humi_chain_prev(mru->links, after == HUM_EVICT_NONE ? mru->head : after);

    (void)incoming;
    return prev == mru->head ? HUM_EVICT_NONE : prev;
}

const struct hum_evict humi_evict_mru = {
    .name = "mru",
    .description = "what was used last leaves: for cyclic scans",
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .arrive = humi_single_arrive,
    .renew = humi_single_renew_last,
    .leave = humi_single_leave,
    .victim = mru_victim,
};
