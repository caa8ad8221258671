/* SPDX-License-Identifier: MIT */
/* samples.c - samples found beside the command, small, each as a process of its own. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/child.h"
#include "selftest/selftest.h"

/* Beside this very program; false if it is not there. */
static bool beside(const char *name, char *path_out, size_t room)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;
    int n;

    if (length <= 0)
        return false;
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        slash[1] = '\0';
    n = snprintf(path_out, room, "%s%s", self, name);
    return n > 0 && (size_t)n < room && access(path_out, X_OK) == 0;
}

/* What it prints is its tables: only its status counts. */
static void sample(struct selftest *t, const char *name, char *size)
{
    struct trial *trial = selftest_trial(t, name);
    struct child_result result;
    char path[PATH_MAX];
    char *argv[] = {"sh", "-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", path, "--size", size,
                    "--runs", "1", "--mode", "unified", NULL};

    if (!beside(name, path, sizeof(path))) {
        trial_skip(trial, "it is not beside this command");
        return;
    }
    if (trial_true(trial, child_run(argv, &result) == 0 && !result.start_errno,
                   "it could not be started") &&
        trial_true(trial, child_status(&result) == 0, "it ended with status %d",
                   child_status(&result)))
        trial_pass(trial, "--size %s: as its reference on the CPU", size);
}

void selftest_samples(struct selftest *t)
{
    if (setenv("HUM_DEVICES", t->devices, 1) != 0)
        return;
    sample(t, "vector_add", "200K");
    sample(t, "triad", "100K");
    sample(t, "bfs", "10K");
}
