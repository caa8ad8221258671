/* SPDX-License-Identifier: MIT */
/*
 * same_replay.c - a deterministic run and the replay of its exact trace count the very same.
 *
 *     same_replay <turn> <sample> <option> ... [-- <option> ...]
 *
 * For policies and device memories (a quarter more than the footprint, four fifths and half of it):
 * runs the sample with HUM_DETERMINISTIC=on and HUM_ACCESSES=full:1, replays its trace as recorded,
 * and compares every counter that is no time with those that the run itself left in the trace.
 *
 * The footprint is what a device without limit holds at most, in blocks, under `ondemand`.  On one
 * that is smaller something must leave: a run without an eviction is a failure there, unless its
 * policy had pages touched in the frames of another processor, and what came has always fitted.
 *
 * Five samples take turns, 0 to 4: each takes every fifth registered policy, each of these one of
 * the memories.  With HUM_TEST_LONG each sample takes all of both, with the options behind "--" on
 * top of the others, and must be large enough for that.  A policy that did not evict at half the
 * footprint then runs once more, on half of what it held.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/player.h"
#include "model/replay.h"
#include "policy/plugin.h"
#include "policy/registry.h"
#include "support/same_counters.h"

extern char **environ;

#define ARGUMENTS_MAX 32
#define MEMORIES 3u
#define ALL_MEMORIES ((1u << MEMORIES) - 1)
#define TURNS 5u
#define BLOCKS_MIN 2u      /* one access may need two at once */
#define PLENTY 1024u       /* blocks that no sample fills here */
#define FOOTPRINT_MIN 4u   /* with which four fifths and half are different, and enough */

struct grid {
    char *arguments[ARGUMENTS_MAX + 3]; /* the sample and its options, room for --device-mem */
    int count;
    char path[32];                      /* of the trace of the last run */
    uint64_t footprint;                 /* blocks */
    unsigned rows, evicting;
};

/* A policy on a device of so many blocks, and what came of it. */
struct row {
    const char *policy;
    uint64_t blocks;
    uint64_t evictions;
    uint64_t remote;                    /* touches in the frame of another processor */
    uint64_t held;                      /* blocks at most, where nothing left; else 0 */
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "same_replay: %s\n", what);
    exit(1);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void run(struct grid *grid, uint64_t blocks, const char *policy)
{
    char option[] = "--device-mem", value[32];
    int status;
    pid_t child;
    snprintf(value, sizeof value, "%lluM", (unsigned long long)blocks * 2);
    grid->arguments[grid->count] = option;
    grid->arguments[grid->count + 1] = value;
        setenv("HUM_POLICY", policy, 1);
    if (posix_spawn(&child, grid->arguments[0], NULL, NULL, grid->arguments, environ) != 0)
        die("cannot start the sample");
    if (waitpid(child, &status, 0) != child || status != 0)
        die("the sample failed");
}

static struct hum_trace *open_trace(const char *path, struct humi_survey *survey)
{
    struct hum_trace *trace;
    if (hum_trace_open(path, &trace) != HUM_OK || humi_survey_read(survey, trace) != HUM_OK)
        die(hum_error_text());
    return trace;
}

static void close_trace(struct hum_trace *trace, struct humi_survey *survey)
{
    humi_survey_fini(survey);
    hum_trace_close(trace);
}

/* ---- its replay ------------------------------------------------------------------------------ */

/* How many counters differ. */
static unsigned replay(const char *path, struct row *row)
{
    struct humi_model_params params = {.as_recorded = true};
    struct humi_model_result result;
    struct humi_survey survey;
    struct hum_trace *trace = open_trace(path, &survey);
    if (humi_plugin_in(row->policy)) {
        if (humi_model_replay(trace, &survey, &params, &result) != HUM_ERR_INVALID)
            die("a plug-in was loaded because a trace names it");
        params.policy = row->policy;
    }
    if (!survey.has_totals || survey.dropped || strcmp(survey.policy, row->policy) != 0 ||
        survey.traits[1].capacity_bytes != row->blocks * HUM_BLOCK_SIZE)
        die("the trace is not complete");
    if (humi_model_replay(trace, &survey, &params, &result) != HUM_OK)
        die(hum_error_text());
    unsigned count = same_counters(&survey.totals, &result.counters) +
                     same_counter("touches of nothing", "", 0, result.failed) +
                     same_counter("refused calls", "", 0, result.refused);
    row->evictions = survey.totals.evictions_clean + survey.totals.evictions_dirty;
    row->remote = result.remote;
    printf("%-13s %3llu blocks: %llu touches, %llu faults, %llu evictions, %u differences\n",
           row->policy, (unsigned long long)row->blocks, (unsigned long long)result.touches,
           (unsigned long long)(survey.totals.faults_host + survey.totals.faults_device),
           (unsigned long long)row->evictions, count);
    fflush(stdout);
    close_trace(trace, &survey);
    return count;
}

