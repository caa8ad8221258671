/* SPDX-License-Identifier: MIT */
/*
 * view.h - what a policy gets to see of a group of faults, and its plan made into a request.
 *
 * Threads: the block of the group is locked.
 */
#ifndef HUMI_CORE_VIEW_H
#define HUMI_CORE_VIEW_H

#include "core/residency.h"

/* Faults of one processor on pages of one block that belong to one region. */
struct humi_group {
    unsigned processor;
    struct humi_region *region;
    struct humi_block *block;
    struct humi_fault *faults;
    unsigned count;
    struct hum_pages read, write;
    uint64_t start_ns;         /* when serving it began; 0: not known any more */
    bool went_ahead;           /* what its plan wants ahead has been asked for */
    bool waits;                /* its plan lets it wait; it is served later */
};

void humi_view_fill(const struct hum *hum, const struct humi_group *group, struct hum_view *view);

/* Ask the policy of the group's region; its plan keeps the rules of policy.h. */
void humi_view_plan(struct hum *hum, const struct humi_group *group, const struct hum_view *view,
                    struct hum_plan *plan_out);

/* Pages that the processor does not have and that advice lets it touch where they are. */
struct hum_pages humi_view_stay(const struct hum *hum, const struct humi_block *block,
                                const struct humi_region *region, unsigned processor);

/* A plan is a proposal: of it only valid pages count, and the faulted ones come in any case. */
void humi_view_request(const struct hum *hum, const struct humi_group *group,
                       const struct hum_view *view, const struct hum_plan *plan,
                       struct humi_request *request_out);

#endif
