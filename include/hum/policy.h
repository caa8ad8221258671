/* SPDX-License-Identifier: MIT */
/*
 * policy.h - placement policies: what comes, from where, what leaves.
 *
 * What this is.  A policy is composed of four parts, each one const table of pure functions:
 *
 *     place      what a fault does with the faulted pages: they move, are copied, or stay where
 *                they are and are mapped over the link
 *     prefetch   which other pages come along, and how much of what is here is mapped
 *     evict      which block leaves a processor that is full
 *     thrash     what is done about pages that processors take away from each other
 *
 * A named policy is a choice of four; users mix them: "driver", "prefetch=tree,evict=lfu".
 *
 * Rules.  A part never locks, logs, allocates, or reads a clock.  It sees small integers and
 * masks, so it can be tested with them, run live, and replayed from a trace: the same calls give
 * the same answers.  What a part wants to remember stands in memory that the runtime keeps for it
 * (`memory`), zeroed when it is made and never moved.  What it can be told stands in tunables.
 *
 * Units.  Pages are 4 KiB, chunks 16 pages, blocks 512 pages.  Times are nanoseconds of the space's
 * clock, which in a replay is the replay's.
 *
 * Threads.  plan() is called from several threads at once, never twice at once for one block;
 * memory of the space and of a region may then be written by several: use relaxed atomics there, or
 * only hints.  The functions of an evict part are called by one thread at a time for each state.
 *
 * Ownership.  Tables are constant and live as long as the program (a plug-in is never unloaded).
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

/* ---- what is seen ---------------------------------------------------------------------------- */

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

/* Memory that the runtime keeps for a part. */
enum hum_memory {
    HUM_MEMORY_SPACE,            /* one piece a space */
    HUM_MEMORY_REGION,           /* one a region */
    HUM_MEMORY_BLOCK,            /* one a block, for all processors */
    HUM_MEMORY_COUNT
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
    struct hum_pages remote;     /* pages that it maps where they are, on another processor */
    unsigned neighbour_pages[2]; /* pages resident here of the block before and behind, 0..512 */
    unsigned neighbour_writable[2]; /* pages writable here of the same blocks */
    unsigned neighbour_guesses;  /* how many blocks up to the one before were taken for writing at a
                                    read, on a guess; 0: that one was really written */
    bool opens_whole;            /* giving access to a whole block costs no more than to a page */
    bool others_idle;            /* no kernel runs on another processor, nor does the host */
    bool can_share;              /* read-only copies can be kept apart from written ones */
    bool can_remote;             /* pages can be mapped where they are */
    unsigned map_faults;         /* faults on resident pages since access was last taken away */
    uint32_t advice;             /* enum hum_advice */
    int preferred;               /* with HUM_ADVISE_PREFERRED */
    uint32_t accessed_by;        /* with HUM_ADVISE_ACCESSED_BY */
    uint64_t free_blocks;        /* blocks this processor can still take; UINT64_MAX: no limit */
    uint64_t capacity_blocks;    /* UINT64_MAX: no limit */
    uint64_t region_blocks;      /* blocks of the region */
    uint64_t region_here;        /* ... that have pages resident here, as counted lately; 0 unless
                                    the policy decides by counted touches */
    uint32_t block;              /* place in the region, 0 .. region_blocks - 1 */
    uint32_t kernel;             /* 1 ..: which kernel touched; 0: none or unknown */
    uint32_t agent;              /* which thread or worker touched; 0: unknown */
    unsigned evictions;          /* how often the block was evicted from this processor */
    bool again;                  /* the same fault as in the call before: the block was unlocked to
                                    make room; nothing is to be counted twice */
    uint64_t time_ns;
    const struct hum_heat *heat; /* of this block and processor; never NULL, zero if unknown */
};

/* ---- what to do ------------------------------------------------------------------------------ */

