/* SPDX-License-Identifier: MIT */
/*
 * link.c - what moves really cost: hum_prefetch of 4 KiB .. 64 MiB both ways, each beside a memcpy
 * of the same size, and the alpha and beta that HUM_LINK takes.
 *
 * Every size has a region of its own.  Before each round the other side takes the region back and
 * writes it (not timed), so exactly its bytes have to move; that they did is checked by the
 * counters.  It goes through the contract of devices only, so it measures whatever device there is.
 */
#include <stdlib.h>
#include <string.h>

#include "floor/floor.h"
#include "marks/link.h"
#include "marks/mark.h"
#include "marks/world.h"
#include "words.h"

#define BYTES_MAX ((size_t)64 << 20)
#define SMALL_BYTES HUM_BLOCK_SIZE /* below, rounds are short and there are more of them */
#define MORE_ROUNDS 5u

struct bench {
    struct world world;
    struct hum_kernel *fill;
    size_t bytes_max;
    void *from, *to; /* in this process, warm */
    uint64_t round;
};

static bool bench_open(struct bench *b, const struct mark_options *options,
                       struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = (size_t)256 << 20};
    bool huge;

    memset(b, 0, sizeof(*b));
    b->bytes_max = 2 * HUM_PAGE_SIZE;
    while (2 * b->bytes_max <= options->bytes && b->bytes_max < BYTES_MAX)
        b->bytes_max *= 2;
    if (floor_memory(b->bytes_max, &b->from, &huge) != 0 ||
        floor_memory(b->bytes_max, &b->to, &huge) != 0)
        return mark_fail(result, "no memory for two buffers of %zu bytes", b->bytes_max);
    return world_open(&b->world, &params, result) &&
           world_kernel(&b->world, "words", "fill", &b->fill);
}

static void bench_close(struct bench *b)
{
    world_close(&b->world);
    floor_memory_free(b->from, b->bytes_max);
    floor_memory_free(b->to, b->bytes_max);
}

/* Everything is on one side, written there. */
static bool write_on(struct bench *b, int processor, uint64_t *region, size_t bytes)
{
    const struct fill_args args = {region, bytes / sizeof(uint64_t), ++b->round};

    if (!world_ok(&b->world, hum_prefetch(b->world.hum, region, bytes, processor, NULL),
                  "hum_prefetch"))
        return false;
    if (processor != HUM_HOST)
        return world_run(&b->world, b->fill, args.count, &args, sizeof(args));
    memset(region, (int)b->round, bytes);
    return true;
}

static bool moved(struct bench *b, enum hum_direction direction, uint64_t *bytes_out)
{
    struct hum_stats stats;

    if (!world_ok(&b->world, hum_stats(b->world.hum, &stats), "hum_stats"))
        return false;
    *bytes_out = stats.total.bytes[direction];
    return true;
}

/* Nanoseconds of one move; negative after a failure. */
static double move(struct bench *b, enum hum_direction direction, uint64_t *region, size_t bytes)
{
    int to = direction == HUM_H2D ? 0 : HUM_HOST;
    uint64_t before, after;
    double start, seconds;

    if (!write_on(b, direction == HUM_H2D ? HUM_HOST : 0, region, bytes) ||
        !moved(b, direction, &before))
        return -1;
    start = floor_now();
    if (!world_ok(&b->world, hum_prefetch(b->world.hum, region, bytes, to, NULL), "hum_prefetch"))
        return -1;
    seconds = floor_now() - start;
    if (!moved(b, direction, &after))
        return -1;
    if (after - before != bytes) {
        mark_fail(b->world.result, "%llu bytes moved instead of %zu",
                  (unsigned long long)(after - before), bytes);
        return -1;
    }
    return seconds * 1e9;
}

static double copy(struct bench *b, size_t bytes)
{
    double start;

    memset(b->from, (int)b->round, bytes);
    start = floor_now();
    memcpy(b->to, b->from, bytes);
    return (floor_now() - start) * 1e9;
}

static bool rounds(struct bench *b, enum hum_direction direction, size_t bytes, unsigned count,
                   struct series *value, struct series *floor)
{
    void *region;
    bool done = world_alloc(&b->world, bytes, "link", &region);

    for (unsigned i = 0; done && i <= count; i++) {
        double floor_ns = copy(b, bytes), value_ns = move(b, direction, region, bytes);

        done = value_ns >= 0;
        if (!done || i == 0)
            continue;
        series_add(value, value_ns);
        series_add(floor, floor_ns);
    }
    return done && world_ok(&b->world, hum_free(b->world.hum, region), "hum_free");
}

/* One size; the largest is what the ratio is about. */
static bool measure_size(struct bench *b, enum hum_direction direction, size_t bytes,
                         const struct mark_options *options, struct link_table *table)
{
    unsigned count = bytes <= SMALL_BYTES ? MORE_ROUNDS * options->runs : options->runs;
    struct series value = {NULL, 0, 0}, floor = {NULL, 0, 0};
    struct mark_result *result = b->world.result;
    bool done = rounds(b, direction, bytes, count, &value, &floor);

    if (done) {
        struct link_point *point = &table->points[table->count++];

        *point = (struct link_point){.direction = direction,
                                     .memcpy_ns = series_median(&floor)};
        point->move.bytes = (double)bytes;
        point->move.copies = (double)((bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE);
        point->move.ns = series_median(&value);
        for (size_t i = 0; bytes == b->bytes_max && i < value.count && i < floor.count; i++) {
            series_add(&result->value, value.value[i] / 1e6);
            series_add(&result->floor, floor.value[i] / 1e6);
        }
    }
    series_free(&value);
    series_free(&floor);
    return done;
}

static void fit_line(struct link_table *table, unsigned line)
{
    struct fit_point points[2 * LINK_SIZES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < table->count; i++)
        if (line == LINK_BOTH || table->points[i].direction == line)
            points[count++] = table->points[i].move;
    table->lines[line].known =
        fit_link(points, count, &table->lines[line].fit, &table->lines[line].why);
}

static bool measure(const struct mark_options *options, struct mark_result *result)
{
    static const enum hum_direction directions[] = {HUM_H2D, HUM_D2H};
    struct link_table *table = calloc(1, sizeof(*table));
    struct bench b;
    bool done = table && bench_open(&b, options, result);

    if (!table)
        return mark_fail(result, "out of memory");
    result->link = table;
    for (unsigned d = 0; d < 2; d++)
        for (size_t bytes = HUM_PAGE_SIZE; done && bytes <= b.bytes_max; bytes *= 2)
            done = measure_size(&b, directions[d], bytes, options, table);
    for (unsigned line = 0; done && line < LINK_LINES; line++)
        fit_line(table, line);
    if (done)
        mark_note(result,
                  "hum_prefetch of 4 KiB to %zu KiB both ways, medians of %u rounds (%u up to a "
                  "block); value and floor are of the largest size; policy %s, %s pages",
                  b.bytes_max >> 10, options->runs, MORE_ROUNDS * options->runs,
                  b.world.system.policy, result->huge ? "huge" : "small");
    bench_close(&b);
    return done;
}

const struct mark mark_link = {
    .name = "link",
    .unit = "ms",
    .about = "hum_prefetch of one page to 64 MiB, alpha and beta fitted / memcpy",
    .measure = measure,
};
