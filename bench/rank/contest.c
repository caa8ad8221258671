/* SPDX-License-Identifier: MIT */
/* contest.c - see contest.h */
#include "rank/contest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"

/* ---- replays --------------------------------------------------------------------------------- */

static bool replay_one(const struct rank_contest *contest, void *trace, unsigned policy,
                       struct rank_workload *w)
{
    struct compare_cell cell = {.policy = policy};
    const struct compare_figures *f = &cell.figures;
    struct rank_entry *entry = &w->entry[policy];

    contest->engine->run(contest->engine->context, trace, contest->grid, &cell);
    if (cell.missing == COMPARE_FAILED) {
        command_say("rank", "%s under %s: %s", w->name, contest->grid->policies[policy], cell.why);
        return false;
    }
    if (cell.missing == COMPARE_LEFT_OUT)
        snprintf(w->left_out, sizeof(w->left_out), "%s", cell.why);
    else if (f->page_only)
        snprintf(w->left_out, sizeof(w->left_out),
                 "too small: at r = %g a device must have room for 8 blocks of 2 MiB, and holds "
                 "%llu bytes", contest->grid->ratios[0], (unsigned long long)f->capacity_bytes);
    if (*w->left_out)
        return true;
    w->device_bytes = f->capacity_bytes;
    entry->modelled_s = (double)f->modelled_ns * 1e-9;
    entry->modelled_bytes = compare_figures_moved(f);
    entry->remote_touches = f->remote_accesses;
    return true;
}

static bool replay_all(const struct rank_contest *contest, const char *path,
                       struct rank_workload *w)
{
    const struct compare_engine *engine = contest->engine;
    char why[240];
    void *trace = engine->load(engine->context, path, why, sizeof(why));
    bool good = trace != NULL;

    if (!trace)
        command_say("rank", "the trace of %s: %s", w->name, why);
    if (good && !compare_replay_has_accesses(trace)) {
        command_say("rank", "the trace of %s has no accesses: no kernel touches anything, or the "
                            "device cannot tell", w->name);
        good = false;
    }
    for (unsigned p = 0; good && !*w->left_out && p < contest->grid->policy_count; p++)
        good = replay_one(contest, trace, p, w);
    if (trace)
        engine->unload(engine->context, trace);
    return good;
}

/* Its trace is kept only as long as it is replayed. */
static bool record_and_replay(const struct rank_contest *contest, struct rank_workload *w)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int fd, length = snprintf(path, sizeof(path), "%s/hum-rank-XXXXXX",
                              folder && *folder ? folder : "/tmp");
    bool good;

    fd = length > 0 && (size_t)length < sizeof(path) ? mkstemp(path) : -1;
    if (fd < 0) {
        command_say("rank", "cannot make a file for the trace of %s: %s", w->name, strerror(errno));
        return false;
    }
    close(fd);
    good = rank_live_record(contest->live, w->argv, path) && replay_all(contest, path, w);
    unlink(path);
    return good;
}

/* ---- live ------------------------------------------------------------------------------------ */

static bool run_one(const struct rank_contest *contest, unsigned policy, struct rank_workload *w)
{
    struct rank_entry *entry = &w->entry[policy];
    struct rank_live_run run;
    size_t before = entry->live_s.count;
    double seconds;

    if (!rank_live_run(contest->live, w->argv, contest->grid->policies[policy], w->device_bytes,
                       &run))
        return false;
    seconds = contest->service ? run.service_s : run.whole_s;
    series_add(&entry->live_s, seconds);
    entry->live_bytes = run.bytes;
    entry->live_faults = run.faults;
    if (!contest->quiet)
        fprintf(stderr, "%s, run %zu, %s: %.2f s\n", w->name, before + 1,
                contest->grid->policies[policy], seconds);
    if (entry->live_s.count > before)
        return true;
    command_say("rank", "out of memory");
    return false;
}

bool rank_contest_run(const struct rank_contest *contest, struct rank_workload *workload)
{
    unsigned policies = contest->grid->policy_count;

    if (!record_and_replay(contest, workload))
        return false;
    for (unsigned round = 0; !*workload->left_out && round < contest->runs; round++)
        for (unsigned turn = 0; turn < policies; turn++)
            if (!run_one(contest, rank_table_turn(round, turn, policies), workload))
                return false;
    return true;
}
