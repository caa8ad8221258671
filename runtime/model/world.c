/* SPDX-License-Identifier: MIT */
/* world.c - struct hum put together without threads, and the ways into it. */
#include "model/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/range.h"
#include "base/status.h"
#include "core/counts.h"
#include "core/epochs.h"
#include "core/policies.h"
#include "core/residency.h"
#include "core/room.h"
#include "core/visit.h"
#include "core/uses.h"
#include "core/warm.h"
#include "model/charge.h"
#include "model/returns.h"

/* ---- opening --------------------------------------------------------------------------------- */

static enum hum_status check(const struct humi_world_params *params)
{
    if (!params->bytes || params->bytes % HUM_BLOCK_SIZE || params->start % HUM_BLOCK_SIZE ||
        params->bytes > HUMI_WORLD_BYTES_MAX || params->start > HUMI_WORLD_BYTES_MAX)
        return humi_fail(HUM_ERR_INVALID,
                         "a space is whole blocks of 2 MiB and at most 128 TiB, not %llu bytes",
                         (unsigned long long)params->bytes);
    if (params->processors < 2 || params->processors > HUM_PROCESSORS_MAX)
        return humi_fail(HUM_ERR_INVALID, "a space has 1 to %d devices", HUM_DEVICES_MAX);
    for (unsigned p = 0; p < params->processors; p++)
        if (params->traits[p].capacity_bytes &&
            params->traits[p].capacity_bytes < HUM_BLOCK_SIZE)
            return humi_fail(HUM_ERR_INVALID, "a processor has room for at least one block of "
                                              "2 MiB");
    if (params->watched && !params->traits[0].shared_read)
        return humi_fail(HUM_ERR_INVALID,
                         "epochs tell reading from writing by read-only copies on the host");
    return HUM_OK;
}

static enum hum_status open_processors(struct humi_world *world,
                                       const struct humi_world_params *params)
{
    struct hum *hum = &world->hum;
    hum->processors = params->processors;
    enum hum_status status = HUM_OK;
    for (unsigned p = 0; p < params->processors; p++) {
        enum hum_status made = humi_model_processor_init(&world->processor[p], p, params->bytes,
                                                         &params->traits[p]);
        status = status == HUM_OK ? made : status;
        hum->processor[p] = &world->processor[p].base;
        world->last[p].block = UINT64_MAX;
    }
    return status;
}

static enum hum_status open_parts(struct humi_world *world, const struct humi_world_params *params)
{
    struct hum *hum = &world->hum;
    enum hum_status status = humi_policies_open(hum, "policy", humi_slice_of(params->policy));
    if (status == HUM_OK)
        status = humi_regions_init(&hum->regions, hum->params.start, hum->params.bytes);
    if (status == HUM_OK)
        status = humi_table_init(&hum->table, hum->params.bytes, hum->processors);
    if (status == HUM_OK)
        hum->table.fine_heat = params->fractions || humi_policies_count_touches(hum);
    if (status == HUM_OK)
        hum->table.alone = true;
    if (status == HUM_OK)
        status = humi_room_open(hum);
    if (status == HUM_OK)
        status = humi_ahead_start(hum, true, &world->server.ahead);
    atomic_store(&hum->ahead, world->server.ahead);
    if (status == HUM_OK)
        status = humi_record_open(hum, params->trace);
    return status;
}

/* ---- what happens, as the core tells it ------------------------------------------------------ */

static void count_arrival(struct humi_arrivals *arrivals, const struct humi_event *event)
{
    uint64_t bytes = event->bytes[HUM_H2D] + event->bytes[HUM_D2H] + event->bytes[HUM_D2D];
    if (!event->brought)
        return;
    if (event->processor == 0) {
        arrivals->home += event->cause == HUM_CAUSE_HOST_FAULT ? bytes / HUM_PAGE_SIZE : 0;
        return;
    }
    arrivals->at_devices += event->pages;
    arrivals->bare += event->pages - bytes / HUM_PAGE_SIZE;
    if (event->cause == HUM_CAUSE_DEVICE_FAULT || event->cause == HUM_CAUSE_FIRST_TOUCH)
        arrivals->demanded += event->pages;
    if (event->cause == HUM_CAUSE_PREFETCH_POLICY || event->cause == HUM_CAUSE_PREFETCH_USER)
        arrivals->ahead += event->pages;
}

