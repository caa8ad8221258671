/* SPDX-License-Identifier: MIT */
/*
 * bounds.h - what to compare a replay with.
 *
 *   infinite             devices have room for everything: what must move at least once
 *   resident             everything is in place from the start: nothing moves
 *   min                  Belady's eviction, demand paging, at the given capacity.  On one device
 *                        that the host takes nothing from: the fewest misses there can be, whatever
 *                        a policy knows
 *   min_oracle_prefetch  what min brings, each page just in time: no faults, only the link is busy,
 *                        with one long copy, and no less than what must go home takes.  The least
 *                        time if pages only move, one at a time
 *   remote_all           nothing ever moves, each touch goes over the link
 *   least                what must cross the link each way, in the cheapest of all ways (least.h),
 *                        at its speed.  No policy takes less, whether it moves, copies or maps
 *
 * infinite to min_oracle_prefetch are of place=move, prefetch=none.  Where pages that are touched
 * seldom cross the link touch by touch, or are shared, a policy can take less than
 * min_oracle_prefetch or less than remote_all, never less than least.
 * Threads: any.
 */
#ifndef HUMI_REPLAY_BOUNDS_H
#define HUMI_REPLAY_BOUNDS_H

#include "replay/machine.h"

/* X(name): the name is also the field in JSON. */
#define HUMI_BOUND_LIST(X)                                                                         \
    X(infinite)                                                                                    \
    X(resident)                                                                                    \
    X(min)                                                                                         \
    X(min_oracle_prefetch)                                                                         \
    X(remote_all)                                                                                  \
    X(least)

struct humi_bound {
    uint64_t misses;
    uint64_t bytes;              /* over the link, all directions */
    uint64_t modelled_ns;
};

struct humi_bounds {
#define HUMI_BOUND_FIELD(name) struct humi_bound name;
    HUMI_BOUND_LIST(HUMI_BOUND_FIELD)
#undef HUMI_BOUND_FIELD
};

/* Of that capacity and cost; the setup's parts do not matter.  Errors as humi_machine_run(). */
HUM_MUST_USE enum hum_status humi_bounds_find(const struct humi_source *source,
                                              const struct humi_replay_setup *setup,
                                              struct humi_bounds *bounds_out);

#endif
