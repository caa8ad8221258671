/* SPDX-License-Identifier: MIT */
/*
 * thrash.c - 1 .. 8 kernels that compete for the memory of one device, with thrashing control and
 * without, and under policies that avoid moving by other means.
 *
 * Each kernel has a stream, and work over which four of them fill the device:
 *
 *     own    an array each; every kernel increments all of it, round after round, and none waits
 *            for another.  Beyond four, blocks leave and come again: thrashing by capacity, which a
 *            detector of pages that change hands does not see.
 *     turns  a chunk of 64 KiB each, in a block of its own; the host increments all of it, then the
 *            kernel does: pages that change hands every few microseconds, what the detector of
 *            `thrash=driver` is made for.
 *
 * Every cell has a space of its own, because what a policy remembers of a block outlives regions.
 * At the end of a cell the host reads everything: a word that was not
 * incremented exactly once a round is no measurement.  Only the rounds are timed and counted, not
 * filling, the round that warms up, and reading.
 */
#include <stdlib.h>
#include <string.h>

#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/thrash.h"
#include "marks/world.h"
#include "words.h"

#define CHUNK_BYTES ((size_t)64 << 10)
#define PART 16u  /* of the bytes, one array */
#define TURNS 30u /* of the load `turns`, for each run */
#define FIRST_VALUE 1u

const struct thrash_policy thrash_policies[THRASH_POLICIES] = {
    {"ahead", "off"},
    {"ahead,thrash=driver", "off"},
    {"driver,thrash=off", "off"},
    {"driver", "off"},
    {"counter", "on"},
    {"adaptive", "on"},
    {"second-chance", "off"},
};
#define WITHOUT 0u /* of these, what the ratio compares */
#define WITH 1u

const char *const thrash_load_names[THRASH_LOADS] = {"own", "turns"};

struct contest {
    struct world world;
    enum thrash_load load;
    unsigned kernels;
    size_t count; /* words of an array */
    uint64_t *words[THRASH_KERNELS_MAX];
    struct hum_stream *stream[THRASH_KERNELS_MAX];
    struct hum_kernel *increment;
};

/* ---- a contest ------------------------------------------------------------------------------ */

/* On failure nothing is left open. */
static bool contest_open(struct contest *c, const struct thrash_policy *policy, size_t device_bytes,
                         struct mark_result *result)
{
    const struct world_params params = {.policy = policy->text,
                                        .sample = policy->sample,
                                        .memory_bytes = device_bytes,
                                        .workers = THRASH_KERNELS_MAX};
    bool done;

    if (!world_open(&c->world, &params, result))
        return false;
    done = world_kernel(&c->world, "words", "increment", &c->increment);
    for (unsigned i = 0; done && i < c->kernels; i++)
        done = world_ok(&c->world, hum_stream_create(c->world.hum, 0, &c->stream[i]),
                        "hum_stream_create");
    if (!done)
        world_close(&c->world);
    return done;
}

/* New arrays, which only the host has touched. */
static bool fill_arrays(struct contest *c)
{
    for (unsigned i = 0; i < c->kernels; i++) {
        if (!world_alloc(&c->world, c->count * sizeof(uint64_t), "array", &c->words[i]))
            return false;
        for (size_t n = 0; n < c->count; n++)
            c->words[i][n] = FIRST_VALUE;
    }
    return true;
}

static bool launch_all(struct contest *c)
{
    bool done = true;

    for (unsigned i = 0; done && i < c->kernels; i++) {
        const struct increment_args args = {c->words[i], c->count};

        done = world_ok(&c->world,
                        hum_launch(c->stream[i], c->increment, args.count, &args, sizeof(args)),
                        "hum_launch");
    }
    return done;
}

static void increment_all_here(struct contest *c)
{
    for (unsigned i = 0; i < c->kernels; i++)
        for (size_t n = 0; n < c->count; n++)
            c->words[i][n]++;
}

static bool wait_all(struct contest *c)
{
    return world_ok(&c->world, hum_wait(c->world.hum, 0), "hum_wait");
}

static bool rounds(struct contest *c, unsigned count)
{
    bool done = true;

    for (unsigned i = 0; done && i < count; i++) {
        if (c->load == THRASH_TURNS)
            increment_all_here(c);
        done = launch_all(c) && (c->load == THRASH_OWN || wait_all(c));
    }
    return done && wait_all(c);
}

