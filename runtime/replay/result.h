/* SPDX-License-Identifier: MIT */
/*
 * result.h - what a replay comes to: one definition of each figure, whatever engine made it.
 *
 * Counts and bytes are facts about the trace under the rules of the engine; modelled_ns comes from
 * cost.h.  Pages are 4 KiB.
 *
 * What holds: accesses = touches of the whole trace;  misses <= accesses_device;
 * far_faults = misses + host_faults where single pages move; where blocks do, far_faults are those
 * that were served, with the host's first touches, upgrades and pages that are only mapped, too;
 * pages_in * 4096 = bytes_h2d + bytes_d2d + first_touches * 4096;  pages_out * 4096 = bytes_d2h;
 * bytes_demand + bytes_prefetch + bytes_eviction = all bytes, but for moves that the program asked
 * for;  evictions_clean <= evictions;  prefetched_used <= pages_prefetched <= pages_in.
 */
#ifndef HUMI_REPLAY_RESULT_H
#define HUMI_REPLAY_RESULT_H

#include <stdint.h>

/* X(name): the name is also the field in JSON. */
#define HUMI_REPLAY_COUNT_LIST(X)                                                                  \
    X(accesses)            /* touches by all */                                                    \
    X(accesses_device)     /* of these, by devices */                                              \
    X(misses)              /* pages a device touched and did not have: they came on demand */      \
    X(host_faults)         /* pages the host touched that only devices had */                      \
    X(far_faults)          /* both; of blocks, all faults that were served */                      \
    X(upgrades)            /* place=share: writes to a page that others could read */              \
    X(batches)             /* of faults, answered together */                                      \
    X(first_touches)       /* pages that came to a device without bytes: nobody had written them */\
    X(pages_in)            /* that came to a device, on demand and before */                       \
    X(pages_out)           /* copied from a device to the host */                                  \
    X(pages_prefetched)    /* that came before they were touched */                                \
    X(prefetched_used)     /* of these, touched before they left */                                \
    X(late_prefetches)     /* blocks brought ahead and touched before they came; closed loop */    \
    X(evictions)           /* pages that had to leave for others */                                \
    X(evictions_clean)     /* of these, without a copy: another was current */                     \
    X(bytes_h2d)                                                                                   \
    X(bytes_d2h)                                                                                   \
    X(bytes_d2d)                                                                                   \
    X(bytes_demand)        /* of all bytes, those that a fault waited for */                       \
    X(bytes_prefetch)      /* that came before they were touched */                                \
    X(bytes_eviction)      /* that went home because a device was full */                          \
    X(thrashed_pages)      /* moves of a page to a device again after it was evicted there */      \
    X(remote_accesses)     /* touches over the link */                                             \
    X(modelled_ns)

struct humi_replay_result {
#define HUMI_REPLAY_COUNT_FIELD(name) uint64_t name;
    HUMI_REPLAY_COUNT_LIST(HUMI_REPLAY_COUNT_FIELD)
#undef HUMI_REPLAY_COUNT_FIELD
};

#endif
