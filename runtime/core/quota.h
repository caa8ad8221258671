/* SPDX-License-Identifier: MIT */
/*
 * quota.h - a budget of time: work that may cost a share of what something else runs.
 *
 * Running earns, working costs what it is measured to have cost, and work may begin while nothing
 * is owed.  So the two keep their proportion whatever one piece of work costs, and nothing needs to
 * be known beforehand:
 *
 *     worked <= share * ran + the last piece (or pieces that were begun and end later)
 *
 * What is earned and not used is kept up to share * HUMI_QUOTA_KEEP_NS, so that a pause is not
 * followed by a burst.
 *
 * Pure: time comes from the caller.  Threads: the caller's lock, or one thread.
 */
#ifndef HUMI_CORE_QUOTA_H
#define HUMI_CORE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#define HUMI_QUOTA_WHOLE 1000000u               /* a share of 1 */
#define HUMI_QUOTA_KEEP_NS INT64_C(100000000)

struct humi_quota {
    uint32_t share_ppm;      /* of HUMI_QUOTA_WHOLE; 0: nothing may be done */
    int64_t left_ns;         /* earned and not used; below 0: owed */
    uint64_t spent_ns;       /* in all */
};

void humi_quota_init(struct humi_quota *quota, uint32_t share_ppm);

/* It ran for so long. */
void humi_quota_earn(struct humi_quota *quota, uint64_t ran_ns);

/* Work cost so much. */
void humi_quota_spend(struct humi_quota *quota, uint64_t cost_ns);

/* Work may begin. */
bool humi_quota_allows(const struct humi_quota *quota);

/* How long it must run before work may begin; 0: it may; UINT64_MAX: never. */
uint64_t humi_quota_wait_ns(const struct humi_quota *quota);

#endif
