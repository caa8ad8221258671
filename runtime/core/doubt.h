/* SPDX-License-Identifier: MIT */
/*
 * doubt.h - faults that cannot be served, until they are seen a second time.
 *
 * Between reading a fault and serving it, other work may have mapped the page and woken the thread;
 * it went on, and the region may be freed by now.  Such a fault is stale, and failing it would hit
 * a thread that did nothing wrong.  So whoever seems to touch what is not there is woken first: if
 * it really does, its very next fault is the same one, and that is believed.
 *
 * Threads: the fault service alone.
 */
#ifndef HUMI_CORE_DOUBT_H
#define HUMI_CORE_DOUBT_H

#include "device/device.h"

#define HUMI_DOUBTS 256u  /* more at once only take another round */
#define HUMI_DOUBT_NS UINT64_C(100000000) /* a thread faults again sooner than that */

struct humi_doubts {
    struct {
        uintptr_t address;
        int thread;
        unsigned processor;
        uint64_t ns;         /* when; 0: free */
    } entries[HUMI_DOUBTS];
    unsigned next;           /* to be written over */
    unsigned count;          /* entries that are not free */
};

/* A fault was read, or served if `served`: the thread has gone on from what was doubted before. */
void humi_doubts_note(struct humi_doubts *doubts, unsigned processor,
                      const struct humi_fault *fault, bool served);

/*
 * True: the same touch was doubted a moment ago, so it is real; the entry is gone.  False: it is
 * remembered now; wake the thread.
 */
bool humi_doubts_confirm(struct humi_doubts *doubts, unsigned processor,
                         const struct humi_fault *fault, uint64_t now_ns);

#endif
