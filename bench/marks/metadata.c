/* SPDX-License-Identifier: MIT */
/*
 * metadata.c - bytes of bookkeeping for a GiB of memory, as the runtime counts them, against the
 * promised amount.  The note has what the kernel counted: anonymous memory (which frames are not,
 * they are shared memory) and page tables, of this process and of the device's.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "marks/mark.h"
#include "marks/world.h"
#include "words.h"

#define GIB ((size_t)1 << 30)

/* One number of kB in a file of /proc, in bytes; 0 if it is not there. */
static uint64_t proc_bytes(int pid, const char *file, const char *key)
{
    char path[64], line[256];
    unsigned long long kib = 0;
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
    in = fopen(path, "re");
    while (in && fgets(line, sizeof(line), in))
        if (strncmp(line, key, strlen(key)) == 0 &&
            sscanf(line + strlen(key), " %llu kB", &kib) == 1)
            break;
    if (in)
        fclose(in);
    return (uint64_t)kib << 10;
}

/* What three observers see at one moment. */
struct usage {
    uint64_t counted;   /* hum_stats */
    uint64_t anonymous; /* the kernel, both processes */
    uint64_t tables;
};

static bool usage_of(struct world *w, struct usage *usage_out)
{
    struct hum_stats stats;
    struct hum_device_info info;
    int pids[2];

    if (!world_ok(w, hum_stats(w->hum, &stats), "hum_stats") ||
        !world_ok(w, hum_device_info(w->hum, 0, &info), "hum_device_info"))
        return false;
    pids[0] = (int)getpid();
    pids[1] = info.pid;
    *usage_out = (struct usage){.counted = stats.metadata_bytes};
    for (int i = 0; i < 2 && pids[i] > 0; i++) {
        usage_out->anonymous += proc_bytes(pids[i], "smaps_rollup", "Anonymous:");
        usage_out->tables += proc_bytes(pids[i], "status", "VmPTE:");
    }
    return true;
}

static double growth(uint64_t before, uint64_t after, double gibs)
{
    return ((double)after - (double)before) / gibs;
}

static void record(struct mark_result *result, const struct usage *before,
                   const struct usage *after, size_t bytes, double promised)
{
    double gibs = (double)bytes / (double)GIB;

    series_add(&result->value, growth(before->counted, after->counted, gibs));
    series_add(&result->floor, promised);
    mark_note(result, "the floor is the promise of %.0f KiB, not a measurement", promised / 1024);
    mark_note(result,
              "for each GiB, the kernel saw %.0f KiB more anonymous memory and %.0f KiB more page "
              "tables in both processes",
              growth(before->anonymous, after->anonymous, gibs) / 1024,
              growth(before->tables, after->tables, gibs) / 1024);
}

/* Write every page here, then change every word on the device. */
static bool touch_both(struct world *w, uint64_t *words, size_t bytes)
{
    const struct increment_args args = {.words = words, .count = bytes / sizeof(*words)};
    struct hum_kernel *increment;

    if (!world_kernel(w, "words", "increment", &increment))
        return false;
    memset(words, 1, bytes);
    return world_run(w, increment, args.count, &args, sizeof(args));
}

static bool measure_touched(const struct mark_options *options, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = options->bytes + ((size_t)64 << 20)};
    struct usage before, after;
    struct world w;
    uint64_t *warm, *words;
    bool done;

    if (!world_open(&w, &params, result))
        return false;
    /* A first block, so that what is only made once is there before the count starts. */
    done = world_alloc(&w, HUM_BLOCK_SIZE, "warm", &warm) && touch_both(&w, warm, HUM_BLOCK_SIZE) &&
           usage_of(&w, &before) && world_alloc(&w, options->bytes, "data", &words) &&
           touch_both(&w, words, options->bytes) && usage_of(&w, &after);
    if (done) {
        mark_note(result, "%.1f MiB touched on both sides", (double)options->bytes / 1048576);
        record(result, &before, &after, options->bytes, 1048576);
    }
    world_close(&w);
    return done;
}

static bool measure_reserved(const struct mark_options *options, struct mark_result *result)
{
    const struct world_params params = {.memory_bytes = (size_t)64 << 20};
    struct usage before, after;
    struct world w;
    size_t bytes = 64 * GIB;
    void *ptr;
    bool done;

    (void)options;
    if (!world_open(&w, &params, result))
        return false;
    if (bytes > w.system.space_bytes / 2)
        bytes = w.system.space_bytes / 2;
    done = world_alloc(&w, HUM_BLOCK_SIZE, "warm", &ptr) && usage_of(&w, &before) &&
           world_alloc(&w, bytes, "data", &ptr) && usage_of(&w, &after);
    if (done) {
        mark_note(result, "%.0f GiB reserved, nothing touched; the open space itself took %.0f KiB",
                  (double)bytes / (double)GIB, (double)before.counted / 1024);
        record(result, &before, &after, bytes, 65536);
    }
    world_close(&w);
    return done;
}

const struct mark mark_metadata = {
    .name = "metadata",
    .unit = "bytes",
    .about = "bookkeeping for a GiB touched on both sides / 1 MiB",
    .limit = 1.0,
    .measure = measure_touched,
};

const struct mark mark_metadata_reserved = {
    .name = "metadata-reserved",
    .unit = "bytes",
    .about = "bookkeeping for a GiB reserved and never touched / 64 KiB",
    .group = "metadata",
    .limit = 1.0,
    .measure = measure_reserved,
};
