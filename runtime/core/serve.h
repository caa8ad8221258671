/* SPDX-License-Identifier: MIT */
/*
 * serve.h - a batch of faults of one processor, served: where all stages meet.
 *
 *     group by block -> look up the region -> lock -> view -> plan -> go ahead
 *             -> make room -> move -> map -> commit -> unlock -> record
 *     and behind the batch, or before the next one of a deterministic run: keep the reserve
 *
 * Nothing here needs a thread, a descriptor or memory behind the space: the fault service
 * (service.h) drives it with the faults of real processors, and whoever has others gets the very
 * same answers.
 *
 * Threads: one at a time a server; it holds no lock across a batch.
 */
#ifndef HUMI_CORE_SERVE_H
#define HUMI_CORE_SERVE_H

#include "core/ahead.h"
#include "core/doubt.h"
#include "core/waiting.h"

#define HUMI_BATCH_MAX 256u

struct humi_server {
    struct hum *hum;                           /* fixed */
    struct humi_ahead *ahead;                  /* fixed; the owner's */
    struct humi_region *region;                /* of the last fault, a reference; may be NULL */
    bool lets_wait;                            /* fixed: plans may let faults wait */
    bool served_late;                          /* the batch at hand has waited */
    struct humi_waiting waiting;
    struct humi_doubts doubts;
    struct {
        uint32_t block;                        /* whose faults a plan wanted to wait */
        uint32_t us;
    } throttled[HUMI_BATCH_MAX];               /* of the last batch, where they did not */
    unsigned throttled_count;
    struct humi_fault faults[HUMI_BATCH_MAX];  /* of the next batch: filled by the caller */
};

/*
 * The live region that holds the address; NULL: none.  Valid until the next call with this server:
 * most faults are in the region of the one before, which is kept so that no lock need be taken.
 */
struct humi_region *humi_server_region(struct humi_server *server, uintptr_t address);

/* Nothing is served any more: drop what is kept. */
void humi_server_fini(struct humi_server *server);

/* Serve the first `count` of server->faults, all of processor p; the bytes that moved meanwhile. */
uint64_t humi_server_serve(struct humi_server *server, unsigned p, unsigned count);

/* Serve those that have waited long enough, if lets_wait. */
void humi_server_serve_due(struct humi_server *server);

#endif
