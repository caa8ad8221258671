/* SPDX-License-Identifier: MIT */
/*
 * fault.c - single pages in random order, against a bare userfaultfd loop.
 *
 * Policy `ondemand`, one worker, so that each touch is one fault that nothing hides.  Pages are
 * touched in batches; a batch gives one number, its time by its pages, and the median over all
 * batches is the result.  A batch of fault-h2d is one launch, whose round trip is part of it.
 *
 * Where the scheduler puts the thread that touches and the one that serves changes a fault from 10
 * to 60 microseconds, so the bare loop runs in two arrangements, free and with both threads on one
 * CPU.  Where a device faults the better one is the floor, because hum keeps the worker and its
 * own thread on one core.  Where the program faults the floor is the free one, because hum does not
 * move the program's threads; the note gives both.
 *
 * Before each round the other side writes the pages that will be touched (not timed).  For upgrade
 * this side writes them and the device reads them, so both hold a copy that nobody may write.
 */
#include <stdlib.h>
#include <string.h>

#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/world.h"
#include "touch.h"
#include "words.h"

#define BYTES_MAX ((size_t)64 << 20)
#define BATCH_PAGES ((size_t)256)
#define BATCHES ((size_t)16) /* a round, at most */

enum kind { FAULT_H2D, FAULT_D2H, UPGRADE };

/* Of the bare loop's two threads. */
enum arrangement { FREE, BOUND, ARRANGEMENTS };

struct faults {
    enum kind kind;
    struct world world;
    struct floor_fault *floor[ARRANGEMENTS];
    struct series bare[ARRANGEMENTS]; /* microseconds a page */
    struct hum_kernel *touch_read, *touch_write, *fill;
    size_t pages, batch, batches;
    uint64_t *region;      /* in the space */
    uint64_t *device_list; /* in the space: every page number once, shuffled */
    uint64_t *device_sum;  /* in the space */
    uint64_t *list;        /* the same list in this process */
};

#define WORDS_PER_PAGE (HUM_PAGE_SIZE / sizeof(uint64_t))

/* The same order in every run of the command: xorshift with a fixed seed. */
static void shuffle(uint64_t *list, size_t count)
{
    uint64_t state = 0x9e3779b97f4a7c15u;

    for (size_t i = 0; i < count; i++)
        list[i] = i;
    for (size_t i = count - 1; i > 0; i--) {
        size_t j;
        uint64_t swap;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        j = (size_t)(state % (i + 1));
        swap = list[i];
        list[i] = list[j];
        list[j] = swap;
    }
}

static bool open_list(struct faults *f, const struct mark_options *options,
                      struct mark_result *result)
{
    size_t bytes = options->bytes < BYTES_MAX ? options->bytes : BYTES_MAX;

    f->pages = bytes / HUM_PAGE_SIZE ? bytes / HUM_PAGE_SIZE : 1;
    f->batch = f->pages < BATCH_PAGES ? f->pages : BATCH_PAGES;
    f->batches = f->pages / f->batch < BATCHES ? f->pages / f->batch : BATCHES;
    f->list = malloc(f->pages * sizeof(*f->list));
    if (!f->list)
        return mark_fail(result, "out of memory");
    shuffle(f->list, f->pages);
    return true;
}

static bool open_floor(struct faults *f, struct mark_result *result)
{
    enum floor_fault_kind kind = f->kind == FAULT_H2D ? FLOOR_FAULT_PROCESS : FLOOR_FAULT_THREAD;
    int error = 0;

    for (int a = 0; !error && a < ARRANGEMENTS; a++)
        error = floor_fault_open(kind, f->pages, &f->floor[a]);
    if (!error)
        error = floor_fault_pin(f->floor[BOUND]);
    return error == 0 ||
           mark_fail(result, "the bare userfaultfd loop does not run: %s", strerror(error));
}

