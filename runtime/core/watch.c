/* SPDX-License-Identifier: MIT */
/* watch.c - tools in the process that are told every record as it is made. */
#include "core/watch.h"

#include <sched.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/status.h"
#include "core/module.h"
#include "core/record.h"
#include "trace/sink.h"

/* What lives when a watch begins: one allocation each, given back when it has been told. */
struct living {
    struct hum_trace_kernel *kernels;
    struct hum_trace_region *regions;
    size_t kernel_count, region_count;
    uint64_t time_ns;
};

struct hum_watch {
    struct hum *hum;
    struct humi_watch_place *place;
    struct humi_sink *sink;
    void (*callback)(void *user, const struct hum_trace_record *record);
    void *user;
    const struct hum_trace_record *totals; /* set before the end; NULL: they are not told */

    /* The thread's alone until it has ended. */
    struct living living;
    uint64_t told_dropped[HUM_TRACE_KIND_COUNT];
    uint64_t last_time_ns;
};

static _Thread_local bool inside;

bool humi_watch_is_inside(void)
{
    return inside;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void tell(void *self, const struct hum_trace_record *record)
{
    struct hum_watch *watch = self;
    if (record->time_ns > watch->last_time_ns)
        watch->last_time_ns = record->time_ns;
    watch->callback(watch->user, record);
}

static void living_free(struct living *living)
{
    free(living->kernels);
    free(living->regions);
    *living = (struct living){0};
}

static void begin(void *self)
{
    struct hum_watch *watch = self;
    struct living *living = &watch->living;
    const struct humi_listener listener = {tell, watch};
    inside = true;
    humi_record_head(watch->hum, &listener);
    for (size_t i = 0; i < living->kernel_count; i++) {
        struct hum_trace_record record = {.kind = HUM_TRACE_KERNEL, .time_ns = living->time_ns};
        record.kernel = living->kernels[i];
        tell(watch, &record);
    }
    for (size_t i = 0; i < living->region_count; i++) {
        struct hum_trace_record record = {.kind = HUM_TRACE_REGION, .time_ns = living->time_ns};
        record.region = living->regions[i];
        tell(watch, &record);
    }
    living_free(living);
}

/* What has been lost since it was told last. */
static void tell_dropped(void *self, const struct humi_sink *sink)
{
    struct hum_watch *watch = self;
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++) {
        struct hum_trace_record record = {.kind = HUM_TRACE_DROPPED};
        uint64_t dropped = humi_sink_dropped(sink, (enum hum_trace_kind)kind);
        if (dropped == watch->told_dropped[kind])
            continue;
        record.time_ns = watch->last_time_ns;
        record.dropped.kind = kind;
        record.dropped.count = dropped - watch->told_dropped[kind];
        watch->told_dropped[kind] = dropped;
        tell(watch, &record);
    }
}

static void end(void *self)
{
    struct hum_watch *watch = self;
    if (watch->totals)
        tell(watch, watch->totals);
}

/* ---- putting --------------------------------------------------------------------------------- */

void humi_watches_do_put(struct hum *hum, const struct hum_trace_record *record)
{
    for (unsigned i = 0; i < HUMI_WATCHES_MAX; i++) {
        struct humi_watch_place *place = &hum->recorder.place[i];
        if (!atomic_load_explicit(&place->sink, memory_order_relaxed))
            continue;
        atomic_fetch_add(&place->putting, 1);
        humi_sink_put(atomic_load(&place->sink), record); /* NULL keeps nothing */
        atomic_fetch_sub(&place->putting, 1);
    }
}

/* ---- beginning ------------------------------------------------------------------------------- */

/* HUM lock held. */
static enum hum_status list_kernels(struct hum *hum, struct living *living)
{
    size_t count = 0;
    humi_list_each (all, &hum->modules)
        humi_list_each (link, &humi_container_of(all, struct hum_module, all)->kernels)
            count++;
    living->kernels = calloc(count + 1, sizeof *living->kernels);
    if (!living->kernels)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to tell a watch %zu kernels", count);
    humi_list_each (all, &hum->modules)
        humi_list_each (link, &humi_container_of(all, struct hum_module, all)->kernels)
            living->kernels[living->kernel_count++] =
                humi_record_kernel_of(humi_container_of(link, struct hum_kernel, link));
    return HUM_OK;
}