static void see_event(void *self, uint32_t block, const struct humi_event *event)
{
    struct humi_world *world = self;
    world->returned += humi_model_returns(world->processor, world->hum.processors, block, event);
    count_arrival(&world->arrivals, event);
    if (world->charge)
        humi_charge_event(world->charge, block, event);
}

static void see_faults(void *self, const struct humi_record_faults *faults)
{
    struct humi_world *world = self;
    if (world->charge)
        humi_charge_faults(world->charge, faults->faults, faults->duplicates);
}

static void see_batch(void *self)
{
    struct humi_world *world = self;
    if (world->charge)
        humi_charge_batch(world->charge);
}

/* ---- open and close -------------------------------------------------------------------------- */

enum hum_status humi_world_open(const struct humi_world_params *params,
                                struct humi_world **world_out)
{
    enum hum_status status = check(params);
    if (status != HUM_OK)
        return status;
    struct humi_world *world = calloc(1, sizeof *world);
    if (!world)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a space");
    struct hum *hum = &world->hum;
    hum->params.start = params->start;
    hum->params.bytes = params->bytes;
    hum->params.huge = params->traits[0].huge;
    hum->params.shared_read = params->traits[0].shared_read;
    hum->deterministic = params->deterministic;
    hum->modelled = true;
    hum->stale_max = params->stale_blocks_max;
    hum->recorder.link = params->link;
    world->witness = (struct humi_witness){see_event, see_faults, see_batch, world};
    hum->recorder.witness = &world->witness;
    hum->recorder.direct = params->listener;
    hum->epochs.watched = hum->exact = params->watched;
    world->server.hum = hum;
    humi_lock_init(&hum->lock, HUMI_RANK_HUM);
    humi_list_init(&hum->streams);
    humi_list_init(&hum->modules);
    humi_uses_open(hum);
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    status = open_processors(world, params);
    if (status == HUM_OK)
        status = open_parts(world, params);
    humi_clock_follow(before);
    if (status != HUM_OK) {
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        humi_world_close(world);
        humi_error_restore(text);
        return status;
    }
    *world_out = world;
    return HUM_OK;
}

void humi_world_close(struct humi_world *world)
{
    if (!world)
        return;
    struct hum *hum = &world->hum;
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    humi_record_close(hum);
    humi_clock_follow(before);
    humi_ahead_stop(world->server.ahead);
    humi_server_fini(&world->server);
    humi_room_close(hum);
    for (unsigned p = 0; p < hum->processors; p++)
        humi_model_processor_fini(&world->processor[p]);
    humi_table_fini(&hum->table);
    humi_regions_fini(&hum->regions);
    humi_uses_close(hum);
    humi_policies_close(hum);
    humi_lock_fini(&hum->lock);
    free(world);
}

/* ---- touching -------------------------------------------------------------------------------- */

bool humi_world_look(struct humi_world *world, unsigned processor, uint64_t block)
{
    struct humi_model_entry *entry = humi_model_entry(&world->processor[processor], block);
    if (!entry)
        return false;
    world->last[processor].block = block;
    world->last[processor].entry = entry;
    return true;
}

