/* SPDX-License-Identifier: MIT */
/* live.c - a space on the page of base/live.h. */
#include "core/live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/live.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/counts.h"
#include "core/kernels.h"
#include "os/board.h"

#define TICK_MS 100u
#define LOOKED_NS (2 * HUMI_NS_PER_S) /* who looked that long ago has gone */
#define SHARE 10u                     /* works at most one part in so many of the time */

/* An entry of the page that may be given to another region or kernel. */
struct rank {
    uint64_t heat;
    uint64_t key;              /* start of the region; processor << 32 | number of the kernel */
};

struct humi_live {
    struct hum *hum;
    pthread_t thread;
    int stop_fd;
    struct humi_board board;
    struct rank region[HUMI_LIVE_REGIONS], kernel[HUMI_LIVE_KERNELS];
};

static struct humi_live_page *page_of(const struct humi_live *live)
{
    return live->board.memory;
}

/* ---- the hottest so far ---------------------------------------------------------------------- */

/* Insert where it belongs, hottest first; the coldest of a full list falls out. */
static void rank_add(struct rank *ranks, uint32_t *count, uint32_t room, struct rank added)
{
    uint32_t at = *count;
    if (at == room && ranks[room - 1].heat >= added.heat)
        return;
    if (at == room)
        at--;
    else
        ++*count;
    for (; at > 0 && ranks[at - 1].heat < added.heat; at--)
        ranks[at] = ranks[at - 1];
    ranks[at] = added;
}

/* ---- regions --------------------------------------------------------------------------------- */

/* Bytes moved, a fault counting as the page it was about. */
static uint64_t weight_of(const struct humi_region *region)
{
    const struct humi_meter *meter = atomic_load(&region->meter);
    if (!meter)
        return 0;
    uint64_t faults = atomic_load_explicit(&meter->faults_host, memory_order_relaxed) +
                      atomic_load_explicit(&meter->faults_device, memory_order_relaxed);
    uint64_t weight = faults * HUM_PAGE_SIZE;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        weight += atomic_load_explicit(&meter->bytes[d], memory_order_relaxed);
    return weight;
}

/* What it did lately counts; what it did before fades by an eighth with each look. */
static uint64_t heat_of(struct humi_region *region)
{
    uint64_t weight = weight_of(region);
    region->heat += weight - region->weight_seen - region->heat / 8;
    region->weight_seen = weight;
    return region->heat;
}

static void rank_regions(struct humi_live *live)
{
    struct humi_regions *regions = &live->hum->regions;
    struct humi_region *region;
    uintptr_t from = 0;
    page_of(live)->region_count = 0;
    while ((region = humi_regions_next(regions, from))) {
        struct rank rank = {.heat = heat_of(region), .key = region->start};
        from = region->start + region->bytes;
        rank_add(live->region, &page_of(live)->region_count, HUMI_LIVE_REGIONS, rank);
        humi_region_put(region);
    }
}

/* Pages of the region in one block, for each processor. */
static void add_resident(struct hum *hum, const struct humi_region *region,
                         struct humi_block *block, uint64_t *bytes)
{
    struct hum_pages own = humi_region_pages(region, humi_block_start(hum, block));
    if (humi_mask_count(&own) == HUMI_PAGES) {
        for (unsigned p = 0; p < hum->processors; p++)
            bytes[p] += atomic_load(&block->hold[p].resident_pages) * HUM_PAGE_SIZE;
        return;
    }
    humi_lock(&block->lock);
    for (unsigned p = 0; p < hum->processors; p++) {
        struct hum_pages here = humi_mask_and(&own, &block->hold[p].resident);
        bytes[p] += humi_mask_count(&here) * HUM_PAGE_SIZE;
    }
    humi_unlock(&block->lock);
}

