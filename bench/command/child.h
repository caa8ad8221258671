/* SPDX-License-Identifier: MIT */
/*
 * child.h - run a program as if it had been started directly.
 *
 * Signals that were sent to this process alone (kill) are passed on; those that the terminal sent
 * to the whole group have reached the program already and only keep this process waiting.
 */
#ifndef HUM_COMMAND_CHILD_H
#define HUM_COMMAND_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#define CHILD_STATUS_OWN 125     /* we failed before the program could start */
#define CHILD_STATUS_NO_EXEC 126 /* found, but it cannot be run */
#define CHILD_STATUS_NOT_FOUND 127

struct child_result {
    int start_errno; /* 0, or why the program could not be started */
    bool signaled;
    int code; /* exit status, or the signal's number */
    double wall_s, user_s, system_s;
    uint64_t rss_max_bytes; /* largest process of it */
};

/*
 * Run argv (NULL at its end, searched in PATH) with the present environment and wait for its end.
 * 0, or an errno if not even a process could be made.
 */
int child_run(char *const *argv, struct child_result *result_out);

/* What a shell would report: the exit status, or 128 + signal. */
int child_status(const struct child_result *result);

#endif
