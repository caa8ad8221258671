/* SPDX-License-Identifier: MIT */
/*
 * progress.h - how far a long comparison is, and how long it will still take.
 *
 * One line that is written over itself on a terminal, and a line every ten seconds elsewhere.
 * Threads: one.
 */
#ifndef HUM_COMPARE_PROGRESS_H
#define HUM_COMPARE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct compare_progress {
    FILE *out;                   /* NULL: nothing is shown */
    const char *command;         /* whose it is; init sets "compare" */
    bool terminal;
    size_t done, failed, total;
    uint64_t start_ns, shown_ns;
};

void compare_progress_init(struct compare_progress *progress, FILE *out, size_t total);
/* One more cell is there.  Shows it if the last line is old enough, or it was the last. */
void compare_progress_step(struct compare_progress *progress, bool failed);
/* The line ends. */
void compare_progress_end(struct compare_progress *progress);

/* Seconds left by what was done so far; negative if nothing can be said yet. */
double compare_progress_left(size_t done, size_t total, double seconds);

#endif