/* Each side has incremented each word once a round. */
static bool is_right(struct contest *c, unsigned count)
{
    uint64_t want = FIRST_VALUE + (uint64_t)count * (c->load == THRASH_TURNS ? 2 : 1);

    for (unsigned i = 0; i < c->kernels; i++)
        for (size_t n = 0; n < c->count; n++)
            if (c->words[i][n] != want)
                return mark_fail(c->world.result, "word %zu of kernel %u is %llu instead of %llu",
                                 n, i, (unsigned long long)c->words[i][n],
                                 (unsigned long long)want);
    return true;
}

static bool counters(struct contest *c, struct hum_counters *counters_out)
{
    struct hum_stats stats;

    if (!world_ok(&c->world, hum_stats(c->world.hum, &stats), "hum_stats"))
        return false;
    *counters_out = stats.total;
    return true;
}

/* One round warms up. */
static bool contest_run(struct contest *c, unsigned count, struct thrash_cell *cell)
{
    struct hum_counters before, after;
    double start;

    if (!rounds(c, 1) || !counters(c, &before))
        return false;
    start = floor_now();
    if (!rounds(c, count))
        return false;
    cell->seconds = floor_now() - start;
    if (!counters(c, &after))
        return false;
    hum_counters_subtract(&after, &before, &after);
    cell->rounds = (uint64_t)count * c->kernels;
    cell->faults = after.faults_host + after.faults_device;
    cell->moved_bytes = after.bytes[HUM_H2D] + after.bytes[HUM_D2H];
    cell->evictions = after.evictions_clean + after.evictions_dirty;
    cell->remote_maps = after.events[HUM_CAUSE_REMOTE_MAP];
    return is_right(c, count + 1);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void set_sizes(struct thrash_table *table, size_t bytes)
{
    size_t array = bytes / PART / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;

    table->array_bytes[THRASH_OWN] = array ? array : HUM_BLOCK_SIZE;
    table->device_bytes[THRASH_OWN] = THRASH_FILL * table->array_bytes[THRASH_OWN];
    table->array_bytes[THRASH_TURNS] = CHUNK_BYTES;
    table->device_bytes[THRASH_TURNS] = THRASH_FILL * HUM_BLOCK_SIZE;
}

static bool measure_cell(struct thrash_table *table, enum thrash_load load, unsigned kernels,
                         unsigned policy, unsigned runs, struct mark_result *result)
{
    unsigned count = load == THRASH_TURNS ? TURNS * runs : runs;
    struct contest c = {
        .load = load, .kernels = kernels, .count = table->array_bytes[load] / sizeof(uint64_t)};
    bool done;

    if (!contest_open(&c, &thrash_policies[policy], table->device_bytes[load], result))
        return false;
    done = fill_arrays(&c) && contest_run(&c, count, &table->cell[load][kernels - 1][policy]);
    world_close(&c.world);
    return done;
}

static double round_ms(const struct thrash_cell *cell)
{
    return cell->seconds / (double)cell->rounds * 1e3;
}

static bool measure(const struct mark_options *options, struct mark_result *result)
{
    struct thrash_table *table = calloc(1, sizeof(*table));
    const struct thrash_cell *most;
    bool done = true;

    if (!table)
        return mark_fail(result, "out of memory");
    result->thrash = table;
    set_sizes(table, options->bytes);
    for (unsigned load = 0; load < THRASH_LOADS; load++)
        for (unsigned k = 1; done && k <= THRASH_KERNELS_MAX; k++)
            for (unsigned p = 0; done && p < THRASH_POLICIES; p++)
                done = measure_cell(table, (enum thrash_load)load, k, p, options->runs, result);
    if (!done)
        return false;
    most = table->cell[THRASH_TURNS][THRASH_KERNELS_MAX - 1];
    series_add(&result->value, round_ms(&most[WITH]));
    series_add(&result->floor, round_ms(&most[WITHOUT]));
    mark_note(result,
              "value and floor are a round of one of %u kernels that take turns with the host, "
              "policies %s and %s; %u rounds (turns: %u); %u workers on %u CPUs, %s pages",
              THRASH_KERNELS_MAX, thrash_policies[WITH].text, thrash_policies[WITHOUT].text,
              options->runs, TURNS * options->runs, THRASH_KERNELS_MAX, world_cpus(),
              result->huge ? "huge" : "small");
    return true;
}

const struct mark mark_thrash = {
    .name = "thrash",
    .unit = "ms",
    .about = "1 to 8 kernels that outgrow the device, thrash=driver / thrash=off",
    .measure = measure,
};