/* The most blocks with pages in them that the device held at a time. */
static uint64_t most_held(const char *path, const char *policy)
{
    const struct humi_model_params params = {.policy = policy, .as_recorded = true};
    struct hum_trace_record record;
    struct humi_survey survey;
    struct humi_player player;
    struct hum_trace *trace = open_trace(path, &survey);
    uint64_t most = 0;
    if (hum_trace_rewind(trace) != HUM_OK ||
        humi_player_init(&player, &survey, &params, NULL) != HUM_OK)
        die(hum_error_text());
    const struct humi_order *order = &player.world->hum.order[1];
    while (hum_trace_next(trace, &record) == HUM_OK) {
        if (humi_player_take(&player, &record) != HUM_OK)
            die(hum_error_text());
        uint64_t held = atomic_load(&order->held) - atomic_load(&order->stale);
        most = held > most ? held : most;
    }
    humi_player_fini(&player);
    close_trace(trace, &survey);
    return most;
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* 1 if nothing left although it should have. */
static unsigned check_evictions(const struct grid *grid, struct row *row)
{
    bool fits = row->blocks >= grid->footprint;
    row->held = row->evictions || fits ? 0 : most_held(grid->path, row->policy);
    if (row->evictions || fits)
        return 0;
    if (row->remote && row->held <= row->blocks) {
        printf("%-13s holds %llu at most, and touched pages where they were %llu times\n",
               row->policy, (unsigned long long)row->held, (unsigned long long)row->remote);
        return 0;
    }
    fprintf(stderr, "  nothing left a device of %llu blocks\n", (unsigned long long)row->blocks);
    return 1;
}

static unsigned run_and_replay(struct grid *grid, struct row *row)
{
    row->blocks = row->blocks < BLOCKS_MIN ? BLOCKS_MIN : row->blocks;
    run(grid, row->blocks, row->policy);
    unsigned wrong = replay(grid->path, row) + check_evictions(grid, row);
    grid->rows++;
    grid->evicting += row->evictions > 0;
    return wrong;
}

/* Its memories, those in the mask. */
static unsigned run_policy(struct grid *grid, const char *policy, unsigned memories)
{
    static const unsigned percent[MEMORIES] = {80, 125, 50};
    struct row row = {.policy = policy};
    unsigned wrong = 0;
    for (unsigned m = 0; m < MEMORIES; m++) {
        if (!(memories >> m & 1))
            continue;
        row.blocks = grid->footprint * percent[m] / 100;
        wrong += run_and_replay(grid, &row);
    }
    row.blocks = row.held / 2;
    if (memories == ALL_MEMORIES && row.blocks >= BLOCKS_MIN)
        wrong += run_and_replay(grid, &row);
    return wrong;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void make_file(char path[32])
{
    strcpy(path, "/tmp/hum-same-replay-XXXXXX");
    int file = mkstemp(path);
    if (file < 0)
        die("cannot make a file in /tmp");
    close(file);
}

static void read_options(struct grid *grid, char *argv[], bool all)
{
    for (; *argv && (all || strcmp(*argv, "--") != 0); argv++) {
        if (strcmp(*argv, "--") == 0)
            continue;
        if (grid->count == ARGUMENTS_MAX)
            die("too many options");
        grid->arguments[grid->count++] = *argv;
    }
}

static unsigned run_all(struct grid *grid, unsigned turn, bool all)
{
    static const unsigned order[MEMORIES] = {0, 2, 1};
    const struct hum_policy *policy;
    const char *only = getenv("HUM_TEST_POLICY");
    unsigned turns = 0, wrong = 0;
    if (only)
        return run_policy(grid, only, all ? ALL_MEMORIES : 1u << order[turn % MEMORIES]);
    while (turns < TURNS && humi_policy_at(turns))
        turns++;
    for (unsigned i = 0; (policy = humi_policy_at(i)); i++) {
        if (all)
            wrong += run_policy(grid, policy->name, ALL_MEMORIES);
        else if (i % turns == turn % turns)
            wrong += run_policy(grid, policy->name, 1u << order[(i + turn) % MEMORIES]);
    }
    return wrong;
}

int main(int argc, char *argv[])
{
    struct grid grid = {.count = 0};
    bool all = getenv("HUM_TEST_LONG") != NULL;
    if (argc < 3)
        die("usage: same_replay <turn> <sample> <option> ... [-- <option> ...]");
    read_options(&grid, argv + 2, all);
    make_file(grid.path);
    setenv("HUM_TRACE", grid.path, 1);
    setenv("HUM_DETERMINISTIC", "on", 1);
    setenv("HUM_ACCESSES", "full:1", 1);
    run(&grid, PLENTY, "ondemand");
    grid.footprint = most_held(grid.path, "ondemand");
    if (all && grid.footprint < FOOTPRINT_MIN)
        die("the footprint is too small for devices that are smaller");
    unsigned wrong = run_all(&grid, (unsigned)atoi(argv[1]), all);
    printf("footprint of %llu blocks: %u of %u runs evicted\n", (unsigned long long)grid.footprint,
           grid.evicting, grid.rows);
    unlink(grid.path);
    return wrong != 0;
}
