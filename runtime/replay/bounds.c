/* SPDX-License-Identifier: MIT */
/* bounds.c - what to compare a replay with. */
#include "replay/bounds.h"

#include "policy/evict/registry.h"
#include "replay/least.h"

static enum hum_status run(const struct humi_source *source,
                           const struct humi_replay_setup *setup, const char *evict,
                           enum humi_place place, struct humi_replay_result *result_out)
{
    struct humi_replay_setup bound = *setup;

    bound.parts = (struct humi_parts){.evict = humi_evict_find(evict), .place = place};
    return humi_machine_run(source, &bound, result_out);
}

static struct humi_bound bound_of(const struct humi_replay_result *result)
{
    return (struct humi_bound){
        .misses = result->misses,
        .bytes = result->bytes_h2d + result->bytes_d2h + result->bytes_d2d +
                 result->remote_accesses * HUMI_COST_REMOTE_BYTES,
        .modelled_ns = result->modelled_ns,
    };
}

/*
 * What goes out overlaps with what comes in, and a cleverer prefetcher might keep it from going,
 * but for what must cross in any case, such as results that the host reads.
 */
static struct humi_bound just_in_time(const struct humi_replay_result *min,
                                      const struct humi_bound *least,
                                      const struct humi_cost_model *cost)
{
    struct humi_bound bound = bound_of(min);

    bound.misses = 0;
    bound.modelled_ns = humi_link_ns(&cost->link, min->bytes_h2d, 1);
    if (bound.modelled_ns < least->modelled_ns)
        bound.modelled_ns = least->modelled_ns;
    return bound;
}

/* The link carries both ways at once, and touches over it start no copies. */
static struct humi_bound least_of(const struct humi_least *least,
                                  const struct humi_cost_model *cost)
{
    uint64_t most = least->bytes_in > least->bytes_out ? least->bytes_in : least->bytes_out;

    return (struct humi_bound){.bytes = least->bytes_in + least->bytes_out,
                               .modelled_ns = humi_link_ns(&cost->link, most, 0)};
}

enum hum_status humi_bounds_find(const struct humi_source *source,
                                 const struct humi_replay_setup *setup,
                                 struct humi_bounds *bounds_out)
{
    struct humi_replay_setup infinite = *setup;
    struct humi_replay_result all, min, remote;
    struct humi_least least;
    enum hum_status status;

    infinite.capacity = source->pages.count;
    status = run(source, &infinite, "fifo", HUMI_PLACE_MOVE, &all);
    if (status == HUM_OK)
        status = run(source, setup, "min", HUMI_PLACE_MOVE, &min);
    if (status == HUM_OK)
        status = run(source, setup, "lru", HUMI_PLACE_REMOTE, &remote);
    if (status == HUM_OK)
        status = humi_least_find(source, setup->capacity, &least);
    if (status != HUM_OK)
        return status;
    *bounds_out = (struct humi_bounds){
        .infinite = bound_of(&all),
        .min = bound_of(&min),
        .remote_all = bound_of(&remote),
        .least = least_of(&least, &setup->cost),
    };
    bounds_out->min_oracle_prefetch = just_in_time(&min, &bounds_out->least, &setup->cost);
    return HUM_OK;
}
