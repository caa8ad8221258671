/* SPDX-License-Identifier: MIT */
/*
 * prefetch.h - which pages to bring with a faulted one, where single pages move.
 *
 *   chunk    the valid pages of its chunk of 64 KiB
 *   tree     the driver's density tree over its block (policy/tree.h), what is at the device being
 *            resident
 *   stride   an agent's faults, three of them equally far from the one before: the next 2 pages at
 *            that distance.  If the next fault is just behind these, they served: 4, and so on to
 *            32.  Any other fault starts over.
 *
 *                 faults   10    13    16    19 -> 22, 25    28 -> 31, 34, 37, 40    43 -> ...
 *
 * The prefetcher proposes; which of these pages come is the machine's business, and it tells the
 * prefetcher what came and left.  A page is an object of the source.
 * Threads: as the machine that it belongs to.
 */
#ifndef HUMI_REPLAY_PREFETCH_H
#define HUMI_REPLAY_PREFETCH_H

#include "replay/parts.h"
#include "replay/source.h"

#define HUMI_STRIDE_EQUAL 3u     /* distances that make a stride */
#define HUMI_STRIDE_MIN 2u
#define HUMI_STRIDE_MAX 32u

struct humi_stride {
    uint64_t last;               /* page of the agent's last fault */
    uint64_t distance;           /* from the one before, modulo 2^64 */
    uint64_t expected;           /* the fault that says that what was proposed served */
    uint32_t equal;              /* distances in a row that are `distance`; 0: no fault yet */
    uint32_t ahead;              /* pages proposed last; 0: no stride */
};

struct humi_prefetcher {
    const struct humi_source *source;
    enum humi_prefetch kind;
    struct hum_pages *resident;  /* tree: of each block of each device, device by device */
    struct humi_stride *strides; /* stride: of each agent */
};

struct humi_proposal {
    uint32_t count;
    uint32_t objects[HUM_PAGES_PER_BLOCK]; /* by ascending page, without the faulted one */
};

struct humi_prefetch_fault {
    uint32_t object, device, agent;
};

/* HUM_ERR_NO_MEMORY. */
HUM_MUST_USE enum hum_status humi_prefetcher_init(struct humi_prefetcher *prefetcher,
                                                  const struct humi_source *source,
                                                  enum humi_prefetch kind);
void humi_prefetcher_fini(struct humi_prefetcher *prefetcher);

void humi_prefetcher_came(struct humi_prefetcher *prefetcher, uint32_t device, uint32_t object);
void humi_prefetcher_left(struct humi_prefetcher *prefetcher, uint32_t device, uint32_t object);

/* May propose pages that are at the device already. */
void humi_prefetcher_propose(struct humi_prefetcher *prefetcher,
                             const struct humi_prefetch_fault *fault,
                             struct humi_proposal *proposal_out);

#endif