uint64_t humi_world_serve(struct humi_world *world, const struct humi_world_touch *touches,
                          unsigned count)
{
    unsigned p = touches->processor;
    world->processor[p].failed = HUM_OK;
    for (unsigned i = 0; i < count; i++)
        if (touches[i].write)
            humi_model_processor_store(&world->processor[p], touches[i].page / HUM_PAGES_PER_BLOCK);
    for (unsigned i = 0; i < count; i++)
        world->server.faults[i] = (struct humi_fault){
            .address = world->hum.params.start + touches[i].page * HUM_PAGE_SIZE,
            .thread = touches[i].thread,
            .kernel = touches[i].kernel,
            .write = touches[i].write};
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    uint64_t moved = humi_server_serve(&world->server, p, count);
    humi_clock_follow(before);
    return moved;
}

bool humi_world_allows(struct humi_world *world, const struct humi_world_touch *touch)
{
    unsigned wanted = touch->write ? HUM_READ | HUM_WRITE : HUM_READ;
    if (touch->page >= world->hum.params.bytes / HUM_PAGE_SIZE)
        return false;
    struct humi_region *region = humi_server_region(
        &world->server, world->hum.params.start + touch->page * HUM_PAGE_SIZE);
    return region && (humi_region_access(region, touch->processor) & wanted) == wanted;
}

enum hum_status humi_world_fault(struct humi_world *world, const struct humi_world_touch *touch)
{
    const struct humi_model_processor *processor = &world->processor[touch->processor];
    if (touch->page >= world->hum.params.bytes / HUM_PAGE_SIZE)
        return humi_fail(HUM_ERR_ILLEGAL_ADDRESS, "page %llu is behind the end of the space",
                         (unsigned long long)touch->page);
    do {
        humi_world_serve(world, touch, 1);
        if (processor->failed != HUM_OK)
            return humi_fail(processor->failed, "%s cannot %s page %llu: %s",
                             processor->base.name, touch->write ? "write" : "read",
                             (unsigned long long)touch->page, hum_status_text(processor->failed));
    } while (!humi_world_may(world, touch->processor, touch->page, touch->write));
    return HUM_OK;
}

bool humi_world_reach(struct humi_world *world, const struct humi_world_touch *touch,
                      uint32_t times)
{
    struct hum *hum = &world->hum;
    uint64_t before_bytes = humi_counts_moved_bytes(hum);
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    world->remote += times;
    if (humi_warm_touch(hum, touch->processor, (uint32_t)touch->page, touch->write, times))
        while (humi_ahead_help(world->server.ahead)) {
        }
    humi_clock_follow(before);
    return humi_counts_moved_bytes(hum) != before_bytes;
}

enum hum_status humi_world_check(const struct humi_world *world)
{
    bool is_short = atomic_load(&world->hum.table.short_of_memory);
    for (unsigned p = 0; p < world->hum.processors; p++)
        is_short |= world->processor[p].short_of_memory;
    return is_short ? humi_fail(HUM_ERR_NO_MEMORY, "no memory for all blocks of the replay")
                    : HUM_OK;
}

/* ---- what programs do beside touching -------------------------------------------------------- */

enum hum_status humi_world_alloc(struct humi_world *world, const struct hum_trace_region *region)
{
    struct hum *hum = &world->hum;
    struct humi_region *made;
    uint64_t pages = hum->params.bytes / HUM_PAGE_SIZE;
    if (region->first_page >= pages || !region->bytes ||
        region->bytes > (pages - region->first_page) * HUM_PAGE_SIZE)
        return humi_fail(HUM_ERR_INVALID, "region %u lies outside the space", region->region);
    unsigned flags = region->flags & HUM_ALLOC_OWN_BLOCKS;
    struct humi_region_place place = {
        .start = hum->params.start + region->first_page * HUM_PAGE_SIZE,
        .bytes = humi_round_up(region->bytes, flags ? HUM_BLOCK_SIZE : HUM_PAGE_SIZE),
        .asked_bytes = region->bytes,
        .flags = flags,
        .id = region->region};
    enum hum_status status = humi_regions_insert(&hum->regions, &place, &made);
    if (status != HUM_OK)
        return status;
    made->name = region->name[0] ? strdup(region->name) : NULL;
    if (made->name)
        humi_policies_named(hum, made, made->name);
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    humi_record_region(hum, made);
    humi_clock_follow(before);
    return HUM_OK;
}

