/* SPDX-License-Identifier: MIT */
/* stage.c - see stage.h */
#include "marks/stage.h"

#include <string.h>

#include "floor/floor.h"
#include "words.h"

static bool open_kernels(struct stage *s, struct mark_result *result)
{
    s->native_fill = native_kernel("words", "fill");
    s->native_increment = native_kernel("words", "increment");
    s->native_sum = native_kernel("words", "sum");
    if (!s->native_fill || !s->native_increment || !s->native_sum)
        return mark_fail(result, "the module words.so cannot be loaded");
    return true;
}

static bool open_floor(struct stage *s, struct mark_result *result)
{
    bool huge[2];
    void *from = NULL, *to = NULL;

    s->crew = crew_create(world_cpus());
    if (!s->crew)
        return mark_fail(result, "threads cannot be started");
    if (floor_memory(s->bytes, &from, &huge[0]) == 0)
        s->from = from;
    if (floor_memory(s->bytes, &to, &huge[1]) == 0)
        s->to = to;
    if (!s->from || !s->to)
        return mark_fail(result, "no memory for two buffers of %zu bytes", s->bytes);
    s->floor_huge = huge[0] && huge[1];
    return true;
}

static bool open_world(struct stage *s, const char *trace, const char *accesses,
                       struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = s->bytes + ((size_t)64 << 20),
                                        .trace = trace,
                                        .accesses = accesses};
    struct world *w = &s->world;

    return world_open(w, &params, result) && world_kernel(w, "words", "fill", &s->fill) &&
           world_kernel(w, "words", "increment", &s->increment) &&
           world_kernel(w, "words", "sum", &s->sum) &&
           world_alloc(w, s->bytes, "data", &s->region) &&
           world_alloc(w, HUM_PAGE_SIZE, "sum", &s->device_sum);
}

static void set_size(struct stage *s, size_t bytes)
{
    memset(s, 0, sizeof(*s));
    s->bytes = bytes & ~(HUM_PAGE_SIZE - 1);
    if (s->bytes == 0)
        s->bytes = HUM_PAGE_SIZE;
    s->count = s->bytes / sizeof(uint64_t);
}

bool stage_open(struct stage *s, const struct mark_options *options, struct mark_result *result)
{
    set_size(s, options->bytes);
    if (open_kernels(s, result) && open_floor(s, result) && open_world(s, NULL, NULL, result))
        return true;
    stage_close(s);
    return false;
}

bool stage_open_recorded(struct stage *s, size_t bytes, const char *trace, const char *accesses,
                         struct mark_result *result)
{
    set_size(s, bytes);
    if (open_kernels(s, result) && open_world(s, trace, accesses, result))
        return true;
    stage_close(s);
    return false;
}

void stage_close(struct stage *s)
{
    world_close(&s->world);
    crew_destroy(s->crew);
    floor_memory_free(s->from, s->bytes);
    floor_memory_free(s->to, s->bytes);
}

/* Run a kernel as one part, on this thread. */
static void run_alone(const struct hum_kernel_entry *kernel, const void *args)
{
    const struct hum_place place = {.part = 0, .parts = 1};

    kernel->run(args, &place);
}

void stage_fill_host(struct stage *s, uint64_t *words)
{
    const struct fill_args args = {.words = words, .count = s->count, .value = ++s->round};

    run_alone(s->native_fill, &args);
}

bool stage_fill_device(struct stage *s)
{
    const struct fill_args args = {.words = s->region, .count = s->count, .value = ++s->round};

    return world_run(&s->world, s->fill, s->count, &args, sizeof(args));
}

static bool sum_is_right(struct stage *s, uint64_t sum)
{
    if (sum == s->round * s->count)
        return true;
    return mark_fail(s->world.result, "the sum is wrong: %llu instead of %llu",
                     (unsigned long long)sum, (unsigned long long)(s->round * s->count));
}

bool stage_sum_host(struct stage *s, const uint64_t *words)
{
    uint64_t sum = 0;
    const struct sum_args args = {.words = words, .count = s->count, .sum = &sum};

    run_alone(s->native_sum, &args);
    return sum_is_right(s, sum);
}

bool stage_sum_crew(struct stage *s, const uint64_t *words)
{
    uint64_t sum = 0;
    const struct sum_args args = {.words = words, .count = s->count, .sum = &sum};

    crew_run(s->crew, s->native_sum, &args);
    return sum_is_right(s, sum);
}

bool stage_sum_device(struct stage *s)
{
    const struct sum_args args = {.words = s->region, .count = s->count, .sum = s->device_sum};

    return world_run(&s->world, s->sum, s->count, &args, sizeof(args));
}

bool stage_sum_device_check(struct stage *s)
{
    uint64_t sum = *s->device_sum;

    *s->device_sum = 0;
    return sum_is_right(s, sum);
}

double stage_round_h2d(struct stage *s)
{
    double start, seconds;

    stage_fill_host(s, s->region);
    start = floor_now();
    if (!stage_sum_device(s))
        return -1;
    seconds = floor_now() - start;
    return stage_sum_device_check(s) ? seconds : -1;
}

double stage_round_d2h(struct stage *s)
{
    double start;

    if (!stage_fill_device(s))
        return -1;
    start = floor_now();
    return stage_sum_host(s, s->region) ? floor_now() - start : -1;
}

uint64_t stage_moved(struct stage *s, enum hum_direction direction)
{
    struct hum_stats stats;

    if (hum_stats(s->world.hum, &stats) != HUM_OK)
        return 0;
    return stats.total.bytes[direction];
}

void stage_note(struct stage *s, uint64_t moved_bytes, unsigned rounds)
{
    struct mark_result *result = s->world.result;

    mark_note(result, "%.1f MiB, %u workers, policy %s", (double)s->bytes / 1048576,
              s->world.device.workers, s->world.system.policy);
    mark_note(result, "%s pages in hum, %s pages in the floor", result->huge ? "huge" : "small",
              s->floor_huge ? "huge" : "small");
    mark_note(result, "%.1f MiB moved a round", (double)moved_bytes / 1048576 / rounds);
}
