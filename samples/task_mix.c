/* SPDX-License-Identifier: MIT */
/*
 * task_mix - tasks of random size, in turn on the host and on the device, over the same buffers.
 *
 * A task is to = to * factor + from over a stretch of two of BUFFERS buffers.  The list says in
 * which order they seem to run.  The device's are launched one behind the other; before one of the
 * host's, the host waits only if the device is at work on a buffer that it needs, so the two sides
 * often do run at the same time.  All buffers must be exactly those of the reference, which does
 * one task after the other.
 */
#include "task_mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "sample.h"

#define BUFFERS 8u
#define SEED 5u

struct task {
    unsigned to, from;      /* buffers, never the same */
    size_t start, count;    /* words */
    uint64_t factor;        /* odd */
};

struct problem {
    size_t words;           /* of each buffer */
    size_t task_count;
    struct task *tasks;
    uint64_t *end[BUFFERS]; /* the reference's answer */
};

static uint64_t word_start(unsigned buffer, size_t i)
{
    return (i + 1) * (2 * buffer + 1);
}

/* A length of 1 to `most`: each power of two is as likely as any other. */
static size_t length_draw(uint64_t *random, size_t most)
{
    unsigned bits = 0;
    size_t length;

    while (most >> bits > 1)
        bits++;
    length = (size_t)1 << random_below(random, bits + 1u);
    length += random_below(random, length);
    return length < most ? length : most;
}

static void tasks_draw(struct problem *p)
{
    uint64_t random = SEED;

    for (size_t t = 0; t < p->task_count; t++) {
        struct task *task = &p->tasks[t];

        task->to = (unsigned)random_below(&random, BUFFERS);
        task->from = (task->to + 1 + (unsigned)random_below(&random, BUFFERS - 1)) % BUFFERS;
        task->count = length_draw(&random, p->words);
        task->start = random_below(&random, p->words - task->count + 1);
        task->factor = random_next(&random) | 1;
    }
}

/* The task as the host does it. */
static void task_do(const struct task *task, uint64_t *const *buffers)
{
    uint64_t *to = buffers[task->to] + task->start;
    const uint64_t *from = buffers[task->from] + task->start;

    for (size_t i = 0; i < task->count; i++)
        to[i] = to[i] * task->factor + from[i];
}

static void buffers_write(uint64_t *const *buffers, size_t words)
{
    for (unsigned b = 0; b < BUFFERS; b++) {
        for (size_t i = 0; i < words; i++)
            buffers[b][i] = word_start(b, i);
    }
}

static void *prepare(const struct sample_options *options, struct sample_facts *facts_out)
{
    struct problem *p = context_malloc(sizeof *p);
    uint64_t start_ns;

    *p = (struct problem){.words = options->size, .task_count = options->ops};
    p->tasks = context_malloc(p->task_count * sizeof *p->tasks);
    for (unsigned b = 0; b < BUFFERS; b++)
        p->end[b] = context_malloc(p->words * sizeof(uint64_t));
    tasks_draw(p);
    buffers_write(p->end, p->words);
    start_ns = context_clock_ns();
    for (size_t t = 0; t < p->task_count; t++)
        task_do(&p->tasks[t], p->end);
    facts_out->cpu_ns = context_clock_ns() - start_ns;
    facts_out->footprint_bytes = BUFFERS * p->words * sizeof(uint64_t);
    snprintf(facts_out->text, sizeof facts_out->text, "%u buffers of %zu words, %zu tasks", BUFFERS,
             p->words, p->task_count);
    return p;
}

static void discard(void *problem)
{
    struct problem *p = problem;

    for (unsigned b = 0; b < BUFFERS; b++)
        free(p->end[b]);
    free(p->tasks);
    free(p);
}

struct unified {
    struct context *context;
    const struct problem *problem;
    struct hum_kernel *kernel;
    uint64_t *buffers[BUFFERS];
    unsigned read, written; /* buffers of launches not waited for, as bits */
};

static void *unified_open(struct context *context, const void *problem)
{
    struct unified *u = context_malloc(sizeof *u);
    const struct problem *p = problem;
    char name[16];

    *u = (struct unified){.context = context, .problem = p};
    u->kernel = context_kernel(context, "task_mix");
    for (unsigned b = 0; b < BUFFERS; b++) {
        snprintf(name, sizeof name, "buffer %u", b);
        u->buffers[b] = context_alloc(context, p->words * sizeof(uint64_t), name);
    }
    return u;
}

static void device_wait(struct unified *u)
{
    CHECK(hum_wait(u->context->hum, 0));
    u->read = u->written = 0;
}

static void device_take(struct unified *u, const struct task *task)
{
    struct task_mix_args args = {u->buffers[task->to] + task->start,
                                 u->buffers[task->from] + task->start, task->count, task->factor};

    context_launch(u->context, u->kernel, task->count, &args, sizeof args);
    u->read |= 1u << task->from;
    u->written |= 1u << task->to;
}

static void host_take(struct unified *u, const struct task *task)
{
    unsigned to = 1u << task->to, from = 1u << task->from;

    if ((to & (u->read | u->written)) || (from & u->written))
        device_wait(u);
    task_do(task, u->buffers);
}

static void unified_run(void *state)
{
    struct unified *u = state;
    const struct problem *p = u->problem;

    buffers_write(u->buffers, p->words);
    for (size_t t = 0; t < p->task_count; t++)
        (t % 2 ? host_take : device_take)(u, &p->tasks[t]);
    device_wait(u);
}

static bool unified_verify(const void *state)
{
    const struct unified *u = state;
    const struct problem *p = u->problem;

    for (unsigned b = 0; b < BUFFERS; b++) {
        if (memcmp(u->buffers[b], p->end[b], p->words * sizeof(uint64_t)) != 0)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct sample sample = {
        .usage = {.name = "task_mix",
                  .summary = "tasks of random size, in turn on the host and on the device",
                  .size_text = "words of 8 bytes in each of 8 buffers",
                  .size_max = (size_t)1 << 31,
                  .ops_text = "tasks",
                  .accepts = SAMPLE_ACCEPTS_OPS,
                  .defaults = {.size = (size_t)1 << 20, .ops = 200, .runs = 3}},
        .prepare = prepare,
        .discard = discard,
        .unified = {unified_open, unified_run, unified_verify, free},
    };

    return sample_main(&sample, argc, argv);
}
