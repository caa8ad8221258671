/* SPDX-License-Identifier: MIT */
/*
 * same_replay.c - a deterministic run and the replay of its exact trace count the very same.
 *
 *     same_replay <turn> <sample> <option> ...
 *
 * For policies and device memories (a quarter more than the blocks that are touched, four fifths of
 * them, half of them): runs the sample with HUM_DETERMINISTIC=on and HUM_ACCESSES=full:1, replays
 * its trace as recorded, and compares every counter that is no time with those that the run itself
 * left in the trace.
 *
 * Five samples take turns, 0 to 4: each takes every fifth registered policy, each of these one of
 * the memories.  With HUM_TEST_LONG each sample takes all of both.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/replay.h"
#include "policy/plugin.h"
#include "policy/registry.h"
#include "support/same_counters.h"

extern char **environ;

#define ARGUMENTS_MAX 32
#define MEMORIES 3u
#define TURNS 5u
#define BLOCKS_MIN 4u /* with fewer some samples have no two pages at once */

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "same_replay: %s\n", what);
    exit(1);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void run(char *argv[], uint64_t blocks, const char *policy, const char *path)
{
    char *arguments[ARGUMENTS_MAX + 3], option[] = "--device-mem", value[32];
    int count = 0, status;
    pid_t child;
    for (; argv[count] && count < ARGUMENTS_MAX; count++)
        arguments[count] = argv[count];
    snprintf(value, sizeof value, "%lluM", (unsigned long long)blocks * 2);
    arguments[count++] = option;
    arguments[count++] = value;
    arguments[count] = NULL;
    setenv("HUM_TRACE", path, 1);
    setenv("HUM_POLICY", policy, 1);
    if (posix_spawn(&child, argv[0], NULL, NULL, arguments, environ) != 0)
        die("cannot start the sample");
    if (waitpid(child, &status, 0) != child || status != 0)
        die("the sample failed");
}

/* Blocks that the sample touches, by a listener of its replay. */
static bool touched[1 << 16];

static void note_block(void *self, const struct hum_trace_record *record)
{
    uint64_t *count = self;
    if (record->kind != HUM_TRACE_EVENT || record->event.block >= sizeof touched)
        return;
    *count += !touched[record->event.block];
    touched[record->event.block] = true;
}

/* ---- its replay ------------------------------------------------------------------------------ */

static unsigned replay(const char *path, const char *policy)
{
    struct humi_model_params params = {.as_recorded = true};
    struct humi_model_result result;
    struct humi_survey survey;
    struct hum_trace *trace;
    if (hum_trace_open(path, &trace) != HUM_OK || humi_survey_read(&survey, trace) != HUM_OK)
        die(hum_error_text());
    if (humi_plugin_in(policy)) {
        if (humi_model_replay(trace, &survey, &params, &result) != HUM_ERR_INVALID)
            die("a plug-in was loaded because a trace names it");
        params.policy = policy;
    }
    if (!survey.has_totals || survey.dropped || strcmp(survey.policy, policy) != 0)
        die("the trace is not complete");
    if (humi_model_replay(trace, &survey, &params, &result) != HUM_OK)
        die(hum_error_text());
    unsigned count = same_counters(&survey.totals, &result.counters) +
                     same_counter("touches of nothing", "", 0, result.failed) +
                     same_counter("refused calls", "", 0, result.refused);
    printf("%-10s %3llu blocks: %llu touches, %llu faults, %llu evictions, %u differences\n",
           policy, (unsigned long long)(survey.traits[1].capacity_bytes / HUM_BLOCK_SIZE),
           (unsigned long long)result.touches,
           (unsigned long long)(survey.totals.faults_host + survey.totals.faults_device),
           (unsigned long long)(survey.totals.evictions_clean + survey.totals.evictions_dirty),
           count);
    fflush(stdout);
    humi_survey_fini(&survey);
    hum_trace_close(trace);
    return count;
}

static uint64_t count_blocks(char *argv[], const char *path)
{
    uint64_t count = 0;
    const struct humi_listener listener = {note_block, &count};
    const struct humi_model_params params = {.as_recorded = true, .listener = &listener};
    struct humi_model_result result;
    struct humi_survey survey;
    struct hum_trace *trace;
    run(argv, 1024, "ondemand", path);
    if (hum_trace_open(path, &trace) != HUM_OK || humi_survey_read(&survey, trace) != HUM_OK ||
        humi_model_replay(trace, &survey, &params, &result) != HUM_OK)
        die(hum_error_text());
    humi_survey_fini(&survey);
    hum_trace_close(trace);
    return count;
}

static unsigned run_and_replay(char *argv[], uint64_t fit, const char *policy, const char *path)
{
    run(argv, fit < BLOCKS_MIN ? BLOCKS_MIN : fit, policy, path);
    return replay(path, policy);
}

int main(int argc, char *argv[])
{
    static const unsigned percent[MEMORIES] = {80, 50, 125};
    const struct hum_policy *policy;
    char path[] = "/tmp/hum-same-replay-XXXXXX";
    int file = mkstemp(path);
    unsigned differences = 0;
    const char *only = getenv("HUM_TEST_POLICY");
    bool all = getenv("HUM_TEST_LONG") != NULL;
    if (argc < 3)
        die("usage: same_replay <turn> <sample> <option> ...");
    unsigned turn = (unsigned)atoi(argv[1]);
    if (file < 0)
        die("cannot make a file in /tmp");
    close(file);
    setenv("HUM_DETERMINISTIC", "on", 1);
    setenv("HUM_ACCESSES", "full:1", 1);
    unsigned turns = 0;
    while (turns < TURNS && humi_policy_at(turns))
        turns++;
    uint64_t blocks = count_blocks(argv + 2, path);
    for (unsigned m = 0; only && m < MEMORIES; m++)
        if (all || m == turn % MEMORIES)
            differences += run_and_replay(argv + 2, blocks * percent[m] / 100, only, path);
    for (unsigned i = 0; !only && (policy = humi_policy_at(i)); i++)
        for (unsigned m = 0; m < MEMORIES; m++)
            if (all || (i % turns == turn % turns && m == (i + turn) % MEMORIES))
                differences += run_and_replay(argv + 2, blocks * percent[m] / 100, policy->name,
                                              path);
    unlink(path);
    return differences != 0;
}
