/* SPDX-License-Identifier: MIT */
/*
 * trace.c - what recording costs: the same rounds in a space that writes a trace and in one that
 * does not, in pairs.
 *
 * Both spaces are open at once and take turns, the traced one first in every other pair, so that a
 * machine that slows down slows both.  Where its frames happen to lie makes one space a per cent
 * faster than another for as long as it lives, so they are opened again several times, and which is
 * opened first changes too.  The ratio is the median of the pairs'.  Whole rounds are timed, the
 * writing too, because that is recorded as well.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floor/floor.h"
#include "marks/mark.h"
#include "marks/ranking.h"
#include "marks/stage.h"

#define SITTINGS 6u         /* openings of both spaces, of `runs` pairs each */
#define SLOW_PART 16u       /* of the bytes, in one sitting: recording accesses is slow */
#define PAGERANK_PART 8u    /* of the bytes */

enum load { LOAD_STREAM_H2D, LOAD_STREAM_D2H, LOAD_PAGERANK };

struct kind {
    enum load load;
    const char *accesses; /* HUM_ACCESSES; NULL: a trace of events alone */
};

/* One space with a load in it. */
struct side {
    enum load load;
    union {
        struct stage stage;
        struct pagerank pagerank;
    };
};

struct bench {
    const struct kind *kind;
    size_t bytes;
    struct pagerank_problem problem;
    char path[PATH_MAX];
    struct mark_result *result;
};

/* ---- a side --------------------------------------------------------------------------------- */

static bool side_open(struct side *s, struct bench *b, bool traced)
{
    const char *trace = traced ? b->path : NULL;
    const char *accesses = traced ? b->kind->accesses : NULL;

    s->load = b->kind->load;
    if (s->load == LOAD_PAGERANK)
        return pagerank_open(&s->pagerank, &b->problem,
                             &(struct world_params){.trace = trace, .accesses = accesses},
                             b->result);
    if (!stage_open_recorded(&s->stage, b->bytes, trace, accesses, b->result))
        return false;
    *s->stage.device_sum = 0;
    return true;
}

static void side_close(struct side *s)
{
    if (s->load == LOAD_PAGERANK)
        pagerank_close(&s->pagerank);
    else
        stage_close(&s->stage);
}

