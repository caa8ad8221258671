/* SPDX-License-Identifier: MIT */
/*
 * world.h - a space without memory: the runtime's own core, driven by hand.
 *
 *     whoever replays   ->  touch, alloc, free, boundary, any function of hum.h
 *     core/             ->  serve.c ... residency.c: decides, evicts, counts, records
 *     processor.c       ->  does nothing
 *
 * No thread runs here and nothing waits.  A touch that the processor may make costs a look at its
 * page table; any other is a fault, and is served by the code that serves the faults of real
 * processors.
 * So with the same parameters the same touches in the same order give the very counts of a live
 * run.
 * Blocks that a policy wants ahead are brought in line.
 *
 * Threads: one at a time a world.  During a call humi_clock_ns() of the thread is the world's time.
 * Ownership: close frees everything.
 */
#ifndef HUMI_MODEL_WORLD_H
#define HUMI_MODEL_WORLD_H

#include "core/record.h"
#include "core/serve.h"
#include "model/processor.h"

struct humi_world_params {
    uint64_t start, bytes;       /* of the space, whole blocks; at most HUMI_WORLD_BYTES_MAX */
    unsigned processors;         /* the host and devices */
    struct humi_model_traits traits[HUM_PROCESSORS_MAX];
    const char *policy;          /* as HUM_POLICY; NULL: the default */
    bool fractions;              /* counters of touches as fine as in runs that record accesses
                                    (core/heat.h): when they are halved decides who leaves */
    bool deterministic;          /* decisions see the clock of deterministic runs */
    struct humi_link_model link;
    uint64_t stale_blocks_max;   /* host blocks that may keep frames without use */
    uint32_t watched;            /* processors whose access epochs take, bit = number */
    const char *trace;           /* file that gets the records; NULL: none */
    const struct humi_listener *listener; /* is told every record at once; may be NULL */
};

struct humi_charge;

/* Pages that became resident somewhere, by whom they serve and what for. */
struct humi_arrivals {
    uint64_t at_devices;         /* all that came to devices */
    uint64_t bare;               /* of these, without bytes: nobody had written them */
    uint64_t demanded;           /* of these, that a device touched and did not have */
    uint64_t ahead;              /* of these, prefetched */
    uint64_t home;               /* that the host touched and a device had: copied */
};

#define HUMI_WORLD_BYTES_MAX (UINT64_C(1) << 47)

struct humi_world {
    struct hum hum;              /* hum_alloc() and all others but open and close take it */
    uint64_t now_ns;             /* the time here; whoever drives the world sets it */
    uint64_t touches, hits;      /* pages touched; that needed no fault */
    uint64_t remote;             /* touches of pages in the frame of another processor */
    uint64_t reaches;            /* accesses, of neighbouring pages, with any of these */
    uint64_t returned;           /* pages that came to a device again after it evicted them */
    struct humi_arrivals arrivals;
    struct humi_charge *charge;  /* charges time for what happens; NULL: nobody does */
    struct humi_witness witness; /* for both */
    struct {
        uint64_t block;          /* looked at last; UINT64_MAX: none */
        struct humi_model_entry *entry;
    } last[HUM_PROCESSORS_MAX];
    struct humi_model_processor processor[HUM_PROCESSORS_MAX];
    struct humi_server server;
};

/* HUM_ERR_INVALID: the parameters contradict themselves; the text says how. */
HUM_MUST_USE enum hum_status humi_world_open(const struct humi_world_params *params,
                                             struct humi_world **world_out);
/* The trace gets its totals and is complete.  NULL is allowed. */
void humi_world_close(struct humi_world *world);

/* What one thread of execution does to one page. */
struct humi_world_touch {
    unsigned processor;          /* number */
    uint64_t page;               /* 0 starts the space */
    int thread;                  /* who: faults of one thread are told apart by it */
    unsigned kernel;             /* 1 + the device's number of it; 0: none */
    bool write;
};

/* Find the block for humi_world_may(); false: nothing of it was ever mapped there. */
bool humi_world_look(struct humi_world *world, unsigned processor, uint64_t block);

