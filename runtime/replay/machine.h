/* SPDX-License-Identifier: MIT */
/*
 * machine.h - a host and devices that hold single pages, replayed in open loop: the accesses come
 * in the order of the trace, whatever they cost.
 *
 * The host has room for everything, each device for `capacity` pages, kept by a cache of its own
 * (cache.h).  Two sets of processors say where a page is:
 *
 *     at         may touch it without a fault; a device is in it if and only if its cache has it
 *     current    whose frame has the page's bytes; empty: nobody has written it, there are none
 *
 *     device reads, page at the host    at = device            current = host, device
 *     device writes it                                         current = device      (it is dirty)
 *     evicted, clean / dirty            at = host              current = host, nothing / one copied
 *
 * What follows from it: only a device that is alone in `current` copies out when a page leaves.
 *
 * A device that touches a page it is not `at` misses: the page comes.  place=move: the others lose
 * it.  share: reads add a copy, a write takes all others away; if the writer had the page, that is
 * an upgrade.  remote: nothing comes, each touch goes over the link.  counter: so do the touches of
 * a page until a device has touched it 256 times since it last left; the access that makes it 256
 * brings it, and all its touches are there.  The host never touches over the link: it takes the
 * page home, or a copy if they are shared.  With share the host keeps its copy of what a device
 * reads.
 *
 * When a region ends its pages leave every processor, no bytes move, and what was known of them is
 * forgotten.
 *
 * Prefetched pages (prefetch.h) come before the faulted one, so they cannot make it leave.  They
 * are at most one less than the capacity, and none is taken from another device.
 *
 * A replay without prefetch on one device that the host takes nothing from has exactly the misses
 * of the cache's algorithm on the sequence of accesses, one for each page of an access record.
 *
 * Threads: any; a run keeps nothing.
 */
#ifndef HUMI_REPLAY_MACHINE_H
#define HUMI_REPLAY_MACHINE_H

#include "replay/cost.h"
#include "replay/parts.h"
#include "replay/result.h"
#include "replay/source.h"

#define HUMI_COUNTER_THRESHOLD 256u

struct humi_replay_setup {
    struct humi_parts parts;
    uint64_t capacity;           /* pages of each device, at least 1 */
    struct humi_cost_model cost;
};

/*
 * Replay it all.  For prefetching the source must have been finished with neighbours.
 * HUM_ERR_INVALID: the parts make no sense for single pages.  HUM_ERR_NO_MEMORY.
 */
HUM_MUST_USE enum hum_status humi_machine_run(const struct humi_source *source,
                                              const struct humi_replay_setup *setup,
                                              struct humi_replay_result *result_out);

#endif
