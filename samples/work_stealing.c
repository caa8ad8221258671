/* SPDX-License-Identifier: MIT */
/*
 * work_stealing - threads of the host and workers of the device steal tasks from each other.
 *
 * The work is one task at first, in the deque of the host's first thread; it is halved again and
 * again, and whoever has nothing to do steals a half (kernels/work_stealing.h).  Deques, input and
 * output are shared, and all workers run at the same time: the host begins when the device has.
 * How long a task takes differs by stretches, so that no division made in advance would be right.
 * Who does what differs from run to run; a word that was done twice or not at all would be wrong,
 * and all must be exactly those of the reference.
 */
#include "work_stealing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"
#include "sample.h"

#define SEED 8u
#define HOST_WORKERS_MAX 2u
#define DEVICE_WORKERS 4u
#define STRETCH 65536u          /* words of about equal work */

struct problem {
    size_t words;
    unsigned host_workers;
    uint64_t *out;              /* the reference's answer */
};

/* The lowest six bits are rounds: up to the same limit in one stretch. */
static uint64_t input_word(size_t i)
{
    uint64_t number = mix_number(SEED, i), limit = mix_number(SEED + 1, i / STRETCH) % 64;

    return number - number % 64 + mix_below(number, limit + 1);
}

static size_t workers(const struct problem *p)
{
    return p->host_workers + DEVICE_WORKERS;
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.words = options->size, .host_workers = options->host_threads};
    p->out = context_malloc(p->words * sizeof *p->out);
    memset(p->out, 0, p->words * sizeof *p->out); /* or the reference pays for page faults */
    start_ns = context_clock_ns();
    for (size_t i = 0; i < p->words; i++)
        p->out[i] = i + stealing_work(input_word(i));
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes =
        2 * p->words * sizeof(uint64_t) + workers(p) * sizeof(struct deque);
    snprintf(facts_out->text, sizeof facts_out->text,
             "%zu words, tasks of %u, %u workers on the host and %u on the device", p->words,
             STEALING_GRAIN, p->host_workers, DEVICE_WORKERS);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    free(p->out);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint64_t *in;
    struct stealing job;
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "work_stealing");
    u->in = context_alloc(context, p->words * sizeof *u->in, "in");
    u->job = (struct stealing){
        .deques = context_alloc(context, workers(p) * sizeof(struct deque), "deques"),
        .workers = workers(p),
        .host_workers = p->host_workers,
        .begun = context_alloc(context, sizeof(uint64_t), "begun"),
        .in = u->in,
        .out = context_alloc(context, p->words * sizeof(uint64_t), "out"),
        .words = p->words,
    };
    return u;
}

static void job_start(struct unified *u)
{
    size_t grains = (u->job.words + STEALING_GRAIN - 1) / STEALING_GRAIN;

    for (size_t i = 0; i < u->job.words; i++) {
        u->in[i] = input_word(i);
        u->job.out[i] = i;
    }
    *u->job.begun = 0;
    memset(u->job.deques, 0, u->job.workers * sizeof(struct deque));
    (void)deque_push(&u->job.deques[0], task_of(0, grains)); /* into an empty one */
}

/* The host's other worker. */
static void *host_second(void *job)
{
    (void)stealing_run(job, 1);
    return NULL;
}

static void unified_run(void *state)
{
    struct unified *u = state;
    struct work_stealing_args args;
    bool two = u->job.host_workers > 1;
    pthread_t second;

    job_start(u);
    args.job = u->job;
    context_launch(u->context, u->kernel, DEVICE_WORKERS, &args, sizeof args);
    context_await(u->context, u->job.begun);
    if (two && pthread_create(&second, NULL, host_second, &u->job) != 0) {
        fprintf(stderr, "work_stealing: no thread\n");
        exit(1);
    }
    (void)stealing_run(&u->job, 0);
    if (two)
        pthread_join(second, NULL);
    CHECK(hum_wait(u->context->hum, 0));
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    return memcmp(u->job.out, p->out, p->words * sizeof *p->out) == 0;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "work_stealing",
                  .summary = "host threads and device workers steal work from each other",
                  .size_text = "words of the input and of the output",
                  .size_max = (size_t)1 << 40,
                  .accepts = SAMPLE_ACCEPTS_THREADS,
                  .host_threads_max = HOST_WORKERS_MAX,
                  .defaults = {.size = (size_t)4 << 20,
                               .runs = 3,
                               .host_threads = HOST_WORKERS_MAX}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