static bool open_world(struct faults *f, struct mark_result *result)
{
    struct world *w = &f->world;
    size_t bytes = f->pages * HUM_PAGE_SIZE, list_bytes = f->pages * sizeof(*f->list);
    const struct world_params params = {
        .policy = "ondemand",
        .memory_bytes = bytes + list_bytes + ((size_t)64 << 20),
        .workers = 1,
    };

    if (!world_open(w, &params, result) ||
        !world_kernel(w, "touch", "touch_read", &f->touch_read) ||
        !world_kernel(w, "touch", "touch_write", &f->touch_write) ||
        !world_kernel(w, "words", "fill", &f->fill) || !world_alloc(w, bytes, "data", &f->region) ||
        !world_alloc(w, list_bytes, "list", &f->device_list) ||
        !world_alloc(w, HUM_PAGE_SIZE, "sum", &f->device_sum))
        return false;
    if (f->kind == UPGRADE && !w->system.shared_read)
        return mark_fail(result,
                         "no page can be shared here (before Linux 6.4, or HUM_FEATURES took "
                         "it away), so there is nothing to upgrade");
    memcpy(f->device_list, f->list, list_bytes);
    return world_ok(w, hum_prefetch(w->hum, f->device_list, list_bytes, 0, NULL), "hum_prefetch");
}

static void close_all(struct faults *f)
{
    world_close(&f->world);
    for (int a = 0; a < ARRANGEMENTS; a++) {
        floor_fault_close(f->floor[a]);
        series_free(&f->bare[a]);
    }
    free(f->list);
}

/* ---- rounds --------------------------------------------------------------------------------- */

static bool device_touch(struct faults *f, struct hum_kernel *kernel, size_t first, size_t count)
{
    const struct touch_args args = {
        .base = f->region,
        .pages = f->device_list + first,
        .count = count,
        .sum = f->device_sum,
        .value = first,
    };

    return world_run(&f->world, kernel, count, &args, sizeof(args));
}

static void host_write(struct faults *f, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        f->region[f->list[i] * WORDS_PER_PAGE] = i;
}

static uint64_t host_read(struct faults *f, size_t first, size_t count)
{
    volatile uint64_t *region = f->region;
    uint64_t sum = 0;

    for (size_t i = first; i < first + count; i++)
        sum += region[f->list[i] * WORDS_PER_PAGE];
    return sum;
}

/* Bring the pages of a round to where they fault from. */
static bool prepare(struct faults *f, size_t first, size_t count)
{
    if (f->kind == FAULT_D2H)
        return device_touch(f, f->touch_write, first, count);
    host_write(f, first, count);
    return f->kind == FAULT_H2D || device_touch(f, f->touch_read, first, count);
}

static bool value_batch(struct faults *f, size_t first)
{
    if (f->kind == FAULT_H2D)
        return device_touch(f, f->touch_read, first, f->batch);
    if (f->kind == FAULT_D2H)
        (void)host_read(f, first, f->batch);
    else
        host_write(f, first, f->batch);
    return true;
}

/* A round of the bare loop; every batch gives one number to the series unless it is NULL. */
static bool floor_round(struct faults *f, enum arrangement a, size_t first, struct series *series)
{
    struct floor_fault *floor = f->floor[a];
    int error = f->kind == UPGRADE ? floor_fault_protect(floor) : floor_fault_unmap(floor);

    for (size_t b = 0; !error && b < f->batches; b++) {
        double seconds = 0;

        error = floor_fault_touch(floor, f->list + first + b * f->batch, f->batch,
                                  f->kind == UPGRADE, &seconds);
        if (series && !error)
            series_add(series, seconds * 1e6 / (double)f->batch);
    }
    return error == 0 ||
           mark_fail(f->world.result, "the bare userfaultfd loop: %s", strerror(error));
}

static bool value_round(struct faults *f, size_t first, struct series *series)
{
    for (size_t b = 0; b < f->batches; b++) {
        double start = floor_now();

        if (!value_batch(f, first + b * f->batch))
            return false;
        if (series)
            series_add(series, (floor_now() - start) * 1e6 / (double)f->batch);
    }
    return true;
}

