/* SPDX-License-Identifier: MIT */
/* checks.c - does the device compute what the host would, whatever moves meanwhile? */
#include <stdint.h>
#include <string.h>

#include "list.h"
#include "selftest/selftest.h"
#include "vector_add.h"
#include "words.h"

#define WORDS ((size_t)1 << 18) /* of one region: 2 MiB */
#define OVERFULL_BYTES ((size_t)64 << 20)
#define BUDGET_BYTES (OVERFULL_BYTES / 2)
#define STREAMS 4
#define NODES 1000

static uint64_t *region(struct selftest *t, struct trial *trial, size_t bytes)
{
    void *ptr = NULL;

    (void)trial_ok(trial, hum_alloc(t->hum, bytes, 0, &ptr), "hum_alloc");
    return ptr;
}

/* The first of n words that is not first + step * i; n: all are. */
static size_t wrong(const uint64_t *words, size_t n, uint64_t first, uint64_t step)
{
    size_t i = 0;

    while (i < n && words[i] == first + step * i)
        i++;
    return i;
}

static bool all(struct trial *trial, const uint64_t *words, size_t n, uint64_t first, uint64_t step)
{
    size_t i = wrong(words, n, first, step);

    return trial_true(trial, i == n, "word %zu of %zu is wrong", i, n);
}

static void fill_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "fill");
    uint64_t *words = region(t, trial, WORDS * sizeof(*words));
    struct fill_args args = {words, WORDS, 42};
    struct hum_kernel *fill;

    if (words && selftest_kernel(t, trial, "words", "fill", &fill) &&
        selftest_run(t, trial, fill, WORDS, &args, sizeof(args)) && all(trial, words, WORDS, 42, 0))
        trial_pass(trial, "%zu words, read by the host", WORDS);
    (void)hum_free(t->hum, words);
}

static void add_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "add");
    uint64_t *words = region(t, trial, WORDS * sizeof(*words));
    struct increment_args args = {words, WORDS};
    struct hum_kernel *increment;
    bool good = words && selftest_kernel(t, trial, "words", "increment", &increment);

    for (size_t i = 0; good && i < WORDS; i++)
        words[i] = i;
    for (int round = 0; good && round < 3; round++)
        good = selftest_run(t, trial, increment, WORDS, &args, sizeof(args));
    if (good && all(trial, words, WORDS, 3, 1))
        trial_pass(trial, "three launches over %zu words of the host's", WORDS);
    (void)hum_free(t->hum, words);
}

/* z = x + 0: floats, three regions. */
static void copy_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "copy");
    size_t bytes = WORDS * sizeof(float);
    float *x = (float *)(void *)region(t, trial, bytes);
    float *y = (float *)(void *)region(t, trial, bytes);
    float *z = (float *)(void *)region(t, trial, bytes);
    struct vector_add_args args = {x, y, z, 0, WORDS};
    struct hum_kernel *add;
    bool good = x && y && z && selftest_kernel(t, trial, "vector_add", "vector_add", &add);

    for (size_t i = 0; good && i < WORDS; i++)
        x[i] = (float)i;
    if (good && selftest_run(t, trial, add, WORDS, &args, sizeof(args)) &&
        trial_true(trial, memcmp(x, z, bytes) == 0, "the copy differs"))
        trial_pass(trial, "%zu floats, and untouched memory reads as zero", WORDS);
    (void)hum_free(t->hum, x);
    (void)hum_free(t->hum, y);
    (void)hum_free(t->hum, z);
}

/* Both sides write, in turn; then both read. */
static void sharing_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "sharing");
    uint64_t *words = region(t, trial, WORDS * sizeof(*words)), *sum = region(t, trial, 4096);
    struct increment_args add = {words, WORDS};
    struct sum_args args = {words, WORDS, sum};
    struct hum_kernel *increment, *total;
    uint64_t want = 0;
    bool good = words && sum && selftest_kernel(t, trial, "words", "increment", &increment) &&
                selftest_kernel(t, trial, "words", "sum", &total);

    for (size_t turn = 0; good && turn < 8; turn++) {
        for (size_t i = turn; i < WORDS; i += 512)
            words[i] += turn;
        want += (WORDS / 512) * turn + WORDS;
        good = selftest_run(t, trial, increment, WORDS, &add, sizeof(add));
    }
    if (good && selftest_run(t, trial, total, WORDS, &args, sizeof(args))) {
        for (size_t i = 0; i < WORDS; i++)
            want -= words[i];
        if (trial_true(trial, want == 0, "the host's sum is off by %lld", (long long)want)) {
            for (size_t i = 0; i < WORDS; i++)
                want += words[i];
            if (trial_true(trial, *sum == want, "the device's sum differs from the host's"))
                trial_pass(trial, "8 turns of host and device, and the sums of both");
        }
    }
    (void)hum_free(t->hum, words);
    (void)hum_free(t->hum, sum);
}

/* In parts that fit, so that a device that cannot fault can do it, too. */
static bool increment_parts(struct selftest *t, struct trial *trial, struct hum_kernel *increment,
                            uint64_t *words)
{
    size_t part = BUDGET_BYTES / 4;

    for (size_t at = 0; at < OVERFULL_BYTES; at += part) {
        struct increment_args args = {words + at / sizeof(*words), part / sizeof(*words)};

        if (!trial_ok(trial, hum_use(hum_stream(t->hum, 0), args.words, part, HUM_READ | HUM_WRITE),
                      "hum_use") ||
            !selftest_run(t, trial, increment, args.count, &args, sizeof(args)))
            return false;
    }
    return true;
}

