/* SPDX-License-Identifier: MIT */
/*
 * uses.h - what launches use: declared before they start, and known while they run.
 *
 * Uses come from hum_use(), else from the argument block: each region that it points into, and all
 * that are marked reachable.  A launch with declared uses goes through four steps, the first by
 * whoever launches, the others by the thread of the stream:
 *
 *     enter    it is put into the list
 *     begin    it is its turn
 *     bring    what it uses becomes resident and mapped on its device (declared.c)
 *     end      its outcome was seen: out of the list
 *
 * Where touches cannot fault (humi_processor.cannot_fault) such a launch *holds* its pages.  From
 * begin to end against everybody: what it reads nobody may write, what it writes nobody may touch,
 * and none of it leaves the device.  Who would do so is told HUM_ERR_BUSY before anything has
 * changed, and comes again when a launch has ended.  From enter on against the host: its faults
 * wait at the service, and its calls in humi_uses_await().  Work of streams is not held up by what
 * has not begun: it may be what the launch waits for.
 *
 * Order: launches of one device are brought one at a time, and one that would wait for what another
 * device holds waits before it begins; so no two launches wait for each other.
 *
 * Threads: any.  The list has a lock of rank USES.
 * Ownership: a list of uses holds a reference of each region.
 */
#ifndef HUMI_CORE_USES_H
#define HUMI_CORE_USES_H

#include "core/residency.h"

struct hum_stream;

struct humi_use {
    struct humi_region *region;  /* a reference */
    uintptr_t start, end;        /* whole pages of it */
    bool write;
};

/* The uses of one launch. */
struct humi_uses {
    struct humi_link link;       /* of humi_in_flight.list */
    unsigned processor;          /* number of its device */
    bool holds;                  /* touches there cannot fault */
    bool begun, brought;
    bool reaches;                /* some of it is used because it is reachable */
    size_t count, room;
    struct humi_use *use;
};

/* Add [start, +bytes) of the region; *uses is made at the first.  Takes a reference of its own. */
enum hum_status humi_uses_add(struct humi_uses **uses, struct humi_region *region, uintptr_t start,
                              size_t bytes, bool write);

/* Every region that an aligned word of the block points into, and those that are reachable. */
enum hum_status humi_uses_add_all(struct hum *hum, const void *args, size_t args_bytes,
                                  struct humi_uses **uses);

/* Uses that are none, unless there are some. */
enum hum_status humi_uses_make(struct humi_uses **uses);

/* NULL is allowed. */
void humi_uses_free(struct humi_uses *uses);

/* ---- in flight ------------------------------------------------------------------------------- */

void humi_uses_open(struct hum *hum);
void humi_uses_close(struct hum *hum);

/* Put a launch of uses->processor into the list.  The lock of its stream may be held. */
void humi_uses_enter(struct hum *hum, struct humi_uses *uses);

/*
 * Waits as long as the order above asks; no lock is held.  Who waits must have seen the end of the
 * earlier launches of its stream: try first.
 */
bool humi_uses_try_begin(struct hum *hum, struct humi_uses *uses);
void humi_uses_begin(struct hum *hum, struct humi_uses *uses);

/* It has all that it uses: the next launch of its device may begin. */
void humi_uses_brought(struct hum *hum, struct humi_uses *uses);

/* Out of the list, freed; who waits is woken. */
void humi_uses_end(struct hum *hum, struct humi_uses *uses);

/*
 * Somebody else's launch, begun, holds pages of the block so that `p` may not have `touch` (of
 * these `write` for writing).  The block is locked.
 */
bool humi_uses_are_held(struct hum *hum, const struct humi_block *block, unsigned p,
                        const struct hum_pages *touch, const struct hum_pages *write);

/* Pages of the block that launches begun on p declared, or declared to write. */
struct hum_pages humi_uses_pages(struct hum *hum, const struct humi_block *block, unsigned p,
                                 bool write);

/* A launch that has begun holds pages of the block on p: they may not leave. */
bool humi_uses_keep(struct hum *hum, const struct humi_block *block, unsigned p);

/* How many launches with uses have ended. */
uint64_t humi_uses_ended(struct hum *hum);

/*
 * Wait until more than `ended` have.  False: no launch on p but `mine` holds anything, and none has
 * ended since.
 */
bool humi_uses_await_other(struct hum *hum, unsigned p, const struct humi_uses *mine,
                           uint64_t ended);

/* A call by the host: wait until no launch holds a part of [start, end) against it. */
void humi_uses_await(struct hum *hum, uintptr_t start, uintptr_t end, bool write);

/* Told HUM_ERR_BUSY: wait until no launch that has begun holds a part of [start, end). */
void humi_uses_await_begun(struct hum *hum, uintptr_t start, uintptr_t end);

/* A launch holds this touch by the host back. */
bool humi_uses_hold_host(struct hum *hum, uintptr_t address, bool write);

/* A launch that has begun on p declared this touch. */
bool humi_uses_declare(struct hum *hum, unsigned p, uintptr_t address, bool write);

/* A launch in flight on a device declared a use that this touch by the host is in the way of. */
bool humi_uses_meet_host(struct hum *hum, uintptr_t address, bool write);

#endif
