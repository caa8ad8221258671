/* SPDX-License-Identifier: MIT */
/*
 * calls.c - a random program that asks the runtime for everything it can, and the replay of its
 * trace: both count the very same.
 *
 * The program has one thread and is deterministic.  It touches regions of all sizes on the host and
 * on two small devices, some of it illegally, and between that prefetches, discards, advises,
 * protects, sets policies and budgets, frees and allocates, on streams and without; every other run
 * has small frames.
 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow/flow.h"
#include "model/replay.h"
#include "policy/registry.h"
#include "support/random.h"
#include "support/same_counters.h"

#define REGIONS 5u
#define DEVICES 2
#define STEPS 120u
#define RUNS 6u

static const struct hum_policy *any_policy(struct random *random)
{
    unsigned count = 0;
    while (humi_policy_at(count))
        count++;
    return humi_policy_at((unsigned)random_below(random, count));
}

struct program {
    struct random random;
    struct hum *hum;
    struct hum_kernel *add[DEVICES], *sum[DEVICES];
    struct hum_stream *stream[DEVICES]; /* beside the default ones */
    uint64_t *words[REGIONS];
    size_t bytes[REGIONS];
    uint64_t *result;
};

static uint64_t any(struct program *p, uint64_t bound)
{
    return random_below(&p->random, bound);
}

static int any_processor(struct program *p)
{
    return (int)any(p, DEVICES + 1) - 1;
}

static struct hum_stream *any_stream(struct program *p)
{
    int device = any_processor(p);
    if (device == HUM_HOST)
        return NULL;
    return any(p, 2) ? p->stream[device] : hum_stream(p->hum, device);
}

static struct hum_range any_range(struct program *p, unsigned r)
{
    if (any(p, 3) == 0)
        return (struct hum_range){p->words[r], p->bytes[r]};
    size_t start = any(p, p->bytes[r]);
    return (struct hum_range){(char *)p->words[r] + start,
                              1 + any(p, p->bytes[r] - start)};
}

/* ---- what it does ---------------------------------------------------------------------------- */

static void renew(struct program *p, unsigned r)
{
    static const char *const names[] = {"graph", "table"};
    void *ptr;
    ok(hum_free(p->hum, p->words[r]));
    p->bytes[r] = any(p, 4) ? PAGE + any(p, 5 * BLOCK) : 64 + any(p, 8 * PAGE);
    ok(hum_alloc(p->hum, p->bytes[r], any(p, 2) ? HUM_ALLOC_OWN_BLOCKS : 0, &ptr));
    p->words[r] = ptr;
    if (any(p, 2))
        ok(hum_name(p->hum, ptr, names[any(p, 2)]));
}

static void touch_on_host(struct program *p, unsigned r)
{
    volatile uint64_t *words = p->words[r];
    size_t count = p->bytes[r] / sizeof *words, stride = 1 + any(p, 3 * WORDS_PER_PAGE);
    bool writes = any(p, 2);
    uint64_t sum = 0;
    for (size_t i = any(p, count); i < count; i += stride) {
        if (writes)
            words[i] = i;
        else
            sum += words[i];
    }
}

static void touch_on_device(struct program *p, unsigned r)
{
    int device = (int)any(p, DEVICES);
    size_t count = p->bytes[r] / sizeof(uint64_t);
    size_t stride = 1 + WORDS_PER_PAGE / 2 + any(p, 3 * WORDS_PER_PAGE);
    struct hum_stream *stream = any(p, 2) ? hum_stream(p->hum, device) : p->stream[device];
    if (any(p, 2)) {
        struct flow_sum args = {p->words[r], count, stride, p->result};
        ok(hum_launch(stream, p->sum[device], 1, &args, sizeof args));
    } else {
        struct flow_scatter args = {p->words[r], count, stride, 1 + any(p, 600)};
        ok(hum_launch(stream, p->add[device], args.hits, &args, sizeof args));
    }
    if (any(p, 2))
        ok(hum_wait(p->hum, HUM_ALL));
}

static void prefetch(struct program *p, unsigned r)
{
    struct hum_range ranges[3];
    size_t count = 1 + any(p, COUNT_OF(ranges));
    for (size_t i = 0; i < count; i++)
        ranges[i] = any_range(p, i ? (unsigned)any(p, REGIONS) : r);
    ok(hum_prefetch_batch(p->hum, ranges, count, any_processor(p), any_stream(p)));
}

static void discard(struct program *p, unsigned r)
{
    struct hum_range range = any_range(p, r);
    ok(hum_discard(p->hum, range.ptr, range.bytes, any_stream(p)));
}

static void advise(struct program *p, unsigned r)
{
    static const enum hum_advice advice[] = {
#define ADVICE_VALUE(name, bit, text) name,
        HUM_ADVICE_LIST(ADVICE_VALUE)
#undef ADVICE_VALUE
    };
    struct hum_range range = any_range(p, r);
    ok(hum_advise(p->hum, range.ptr, range.bytes, advice[any(p, COUNT_OF(advice))],
                  any_processor(p)));
}

