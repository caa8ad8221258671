/* SPDX-License-Identifier: MIT */
/* progress.c - see progress.h */
#include "comparison/progress.h"

#include <time.h>
#include <unistd.h>

#define TERMINAL_NS UINT64_C(200000000)
#define LOG_NS UINT64_C(10000000000)

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double compare_progress_left(size_t done, size_t total, double seconds)
{
    return done ? seconds / (double)done * (double)(total - done) : -1.0;
}

void compare_progress_init(struct compare_progress *progress, FILE *out, size_t total)
{
    *progress = (struct compare_progress){.out = out, .command = "compare", .total = total};
    progress->terminal = out && isatty(fileno(out));
    progress->start_ns = progress->shown_ns = now_ns();
}

static void show(struct compare_progress *progress, uint64_t now)
{
    double seconds = (double)(now - progress->start_ns) / 1e9;
    double left = compare_progress_left(progress->done, progress->total, seconds);
    unsigned whole = left > 0 ? (unsigned)(left + 0.5) : 0;

    progress->shown_ns = now;
    if (progress->terminal)
        fputs("\r\033[K", progress->out);
    else
        fprintf(progress->out, "hum %s: ", progress->command);
    fprintf(progress->out, "%zu of %zu replays", progress->done, progress->total);
    if (progress->failed)
        fprintf(progress->out, ", %zu failed", progress->failed);
    if (progress->done < progress->total)
        fprintf(progress->out, ", about %u:%02u left", whole / 60, whole % 60);
    fputs(progress->terminal ? "" : "\n", progress->out);
    fflush(progress->out);
}

void compare_progress_step(struct compare_progress *progress, bool failed)
{
    uint64_t now;

    progress->done++;
    progress->failed += failed;
    if (!progress->out)
        return;
    now = now_ns();
    if (now - progress->shown_ns >= (progress->terminal ? TERMINAL_NS : LOG_NS) ||
        (progress->terminal && progress->done == progress->total))
        show(progress, now);
}

void compare_progress_end(struct compare_progress *progress)
{
    if (progress->out && progress->terminal && progress->done)
        fputc('\n', progress->out);
}
