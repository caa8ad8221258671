/* SPDX-License-Identifier: MIT */
/* live.c - see live.h */
#include "rank/live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/child.h"
#include "command/command.h"
#include "command/summary_file.h"

bool rank_live_init(struct rank_live *live)
{
    int error = summary_file_create(live->summary, sizeof(live->summary));

    if (!error)
        return true;
    live->summary[0] = '\0';
    command_say("rank", "cannot make a file for summaries: %s", strerror(error));
    return false;
}

void rank_live_fini(struct rank_live *live)
{
    if (live->summary[0])
        unlink(live->summary);
}

/* ---- settings -------------------------------------------------------------------------------- */

/* Set, or unset for NULL. */
static bool set(const char *variable, const char *value)
{
    if ((value ? setenv(variable, value, 1) : unsetenv(variable)) == 0)
        return true;
    command_say("rank", "cannot set %s: %s", variable, strerror(errno));
    return false;
}

static bool set_device(const struct rank_live *live, uint64_t bytes)
{
    char text[96];

    if (bytes)
        snprintf(text, sizeof(text), "emu:mem=%" PRIu64 ",workers=%u", bytes, live->workers);
    else
        snprintf(text, sizeof(text), "emu:workers=%u", live->workers);
    return set("HUM_DEVICES", text);
}

/* ---- running --------------------------------------------------------------------------------- */

/* child_run() with standard output thrown away. */
static int run_silently(char *const *argv, struct child_result *result)
{
    int kept, nowhere, error;

    fflush(stdout);
    kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (kept < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
        error = errno;
    else
        error = child_run(argv, result);
    if (kept >= 0) {
        dup2(kept, STDOUT_FILENO);
        close(kept);
    }
    if (nowhere >= 0)
        close(nowhere);
    return error;
}

static bool run_well(char *const *argv, struct child_result *result)
{
    int error = run_silently(argv, result);

    if (error)
        command_say("rank", "cannot start a process: %s", strerror(error));
    else if (result->start_errno)
        command_say("rank", "cannot run %s: %s", argv[0], strerror(result->start_errno));
    else if (result->signaled)
        command_say("rank", "%s was ended by signal %d", argv[0], result->code);
    else if (result->code != 0)
        command_say("rank", "%s ended with status %d", argv[0], result->code);
    else
        return true;
    return false;
}

bool rank_live_record(struct rank_live *live, char *const *argv, const char *path)
{
    struct child_result result;

    return set("HUM_POLICY", NULL) && set("HUM_PACE", NULL) && set("HUM_SUMMARY", NULL) &&
           set("HUM_ACCESSES", "full") && set("HUM_TRACE", path) && set_device(live, 0) &&
           run_well(argv, &result);
}

/* What its spaces counted. */
static bool read_counters(const char *path, const char *program, struct rank_live_run *run)
{
    struct summary_file file;
    int error = summary_file_read(path, &file);

    if (error) {
        command_say("rank", "cannot read the summary %s: %s", path, strerror(error));
        return false;
    }
    for (size_t i = 0; i < file.count; i++) {
        const struct summary_counters *c = &file.section[i].total;

        run->bytes += c->bytes_h2d + c->bytes_d2h + c->bytes_d2d;
        run->service_s += (double)c->service_ns * 1e-9;
        run->faults += c->faults_host + c->faults_device;
    }
    if (!file.count)
        command_say("rank", "%s opened no space", program);
    error = file.count == 0;
    summary_file_free(&file);
    return !error;
}

bool rank_live_run(struct rank_live *live, char *const *argv, const char *policy,
                   uint64_t device_bytes, struct rank_live_run *run_out)
{
    struct child_result result;

    *run_out = (struct rank_live_run){0};
    if (truncate(live->summary, 0) != 0) {
        command_say("rank", "cannot empty %s: %s", live->summary, strerror(errno));
        return false;
    }
    if (!set("HUM_TRACE", NULL) || !set("HUM_ACCESSES", NULL) || !set("HUM_POLICY", policy) ||
        !set("HUM_LINK", live->link) || !set("HUM_PACE", live->pace) ||
        !set("HUM_SUMMARY", live->summary) || !set_device(live, device_bytes) ||
        !run_well(argv, &result))
        return false;
    run_out->whole_s = result.wall_s;
    return read_counters(live->summary, argv[0], run_out);
}