/* The first round warms up. */
static bool rounds(struct faults *f, const struct mark_options *options, struct mark_result *result)
{
    size_t count = f->batch * f->batches;

    for (unsigned i = 0; i <= options->runs; i++) {
        size_t first = (i * count) % (f->pages - count + 1);

        if (!floor_round(f, FREE, first, i ? &f->bare[FREE] : NULL) || !prepare(f, first, count) ||
            !value_round(f, first, i ? &result->value : NULL) ||
            !floor_round(f, BOUND, first, i ? &f->bare[BOUND] : NULL))
            return false;
    }
    return true;
}

/* What hum may do is the floor's, too: it keeps device workers on a core, the program's never. */
static void choose_floor(struct faults *f, struct mark_result *result)
{
    double free_us = series_median(&f->bare[FREE]), bound_us = series_median(&f->bare[BOUND]);
    enum arrangement chosen = f->kind == FAULT_H2D && bound_us < free_us ? BOUND : FREE;

    result->floor = f->bare[chosen];
    f->bare[chosen] = (struct series){NULL, 0, 0};
    mark_note(result, "bare loop with free threads %.1f us, with both threads on one CPU %.1f us",
              free_us, bound_us);
}

/* Every page defined, by the side that the pages come from. */
static bool define_all(struct faults *f)
{
    const struct fill_args args = {.words = f->region, .count = f->pages * WORDS_PER_PAGE};

    if (f->kind == FAULT_D2H)
        return world_run(&f->world, f->fill, args.count, &args, sizeof(args));
    memset(f->region, 1, f->pages * HUM_PAGE_SIZE);
    return true;
}

static void note(struct faults *f, struct mark_result *result, const struct hum_counters *before)
{
    struct hum_stats stats;

    mark_note(result, "%zu pages a batch, %zu batches, policy ondemand, 1 worker, %s pages",
              f->batch, result->value.count, result->huge ? "huge" : "small");
    if (hum_stats(f->world.hum, &stats) == HUM_OK)
        mark_note(result, "%llu host and %llu device faults in all, preparations included",
                  (unsigned long long)(stats.total.faults_host - before->faults_host),
                  (unsigned long long)(stats.total.faults_device - before->faults_device));
}

static bool measure(enum kind kind, const struct mark_options *options, struct mark_result *result)
{
    struct faults f = {.kind = kind};
    struct hum_stats before = {0};
    bool done;

    /* The floor forks, so it comes before the threads of the space. */
    done = open_list(&f, options, result) && open_floor(&f, result) && open_world(&f, result) &&
           define_all(&f) && world_ok(&f.world, hum_stats(f.world.hum, &before), "hum_stats") &&
           rounds(&f, options, result);
    if (done) {
        choose_floor(&f, result);
        note(&f, result, &before.total);
    }
    close_all(&f);
    return done;
}

static bool measure_h2d(const struct mark_options *options, struct mark_result *result)
{
    return measure(FAULT_H2D, options, result);
}

static bool measure_d2h(const struct mark_options *options, struct mark_result *result)
{
    return measure(FAULT_D2H, options, result);
}

static bool measure_upgrade(const struct mark_options *options, struct mark_result *result)
{
    return measure(UPGRADE, options, result);
}

const struct mark mark_fault_h2d = {
    .name = "fault-h2d",
    .unit = "us",
    .about = "one page a fault, random order, kernel reads / a bare userfaultfd loop",
    .limit = 2.0,
    .measure = measure_h2d,
};

const struct mark mark_fault_d2h = {
    .name = "fault-d2h",
    .unit = "us",
    .about = "one page a fault, random order, host reads / a bare userfaultfd loop",
    .limit = 2.0,
    .measure = measure_d2h,
};

const struct mark mark_upgrade = {
    .name = "upgrade",
    .unit = "us",
    .about = "write to a page that both sides share / un-protecting in a bare loop",
    .limit = 2.0,
    .measure = measure_upgrade,
};