static void show_region(struct hum *hum, struct humi_region *region, struct humi_live_region *entry)
{
    struct hum_region_info info;
    humi_rwlock_read(&hum->regions.lock);
    humi_region_describe(region, &info);
    humi_rwlock_unlock(&hum->regions.lock);
    memset(entry, 0, sizeof *entry);
    entry->id = region->id;
    memcpy(entry->name, info.name, sizeof entry->name);
    entry->ptr = region->start;
    entry->bytes = region->asked_bytes;
    entry->counters = info.counters;
    uint32_t end = humi_space_block(hum, region->start + region->bytes - 1) + 1;
    struct humi_block *block =
        humi_table_next(&hum->table, humi_space_block(hum, region->start), end);
    for (; block; block = humi_table_next(&hum->table, block->index + 1, end))
        add_resident(hum, region, block, entry->resident_bytes);
}

static void show_regions(struct humi_live *live)
{
    struct humi_live_page *page = page_of(live);
    uint32_t shown = 0;
    rank_regions(live);
    for (uint32_t i = 0; i < page->region_count; i++) {
        struct humi_region *region =
            humi_regions_find(&live->hum->regions, live->region[i].key);
        if (!region)
            continue; /* freed meanwhile */
        show_region(live->hum, region, &page->region[shown++]);
        humi_region_put(region);
    }
    page->region_count = shown;
}

/* ---- kernels --------------------------------------------------------------------------------- */

static void rank_kernels(struct humi_live *live)
{
    struct humi_live_page *page = page_of(live);
    page->kernel_count = 0;
    page->kernels = 0;
    for (unsigned p = 1; p < live->hum->processors; p++) {
        struct humi_kernel_meter *meter;
        for (unsigned id = 0; (meter = humi_kernels_next(live->hum, p, &id)); id++) {
            struct rank rank = {.heat = atomic_load(&meter->launch_ns),
                                .key = (uint64_t)p << 32 | id};
            rank_add(live->kernel, &page->kernel_count, HUMI_LIVE_KERNELS, rank);
            page->kernels++;
        }
    }
}

static void show_kernels(struct humi_live *live)
{
    struct humi_live_page *page = page_of(live);
    rank_kernels(live);
    for (uint32_t i = 0; i < page->kernel_count; i++) {
        unsigned p = (unsigned)(live->kernel[i].key >> 32);
        const struct humi_kernel_meter *meter =
            humi_kernels_find(live->hum, p, (uint32_t)live->kernel[i].key);
        struct humi_live_kernel *entry = &page->kernel[i];
        memcpy(entry->name, meter->name, sizeof entry->name);
        entry->device = humi_public(p);
        entry->id = meter->id;
        entry->launches = atomic_load(&meter->launches);
        entry->launch_ns = atomic_load(&meter->launch_ns);
        humi_meter_read(&meter->counters, &entry->counters);
    }
}

/* ---- the space ------------------------------------------------------------------------------- */

static void show_space(struct humi_live *live)
{
    struct humi_live_page *page = page_of(live);
    struct hum *hum = live->hum;
    struct hum_stats stats;
    if (hum_stats(hum, &stats) != HUM_OK)
        return;
    page->total = stats.total;
    page->launches = stats.launches;
    page->regions = stats.regions;
    page->region_bytes = stats.region_bytes;
    page->metadata_bytes = stats.metadata_bytes;
    page->samples_taken = stats.samples_taken;
    page->samples_touched = stats.samples_touched;
    page->sample_ns = stats.sample_ns;
    page->sample_ppm = stats.sample_ppm;
    for (unsigned p = 0; p < hum->processors; p++) {
        struct humi_live_processor *entry = &page->processor[p];
        entry->resident_bytes = stats.resident_bytes[p];
        entry->frame_bytes = stats.frame_bytes[p];
        entry->spare_bytes = stats.spare_bytes[p];
        entry->restarts = atomic_load(&hum->restarts[p]);
        entry->running = atomic_load(&hum->running[p]);
        entry->lost = atomic_load(&hum->lost[p]);
        humi_counts_of_processor(hum, p, &entry->counters);
    }
}

/*
 * The sequence is seen odd before anything changes, and even only after all of it has.  The thread
 * sanitizer does not take atomic_thread_fence().
 */
