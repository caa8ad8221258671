/* SPDX-License-Identifier: MIT */
/*
 * together.c - host threads and devices at once, on overlapping pages.
 *
 * Words have one writer each, which counts up, and every agent reads them all; words of different
 * writers lie in the same pages.  Checked, whatever the interleaving (property_args.h):
 *   torn        the two halves of a word belong together
 *   backwards   no agent sees a word grow smaller
 *   order       who sees the second word of a pair sees at least that count in the first one, which
 *               lies in another block and was written before
 *   foreign     a writer finds what it wrote last
 *   sums        counters that everybody adds to hold exactly what was added
 * Meanwhile other threads prefetch, advise, query and discard, and allocate and free beside them.
 */
#include "property/coherence.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_AGENTS = 2, AGENTS_MAX = HOST_AGENTS + 2, PAIRS = 128, SPREAD = 7200, COUNTERS = 32 };

/* SPREAD words apart: 128 pairs cover 7 MiB each, more than a small device holds. */
#define ARRAY_BYTES ((size_t)PAIRS * SPREAD * 8)

struct agent {
    struct together *t;
    unsigned number;
    uint64_t *seen;                  /* host: ordinary memory; device: in the space */
    struct together_report *report;
    uint64_t rounds;
    uint64_t seed;
};

struct together {
    struct hum *hum;
    unsigned devices, agents;
    uint64_t rounds;
    double end;
    atomic_bool stop;
    uint64_t *first, *second, *loose, *counters;
    struct agent agent[AGENTS_MAX];
};

static const char *const rule_names[] = {"none", "torn", "backwards", "order", "foreign"};

static void check_report(const struct agent *agent)
{
    const struct together_report *r = agent->report;

    if (r->bad)
        wrong("agent %u (%s): %s: pair %llu first %#llx second %#llx seen before %#llx, %llu bad",
              agent->number, agent->number < HOST_AGENTS ? "host" : "device", rule_names[r->rule],
              (unsigned long long)r->index, (unsigned long long)r->first,
              (unsigned long long)r->second, (unsigned long long)r->seen,
              (unsigned long long)r->bad);
}

static struct together_round round_of(const struct agent *agent)
{
    const struct together *t = agent->t;

    return (struct together_round){
        .first = t->first,
        .second = t->second,
        .seen = agent->seen,
        .counters = t->counters,
        .loose = t->loose,
        .report = agent->report,
        .n = PAIRS,
        .spread = SPREAD,
        .counters_n = COUNTERS,
        .agent = agent->number,
        .agents = t->agents,
        .turn = agent->rounds * 7 + agent->number * 11,
    };
}

static bool goes_on(const struct agent *agent)
{
    return agent->rounds < agent->t->rounds && now_seconds() < agent->t->end;
}

static void *host_agent(void *context)
{
    struct agent *agent = context;

    for (; goes_on(agent); agent->rounds++) {
        struct together_round round = round_of(agent);
        for (size_t i = 0; i < PAIRS; i++)
            together_pair(&round, (i * 61 + round.turn) % PAIRS);
        check_report(agent);
    }
    return NULL;
}

/* The device's rounds; the thread only launches and waits. */
static void *device_agent(void *context)
{
    struct agent *agent = context;
    int device = (int)(agent->number - HOST_AGENTS);
    struct hum_kernel *kernel = kernel_of(agent->t->hum, device, "together_round");

    for (; goes_on(agent); agent->rounds++) {
        struct together_round round = round_of(agent);
        must(hum_launch(hum_stream(agent->t->hum, device), kernel, PAIRS, &round, sizeof round));
        must(hum_wait(agent->t->hum, device));
        check_report(agent);
    }
    return NULL;
}

/* ---- disturbances ---------------------------------------------------------------------------- */

static bool anything_goes(const void *context, size_t page)
{
    (void)context;
    (void)page;
    return true;
}

static void disturb_once(struct together *t, struct random *random)
{
    static const enum hum_advice kinds[] = {
        HUM_ADVISE_READ_MOSTLY,       HUM_ADVISE_PREFERRED,       HUM_ADVISE_ACCESSED_BY,
        HUM_ADVISE_UNSET_READ_MOSTLY, HUM_ADVISE_UNSET_PREFERRED, HUM_ADVISE_UNSET_ACCESSED_BY,
        HUM_ADVISE_REMOTE,            HUM_ADVISE_UNSET_REMOTE,    HUM_ADVISE_REMOTE};
    char *arrays[] = {(char *)t->first, (char *)t->second, (char *)t->loose};
    char *array = arrays[random_below(random, 3)];
    size_t from = random_below(random, ARRAY_BYTES), bytes = 1 + random_below(random, 1 << 20);
    int processor = (int)random_below(random, t->devices + 1) - 1;

    if (bytes > ARRAY_BYTES - from)
        bytes = ARRAY_BYTES - from;
    switch (random_below(random, 8)) {
    case 0:
    case 1:
    case 2:
        must(hum_prefetch(t->hum, array + from, bytes, processor, NULL));
        break;
    case 3:
        must(hum_advise(t->hum, array + from, bytes, kinds[random_below(random, 9)], processor));
        break;
    case 4:
    case 5:
        must(hum_discard(t->hum, (char *)t->loose + from, bytes, NULL));
        break;
    case 6:
        check_pages(t->hum, array + from, bytes, anything_goes, NULL);
        break;
    default:
        check_stats(t->hum);
    }
}

