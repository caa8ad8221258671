/* SPDX-License-Identifier: MIT */
/*
 * rivals.h - who works where in a block on which the host and devices work at the same time.
 *
 * A whole block is the cheapest thing to move.  But where both sides are at work in one block at
 * once, each would take from the other what it is about to touch: a block over the link for every
 * page.  So what a side faulted on is remembered, by chunks:
 *
 *     chunk   0       8       16      24      32
 *             | H . . . . . . | . . . D . . . |      the host came last to H, a device to D
 *                             |<--  turf  --->|      of a fault of the device in D's half
 *
 * The turf of a fault is the largest aligned group of chunks around it that the other side was not
 * seen in; one chunk if it was seen in that one.  So two that walk through halves of a block
 * disturb each other once, and who is alone after all has everything after five more faults.
 *
 * The two are at work at once when the host faults while a kernel runs.  A fault of the host while
 * none does, or HUMI_RIVALS_ROW faults of one side in a row, end it.
 *
 * Devices are one side: that two of them are at work at once cannot be seen in a view.
 *
 * Threads: guarded by the block's lock.
 */
#ifndef HUMI_POLICY_RIVALS_H
#define HUMI_POLICY_RIVALS_H

#include <hum/policy.h>

#define HUMI_RIVALS_ROW 8u

/* Of a block; zero: nothing was seen. */
struct humi_rivals {
    uint32_t chunks[2];          /* faulted on last by [0] the host, [1] devices */
    uint8_t row;                 /* faults of one side since the other's last, up to the limit */
    bool device;                 /* ... this side's */
};

/* Learn from a fault on these chunks; not from one seen again. */
void humi_rivals_learn(struct humi_rivals *rivals, const struct hum_view *view, uint32_t chunks);

/* The other side is at work in this block, too. */
bool humi_rivals_contest(const struct humi_rivals *rivals, const struct hum_view *view);

/* The chunks that the other side was seen in. */
uint32_t humi_rivals_others(const struct humi_rivals *rivals, const struct hum_view *view);

/* The turfs of the faulted chunks; all chunks without a contest. */
uint32_t humi_rivals_turf(const struct humi_rivals *rivals, const struct hum_view *view,
                          uint32_t chunks);

#endif
