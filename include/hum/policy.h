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
#define HUM_CHUNKS_PER_BLOCK (HUM_PAGES_PER_BLOCK / HUM_PAGES_PER_CHUNK)

/* Bit i is page i of the block. */
struct hum_pages {
    uint64_t word[HUM_PAGES_PER_BLOCK / 64];
};

/*
 * How often a processor touched the chunks of a block, as far as anybody knows: faults always,
 * sampled or exact touches where they are counted.  One unit is 2^scale touches; before a counter
 * would pass 255 all of the block are halved and scale grows by one.
 */
struct hum_heat {
    uint8_t reads[HUM_CHUNKS_PER_BLOCK];
    uint8_t writes[HUM_CHUNKS_PER_BLOCK];
    uint8_t scale;
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

/* A number that can be set while the program runs: "prefetch.threshold=75". */
struct hum_tunable {
    const char *name;            /* "threshold" */
    const char *description;     /* one line with the unit */
    uint64_t initial, least, most;
};
#define HUM_TUNABLES_MAX 8u      /* of a part */

/* What an evict part is told of a block. */
struct hum_evict_facts {
    uint64_t time_ns;
    const struct hum_heat *heat; /* never NULL */
    unsigned resident_pages;
    unsigned dirty_pages;        /* of these, the ones with no current copy elsewhere */
    unsigned faults, sharing;    /* of the last 16 faults on it by anyone: how many there were, and
                                    by how many agents */
    unsigned evictions;          /* how often it was evicted from here */
    uint64_t next_use;           /* replays only: index of the next access; UINT64_MAX: none */
};

/* What moves a block in the order. */
enum hum_evict_feed {
    HUM_EVICT_ON_MOVE = 1u << 0, /* some of it came */
    HUM_EVICT_ON_FAULT = 1u << 1, /* it was faulted on, also if nothing came */
    HUM_EVICT_ON_TOUCH = 1u << 2, /* touches were counted, by samples or exactly */
};

#define HUM_EVICT_NONE UINT32_MAX

/*
 * An order of eviction over numbered objects: the blocks of a space, or in page-by-page replays
 * the pages of a trace.  The state is one piece of memory, zeroed, of which pages that no object
 * needs are never touched; `objects` may be large.
 */
struct hum_evict {
    const char *name;
    const char *description;
    const struct hum_tunable *tunables;
    unsigned tunable_count;
    unsigned feed;               /* enum hum_evict_feed */
    bool needs_next_use;         /* it looks at next_use: replays only */

    size_t (*bytes)(uint64_t capacity, uint32_t objects);
    void (*init)(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables);
    /* The object came in; it was not in. */
    void (*arrive)(void *state, uint32_t object, const struct hum_evict_facts *facts);
    /* One of `feed` happened to an object that is in. */
    void (*renew)(void *state, uint32_t object, const struct hum_evict_facts *facts);
    /* It left; evicted: because victim() named it, so that it may be remembered. */
    void (*leave)(void *state, uint32_t object, bool evicted);
    /*
     * Who should leave so that `incoming` can come (HUM_EVICT_NONE: unknown).  after
     * HUM_EVICT_NONE: the first choice; else the next choice behind `after`, which cannot leave
     * now.  HUM_EVICT_NONE: there is no other.
     */
    uint32_t (*victim)(void *state, uint32_t incoming, uint32_t after);
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