static void publish(struct humi_live *live)
{
    struct humi_live_page *page = page_of(live);
    uint64_t sequence = atomic_load(&page->sequence);
    atomic_store(&page->sequence, sequence + 1);
    __sync_synchronize();
    page->time_ns = humi_clock_real_ns();
    show_space(live);
    show_regions(live);
    show_kernels(live);
    __sync_synchronize();
    atomic_store(&page->sequence, sequence + 2);
}

/* What does not change. */
static void show_fixed(struct humi_live *live)
{
    struct humi_live_page *page = page_of(live);
    const struct hum *hum = live->hum;
    page->magic = HUMI_LIVE_MAGIC;
    page->version = HUMI_LIVE_VERSION;
    page->page_bytes = sizeof *page;
    page->counters_bytes = sizeof(struct hum_counters);
    page->pid = (uint32_t)getpid();
    page->open_ns = humi_clock_real_ns();
    snprintf(page->program, sizeof page->program, "%s", program_invocation_short_name);
    snprintf(page->policy, sizeof page->policy, "%s", atomic_load(&hum->policies.space)->text);
    snprintf(page->link, sizeof page->link, "%s", hum->recorder.link.name);
    page->pace = hum->recorder.pace;
    page->processors = hum->processors;
    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_processor *processor = hum->processor[p];
        struct humi_live_processor *entry = &page->processor[p];
        snprintf(entry->name, sizeof entry->name, "%s", processor->name);
        snprintf(entry->kind, sizeof entry->kind, "%s", processor->kind);
        entry->workers = processor->workers;
        entry->huge = processor->huge;
        entry->capacity_bytes = processor->memory_bytes;
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Publish until nobody looks any more.  False: the space closes. */
static bool show(struct humi_live *live)
{
    struct pollfd stop = {.fd = live->stop_fd, .events = POLLIN};
    uint64_t looked_ns = humi_clock_real_ns(), now = looked_ns;
    while (now - looked_ns < LOOKED_NS) {
        publish(live);
        uint64_t cost_ms = (humi_clock_real_ns() - now) / HUMI_NS_PER_MS;
        uint64_t pause_ms = cost_ms * SHARE > TICK_MS ? cost_ms * SHARE : TICK_MS;
        if (poll(&stop, 1, (int)pause_ms) > 0)
            return false;
        now = humi_clock_real_ns();
        if (humi_board_was_read(&live->board))
            looked_ns = now;
    }
    return true;
}

static void *run(void *argument)
{
    struct humi_live *live = argument;
    struct pollfd polls[] = {{.fd = live->stop_fd, .events = POLLIN},
                             {.fd = live->board.watch_fd, .events = POLLIN}};
    humi_signals_never();
    for (;;) {
        if (poll(polls, 2, -1) < 0)
            continue;
        if (polls[0].revents)
            return NULL;
        if (humi_board_was_read(&live->board) && !show(live))
            return NULL;
    }
}

static enum hum_status start(struct humi_live *live)
{
    enum hum_status status =
        humi_board_open(HUMI_LIVE_NAME, sizeof(struct humi_live_page), &live->board);
    if (status != HUM_OK)
        return status;
    live->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (live->stop_fd < 0) {
        status = humi_fail_errno("eventfd");
        humi_board_close(&live->board);
        return status;
    }
    show_fixed(live);
    status = humi_thread_start(&live->thread, "hum-live", run, live);
    if (status != HUM_OK) {
        close(live->stop_fd);
        humi_board_close(&live->board);
    }
    return status;
}

struct humi_live *humi_live_start(struct hum *hum)
{
    char text[HUMI_ERROR_TEXT_BYTES];
    struct humi_live *live = calloc(1, sizeof *live);
    humi_error_save(text, sizeof text);
    if (live) {
        live->hum = hum;
        if (start(live) == HUM_OK)
            return live;
    }
    humi_debug("no live view: %s", live ? hum_error_text() : "no memory");
    humi_error_restore(text);
    free(live);
    return NULL;
}

void humi_live_stop(struct humi_live *live)
{
    uint64_t one = 1;
    if (!live)
        return;
    while (write(live->stop_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    pthread_join(live->thread, NULL);
    close(live->stop_fd);
    humi_board_close(&live->board);
    free(live);
}