static void *disturber(void *context)
{
    struct agent *agent = context;
    struct random random = random_make(agent->seed, agent->number);

    while (!atomic_load(&agent->t->stop)) {
        disturb_once(agent->t, &random);
        agent->rounds++;
    }
    return NULL;
}

/* Allocates, stamps and frees small regions, which share blocks with the arrays' neighbours. */
static void *allocator(void *context)
{
    enum { LIVE = 24 };
    struct agent *agent = context;
    struct random random = random_make(agent->seed, agent->number);
    uint64_t *live[LIVE] = {0};

    while (!atomic_load(&agent->t->stop)) {
        size_t i = random_below(&random, LIVE), words = 1 + random_below(&random, 3000);
        if (live[i]) {
            if (live[i][0] != agent->seed + i)
                wrong("a region of the allocator holds %#llx", (unsigned long long)live[i][0]);
            must(hum_free(agent->t->hum, live[i]));
        }
        must(hum_alloc(agent->t->hum, words * 8, 0, (void **)&live[i]));
        if (live[i][0] || live[i][words - 1])
            wrong("new memory is not zero: %#llx", (unsigned long long)live[i][0]);
        live[i][words - 1] = 1;
        live[i][0] = agent->seed + i;
        if (random_below(&random, 4) == 0)
            must(hum_prefetch(agent->t->hum, live[i], words * 8, 0, NULL));
        agent->rounds++;
    }
    return NULL;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void *allocate(struct hum *hum, size_t bytes)
{
    void *ptr;

    must(hum_alloc(hum, bytes, 0, &ptr));
    return ptr;
}

static void agents_init(struct together *t, uint64_t seed)
{
    for (unsigned i = 0; i < t->agents; i++) {
        struct agent *agent = &t->agent[i];
        *agent = (struct agent){.t = t, .number = i, .seed = seed + i};
        if (i < HOST_AGENTS) {
            agent->seen = calloc(PAIRS, sizeof *agent->seen);
            agent->report = calloc(1, sizeof *agent->report);
            if (!agent->seen || !agent->report)
                wrong("out of memory");
        } else {
            agent->seen = allocate(t->hum, PAIRS * sizeof *agent->seen);
            agent->report = allocate(t->hum, sizeof *agent->report);
        }
    }
}

static void check_sums(const struct together *t)
{
    uint64_t want = 0, got = 0;

    for (unsigned i = 0; i < t->agents; i++)
        want += t->agent[i].rounds * together_added(PAIRS);
    for (size_t i = 0; i < COUNTERS; i++)
        got += t->counters[i * SPREAD];
    if (got != want)
        wrong("counters hold %llu instead of %llu", (unsigned long long)got,
              (unsigned long long)want);
    for (size_t i = 0; i < PAIRS; i++) {
        uint64_t rounds = t->agent[i % t->agents].rounds;
        if (t->second[i * SPREAD] != stamp_make((uint32_t)rounds))
            wrong("pair %zu ends with %#llx after %llu rounds", i,
                  (unsigned long long)t->second[i * SPREAD], (unsigned long long)rounds);
    }
}

static uint64_t agents_fini(struct together *t)
{
    uint64_t rounds = 0;

    for (unsigned i = 0; i < t->agents; i++) {
        check_report(&t->agent[i]);
        rounds += t->agent[i].rounds;
        if (i < HOST_AGENTS) {
            free(t->agent[i].seen);
            free(t->agent[i].report);
        }
    }
    return rounds;
}

static void start(pthread_t *thread, void *(*run)(void *), struct agent *agent)
{
    if (pthread_create(thread, NULL, run, agent) != 0)
        wrong("no thread");
}

uint64_t together_run(const struct setting *setting, uint64_t seed, uint64_t rounds, double seconds)
{
    struct together t = {.hum = open_setting(setting), .devices = setting->device_count};
    struct agent helper[2] = {{.t = &t, .number = 100, .seed = seed},
                              {.t = &t, .number = 101, .seed = seed}};
    pthread_t threads[AGENTS_MAX], helpers[2];
    uint64_t done;

    t.agents = HOST_AGENTS + t.devices;
    t.rounds = rounds;
    t.end = now_seconds() + seconds;
    t.first = allocate(t.hum, ARRAY_BYTES);
    t.second = allocate(t.hum, ARRAY_BYTES);
    t.loose = allocate(t.hum, ARRAY_BYTES);
    t.counters = allocate(t.hum, (size_t)COUNTERS * SPREAD * 8);
    agents_init(&t, seed);
    start(&helpers[0], disturber, &helper[0]);
    start(&helpers[1], allocator, &helper[1]);
    for (unsigned i = 0; i < t.agents; i++)
        start(&threads[i], i < HOST_AGENTS ? host_agent : device_agent, &t.agent[i]);
    for (unsigned i = 0; i < t.agents; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&t.stop, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(helpers[i], NULL);
    check_sums(&t);
    check_stats(t.hum);
    done = agents_fini(&t);
    hum_close(t.hum);
    return done + helper[0].rounds + helper[1].rounds;
}