/* Twice what the region may have of the device: by a budget, as real memories are large. */
static void eviction_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "eviction");
    uint64_t *words = region(t, trial, OVERFULL_BYTES);
    size_t n = OVERFULL_BYTES / sizeof(*words);
    struct increment_args args = {words, n};
    struct hum_kernel *increment;
    struct hum_stats before, after;
    bool good = words && selftest_kernel(t, trial, "words", "increment", &increment) &&
                trial_ok(trial, hum_budget_set(t->hum, words, 0, BUDGET_BYTES), "hum_budget_set") &&
                trial_ok(trial, hum_stats(t->hum, &before), "hum_stats");

    for (size_t i = 0; good && i < n; i++)
        words[i] = i;
    for (int round = 0; good && round < 2; round++)
        good = t->device.faults ? selftest_run(t, trial, increment, n, &args, sizeof(args))
                                : increment_parts(t, trial, increment, words);
    good = good && trial_ok(trial, hum_stats(t->hum, &after), "hum_stats");
    if (good && all(trial, words, n, 2, 1) &&
        trial_true(trial, after.total.events[HUM_CAUSE_EVICTION] >
                              before.total.events[HUM_CAUSE_EVICTION], "nothing was evicted"))
        trial_pass(trial, "%zu MiB%s with room for %zu, %llu blocks left the device",
                   OVERFULL_BYTES >> 20, t->device.faults ? "" : " in parts", BUDGET_BYTES >> 20,
                   (unsigned long long)(after.total.events[HUM_CAUSE_EVICTION] -
                                        before.total.events[HUM_CAUSE_EVICTION]));
    (void)hum_free(t->hum, words);
}

static void streams_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "streams");
    struct hum_stream *stream[STREAMS] = {NULL};
    uint64_t *words = region(t, trial, STREAMS * WORDS * sizeof(*words));
    struct hum_kernel *increment;
    bool good = words && selftest_kernel(t, trial, "words", "increment", &increment);

    for (size_t s = 0; good && s < STREAMS; s++)
        good = trial_ok(trial, hum_stream_create(t->hum, 0, &stream[s]), "hum_stream_create");
    for (size_t i = 0; good && i < 10 * STREAMS; i++) {
        struct increment_args args = {words + i % STREAMS * WORDS, WORDS};

        good = trial_ok(trial, hum_launch(stream[i % STREAMS], increment, WORDS, &args,
                                          sizeof(args)), "hum_launch");
    }
    good = good && trial_ok(trial, hum_wait(t->hum, 0), "hum_wait");
    for (size_t s = 0; s < STREAMS; s++)
        hum_stream_destroy(stream[s]);
    if (good && all(trial, words, STREAMS * WORDS, 10, 0))
        trial_pass(trial, "%d streams, 10 launches each", STREAMS);
    (void)hum_free(t->hum, words);
}

static void pointers_check(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "stored pointers");
    struct list_node *nodes, **head;
    struct list_reverse_args args = {.add = 5};
    struct hum_kernel *reverse;
    size_t i = 0;

    if (!t->device.same_address) {
        trial_skip(trial, "addresses mean something else on this device");
        return;
    }
    nodes = (struct list_node *)(void *)region(t, trial, NODES * sizeof(*nodes));
    head = (struct list_node **)(void *)region(t, trial, sizeof(*head));
    args.head = head;
    if (nodes && head && selftest_kernel(t, trial, "list", "list_reverse", &reverse) &&
        trial_ok(trial, hum_reachable(t->hum, nodes, true), "hum_reachable")) {
        for (size_t n = 0; n < NODES; n++)
            nodes[n] = (struct list_node){n + 1 < NODES ? &nodes[n + 1] : NULL, (int64_t)n};
        *head = nodes;
        if (selftest_run(t, trial, reverse, 1, &args, sizeof(args))) {
            for (struct list_node *n = *head; n && i < NODES; n = n->next, i++)
                if (n->value != (int64_t)(NODES - 1 - i) + 5)
                    break;
            if (trial_true(trial, i == NODES, "node %zu of %d is wrong", i, NODES))
                trial_pass(trial, "a list of %d nodes turned round", NODES);
        }
    }
    (void)hum_free(t->hum, nodes);
    (void)hum_free(t->hum, head);
}

void selftest_checks(struct selftest *t)
{
    fill_check(t);
    add_check(t);
    copy_check(t);
    sharing_check(t);
    eviction_check(t);
    streams_check(t);
    pointers_check(t);
}

void selftest_wild(struct selftest *t)
{
    struct trial *trial = selftest_trial(t, "wild pointer");
    uint64_t *words = region(t, trial, HUM_BLOCK_SIZE);
    struct fill_args args = {words, 1, 1};
    struct hum_kernel *fill;
    enum hum_status status;

    if (!t->device.faults) {
        trial_skip(trial, "a device that cannot fault need not notice one");
        (void)hum_free(t->hum, words);
        return;
    }
    if (!words || !selftest_kernel(t, trial, "words", "fill", &fill) ||
        !trial_ok(trial, hum_free(t->hum, words), "hum_free") ||
        !trial_ok(trial, hum_launch(hum_stream(t->hum, 0), fill, 1, &args, sizeof(args)),
                  "hum_launch"))
        return;
    status = hum_wait(t->hum, 0);
    if (trial_true(trial, status == HUM_ERR_ILLEGAL_ADDRESS, "the launch ended with %s",
                   hum_status_name(status)))
        trial_pass(trial, "%s", hum_status_text(status));
}
