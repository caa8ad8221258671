/* SPDX-License-Identifier: MIT */
/* fields.c - see fields.h */
#include "comparison/fields.h"

#define FIELD(member) {#member, offsetof(struct compare_figures, member)}
#define BOUND(member) {"bound_" #member, offsetof(struct compare_figures, bounds.member)}

const struct compare_field compare_fields[] = {
    FIELD(accesses),       FIELD(accesses_device), FIELD(misses),           FIELD(host_faults),
    FIELD(far_faults),     FIELD(upgrades),        FIELD(batches),          FIELD(first_touches),
    FIELD(pages_in),       FIELD(pages_out),       FIELD(pages_prefetched), FIELD(late_prefetches),
    FIELD(evictions),      FIELD(evictions_clean), FIELD(bytes_h2d),        FIELD(bytes_d2h),
    FIELD(bytes_d2d),      FIELD(bytes_demand),    FIELD(bytes_prefetch),   FIELD(bytes_eviction),
    FIELD(thrashed_pages), FIELD(remote_accesses), FIELD(capacity_bytes),   FIELD(page_only),
    FIELD(modelled_ns),    BOUND(infinite_ns),     BOUND(resident_ns),      BOUND(min_ns),
    BOUND(oracle_ns),      BOUND(remote_ns),       BOUND(least_ns),
};
const unsigned compare_field_count = sizeof(compare_fields) / sizeof(compare_fields[0]);