/* Faulted pages are always served, whatever a plan says; the rest is checked, see below. */
struct hum_plan {
    struct hum_pages bring;      /* pages to make resident here besides the faulted ones */
    struct hum_pages map;        /* resident pages to give access to besides the faulted ones */
    struct hum_pages remote;     /* pages to map where they are now instead of bringing them; what
                                    is remote already stays so unless it is in `bring` */
    bool exclusive;              /* a read takes the pages for writing, like a write would */
    unsigned ahead_blocks;       /* further blocks of the region to bring before they are wanted, at
                                    most HUM_AHEAD_BLOCKS_MAX */
    int ahead_stride;            /* ... this many blocks apart, backwards if negative; 0 is 1 */
    bool ahead_takes;            /* they are wanted for writing even if others lose copies by it */
    uint32_t throttle_us;        /* let whoever faulted wait so long before it goes on, at most
                                    HUM_THROTTLE_US_MAX */
};

#define HUM_AHEAD_BLOCKS_MAX 16u
#define HUM_THROTTLE_US_MAX 10000u

/*
 * A plan must keep to: bring, map and remote within the view's valid pages; map within what is
 * resident, brought or faulted on; remote within `elsewhere`, apart from bring, and only where
 * can_remote; the limits above.  A plan that does not is logged once a policy and replaced by the
 * empty plan.
 */

/* ---- parts ----------------------------------------------------------------------------------- */

/* A number that can be set while the program runs: "prefetch.threshold=75". */
struct hum_tunable {
    const char *name;            /* "threshold" */
    const char *description;     /* one line with the unit */
    uint64_t initial, least, most;
};
#define HUM_TUNABLES_MAX 8u      /* of a part */

/* What a part is called with beside the view. */
struct hum_part_context {
    const uint64_t *tunables;    /* values, in the order of the table */
    void *memory[HUM_MEMORY_COUNT]; /* NULL where the part wants none */
};

/*
 * place, prefetch and thrash parts.  They are asked in this order and write into one plan.  What
 * place maps remotely is taken out again of what prefetch brings and maps; thrash sees the result.
 */
struct hum_part {
    const char *name;
    const char *description;     /* one line */
    const struct hum_tunable *tunables;
    unsigned tunable_count;
    uint32_t memory_bytes[HUM_MEMORY_COUNT]; /* a block: at most 64, a region or space: 64 KiB */
    void (*plan)(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan);
    /*
     * It decides by counted touches (place parts only).  Touches are then sampled where the user
     * says nothing about it, and when some were counted on pages that are mapped where they are,
     * it is asked as if these had been read now: what it does not leave in `remote` comes, and with
     * it what the plan brings of other pages that are mapped where they are.
     */
    bool counts_touches;
};

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

    /* All of them are needed, renew only with a feed.  At most 1 MiB and 256 bytes an object. */
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
     * now.  HUM_EVICT_NONE: there is no other.  All that are in are named, each once; a
     * plug-in that names anything else is replaced by the order of `ahead`.
     */
    uint32_t (*victim)(void *state, uint32_t incoming, uint32_t after);
};

#define HUM_POLICY_VERSION 3u

struct hum_policy {
    uint32_t struct_size;        /* sizeof(struct hum_policy) */
    uint32_t version;            /* HUM_POLICY_VERSION */
    const char *name;
    const char *description;     /* one line */
    /* NULL: the part of `ahead`. */
    const struct hum_part *place, *prefetch, *thrash;
    const struct hum_evict *evict;
    const char *settings;        /* tunables that differ from their initial values, as users write
                                    them: "prefetch.threshold=50"; NULL: none */
};

/*
 * A plug-in is a shared object that defines this symbol, built against this header alone and named
 * by its path where a policy's name is expected: HUM_POLICY=./mine.so.  Names of policies, parts
 * and numbers are 1 to 31 letters, digits, '-' or '_'; descriptions may be NULL.
 */
#define HUM_POLICY_SYMBOL "hum_policy_plugin"
extern HUM_API const struct hum_policy hum_policy_plugin;

#ifdef __cplusplus
}
#endif
#endif
