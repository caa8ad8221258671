/* SPDX-License-Identifier: MIT */
/*
 * counters.c - what sampled access counters cost, and whether they find the hottest chunks.
 *
 * Cost: the same rounds in a space that samples and in one that does not, in pairs as in trace.c:
 * both are open at once and take turns, the sampled one first in every other pair, and both are
 * opened several times.  Only what the device runs is timed, because that is what is sampled.  The
 * CPU time of both processes is taken beside it: on a machine that does other work, too, wall time
 * tells of that, and CPU time does not.
 *
 * Truth: one round in a space that records every access, read from its trace in full.  Each opening
 * of the sampled space, when its rounds are done, gives one figure: of the chunks that its counters
 * have as the hottest tenth, the share that is among the hottest tenth in truth.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hum/trace.h>

#include "floor/floor.h"
#include "marks/hottest.h"
#include "marks/join.h"
#include "marks/mark.h"
#include "marks/ranking.h"

#define SITTINGS 5u       /* fewer with fewer runs */
#define PART 4u           /* of the bytes */
#define SECONDS 4.0       /* that the sampled side of a sitting runs at least, of RUNS or more */
#define RUNS 9u
#define REGIONS_MAX 5u

enum load { LOAD_PAGERANK, LOAD_JOIN };

struct region {
    const void *ptr;
    size_t bytes;
    size_t first;         /* of all chunks, its first */
};

/* One space with a load in it. */
struct side {
    enum load load;
    union {
        struct pagerank pagerank;
        struct join join;
    };
    struct region region[REGIONS_MAX];
    unsigned regions;
    size_t chunks;        /* of all regions */
};

struct bench {
    enum load load;
    struct pagerank_problem pagerank;
    struct join_problem join;
    uint64_t *truth, *found; /* touches of each chunk */
    size_t chunks;
    struct series weight, share; /* see hottest.h; what hum says that it spent, per cent */
    struct series samples; /* touches that were sampled */
    struct series exact;  /* overlap of counters that were fed with every access */
    double seconds;       /* that the sampled side of a sitting has to run */
    double ran;           /* seconds of the shortest sampled side */
    struct mark_result *result;
};

/* ---- a side --------------------------------------------------------------------------------- */

static void add_region(struct side *s, const void *ptr, size_t bytes)
{
    s->region[s->regions++] = (struct region){ptr, bytes, s->chunks};
    s->chunks += (bytes + HUM_CHUNK_SIZE - 1) / HUM_CHUNK_SIZE;
}

static bool side_open(struct side *s, struct bench *b, const struct world_params *recording)
{
    *s = (struct side){.load = b->load};
    if (s->load == LOAD_PAGERANK) {
        const struct graph *g = &b->pagerank.graph;

        if (!pagerank_open(&s->pagerank, &b->pagerank, recording, b->result))
            return false;
        add_region(s, s->pagerank.offsets, (g->nodes + 1) * sizeof(*s->pagerank.offsets));
        add_region(s, s->pagerank.sources, g->edges * sizeof(*s->pagerank.sources));
        add_region(s, s->pagerank.degree, g->nodes * sizeof(*s->pagerank.degree));
        add_region(s, s->pagerank.share[0], g->nodes * sizeof(float));
        add_region(s, s->pagerank.share[1], g->nodes * sizeof(float));
        return true;
    }
    if (!join_open(&s->join, &b->join, recording, b->result))
        return false;
    add_region(s, s->join.slots, b->join.slot_count * sizeof(*s->join.slots));
    add_region(s, s->join.keys, b->join.count * sizeof(*s->join.keys));
    add_region(s, s->join.found, b->join.count * sizeof(*s->join.found));
    return true;
}

static struct world *world_of(struct side *s)
{
    return s->load == LOAD_PAGERANK ? &s->pagerank.world : &s->join.world;
}

static void side_close(struct side *s)
{
    world_close(world_of(s));
}

/* What the device's part of a round took. */
struct spent {
    double seconds, cpu;  /* cpu: of program and device together */
};

/* The host writes what changes, the device works. */
static bool side_round(struct side *s, struct spent *spent_out)
{
    double start, before, after;
    bool done;

    if (s->load == LOAD_PAGERANK)
        pagerank_write(&s->pagerank);
    if (!world_cpu(world_of(s), &before))
        return false;
    start = floor_now();
    done = s->load == LOAD_PAGERANK ? pagerank_iterate(&s->pagerank) : join_run(&s->join);
    spent_out->seconds = floor_now() - start;
    if (!done || !world_cpu(world_of(s), &after))
        return false;
    spent_out->cpu = after - before;
    return true;
}

