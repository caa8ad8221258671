/* SPDX-License-Identifier: MIT */
/*
 * ring.h - records from many threads to one, without a lock and without waiting.
 *
 * A ring of slots, each a turn counter and a record (D. Vyukov's bounded queue, with one consumer).
 * A producer claims a position with one compare-and-swap, copies its record and publishes the slot
 * by its turn.  When no slot is free the record is not kept but counted, by kind.
 *
 *     turn == position                 the slot is free for the producer of that position
 *     turn == position + 1             it holds that record
 *     turn == position + slots         it is free again, one round later
 *
 * Threads: put from any number, also from handlers of signals; front and pop from one at a time.  A
 * producer that is stopped between claiming and publishing holds back the records behind its own,
 * never another producer, until the ring is full.
 * All memory is taken, and touched, at create.
 */
#ifndef HUMI_TRACE_RING_H
#define HUMI_TRACE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <hum/trace.h>

#define HUMI_TRACE_RING_SLOTS_MAX ((size_t)1 << 20)

struct humi_trace_ring;

/* slots: 2 .. HUMI_TRACE_RING_SLOTS_MAX, rounded up to a power of two; about 450 bytes each. */
HUM_MUST_USE enum hum_status humi_trace_ring_create(size_t slots,
                                                    struct humi_trace_ring **ring_out);
void humi_trace_ring_destroy(struct humi_trace_ring *ring);

enum humi_trace_put { HUMI_TRACE_KEPT, HUMI_TRACE_KEPT_HALF_FULL, HUMI_TRACE_NOT_KEPT };

/*
 * Keep a copy of the record (of the part that its kind uses).  HALF_FULL is said now and then while
 * half of the slots or more are taken, so that somebody wakes the consumer.  record->kind must be a
 * kind.
 */
enum humi_trace_put humi_trace_ring_put(struct humi_trace_ring *ring,
                                        const struct hum_trace_record *record);

/* Half of the slots or more are taken; by the time that it is told it may not be so any more. */
bool humi_trace_ring_is_half_full(const struct humi_trace_ring *ring);

/*
 * The oldest record, in its slot; NULL: none is there yet.  Bytes behind the part that its kind
 * uses are of older records.  Valid until pop.
 */
const struct hum_trace_record *humi_trace_ring_front(struct humi_trace_ring *ring);
void humi_trace_ring_pop(struct humi_trace_ring *ring);

/* Records of the kind that found no free slot, so far. */
uint64_t humi_trace_ring_dropped(const struct humi_trace_ring *ring, enum hum_trace_kind kind);

#endif
