/* SPDX-License-Identifier: MIT */
/*
 * driver.h - the state of the thrash detector of NVIDIA's driver, of one block.
 *
 * An event is a fault that takes a chunk (64 KiB) from another processor than the one that took it
 * last: its pages are only elsewhere, or they are written while others have copies.
 *
 *     quiet --- 3 events, each within 500 us of the one before ---> thrashing
 *     thrashing:  whoever took the chunk goes on for 500 us, others wait for the rest of that
 *     thrashing --- 10 waits ---> pinned for 150 ms: it stays where it is, others map it there
 *     pinned --- time is over ---> quiet; the fifth time it stays pinned
 *     any --- 1 s without an event ---> quiet, and as new
 *
 * Source: NVIDIA's open kernel modules 595.45.04, uvm_perf_thrashing.c, with its constants.  The
 * driver keeps this by page; here it is by chunk, with one clock for the block.
 *
 * Threads: plan() is never called twice at once for one block.
 */
#ifndef HUMI_POLICY_THRASH_DRIVER_H
#define HUMI_POLICY_THRASH_DRIVER_H

#include <hum/policy.h>

struct humi_thrash {
    uint8_t events[HUM_CHUNKS_PER_BLOCK / 2]; /* four bits a chunk */
    uint8_t taker[HUM_CHUNKS_PER_BLOCK / 2];  /* number of who took it last, if events is not 0 */
    uint32_t thrashing, pinned;               /* bit c: chunk c */
    uint32_t last_us;                         /* of the last event; 0: there was none */
    uint32_t until_us;                        /* who goes on may, or the pin holds, until then */
    uint8_t owner;                            /* 1 + number of who goes on, or has it; 0: nobody */
    uint8_t waits, pins;
};

_Static_assert(sizeof(struct humi_thrash) <= 64, "a part's memory of a block");

#endif
