/* SPDX-License-Identifier: MIT */
/*
 * samples.h - memory through which a device process tells a sample of its touches.
 *
 *     head | seen, a byte a block | counts, two a chunk
 *
 * Workers add what a sampled touch stands for, and then set the block's byte; the runtime clears
 * the byte and takes the counts, so none is taken twice.  It is sparse: 256 bytes for each block of
 * which something was seen.
 *
 * Nothing is sampled before the runtime has said `wanted`.
 *
 * The runtime trusts nothing it reads here: a kernel may have written over it.
 * Threads: any on both sides; every word is accessed with the __atomic functions.
 */
#ifndef HUMI_DEVICE_EMU_SAMPLES_H
#define HUMI_DEVICE_EMU_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

#define HUMI_EMU_CHUNKS (HUM_BLOCK_SIZE / HUM_CHUNK_SIZE) /* of a block */

struct humi_emu_samples {
    uint64_t spent_ns;      /* what sampling cost, of all workers */
    uint64_t slices;        /* sampled */
    uint64_t end;           /* no block from here on was ever seen */
    uint32_t wanted;        /* 1: sample */
    unsigned char seen[] __attribute__((aligned(4096)));
};

/* Touches of the chunks of a block: [0] reads, [1] writes. */
struct humi_emu_sampled {
    uint32_t touches[2][HUMI_EMU_CHUNKS];
};

static inline size_t humi_emu_seen_bytes(size_t space_bytes)
{
    return (space_bytes / HUM_BLOCK_SIZE + 4095) / 4096 * 4096;
}

static inline size_t humi_emu_samples_bytes(size_t space_bytes)
{
    return sizeof(struct humi_emu_samples) + humi_emu_seen_bytes(space_bytes) +
           space_bytes / HUM_BLOCK_SIZE * sizeof(struct humi_emu_sampled);
}

static inline struct humi_emu_sampled *humi_emu_sampled(struct humi_emu_samples *samples,
                                                        size_t space_bytes)
{
    return (struct humi_emu_sampled *)(void *)(samples->seen + humi_emu_seen_bytes(space_bytes));
}

#endif