/* What the counters of the device have, chunk by chunk. */
static bool side_heat(struct side *s, uint64_t *touches)
{
    struct hum_chunk_heat *heat = malloc(s->chunks * sizeof(*heat));
    struct world *w = world_of(s);
    bool done = heat != NULL;

    for (unsigned r = 0; done && r < s->regions; r++) {
        const struct region *region = &s->region[r];

        done = world_ok(w,
                        hum_heat_query(w->hum, region->ptr, region->bytes, 0, heat + region->first,
                                       s->chunks - region->first),
                        "hum_heat_query");
    }
    for (size_t i = 0; done && i < s->chunks; i++)
        touches[i] = heat[i].reads + heat[i].writes;
    free(heat);
    return done;
}

/* ---- truth ---------------------------------------------------------------------------------- */

static void count_access(const struct side *s, uintptr_t space, const struct hum_trace_access *a,
                         uint64_t *touches)
{
    for (uint64_t page = a->first_page; page < a->first_page + a->pages; page++) {
        uintptr_t address = space + page * HUM_PAGE_SIZE;

        for (unsigned r = 0; r < s->regions; r++) {
            size_t offset = address - (uintptr_t)s->region[r].ptr;

            if (offset < s->region[r].bytes)
                touches[s->region[r].first + offset / HUM_CHUNK_SIZE] += a->count;
        }
    }
}

static bool read_truth(struct bench *b, const struct side *s, uintptr_t space, const char *path)
{
    struct hum_trace *trace;
    struct hum_trace_record record;
    enum hum_status status;

    if (hum_trace_open(path, &trace) != HUM_OK)
        return mark_fail(b->result, "%s", hum_error_text());
    while ((status = hum_trace_next(trace, &record)) == HUM_OK)
        if (record.kind == HUM_TRACE_ACCESS && record.access.processor == 0)
            count_access(s, space, &record.access, b->truth);
    hum_trace_close(trace);
    return status == HUM_ERR_NOT_FOUND || mark_fail(b->result, "%s", hum_error_text());
}