/* The tree's lock held. */
static enum hum_status list_regions(struct hum *hum, struct living *living)
{
    struct humi_region *region = NULL;
    living->regions = calloc(hum->regions.count + 1, sizeof *living->regions);
    if (!living->regions)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to tell a watch %zu regions",
                         hum->regions.count);
    while ((region = humi_regions_after(&hum->regions, region)))
        living->regions[living->region_count++] = humi_record_region_of(hum, region);
    return HUM_OK;
}

static struct humi_watch_place *place_find(struct hum *hum)
{
    for (unsigned i = 0; i < HUMI_WATCHES_MAX; i++)
        if (!hum->recorder.place[i].watch)
            return &hum->recorder.place[i];
    return NULL;
}

static enum hum_status watch_start(struct hum_watch *watch)
{
    static const struct humi_consumer consumer = {begin, tell, tell_dropped, end};
    const struct humi_sink_params params = {"hum-watch", HUMI_SINK_SLOTS, &consumer, watch};
    return humi_sink_open(&params, &watch->sink);
}

/* HUM lock held: no kernel is named meanwhile, and with the tree's lock no region made. */
static enum hum_status watch_list_and_start(struct hum_watch *watch)
{
    struct hum *hum = watch->hum;
    struct humi_recorder *recorder = &hum->recorder;
    enum hum_status status = list_kernels(hum, &watch->living);
    if (status != HUM_OK)
        return status;
    humi_rwlock_read(&hum->regions.lock);
    watch->living.time_ns = humi_clock_ns() - recorder->start_ns;
    status = list_regions(hum, &watch->living);
    if (status == HUM_OK)
        status = watch_start(watch);
    if (status == HUM_OK) {
        watch->place->watch = watch;
        atomic_store(&watch->place->sink, watch->sink);
        atomic_fetch_add(&recorder->watches, 1);
        atomic_fetch_add(&recorder->listeners, 1);
    }
    humi_rwlock_unlock(&hum->regions.lock);
    return status;
}

enum hum_status hum_watch(struct hum *hum,
                          void (*callback)(void *user, const struct hum_trace_record *record),
                          void *user, struct hum_watch **watch_out)
{
    if (!hum || !callback || !watch_out)
        return humi_fail(HUM_ERR_INVALID, "hum_watch needs a space, a callback and an output");
    struct hum_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a watch");
    watch->hum = hum;
    watch->callback = callback;
    watch->user = user;
    humi_lock(&hum->lock);
    watch->place = place_find(hum);
    enum hum_status status =
        watch->place ? watch_list_and_start(watch)
                     : humi_fail(HUM_ERR_BUSY,
                                 "%u tools watch this space already; end one with hum_unwatch()",
                                 HUMI_WATCHES_MAX);
    humi_unlock(&hum->lock);
    if (status != HUM_OK) {
        living_free(&watch->living);
        free(watch);
        return status;
    }
    *watch_out = watch;
    return HUM_OK;
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* Nobody finds it any more, everything that was put is told, and the last call has ended. */
static void watch_end(struct hum_watch *watch)
{
    struct humi_watch_place *place = watch->place;
    struct humi_recorder *recorder = &watch->hum->recorder;
    atomic_fetch_sub(&recorder->listeners, 1);
    atomic_fetch_sub(&recorder->watches, 1);
    atomic_store(&place->sink, NULL);
    while (atomic_load(&place->putting) != 0)
        sched_yield();
    humi_sink_close(watch->sink);
    humi_lock(&watch->hum->lock);
    place->watch = NULL;
    humi_unlock(&watch->hum->lock);
}

static void watch_free(struct hum_watch *watch)
{
    humi_sink_free(watch->sink);
    living_free(&watch->living);
    free(watch);
}

enum hum_status hum_unwatch(struct hum_watch *watch)
{
    if (!watch)
        return HUM_OK;
    if (inside)
        return humi_fail(HUM_ERR_BUSY, "a callback cannot end a watch: set a flag there and call "
                                       "hum_unwatch() from another thread");
    watch_end(watch);
    watch_free(watch);
    return HUM_OK;
}

void humi_watches_close(struct hum *hum)
{
    const struct hum_trace_record totals = humi_record_totals(hum);
    for (unsigned i = 0; i < HUMI_WATCHES_MAX; i++) {
        struct hum_watch *watch = hum->recorder.place[i].watch;
        if (!watch)
            continue;
        watch->totals = &totals;
        watch_end(watch);
        watch_free(watch);
    }
}
