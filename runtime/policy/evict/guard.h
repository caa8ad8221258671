/* SPDX-License-Identifier: MIT */
/*
 * guard.h - the state of an order of eviction, whoever wrote the order.
 *
 * An order of ours is believed.  One of a plug-in may answer anything, and what it answers is used
 * only if it can be: the object is in, and it is not the one that was asked about.  At the first
 * answer that cannot be, the default policy's order takes over for good, with the objects that are
 * in, by their numbers; one line in the log says why.
 *
 *     what it does                                   what is made of it
 *     bytes() beyond HUMI_GUARD_BYTES_MAX            refused when the state is made
 *     victim() names what is not in, or `after`      taken over
 *     victim() names none, and something is in       taken over
 *     victim() goes round and round                  taken over, after twice as many as were in
 *     victim() leaves some out                       taken over if nothing else can leave (doubt)
 *     a function that does not return, or writes     nothing: a plug-in is code in the process
 *     anywhere but into its state
 *
 * Threads: one at a time.  Ownership: init allocates, fini frees.  A guard may be copied by value
 * if only one of the copies is used afterwards.
 */
#ifndef HUMI_POLICY_EVICT_GUARD_H
#define HUMI_POLICY_EVICT_GUARD_H

#include <stdbool.h>

#include <hum/policy.h>

struct humi_guard {
    const struct hum_evict *evict; /* who orders now */
    void *state;                   /* of it */
    void *spare;                   /* for the default order; NULL: `evict` is one of ours */
    uint64_t capacity;             /* objects that fit */
    uint64_t *in;                  /* bit i: object i is in */
    uint32_t objects;
    uint32_t count, most;          /* how many are in, and ever were */
};

/* What a state may be: `objects` times 256 bytes, and 1 MiB. */
#define HUMI_GUARD_BYTES_MAX(objects) ((UINT64_C(1) << 20) + UINT64_C(256) * (objects))

/*
 * An empty state.  HUM_ERR_NO_MEMORY, or HUM_ERR_INVALID: the order wants more bytes than it may.
 * Pieces of it that no object needs are never touched.
 */
HUM_MUST_USE enum hum_status humi_guard_init(struct humi_guard *guard,
                                             const struct hum_evict *evict,
                                             const uint64_t *tunables, uint64_t capacity,
                                             uint32_t objects);
/* Also of one that is all zero. */
void humi_guard_fini(struct humi_guard *guard);

/* As in struct hum_evict; arrive() of one that is not in, renew() and leave() of one that is. */
void humi_guard_arrive(struct humi_guard *guard, uint32_t object,
                       const struct hum_evict_facts *facts);
void humi_guard_renew(struct humi_guard *guard, uint32_t object,
                      const struct hum_evict_facts *facts);
void humi_guard_leave(struct humi_guard *guard, uint32_t object, bool evicted);
bool humi_guard_has(const struct humi_guard *guard, uint32_t object);

/* Its arrive() and renew() read the facts; else whoever calls them need not gather any. */
bool humi_guard_reads_facts(const struct humi_guard *guard);

/*
 * As victim() in struct hum_evict; asked: how many it has named before in the same walk.  When the
 * default order has just taken over, its first choice.
 */
uint32_t humi_guard_victim(struct humi_guard *guard, uint32_t incoming, uint32_t after,
                           unsigned asked);

/*
 * Nothing of what it named can leave, and it has named fewer than are in.  True: the default order
 * has taken over, so that another walk may find what it left out; false: it is one of ours.
 */
bool humi_guard_doubt(struct humi_guard *guard);

#endif
