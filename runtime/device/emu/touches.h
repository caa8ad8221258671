/* SPDX-License-Identifier: MIT */
/*
 * touches.h - memory through which a device process tells every touch of the space.
 *
 *     head | ring of worker 0 | ring of worker 1 | ...
 *
 * Each worker writes its own ring (process/touch.c), one thread of the runtime reads all of them
 * (touches.c).  A full ring makes its worker wait: nothing is lost.  Positions only grow, also when
 * the process is replaced, so what a dead one left is still read.
 *
 * The runtime trusts nothing it reads here: a kernel may have written over it.
 */
#ifndef HUMI_DEVICE_EMU_TOUCHES_H
#define HUMI_DEVICE_EMU_TOUCHES_H

#include <stddef.h>
#include <stdint.h>

#define HUMI_EMU_TOUCH_RECORDS 16384u /* of a ring, if nobody asks for less; a power of two */
#define HUMI_EMU_TOUCH_RECORDS_MIN 4u
#define HUMI_EMU_TOUCH_PAGE_NONE UINT32_MAX

/* Neighbouring pages that were touched one after the other, each in this same way. */
struct humi_emu_touch {
    uint64_t launch;            /* label of the launch */
    uint64_t lines[2];          /* [0] read, [1] written; bit i: the i-th 64 bytes of a page */
    uint32_t count[2];
    uint32_t page, pages;       /* of the space */
    uint32_t kernel;
    uint32_t write_first;       /* each page was written before it was read */
};

struct humi_emu_ring {
    /* the device's */
    uint32_t head __attribute__((aligned(64)));  /* records ever put */
    uint32_t waits;             /* the worker sleeps on tail; the runtime clears it */
    /* the runtime's */
    uint32_t tail __attribute__((aligned(64)));  /* records ever taken; futex */
    struct humi_emu_touch records[] __attribute__((aligned(64)));
};

struct humi_emu_touches {
    uint32_t bell __attribute__((aligned(64)));  /* futex: a ring fills up */
    uint32_t sleeps;            /* the runtime's: it sleeps on the bell */
};

static inline size_t humi_emu_ring_bytes(uint32_t records)
{
    size_t bytes = sizeof(struct humi_emu_ring) + records * sizeof(struct humi_emu_touch);
    return (bytes + 63) / 64 * 64;
}

static inline size_t humi_emu_touches_bytes(unsigned workers, uint32_t records)
{
    return sizeof(struct humi_emu_touches) + workers * humi_emu_ring_bytes(records);
}

static inline struct humi_emu_ring *humi_emu_ring(struct humi_emu_touches *touches,
                                                  uint32_t records, unsigned worker)
{
    return (struct humi_emu_ring *)(void *)((char *)(touches + 1) +
                                            worker * humi_emu_ring_bytes(records));
}

_Static_assert(sizeof(struct humi_emu_touch) == 48, "no holes");

#endif
