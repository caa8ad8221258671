/* SPDX-License-Identifier: MIT */
/*
 * source.h - the accesses of a trace as arrays, so that replaying them only counts.
 *
 *     access record, 3 pages, 2 times   ->   object   how                          touches
 *                                            17       device 0, agent 3, write     2
 *                                            18       the same, joined             2
 *                                            19       the same, joined             2
 *
 * One access a page, in order.  A page is its dense number (pages.h); pages that are touched come
 * first, so the footprint is `touched`.
 *
 * Blocks are numbered, too.  A page is *valid* if it may be brought: one of a region of the trace;
 * in a trace without regions one that the trace touches.
 *
 * A trace in which no device touches anything is taken as if device 0 had made all accesses.  In a
 * trace that the host has no part in, every page is taken to be at the host at first, with bytes to
 * copy (`from_host`), as in studies of caches; else a page has bytes once somebody has written it.
 * Where a region ends its pages are as they were at first: an end stands before the access that
 * came next.
 *
 * A trace is not believed: accesses and pages are limited at init.
 * Threads: guarded by whoever holds it; const once finished.
 */
#ifndef HUMI_REPLAY_SOURCE_H
#define HUMI_REPLAY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/trace.h>

#include "replay/pages.h"

struct humi_source_range {
    uint64_t first, end;         /* pages */
};

struct humi_source_end {
    size_t access;               /* that came next */
    struct humi_source_range pages;
};

struct humi_source {
    size_t accesses_max;         /* fixed at init */

    /* one each access */
    uint32_t *objects;
    uint32_t *how;               /* humi_how_*() */
    uint32_t *touches;           /* NULL: each is one */
    size_t count, room;
    uint64_t touch_sum;          /* touches of all of them */

    struct humi_pages pages;
    uint32_t touched;            /* objects that are touched; those behind are only valid */
    struct humi_pages agents;    /* processor and agent, under dense numbers */

    /* made at finish */
    struct humi_pages blocks;
    uint32_t *block_of;          /* of each object */
    struct hum_pages *valid;     /* of each block */
    uint32_t devices;            /* 1 .. */
    bool from_host;

    struct humi_source_end *ends; /* of regions, in order */
    size_t end_count, end_room;

    struct humi_source_range *regions; /* as they came; none meets another once finished */
    size_t region_count, region_room;
    struct humi_pages ids;       /* of regions, under dense numbers */
    struct humi_source_range *range_of; /* of each of these: where it is now; empty: ended */
    size_t range_room;
    uint32_t devices_seen;       /* highest that touches + 1, 0: none */
    bool host_seen;
};

/* At most so many accesses and pages; allocates nothing. */
void humi_source_init(struct humi_source *source, size_t accesses_max, uint32_t pages_max);
void humi_source_fini(struct humi_source *source);

/* Take what a record says; most kinds say nothing.  HUM_ERR_NO_MEMORY: no memory, or too much. */
HUM_MUST_USE enum hum_status humi_source_add(struct humi_source *source,
                                             const struct hum_trace_record *record);

/*
 * That was all.  `neighbours`: also number the valid pages of touched blocks that are not touched,
 * so that they can be prefetched.  HUM_ERR_INVALID: there is no access.  HUM_ERR_NO_MEMORY.
 */
HUM_MUST_USE enum hum_status humi_source_finish(struct humi_source *source, bool neighbours);

/* Call it for each numbered page of the range. */
void humi_source_each(const struct humi_source *source, const struct humi_source_range *range,
                      void (*function)(void *self, uint32_t object), void *self);

/*
 * Of each access of a device, when that device touches the page again, as a number that grows
 * along the device's accesses; HUMI_NEVER (cache.h).  0 at the host's.  The caller frees it.
 */
HUM_MUST_USE enum hum_status humi_source_next_use(const struct humi_source *source,
                                                  uint64_t **next_use_out);

/* ---- how a page is touched ------------------------------------------------------------------- */

#define HUMI_HOW_AGENT_SHIFT 7
#define HUMI_HOW_AGENTS_MAX (UINT32_MAX >> HUMI_HOW_AGENT_SHIFT)

static inline bool humi_how_is_write(uint32_t how)
{
    return how & 1;
}

/* By the same record as the access before. */
static inline bool humi_how_is_joined(uint32_t how)
{
    return how >> 1 & 1;
}

/* 0: the host; 1 ..: device 0 .. */
static inline unsigned humi_how_processor(uint32_t how)
{
    return how >> 2 & 31;
}

/* Dense, of all processors. */
static inline uint32_t humi_how_agent(uint32_t how)
{
    return how >> HUMI_HOW_AGENT_SHIFT;
}

static inline uint32_t humi_source_touches(const struct humi_source *source, size_t access)
{
    return source->touches ? source->touches[access] : 1;
}

#endif
