/* SPDX-License-Identifier: MIT */
/*
 * residency.h - changes of one locked block: which processor has which pages, and who may touch.
 *
 * This is the one place that moves bytes.  Order within a change: make frames, take away the access
 * of others, copy, commit the masks, give access.  So nobody sees a half-filled frame and nobody
 * writes a page that is being copied.
 *
 * Threads: every function is called with the block's lock held and takes none but LIST and DEVICE.
 * Failure: HUM_AGAIN (the processor is full: unlock, make room, start again) and HUM_ERR_NO_MEMORY
 * from making frames are returned before anything has changed, and so is HUM_ERR_BUSY: a launch
 * that cannot fault uses the pages (uses.h).  A failure to give access comes
 * after the pages moved: they are resident, and nobody has access to what was asked for.
 */
#ifndef HUMI_CORE_RESIDENCY_H
#define HUMI_CORE_RESIDENCY_H

#include "core/core.h"

/* What should be true of a block when the call returns. */
struct humi_request {
    unsigned processor;        /* number of whom it is for */
    struct humi_region *region; /* that the pages belong to; NULL: several */
    struct hum_pages bring;    /* to be resident there */
    struct hum_pages write;    /* ⊆ bring and what is here: for writing, no other keeps a copy */
    struct hum_pages map;      /* resident pages to give access to */
    struct hum_pages faulted;  /* ⊆ map: give access even if they are believed to have it; with
                                  HUM_CAUSE_DECLARED no touch was a fault */
    struct hum_pages stores;   /* ⊆ faulted: the touch was a store */
    struct hum_pages remote;   /* to be touched where they are (remote.h); what cannot be is brought
                                  and mapped.  None of bring */
    bool whole;                /* the region covers the block: it may be mapped unguarded */
    bool read_only;            /* the processor may not write these pages */
    enum hum_cause cause;
    unsigned faults;           /* touches that are answered by this, to be counted */
    unsigned kernel, thread;   /* who touched: 1 + number of a kernel, or a host thread; else 0 */
    unsigned duplicates;       /* of these, the ones that found their page accessible */
    uint64_t start_ns;         /* when serving it began, of humi_clock_ns(); 0: now */
};

/* The pages that p has; for remote.c. */
void humi_residency_set(struct hum *hum, struct humi_block *block, unsigned p,
                        struct hum_pages pages);

/* Serve a request. */
enum hum_status humi_residency_serve(struct hum *hum, struct humi_block *block,
                                     const struct humi_request *request);

/*
 * Where a driver keeps the space (told.h): p has exactly these pages, and frames for no others.  No
 * event.
 */
void humi_residency_told(struct hum *hum, struct humi_block *block, unsigned p,
                         struct hum_pages pages);

/* What an eviction did; the caller records it while the block is locked. */
struct humi_evicted {
    struct hum_pages left;     /* pages that left the processor */
    struct hum_pages home;     /* of these, the ones that were copied home */
    uint64_t start_ns, move_ns;
};

/*
 * Free processor p of the block: pages that only it has are copied home first, then its frames are
 * dropped.  p 0 (the host) can only give up pages that others have; HUM_ERR_BUSY if it has more, or
 * if a launch holds pages on p.
 * HUM_AGAIN: the host is full.
 */
enum hum_status humi_residency_evict(struct hum *hum, struct humi_block *block, unsigned p,
                                     struct humi_evicted *evicted_out);

/* The pages' content is gone on every processor: no bytes move, frames stay for the next pages. */
void humi_residency_forget(struct hum *hum, struct humi_block *block, struct hum_pages pages,
                           struct humi_region *region, enum hum_cause cause);

/*
 * p is taken to have written pages that nobody has yet; it has no access.  No event, nothing is
 * counted: this is how a run begins that was not seen from its beginning.
 */
enum hum_status humi_residency_assume(struct hum *hum, struct humi_block *block, unsigned p,
                                      struct hum_pages pages);

/*
 * The processor's process is gone and with it every access it had; where frames_die, these too.
 * Returns how many pages, written and nowhere else, are lost with them: they read as zero.
 */
unsigned humi_residency_lost(struct hum *hum, struct humi_block *block, unsigned p);

#endif
