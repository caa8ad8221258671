/* SPDX-License-Identifier: MIT */
/*
 * reserve.h - blocks of a full device that are kept free in the background.
 *
 * On a full device a fault waits until a block has left.  With a reserve it takes a room that is
 * free, and while it is filled, and its agent runs on, the next block leaves: bytes go home while
 * others come.
 *
 *     a fault had to evict                        -> the device is pressed
 *     pressed, and fewer blocks free than asked   -> blocks leave until they are, on the thread
 *                                                    that goes ahead, in line behind the batch, or
 *                                                    before the next one of a deterministic run
 *     a block came back before the room that      -> all fits after all: no longer pressed, until
 *     it left was wanted                             a fault has to evict again
 *     far more free than asked                    -> no longer pressed: something was freed
 *
 * So a program that just fits is not disturbed, and one that does not evicts as much as without a
 * reserve on a device so much smaller, only earlier.  What leaves is what the policy's order names,
 * as in room.h, but never what is preferred here, nor the newest, nor what somebody is working on:
 * then nothing leaves.
 *
 * How many is the tunable evict.reserve of the space's policy, at most a sixteenth of the device.
 * The host has no reserve: what can leave it are copies that cost nothing to drop.
 *
 * R4: a block that leaves makes room, nothing else happens here.
 * Threads: `hear` functions under the order's lock; the others without a block locked, any.
 */
#ifndef HUMI_CORE_RESERVE_H
#define HUMI_CORE_RESERVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HUMI_RESERVE_MAX 8u      /* blocks; as the tunable */

struct hum;

/* A part of the order, whose lock guards it; the atomic members are read anywhere. */
struct humi_reserve {
    atomic_bool pressed;
    _Atomic uint64_t arrivals;   /* blocks that came in */
    struct {
        uint32_t block;          /* that left for the reserve; HUM_EVICT_NONE: none */
        uint64_t wanted;         /* at this many arrivals its room will have been */
    } left[HUMI_RESERVE_MAX];
    unsigned next;               /* place in `left` that is used again next */
};

void humi_reserve_init(struct humi_reserve *reserve);

/* A block gets frames. */
void humi_reserve_hear_arrival(struct humi_reserve *reserve, uint32_t block);

/* A block has left for the reserve; then so many were free. */
void humi_reserve_hear_left(struct humi_reserve *reserve, uint32_t block, uint64_t free);

/* A block with pages left processor p because somebody waited for its room. */
void humi_reserve_press(struct hum *hum, unsigned p);

/* Blocks of processor p that are to stay free now; policies do not see them as free. */
uint64_t humi_reserve_kept(const struct hum *hum, unsigned p);

/* Processor p has fewer free blocks than it should, or will when so many arrivals were counted. */
bool humi_reserve_lacks(struct hum *hum, unsigned p, uint64_t arrivals);

/* Let one block leave if it lacks any so.  False: it lacks none, or none can leave now. */
bool humi_reserve_fill(struct hum *hum, unsigned p, uint64_t arrivals);

#endif
