/* SPDX-License-Identifier: MIT */
/*
 * policy.h - a placement policy: one pure function from what is seen to what should be done.
 *
 * A policy never locks, logs, allocates or reads a clock.  It sees one block as masks of its 512
 * pages and answers with a plan, so it can be tested with small integers and replayed from a trace.
 *
 * Threads: plan() is called from several threads at once and must be reentrant.
 */
#ifndef HUM_POLICY_H
#define HUM_POLICY_H

#include <hum/hum.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HUM_PAGES_PER_BLOCK 512u
#define HUM_PAGES_PER_CHUNK 16u

/* Bit i is page i of the block. */
struct hum_pages {
    uint64_t word[HUM_PAGES_PER_BLOCK / 64];
};

/* One block at the moment of a fault, before anything is done about it.  Read only. */
struct hum_view {
    int processor;               /* who faulted: HUM_HOST or a device */
    struct hum_pages valid;      /* pages that belong to the region and may be touched */
    struct hum_pages read;       /* pages it wanted to read */
    struct hum_pages write;      /* pages it wanted to write */
    struct hum_pages resident;   /* pages that have a current copy here already */
    struct hum_pages mapped;     /* pages it may touch already */
    struct hum_pages elsewhere;  /* pages that have a current copy on another processor */
    struct hum_pages written;    /* pages whose content was ever defined */
    unsigned neighbour_pages[2]; /* pages resident here of the block before and behind, 0..512 */
    unsigned neighbour_writable[2]; /* pages writable here of the same blocks */
    unsigned neighbour_guesses;  /* how many blocks up to the one before were taken for writing at a
                                    read, on a guess; 0: that one was really written */
    bool opens_whole;            /* giving access to a whole block costs no more than to a page */
    bool others_idle;            /* no kernel runs on another processor, nor does the host */
    unsigned map_faults;         /* faults on resident pages since access was last taken away */
    uint32_t advice;             /* enum hum_advice */
    int preferred;               /* with HUM_ADVISE_PREFERRED */
    uint32_t accessed_by;        /* with HUM_ADVISE_ACCESSED_BY */
    uint64_t free_blocks;        /* blocks this processor can still take; UINT64_MAX: no limit */
    uint64_t capacity_blocks;    /* UINT64_MAX: no limit */
};

/* What to do.  Faulted pages are always served, whatever the plan says. */
struct hum_plan {
    struct hum_pages bring;      /* pages to make resident here besides the faulted ones */
    struct hum_pages map;        /* resident pages to give access to besides the faulted ones */
    bool exclusive;              /* a read takes the pages for writing, like a write would */
    unsigned ahead_blocks;       /* whole blocks behind this one to bring before they are wanted */
    bool ahead_takes;            /* they are wanted for writing even if others lose copies by it */
};

/* Which occurrences renew a block's place in the order of eviction. */
enum hum_renewal {
    HUM_RENEW_ON_MOVE,           /* least recently moved leaves first */
    HUM_RENEW_ON_FAULT,          /* least recently faulted on leaves first */
};

struct hum_policy {
    uint32_t struct_size;        /* sizeof(struct hum_policy) */
    const char *name;
    const char *description;     /* one line */
    enum hum_renewal renewal;
    void (*plan)(const struct hum_view *view, struct hum_plan *plan_out); /* plan_out is zeroed */
};

#ifdef __cplusplus
}
#endif
#endif
