/* SPDX-License-Identifier: MIT */
/*
 * tally.h - the touches of one sampled unit of a launch (slices.c), by chunk.
 *
 * What a unit touches of a chunk counts as it is up to HUMI_TALLY_RUN touches, and by its logarithm
 * beyond, because such touches come together: where one index in a million walks through a whole
 * chunk, that it was drawn says little about how often the chunk is touched.  In PageRank these are
 * the edges of the few nodes that have most of them; counted as they are, the chunks of one drawn
 * node were the hottest of all.  The order of chunks within a unit stays.
 *
 * After HUMI_TALLY_TOUCHES touches the unit has told enough, and the rest of it is not looked at.
 *
 * Threads: a worker's own.  Kernel code may be left in the middle; open() begins anew.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_TALLY_H
#define HUMI_DEVICE_EMU_PROCESS_TALLY_H

#include "device/emu/samples.h"

#define HUMI_TALLY_RUN 64u
#define HUMI_TALLY_TOUCHES 8192u
#define HUMI_TALLY_SLOTS 256u  /* chunks; two in one place take turns */

struct humi_tally_chunk {
    uint64_t chunk;             /* of the space */
    uint32_t touches[2];        /* [0] reads, [1] writes; both 0: the slot is free */
};

struct humi_tally {
    bool open;
    uint32_t weight;            /* units that this one stands for */
    uint32_t touches;           /* looked at */
    uint64_t start, bytes;      /* of the space */
    struct humi_emu_samples *samples;
    struct humi_tally_chunk slots[HUMI_TALLY_SLOTS];
};

/* Of the worker that calls; closed at first (hooks.c). */
extern __thread struct humi_tally humi_tally;

void humi_tally_open(struct humi_tally *tally, uint32_t weight);
/* One touch within a line of 64 bytes. */
void humi_tally_touch(struct humi_tally *tally, uintptr_t address, bool write);
/* All of it goes to the shared counts. */
void humi_tally_close(struct humi_tally *tally);

/* What so many touches of a chunk by one unit count. */
uint32_t humi_tally_damped(uint32_t touches);

#endif
