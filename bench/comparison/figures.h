/* SPDX-License-Identifier: MIT */
/*
 * figures.h - what one replay tells a comparison: plain numbers, so that a process can hand them to
 * another one.
 *
 * Counts are facts of the replay.  Times are modelled, every one.
 */
#ifndef HUM_COMPARE_FIGURES_H
#define HUM_COMPARE_FIGURES_H

#include <stdint.h>

/* What a trace would cost under bounds: runtime/replay/bounds.h. */
struct compare_bounds {
    uint64_t infinite_ns;        /* no limit: compulsory moves only */
    uint64_t resident_ns;        /* everything in place */
    uint64_t min_ns;             /* optimal eviction, demand paging */
    uint64_t oracle_ns;          /* MIN, and every page brought just in time */
    uint64_t remote_ns;          /* nothing ever moves */
    uint64_t least_ns;           /* what must cross the link in any case: the lower bound */
};

struct compare_figures {
    uint64_t accesses, accesses_device;
    uint64_t misses, host_faults, far_faults, upgrades, batches;
    uint64_t first_touches, pages_in, pages_out;
    uint64_t bytes_h2d, bytes_d2h, bytes_d2d;
    uint64_t bytes_demand, bytes_prefetch, bytes_eviction; /* all bytes by cause, the rest: other */
    uint64_t pages_prefetched, late_prefetches;
    uint64_t evictions, evictions_clean;
    uint64_t thrashed_pages, remote_accesses;
    uint64_t capacity_bytes;
    uint64_t page_only;          /* 1: single pages moved, by another machine than blocks */
    uint64_t modelled_ns;
    struct compare_bounds bounds;
};

/* All that crossed the link. */
static inline uint64_t compare_figures_moved(const struct compare_figures *figures)
{
    return figures->bytes_h2d + figures->bytes_d2h + figures->bytes_d2d;
}

/* Whether a cell has figures. */
enum compare_missing {
    COMPARE_THERE,
    COMPARE_FAILED,              /* something went wrong */
    COMPARE_LEFT_OUT,            /* nothing did, but there is nothing to be replayed */
};

/* One cell of the grid. */
struct compare_cell {
    uint32_t trace, policy, ratio; /* indices into the grid's lists */
    uint32_t missing;            /* enum compare_missing: why, and there are no figures */
    struct compare_figures figures;
    char why[240];
};

#endif