/* Taken and given back: mappings are gone, and nobody has touched what it must not. */
static void protect(struct program *p, unsigned r)
{
    int processor = any_processor(p);
    ok(hum_protect(p->hum, p->words[r], processor, any(p, 2) ? HUM_READ : HUM_NONE));
    ok(hum_protect(p->hum, p->words[r], processor, HUM_READ | HUM_WRITE));
}

/* A launch that touches what it must not ends there, and what comes behind it goes on. */
static void touch_illegally(struct program *p, unsigned r)
{
    int device = (int)any(p, DEVICES);
    size_t count = p->bytes[r] / sizeof(uint64_t);
    struct flow_scatter args = {p->words[r], count, 1 + any(p, WORDS_PER_PAGE), 1};
    ok(hum_wait(p->hum, HUM_ALL));
    ok(hum_protect(p->hum, p->words[r], device, any(p, 2) ? HUM_READ : HUM_NONE));
    ok(hum_launch(p->stream[device], p->add[device], 1, &args, sizeof args));
    assert_int_equal(hum_wait(p->hum, device), HUM_ERR_ILLEGAL_ADDRESS);
    ok(hum_protect(p->hum, p->words[r], device, HUM_READ | HUM_WRITE));
}

static void set_policy(struct program *p, unsigned r)
{
    bool region = any(p, 3);
    const char *text = any(p, 4) ? any_policy(&p->random)->name : NULL;
    ok(hum_policy_set(p->hum, region ? p->words[r] : NULL, text));
}

static void set_budget(struct program *p, unsigned r)
{
    size_t bytes = any(p, 3) ? (4 + any(p, 3)) * BLOCK : 0;
    ok(hum_budget_set(p->hum, p->words[r], (int)any(p, DEVICES), bytes));
}

static void step(struct program *p)
{
    static void (*const does[])(struct program *, unsigned) = {
        touch_on_host, touch_on_host, touch_on_device, touch_on_device, touch_on_device, prefetch,
        discard,       advise,        protect,         set_policy,      set_budget,      renew,
        touch_illegally};
    does[any(p, COUNT_OF(does))](p, (unsigned)any(p, REGIONS));
}

/* ---- a run and its replay -------------------------------------------------------------------- */

static void run(uint64_t seed, uint64_t number, const char *path)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct program p = {.random = random_make(seed, number)};
    void *ptr;
    options.devices = "emu:mem=12M;emu:mem=16M";
    options.features = number % 2 ? "-huge" : "";
    options.policy = any_policy(&p.random)->name;
    options.trace = path;
    options.accesses = "full:1";
    options.deterministic = true;
    ok(hum_open(&options, &p.hum));
    for (int d = 0; d < DEVICES; d++) {
        p.add[d] = flow_kernel(p.hum, d, "scatter_add");
        p.sum[d] = flow_kernel(p.hum, d, "sum");
        ok(hum_stream_create(p.hum, d, &p.stream[d]));
    }
    p.result = flow_alloc(p.hum, PAGE);
    for (unsigned r = 0; r < REGIONS; r++) {
        p.bytes[r] = (1 + r) * BLOCK;
        ok(hum_alloc(p.hum, p.bytes[r], 0, &ptr));
        p.words[r] = ptr;
    }
    for (unsigned i = 0; i < STEPS; i++)
        step(&p);
    ok(hum_wait(p.hum, HUM_ALL));
    hum_close(p.hum);
}

static unsigned replay(const char *path)
{
    const struct humi_model_params params = {.as_recorded = true};
    struct humi_model_result result;
    struct humi_survey survey;
    struct hum_trace *trace;
    ok(hum_trace_open(path, &trace));
    ok(humi_survey_read(&survey, trace));
    assert_true(survey.has_totals && survey.calls > 0);
    assert_int_equal(survey.dropped, 0);
    ok(humi_model_replay(trace, &survey, &params, &result));
    unsigned count = same_counters(&survey.totals, &result.counters) +
                     same_counter("touches of nothing", "", survey.illegal, result.failed) +
                     same_counter("refused calls", "", 0, result.refused);
    humi_survey_fini(&survey);
    hum_trace_close(trace);
    return count;
}

static void a_replay_asks_for_what_the_program_asked(void **state)
{
    (void)state;
    char path[] = "/tmp/hum-calls-XXXXXX";
    uint64_t seed = random_seed("calls");
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    for (uint64_t i = 0; i < random_steps(RUNS); i++) {
        run(seed, i, path);
        if (replay(path))
            fail_msg("run %llu differs; its trace is %s", (unsigned long long)i, path);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_asks_for_what_the_program_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