/* The processor can touch the page without a fault. */
static inline bool humi_world_may(struct humi_world *world, unsigned processor, uint64_t page,
                                  bool write)
{
    uint64_t block = page / HUM_PAGES_PER_BLOCK;

    if (world->last[processor].block != block && !humi_world_look(world, processor, block))
        return false;
    const struct humi_model_entry *entry = world->last[processor].entry;
    return humi_mask_has(write ? &entry->writable : &entry->mapped, page % HUM_PAGES_PER_BLOCK);
}

/* Behind a touch that may be made: the page is in the frame of another processor. */
static inline bool humi_world_is_remote(const struct humi_world *world, unsigned processor,
                                        uint64_t page)
{
    return humi_mask_has(&world->last[processor].entry->remote, page % HUM_PAGES_PER_BLOCK);
}

/* Behind the same: the page was brought ahead, and comes after ns or was not touched yet. */
static inline bool humi_world_is_arriving(const struct humi_world *world, unsigned processor,
                                          uint64_t page, double ns)
{
    const struct humi_model_entry *entry = world->last[processor].entry;
    return entry->arrives_ns > 0 && (entry->arrives_ns > ns || !entry->used) &&
           humi_mask_has(&entry->arriving, page % HUM_PAGES_PER_BLOCK);
}

/*
 * Faults of one processor, at most HUMI_BATCH_MAX, served as one batch.  Returns bytes that moved.
 * Those that cannot be served leave their status in world->processor[].failed.
 */
uint64_t humi_world_serve(struct humi_world *world, const struct humi_world_touch *touches,
                          unsigned count);

/* There is a region whose pages the processor may touch so. */
bool humi_world_allows(struct humi_world *world, const struct humi_world_touch *touch);

/* The touch faults until it may be made.  HUM_ERR_ILLEGAL_ADDRESS: no region, or not allowed. */
HUM_MUST_USE enum hum_status humi_world_fault(struct humi_world *world,
                                              const struct humi_world_touch *touch);

static inline enum hum_status humi_world_touch(struct humi_world *world,
                                               const struct humi_world_touch *touch)
{
    world->touches++;
    if (__builtin_expect(humi_world_may(world, touch->processor, touch->page, touch->write), 1)) {
        world->hits++;
        return HUM_OK;
    }
    return humi_world_fault(world, touch);
}

/*
 * The touch was of a page in the frame of another processor, so many times: a policy that decides
 * by touches may have the page brought.  True: something came, by nobody's fault.
 */
bool humi_world_reach(struct humi_world *world, const struct humi_world_touch *touch,
                      uint32_t times);

/* HUM_ERR_NO_MEMORY: something could not be kept, so other things happened than would have. */
HUM_MUST_USE enum hum_status humi_world_check(const struct humi_world *world);

/* ---- what programs do beside touching -------------------------------------------------------- */

/* A region where it was in the run that is repeated; named like there. */
HUM_MUST_USE enum hum_status humi_world_alloc(struct humi_world *world,
                                              const struct hum_trace_region *region);
HUM_MUST_USE enum hum_status humi_world_name(struct humi_world *world, uint64_t first_page,
                                             const char *name);
/* As if the host had written these pages of a region: nothing is counted. */
HUM_MUST_USE enum hum_status humi_world_assume(struct humi_world *world, uint64_t first_page,
                                               uint64_t pages);
/* hum_advise(), hum_policy_set() and hum_prefetch() for all of the region that begins there. */
HUM_MUST_USE enum hum_status humi_world_advise(struct humi_world *world, uint64_t first_page,
                                               enum hum_advice advice, int processor);
HUM_MUST_USE enum hum_status humi_world_policy(struct humi_world *world, uint64_t first_page,
                                               const char *text);
HUM_MUST_USE enum hum_status humi_world_prefetch(struct humi_world *world, uint64_t first_page,
                                                 int processor);
HUM_MUST_USE enum hum_status humi_world_free(struct humi_world *world, uint64_t first_page);

/* A launch begins, or one has ended whose outcome the program has seen. */
void humi_world_launch(struct humi_world *world, unsigned processor, uint64_t launch);
void humi_world_end(struct humi_world *world, unsigned processor);

/* Boundary of an epoch: watched processors lose their access.  launch 0: the end of a wait. */
void humi_world_boundary(struct humi_world *world, unsigned processor, uint64_t launch);

/* To the trace and the listener, as it is. */
void humi_world_tell(struct humi_world *world, const struct hum_trace_record *record);

void humi_world_counters(struct humi_world *world, struct hum_counters *counters_out);

#endif
