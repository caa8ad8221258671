/* SPDX-License-Identifier: MIT */
/*
 * next_use.h - when each access's object is accessed again.
 *
 *     objects   a  b  a  c  b           index of the next access of the same object,
 *     next_use  2  4  -  -  -           - is HUMI_NEVER
 *
 * One pass from the end with the last index seen of each object.
 * Threads: pure but for its memory, 8 bytes an object, freed before it returns.
 */
#ifndef HUMI_REPLAY_NEXT_USE_H
#define HUMI_REPLAY_NEXT_USE_H

#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

struct humi_accesses {
    const uint32_t *objects;      /* each below object_count */
    size_t count;
    uint32_t object_count;
};

/* Fills next_use_out[0 .. count - 1].  HUM_ERR_NO_MEMORY: nothing was written. */
HUM_MUST_USE enum hum_status humi_next_use(const struct humi_accesses *accesses,
                                           uint64_t *next_use_out);

#endif
