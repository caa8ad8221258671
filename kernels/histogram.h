/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - one histogram into which the host and the device count at the same time.
 *
 * The values are cut into chunks.  Whoever is free takes the next one with an atomic counter,
 * counts it in memory of its own, and then adds what it found to the shared bins, atomically.  So
 * the one page that both sides write changes hands at most a few times a chunk, and the work
 * divides itself by how fast either side is.
 *
 * A group takes one chunk and does not wait for anybody; launch as many groups as there are chunks.
 * What is read behind hum_wait() is complete: it comes after every atomic of the launch.
 */
#ifndef HUM_KERNELS_HISTOGRAM_H
#define HUM_KERNELS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BINS 256u
#define HISTOGRAM_CHUNK 16384u  /* values */

struct histogram_shared {
    uint64_t next;              /* chunk that nobody has taken yet */
    uint64_t by_device;         /* chunks that the device has counted */
    uint64_t bins[HISTOGRAM_BINS];
};

struct histogram_args {
    const uint32_t *values;     /* the bin is the lowest byte */
    size_t count;
    struct histogram_shared *shared;
};

/* Local memory of a group. */
struct histogram_local {
    uint64_t chunk;
    uint32_t bins[HISTOGRAM_BINS];
};

static inline size_t histogram_chunks(size_t count)
{
    return (count + HISTOGRAM_CHUNK - 1) / HISTOGRAM_CHUNK;
}

/* Where a chunk's values end. */
static inline size_t histogram_chunk_end(size_t chunk, size_t count)
{
    size_t end = (chunk + 1) * HISTOGRAM_CHUNK;

    return end < count ? end : count;
}

#endif