/* One round with every access recorded; also tests counters that are fed with all of them. */
static bool find_truth(struct bench *b, const char *path)
{
    const struct world_params recording = {.trace = path, .accesses = "exact", .sample = "off"};
    struct side s;
    uintptr_t space;
    struct spent spent;
    double weight;
    bool done;

    if (!side_open(&s, b, &recording))
        return false;
    space = world_of(&s)->system.space_start;
    b->chunks = s.chunks;
    b->truth = calloc(s.chunks, sizeof(*b->truth));
    b->found = calloc(s.chunks, sizeof(*b->found));
    done = b->truth && b->found;
    if (done && b->load == LOAD_JOIN)
        join_write(&s.join);
    done = done && side_round(&s, &spent) && side_heat(&s, b->found);
    side_close(&s);
    if (!done || !read_truth(b, &s, space, path))
        return false;
    series_add(&b->exact, 100 * hottest_overlap(b->truth, b->found, b->chunks, &weight));
    return true;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

/* side[1] samples; the first pair warms up.  *ran_out: seconds of its rounds that count. */
static bool pairs(struct bench *b, struct side side[2], double *ran_out)
{
    *ran_out = 0;
    for (unsigned i = 0; *ran_out < b->seconds; i++) {
        struct spent spent[2];

        for (unsigned turn = 0; turn < 2; turn++) {
            unsigned which = (turn + i) % 2;

            if (!side_round(&side[which], &spent[which]))
                return false;
        }
        if (i == 0)
            continue;
        *ran_out += spent[1].seconds;
        series_add(&b->result->floor, spent[0].seconds * 1e3);
        series_add(&b->result->value, spent[1].seconds * 1e3);
        series_add(&b->result->cpu, spent[1].cpu / spent[0].cpu);
    }
    return true;
}

static bool measure_side(struct bench *b, struct side *s, double ran)
{
    struct world *w = world_of(s);
    struct hum_stats stats;
    double weight;

    if (!world_ok(w, hum_stats(w->hum, &stats), "hum_stats") || !side_heat(s, b->found))
        return false;
    series_add(&b->result->overlap,
               100 * hottest_overlap(b->truth, b->found, b->chunks, &weight));
    series_add(&b->weight, 100 * weight);
    series_add(&b->samples, (double)stats.samples_touched);
    series_add(&b->share, (double)stats.sample_ns / 1e7 / ran);
    if (b->ran <= 0 || ran < b->ran)
        b->ran = ran;
    return b->load == LOAD_PAGERANK || join_check(&s->join);
}

static bool sitting(struct bench *b, unsigned number)
{
    static const struct world_params recording[2] = {{.sample = "off"}, {.sample = "on"}};
    struct side side[2];
    unsigned first = number % 2;
    double ran = 0;
    bool done;

    if (!side_open(&side[first], b, &recording[first]))
        return false;
    if (!side_open(&side[!first], b, &recording[!first])) {
        side_close(&side[first]);
        return false;
    }
    if (b->load == LOAD_JOIN) {
        join_write(&side[0].join);
        join_write(&side[1].join);
    }
    done = pairs(b, side, &ran) && measure_side(b, &side[1], ran);
    side_close(&side[0]);
    side_close(&side[1]);
    return done;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool make_problem(struct bench *b, size_t bytes)
{
    if (b->load == LOAD_PAGERANK)
        return pagerank_make(&b->pagerank, bytes, b->result);
    return join_make(&b->join, bytes, b->result);
}

/* An empty file for the trace, in memory if it can be. */
static bool make_file(struct mark_result *result, char *path, size_t bytes)
{
    const char *folder = getenv("TMPDIR");
    int file;

    if (!folder || !*folder)
        folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, bytes, "%s/hum-bench-XXXXXX", folder);
    file = mkstemp(path);
    if (file < 0)
        return mark_fail(result, "cannot create a file in %s: %s", folder, strerror(errno));
    close(file);
    return true;
}

static void describe(const struct bench *b)
{
    const struct series *o = &b->result->overlap;

    mark_note(b->result,
              "the hottest tenth, %zu of %zu chunks: %.1f %% found (quartiles %.1f..%.1f), which "
              "hold %.1f %% of its touches",
              hottest_number(b->chunks), b->chunks, series_median(o), series_quantile(o, 0.25),
              series_quantile(o, 0.75), series_median(&b->weight));
    mark_note(b->result, "counters fed with every access find %.1f %%",
              series_median(&b->exact));
    mark_note(b->result, "%zu openings, %.1f s and %.0f samples in each; hum itself says %.2f %%",
              o->count, b->ran, series_median(&b->samples), series_median(&b->share));
}

static void free_bench(struct bench *b)
{
    if (b->load == LOAD_PAGERANK)
        pagerank_free(&b->pagerank);
    else
        join_free(&b->join);
    free(b->truth);
    free(b->found);
    series_free(&b->weight);
    series_free(&b->share);
    series_free(&b->samples);
    series_free(&b->exact);
}

static bool measure(enum load load, const struct mark_options *options, struct mark_result *result)
{
    const unsigned runs = options->runs < RUNS ? options->runs : RUNS;
    struct bench b = {.load = load, .result = result, .seconds = SECONDS * runs / RUNS};
    char path[PATH_MAX];
    bool done;

    result->paired = true;
    if (getenv("HUM_TRACE") || getenv("HUM_ACCESSES"))
        return mark_fail(result, "unset HUM_TRACE and HUM_ACCESSES: the sides differ in them");
    if (!make_file(result, path, sizeof(path)))
        return false;
    done = make_problem(&b, options->bytes / PART) && find_truth(&b, path);
    unlink(path);
    for (unsigned i = 0; done && i < SITTINGS && i < runs; i++)
        done = sitting(&b, i);
    if (done)
        describe(&b);
    free_bench(&b);
    return done;
}

static bool measure_pagerank(const struct mark_options *options, struct mark_result *result)
{
    return measure(LOAD_PAGERANK, options, result);
}

static bool measure_join(const struct mark_options *options, struct mark_result *result)
{
    return measure(LOAD_JOIN, options, result);
}

const struct mark mark_counters_pagerank = {
    .name = "counters-pagerank",
    .unit = "ms",
    .about = "10 iterations of PageRank with access counters sampled / without",
    .group = "counters",
    .limit = 1.02,
    .measure = measure_pagerank,
};

const struct mark mark_counters_join = {
    .name = "counters-join",
    .unit = "ms",
    .about = "the lookups of a hash join with access counters sampled / without",
    .group = "counters",
    .limit = 1.02,
    .measure = measure_join,
};
