/* SPDX-License-Identifier: MIT */
/*
 * touch.h - one worker's touches of the space, collected by page.
 *
 * The pages touched last are *open*, `window` at most: further touches of them are only counted.  A
 * page that is not open takes the place of the one that was opened first, whose record then goes to
 * the ring (device/emu/touches.h).  Records of neighbouring pages that follow each other and are
 * alike become one run.  A larger window makes fewer records: touches that are merged have fewer
 * than `window` other pages between them, so a memory that keeps so many pages would have had them.
 *
 * Order.  Records, and the pages of a run, stand in the order in which their pages were opened,
 * that is, first touched.  A touch is part of the record of its page that was open when it
 * happened: since that page's opening at most window - 1 others were opened.  Of reads and writes
 * in one record only it is known which came first.  Records never reach beyond a piece of a
 * launch.  Workers are not ordered against each other.
 *
 * Count.  A touch counts once for each 64-byte line that it has a part in.
 *
 * Each place in the kernel's code remembers the line that it touched last and where that is
 * counted: the next touch of it costs about ten instructions.  This is valid for one epoch, which
 * ends when a page is closed.
 *
 * A signal may take the worker out of any line of this (trap.c) and call humi_touch_flush() next:
 * the table is always whole, but a record in the making may be there twice or lack a touch.
 * Threads: a table is its worker's alone.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_TOUCH_H
#define HUMI_DEVICE_EMU_PROCESS_TOUCH_H

#include <stdbool.h>

#include <hum/hum.h>

#include "device/emu/touches.h"

#define HUMI_TOUCH_OPEN HUM_EXACT_WINDOW_MAX
#define HUMI_TOUCH_CHAIN_BITS 11
#define HUMI_TOUCH_CHAIN_END UINT16_MAX
#define HUMI_TOUCH_SITES 32u
#define HUMI_TOUCH_EPOCH (UINT64_C(1) << 52) /* above the number of any line */
#define HUMI_TOUCH_RUN_MAX 512u /* pages of a run */

/* [0] reads, [1] writes */
struct humi_touch_page {
    uint64_t count[2], lines[2];
    bool write_first;
};

struct humi_touch_table {
    uint64_t epoch;             /* a multiple of HUMI_TOUCH_EPOCH, not 0 */
    uint64_t site_line[2][HUMI_TOUCH_SITES];   /* line + epoch */
    uint64_t *site_count[2][HUMI_TOUCH_SITES]; /* of the open page, or &elsewhere */
    uint64_t elsewhere;         /* touches of what is not in the space; only to have a place */
    uint64_t bytes;             /* of the space; 0: nothing is recorded */
    uint64_t start;
    uint32_t page[HUMI_TOUCH_OPEN];     /* HUMI_EMU_TOUCH_PAGE_NONE: not open */
    struct humi_touch_page open[HUMI_TOUCH_OPEN];
    uint16_t chain[1 << HUMI_TOUCH_CHAIN_BITS]; /* by hash of the page, the first of open */
    uint16_t after[HUMI_TOUCH_OPEN];            /* the next of the same hash */
    uint32_t window;            /* of open are used */
    uint32_t next;              /* opened first, closed next */
    struct humi_emu_touch run;  /* closed, not in the ring yet; pages 0: none */
    bool may_wait;              /* else records that find the ring full are dropped */
    uint64_t launch;
    uint32_t kernel;
    uint32_t records;           /* of the ring */
    struct humi_emu_touches *shared;
    struct humi_emu_ring *ring;
};

/*
 * Nothing open, nothing recorded until `bytes` is set.  records of the worker's ring; window: 1 to
 * HUMI_TOUCH_OPEN.
 */
void humi_touch_init(struct humi_touch_table *t, struct humi_emu_touches *shared,
                     uint32_t records, uint32_t window, unsigned worker);

/* One touch within a line, by a site that touched another one before. */
void humi_touch_line(struct humi_touch_table *t, uint64_t address, bool write, unsigned site);

/* Everything open and held back goes to the ring.  wait false: what finds it full is dropped. */
void humi_touch_flush(struct humi_touch_table *t, bool wait);

/* One touch within a line.  site: any number that tells places of the code apart. */
static inline void humi_touch(struct humi_touch_table *t, uint64_t address, bool write,
                              uint64_t site)
{
    unsigned i = (unsigned)(site % HUMI_TOUCH_SITES);

    if (__builtin_expect(t->site_line[write][i] == (address >> 6) + t->epoch, 1))
        (*t->site_count[write][i])++;
    else
        humi_touch_line(t, address, write, i);
}

#endif