static void *pointer_to(const struct humi_world *world, uint64_t page)
{
    uintptr_t start = world->hum.params.start + page * HUM_PAGE_SIZE;
    void *ptr;
    memcpy(&ptr, &start, sizeof ptr);
    return ptr;
}

enum hum_status humi_world_name(struct humi_world *world, uint64_t first_page, const char *name)
{
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    enum hum_status status = hum_name(&world->hum, pointer_to(world, first_page), name);
    humi_clock_follow(before);
    return status;
}

static enum hum_status assume_block(const struct humi_visit *visit)
{
    return humi_residency_assume(visit->hum, visit->block, 0, visit->pages);
}

enum hum_status humi_world_assume(struct humi_world *world, uint64_t first_page, uint64_t pages)
{
    void *ptr = pointer_to(world, first_page);
    size_t bytes = pages * HUM_PAGE_SIZE;
    struct humi_region *region = humi_visit_region(&world->hum, ptr, bytes);
    if (!region)
        return HUM_ERR_INVALID;
    const struct humi_walk walk = {.hum = &world->hum,
                                   .region = region,
                                   .start = (uintptr_t)ptr,
                                   .end = (uintptr_t)ptr + bytes,
                                   .make = true,
                                   .function = assume_block};
    enum hum_status status = humi_visit_blocks(&walk);
    humi_region_put(region);
    return status;
}

enum hum_status humi_world_advise(struct humi_world *world, uint64_t first_page,
                                  enum hum_advice advice, int processor)
{
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    struct hum_region_info info;
    enum hum_status status = hum_region_info(&world->hum, pointer_to(world, first_page), &info);
    if (status == HUM_OK)
        status = hum_advise(&world->hum, info.ptr, info.bytes, advice, processor);
    humi_clock_follow(before);
    return status;
}

enum hum_status humi_world_policy(struct humi_world *world, uint64_t first_page, const char *text)
{
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    enum hum_status status = hum_policy_set(&world->hum, pointer_to(world, first_page), text);
    humi_clock_follow(before);
    return status;
}

enum hum_status humi_world_prefetch(struct humi_world *world, uint64_t first_page, int processor)
{
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    struct hum_region_info info;
    enum hum_status status = hum_region_info(&world->hum, pointer_to(world, first_page), &info);
    if (status == HUM_OK)
        status = hum_prefetch(&world->hum, info.ptr, info.bytes, processor, NULL);
    humi_clock_follow(before);
    return status;
}

enum hum_status humi_world_free(struct humi_world *world, uint64_t first_page)
{
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    enum hum_status status = hum_free(&world->hum, pointer_to(world, first_page));
    humi_clock_follow(before);
    return status;
}

void humi_world_launch(struct humi_world *world, unsigned processor, uint64_t launch)
{
    humi_world_boundary(world, processor, launch);
    atomic_fetch_add(&world->hum.running[processor], 1);
    atomic_fetch_add(&world->hum.launches, 1);
}

void humi_world_end(struct humi_world *world, unsigned processor)
{
    if (atomic_load(&world->hum.running[processor]))
        atomic_fetch_sub(&world->hum.running[processor], 1);
}

void humi_world_boundary(struct humi_world *world, unsigned processor, uint64_t launch)
{
    const uint64_t *before = humi_clock_follow(&world->now_ns);
    humi_epochs_begin(&world->hum, launch, processor);
    humi_clock_follow(before);
}

void humi_world_tell(struct humi_world *world, const struct hum_trace_record *record)
{
    humi_record_put(&world->hum, record);
}

void humi_world_counters(struct humi_world *world, struct hum_counters *counters_out)
{
    humi_counts_of_space(&world->hum, counters_out);
}