/* Seconds of a whole round, negative after a failure. */
static double side_round(struct side *s)
{
    double start = floor_now(), seconds;

    if (s->load == LOAD_PAGERANK)
        seconds = pagerank_round(&s->pagerank);
    else if (s->load == LOAD_STREAM_H2D)
        seconds = stage_round_h2d(&s->stage);
    else
        seconds = stage_round_d2h(&s->stage);
    return seconds < 0 ? seconds : floor_now() - start;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

/* side[1] is traced; the first pair warms up. */
static bool pairs(struct bench *b, struct side side[2], unsigned runs)
{
    for (unsigned i = 0; i <= runs; i++) {
        double seconds[2];

        for (unsigned turn = 0; turn < 2; turn++) {
            unsigned which = (turn + i) % 2;

            seconds[which] = side_round(&side[which]);
            if (seconds[which] < 0)
                return false;
        }
        if (i == 0)
            continue;
        series_add(&b->result->floor, seconds[0] * 1e3);
        series_add(&b->result->value, seconds[1] * 1e3);
    }
    return true;
}

static bool sitting(struct bench *b, unsigned number, unsigned runs)
{
    struct side side[2];
    unsigned first = number % 2;
    bool done;

    if (!side_open(&side[first], b, first == 1))
        return false;
    if (!side_open(&side[!first], b, first == 0)) {
        side_close(&side[first]);
        return false;
    }
    done = pairs(b, side, runs);
    side_close(&side[0]);
    side_close(&side[1]);
    return done;
}

/* ---- the file ------------------------------------------------------------------------------- */

/* An empty file for the trace, in memory if it can be. */
static bool make_file(struct bench *b)
{
    const char *folder = getenv("TMPDIR");
    int file;

    if (getenv("HUM_TRACE") || getenv("HUM_ACCESSES"))
        return mark_fail(b->result, "unset HUM_TRACE and HUM_ACCESSES: one side is not traced");
    if (!folder || !*folder)
        folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(b->path, sizeof(b->path), "%s/hum-bench-XXXXXX", folder);
    file = mkstemp(b->path);
    if (file < 0)
        return mark_fail(b->result, "cannot create a file in %s: %s", folder, strerror(errno));
    close(file);
    return true;
}

static bool measure(const struct kind *kind, const struct mark_options *options,
                    struct mark_result *result)
{
    bool slow = kind->accesses != NULL, done = true;
    size_t part = (slow ? SLOW_PART : 1) * (kind->load == LOAD_PAGERANK ? PAGERANK_PART : 1);
    struct bench b = {.kind = kind, .bytes = options->bytes / part, .result = result};
    unsigned sittings = slow ? 1 : SITTINGS;

    result->paired = true;
    if (!make_file(&b))
        return false;
    if (kind->load == LOAD_PAGERANK)
        done = pagerank_make(&b.problem, b.bytes, result);
    for (unsigned i = 0; done && i < sittings; i++)
        done = sitting(&b, i, options->runs);
    if (done)
        mark_note(result,
                  "%.1f MiB, %u pairs of a traced and an untraced round, %u in each of %u openings",
                  (double)b.bytes / 1048576, sittings * options->runs, options->runs, sittings);
    pagerank_free(&b.problem);
    unlink(b.path);
    return done;
}

/* ---- the table ------------------------------------------------------------------------------ */

/* Does a space open with accesses by epoch? */
static bool epoch_opens(struct mark_result *result)
{
    struct world_params params = {.memory_bytes = (size_t)16 << 20, .accesses = "epoch"};
    struct bench b = {.result = result};
    struct world w;
    bool done;

    if (!make_file(&b))
        return true; /* measuring says so again, and that is a failure */
    params.trace = b.path;
    done = world_open(&w, &params, result);
    if (done)
        world_close(&w);
    unlink(b.path);
    return done;
}

#define TRACE_MARK(variable, name_, load_, accesses_, limit_, possible_, about_)                   \
    static bool measure_##variable(const struct mark_options *options, struct mark_result *result) \
    {                                                                                              \
        static const struct kind kind = {load_, accesses_};                                        \
        return measure(&kind, options, result);                                                    \
    }                                                                                              \
    const struct mark mark_##variable = {                                                          \
        .name = name_,                                                                             \
        .unit = "ms",                                                                              \
        .about = about_,                                                                           \
        .group = "trace",                                                                          \
        .limit = limit_,                                                                           \
        .measure = measure_##variable,                                                             \
        .possible = possible_,                                                                     \
    };

TRACE_MARK(trace_stream_h2d, "trace-stream-h2d", LOAD_STREAM_H2D, NULL, 1.03, NULL,
           "stream-h2d with a trace of events / without")
TRACE_MARK(trace_stream_d2h, "trace-stream-d2h", LOAD_STREAM_D2H, NULL, 1.03, NULL,
           "stream-d2h with a trace of events / without")
TRACE_MARK(trace_pagerank, "trace-pagerank", LOAD_PAGERANK, NULL, 1.03, NULL,
           "10 iterations of PageRank with a trace of events / without")
TRACE_MARK(epoch_stream_h2d, "epoch-stream-h2d", LOAD_STREAM_H2D, "epoch", 2.0, epoch_opens,
           "stream-h2d with accesses by epoch / without a trace")
TRACE_MARK(epoch_stream_d2h, "epoch-stream-d2h", LOAD_STREAM_D2H, "epoch", 2.0, epoch_opens,
           "stream-d2h with accesses by epoch / without a trace")
TRACE_MARK(epoch_pagerank, "epoch-pagerank", LOAD_PAGERANK, "epoch", 2.0, epoch_opens,
           "10 iterations of PageRank with accesses by epoch / without a trace")
TRACE_MARK(exact_stream_h2d, "exact-stream-h2d", LOAD_STREAM_H2D, "exact", 20, NULL,
           "stream-h2d with every access / without a trace")
TRACE_MARK(exact_stream_d2h, "exact-stream-d2h", LOAD_STREAM_D2H, "exact", 20, NULL,
           "stream-d2h with every access / without a trace")
TRACE_MARK(exact_pagerank, "exact-pagerank", LOAD_PAGERANK, "exact", 20, NULL,
           "10 iterations of PageRank with every access / without a trace")
