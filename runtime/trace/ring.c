/* SPDX-License-Identifier: MIT */
/* ring.c - records from many threads to one, without a lock and without waiting. */
#include "trace/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/status.h"
#include "trace/record.h"

#define LINE 64 /* bytes of a cache line: what one thread writes is nobody else's neighbour */

struct slot {
    _Atomic size_t turn;
    struct hum_trace_record record;
};

struct humi_trace_ring {
    size_t mask;                                      /* slots - 1 */
    size_t watch;                                     /* look at the filling every so many, - 1 */
    struct slot *slots;
    _Alignas(LINE) _Atomic size_t head;               /* next position to claim */
    _Alignas(LINE) _Atomic size_t tail;               /* next position to take: the consumer's */
    _Alignas(LINE) _Atomic uint64_t dropped[HUM_TRACE_KIND_COUNT];
};

static size_t power_of_two(size_t at_least)
{
    size_t slots = 2;

    while (slots < at_least)
        slots *= 2;
    return slots;
}

enum hum_status humi_trace_ring_create(size_t slots, struct humi_trace_ring **ring_out)
{
    struct humi_trace_ring *ring;

    if (slots < 2 || slots > HUMI_TRACE_RING_SLOTS_MAX)
        return humi_fail(HUM_ERR_INVALID, "a trace ring has 2 to %zu slots, not %zu",
                         HUMI_TRACE_RING_SLOTS_MAX, slots);
    slots = power_of_two(slots);
    ring = aligned_alloc(LINE, sizeof *ring);
    if (!ring)
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for a trace ring");
    memset(ring, 0, sizeof *ring);
    ring->slots = calloc(slots, sizeof *ring->slots);
    if (!ring->slots) {
        free(ring);
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for a trace ring of %zu slots", slots);
    }
    ring->mask = slots - 1;
    ring->watch = slots >= 256 ? 63 : 0;
    for (size_t i = 0; i < slots; i++) /* a slot is smaller than a page: this touches them all */
        atomic_store_explicit(&ring->slots[i].turn, i, memory_order_relaxed);
    *ring_out = ring;
    return HUM_OK;
}

void humi_trace_ring_destroy(struct humi_trace_ring *ring)
{
    if (!ring)
        return;
    free(ring->slots);
    free(ring);
}

/* Claim a position; NULL: no slot is free. */
static struct slot *claim(struct humi_trace_ring *ring, size_t *position_out)
{
    size_t position = atomic_load_explicit(&ring->head, memory_order_relaxed);

    for (;;) {
        struct slot *slot = &ring->slots[position & ring->mask];
        size_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

        if (turn == position) {
            if (atomic_compare_exchange_weak_explicit(&ring->head, &position, position + 1,
                                                      memory_order_relaxed, memory_order_relaxed)) {
                *position_out = position;
                return slot;
            }
        } else if (turn - position > SIZE_MAX / 2) {
            return NULL; /* a round behind: the consumer has not been here */
        } else {
            position = atomic_load_explicit(&ring->head, memory_order_relaxed);
        }
    }
}

/* A tail that has passed the position meanwhile makes the distance huge. */
static bool is_half_full(const struct humi_trace_ring *ring, size_t position)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    return position - tail >= ring->mask / 2 && position - tail <= ring->mask + 1;
}

bool humi_trace_ring_is_half_full(const struct humi_trace_ring *ring)
{
    return is_half_full(ring, atomic_load_explicit(&ring->head, memory_order_relaxed));
}

enum humi_trace_put humi_trace_ring_put(struct humi_trace_ring *ring,
                                        const struct hum_trace_record *record)
{
    size_t position;
    struct slot *slot;

    humi_assert((unsigned)record->kind < HUM_TRACE_KIND_COUNT);
    slot = claim(ring, &position);
    if (!slot) {
        atomic_fetch_add_explicit(&ring->dropped[record->kind], 1, memory_order_relaxed);
        return HUMI_TRACE_NOT_KEPT;
    }
    memcpy(&slot->record, record, humi_trace_record_bytes(record->kind));
    atomic_store_explicit(&slot->turn, position + 1, memory_order_release);
    if ((position & ring->watch) == 0 && is_half_full(ring, position))
        return HUMI_TRACE_KEPT_HALF_FULL;
    return HUMI_TRACE_KEPT;
}

const struct hum_trace_record *humi_trace_ring_front(struct humi_trace_ring *ring)
{
    size_t position = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    struct slot *slot = &ring->slots[position & ring->mask];

    if (atomic_load_explicit(&slot->turn, memory_order_acquire) != position + 1)
        return NULL;
    return &slot->record;
}

void humi_trace_ring_pop(struct humi_trace_ring *ring)
{
    size_t position = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    struct slot *slot = &ring->slots[position & ring->mask];

    humi_assert(atomic_load_explicit(&slot->turn, memory_order_relaxed) == position + 1);
    atomic_store_explicit(&slot->turn, position + ring->mask + 1, memory_order_release);
    atomic_store_explicit(&ring->tail, position + 1, memory_order_relaxed);
}

uint64_t humi_trace_ring_dropped(const struct humi_trace_ring *ring, enum hum_trace_kind kind)
{
    return atomic_load_explicit(&ring->dropped[kind], memory_order_relaxed);
}
