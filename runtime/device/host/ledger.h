/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - how many bytes of frames a processor holds, kept below a limit.
 *
 * With small frames a page costs a page.  With huge frames a block costs a whole block as soon as
 * one of its pages is there, and until the last has gone.
 *
 * Invariant: held <= limit.  Without a limit nothing is counted and nothing is allocated.
 * Threads: calls for one block are serial (the core's block lock); `held` is atomic.
 */
#ifndef HUMI_DEVICE_HOST_LEDGER_H
#define HUMI_DEVICE_HOST_LEDGER_H

#include <stdatomic.h>

#include <hum/policy.h>

struct humi_ledger {
    size_t limit;             /* bytes, 0: none */
    size_t space_bytes;
    bool huge;
    struct hum_pages *blocks; /* one a block, made by the kernel when first written */
    atomic_size_t held;       /* bytes */
};

HUM_MUST_USE enum hum_status humi_ledger_init(struct humi_ledger *ledger, size_t space_bytes,
                                              size_t limit, bool huge);
void humi_ledger_fini(struct humi_ledger *ledger);

/*
 * Note pages of [offset, +bytes), within one block, as held.  *added_out: those that were not; give
 * them back with return_pages if the frames cannot be made.  HUM_ERR_NO_MEMORY: over the limit.
 */
HUM_MUST_USE enum hum_status humi_ledger_take(struct humi_ledger *ledger, size_t offset,
                                              size_t bytes, struct hum_pages *added_out);
void humi_ledger_return_pages(struct humi_ledger *ledger, size_t offset,
                              const struct hum_pages *pages);

/* The frames of [offset, +bytes) are gone; any number of blocks. */
void humi_ledger_return(struct humi_ledger *ledger, size_t offset, size_t bytes);

#endif
