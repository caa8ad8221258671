/* SPDX-License-Identifier: MIT */
/*
 * cost.h - what faults, copies and remote accesses cost, as a model.
 *
 * Everything here is *modelled*, in nanoseconds.  A batch is faults that are answered together:
 *
 *       45 us                            once: interrupt, reading faults, resuming
 *     + 0.1 us  x duplicate faults
 *     + 20 us   x blocks                 service calls, one a block
 *     + 120 us  x blocks first taken     the host's mappings are torn down, once a block
 *     + link(in) + link(out)             alpha a copy + bytes / beta (base/link.h)
 *     + 37 us   x evictions              of one block or of pages of it, waited for
 *
 * Evicting a whole dirty block over pcie3x16 so costs 200 us, of which 163 are the copy: the
 * figure that was measured.  A clean one costs no copy, pages of one cost their own bytes.
 *
 * Sources: published measurements of NVIDIA's driver on PCIe 3 x16 (45 us a batch, 15-20 us a
 * block, 120 us for a block's host mappings, 180-200 us for an eviction that is waited for).
 * "Serial" charges 45 us a fault and the link instead, and nothing else, as one well-known
 * simulator does: to set its tables beside ours.
 *
 * A remote access moves one transaction of 128 bytes over the link.  Those of one access record do
 * not depend on each other: together they wait 1 us once, and share the link.
 * Threads: pure functions on values.
 */
#ifndef HUMI_REPLAY_COST_H
#define HUMI_REPLAY_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/link.h"
#include "base/price.h"

#define HUMI_COST_DUPLICATE_NS UINT64_C(100)
#define HUMI_COST_TAKEN_NS UINT64_C(120000)
#define HUMI_COST_SERIAL_FAULT_NS UINT64_C(45000)
#define HUMI_COST_REMOTE_NS UINT64_C(1000)
#define HUMI_COST_REMOTE_BYTES 128u

#define HUMI_BATCH_FAULTS_MAX 256u /* that are answered together */

struct humi_cost_model {
    struct humi_link_model link;
    bool serial;                 /* a fault at a time */
};

struct humi_cost_batch {
    uint32_t faults;             /* without duplicates */
    uint32_t duplicates;
    uint32_t blocks;             /* that faults and prefetches are in */
    uint32_t blocks_taken;       /* of these, taken from the host for the first time */
    uint32_t evictions;          /* blocks of which pages were evicted */
    uint32_t copies_in, copies_out; /* runs of neighbouring pages */
    uint64_t bytes_in, bytes_out;
};

uint64_t humi_cost_batch_ns(const struct humi_cost_model *model,
                            const struct humi_cost_batch *batch);

/* `groups`: how many times somebody waited; `accesses`: all of them. */
uint64_t humi_cost_remote_ns(const struct humi_cost_model *model, uint64_t groups,
                             uint64_t accesses);

#endif
