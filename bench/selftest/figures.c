/* SPDX-License-Identifier: MIT */
/*
 * figures.c - what moving, faulting and launching cost on this device.  They are told, not judged:
 * a trial here fails only when a call does.
 */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "empty.h"
#include "selftest/selftest.h"
#include "words.h"

#define MOVED_BYTES ((size_t)32 << 20)
#define MOVED_ROUNDS 5
#define FAULT_PAGES ((size_t)256)
#define LAUNCHES 200
#define WORDS_PER_PAGE (HUM_PAGE_SIZE / sizeof(uint64_t))

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Half of a small device's memory, at most MOVED_BYTES. */
static size_t moved_bytes(const struct selftest *t)
{
    size_t half = (size_t)t->device.memory_bytes / 2;

    return (half && half < MOVED_BYTES ? half : MOVED_BYTES) & ~(HUM_BLOCK_SIZE - 1);
}

/* A round: one side writes all, then it is timed how all of it comes to the other. */
static bool move(struct selftest *t, struct trial *trial, void *region, size_t bytes, int to,
                 struct series *rates)
{
    struct fill_args args = {region, bytes / sizeof(uint64_t), 1};
    struct hum_kernel *fill;
    double start;

    if (to == HUM_HOST) {
        if (!selftest_kernel(t, trial, "words", "fill", &fill) ||
            !selftest_run(t, trial, fill, args.count, &args, sizeof(args)))
            return false;
    } else {
        memset(region, 1, bytes);
    }
    start = now();
    if (!trial_ok(trial, hum_prefetch(t->hum, region, bytes, to, NULL), "hum_prefetch"))
        return false;
    series_add(rates, (double)bytes / (now() - start) / (double)((size_t)1 << 30));
    return true;
}

static void bandwidth(struct selftest *t, const char *name, int to)
{
    struct trial *trial = selftest_trial(t, name);
    struct series rates = {0};
    size_t bytes = moved_bytes(t);
    void *region;
    bool good;

    if (!trial_ok(trial, hum_alloc(t->hum, bytes, HUM_ALLOC_OWN_BLOCKS, &region), "hum_alloc"))
        return;
    good = move(t, trial, region, bytes, to, &rates); /* warms up */
    series_free(&rates);
    rates = (struct series){0};
    for (int i = 0; good && i < MOVED_ROUNDS; i++)
        good = move(t, trial, region, bytes, to, &rates);
    if (good)
        trial_pass(trial, "%zu MiB by hum_prefetch", bytes >> 20);
    trial_figure(trial, &rates, "GiB/s", true);
    (void)hum_free(t->hum, region);
}

static void host_touches(volatile uint64_t *words, struct series *times)
{
    for (size_t i = 0; i < FAULT_PAGES; i++) {
        double start = now();

        (void)words[i * WORDS_PER_PAGE];
        series_add(times, (now() - start) * 1e6);
    }
}

static bool device_touches(struct selftest *t, struct trial *trial, uint64_t *words,
                           struct series *times)
{
    struct hum_kernel *increment;

    if (!selftest_kernel(t, trial, "words", "increment", &increment))
        return false;
    for (size_t i = 0; i < FAULT_PAGES; i++) {
        struct increment_args args = {words + i * WORDS_PER_PAGE, 1};
        double start = now();

        if (!selftest_run(t, trial, increment, 1, &args, sizeof(args)))
            return false;
        series_add(times, (now() - start) * 1e6);
    }
    return true;
}

/* Page by page, with no policy in the way. */
static void faults(struct selftest *t, const char *name, int by)
{
    struct trial *trial = selftest_trial(t, name);
    size_t bytes = FAULT_PAGES * HUM_PAGE_SIZE;
    struct series times = {0};
    uint64_t *words;
    void *region;
    bool good;

    if (by != HUM_HOST && !t->device.faults) {
        trial_skip(trial, "the device cannot fault");
        return;
    }
    if (!trial_ok(trial, hum_alloc(t->hum, bytes, HUM_ALLOC_OWN_BLOCKS, &region), "hum_alloc"))
        return;
    words = region;
    memset(words, 1, bytes);
    good = trial_ok(trial, hum_policy_set(t->hum, region, "ondemand"), "policy");
    if (by == HUM_HOST) { /* the device wrote them last: their bytes have to come */
        struct fill_args args = {words, bytes / sizeof(*words), 1};
        struct hum_kernel *fill;

        good = good && selftest_kernel(t, trial, "words", "fill", &fill) &&
               selftest_run(t, trial, fill, args.count, &args, sizeof(args));
    }
    if (good && by == HUM_HOST)
        host_touches(words, &times);
    else if (good)
        good = device_touches(t, trial, words, &times);
    if (good)
        trial_pass(trial, "%s", by == HUM_HOST ? "one page, touched by the host"
                                                : "a launch that touches one page");
    trial_figure(trial, &times, "us", false);
    (void)hum_free(t->hum, region);
}

static void launches(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "launch");
    struct empty_args args = {0};
    struct series times = {0};
    struct hum_kernel *empty;
    bool good = selftest_kernel(t, trial, "empty", "empty", &empty);

    for (int i = 0; good && i < LAUNCHES; i++) {
        double start = now();

        good = selftest_run(t, trial, empty, 1, &args, sizeof(args));
        series_add(&times, (now() - start) * 1e6);
    }
    if (good)
        trial_pass(trial, "launch and wait, an empty kernel");
    trial_figure(trial, &times, "us", false);
}

void selftest_figures(struct selftest *t)
{
    bandwidth(t, "to the device", 0);
    bandwidth(t, "to the host", HUM_HOST);
    faults(t, "host fault", HUM_HOST);
    faults(t, "device fault", 0);
    launches(t);
}
