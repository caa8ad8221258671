/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - what it cost, by region, by kernel and by phase.
 *
 * Row 0 of each table takes what belongs to no other: events of no or several regions, of no
 * kernel, before the first launch.  So each table sums up to the whole.
 *
 * A *phase* is a row of neighbouring launches of one kernel on one device.  It lasts until the next
 * begins: what moved between two kernels counts in the first one's phase.
 *
 * First pass: ledger_note().  ledger_arrange().  Second pass: ledger_charge_*().
 */
#ifndef HUM_REPORT_LEDGER_H
#define HUM_REPORT_LEDGER_H

#include <stdbool.h>

#include <hum/trace.h>

#include "report/index.h"

#define LEDGER_REGIONS_MAX (1u << 20) /* those beyond are charged to row 0 */
#define LEDGER_KERNELS_MAX 65535u
#define LEDGER_PHASES_MAX (1u << 16) /* launches beyond lengthen the last phase */
#define LEDGER_LIVE UINT64_MAX

struct cost {
    uint64_t events;
    uint64_t faults[2]; /* [0] of host threads, [1] of devices; duplicates included */
    uint64_t bytes[HUM_DIRECTION_COUNT];
    uint64_t copy_ns;     /* measured */
    uint64_t modelled_ns; /* modelled: the link alone */
    uint64_t evictions;   /* blocks */
};

struct ledger_region {
    uint32_t id;
    uint64_t first_page, bytes;
    uint64_t start_ns, end_ns; /* LEDGER_LIVE: never freed */
    char name[64];
    struct cost cost;
    uint32_t cause_events[HUM_CAUSE_COUNT];
    uint64_t cause_bytes[HUM_CAUSE_COUNT];
};

struct ledger_kernel {
    uint32_t id;
    int device;
    char name[64];
    uint64_t launches, failed, indices;
    uint64_t busy_ns; /* start to end of its launches */
    struct cost cost;
};

struct ledger_phase {
    uint32_t kernel; /* place in the table of kernels; 0: before the first launch */
    int device;
    uint64_t start_ns, end_ns; /* of its first and last launch */
    uint64_t launches, busy_ns;
    struct cost cost;
};

struct ledger {
    struct ledger_region *region;
    struct ledger_kernel *kernel;
    struct ledger_phase *phase;
    uint32_t regions, kernels, phases;       /* row 0 included */
    struct index region_index, kernel_index; /* place + 1 is the row */
};

bool ledger_init(struct ledger *ledger);
void ledger_fini(struct ledger *ledger);
/* Regions, kernels and launches are noted, other records left alone.  False: no memory. */
bool ledger_note(struct ledger *ledger, const struct hum_trace_record *record);
/* Put phases in order of time; the first of all begins at start_ns. */
void ledger_arrange(struct ledger *ledger, uint64_t start_ns);
void ledger_charge_event(struct ledger *ledger, uint64_t time_ns,
                         const struct hum_trace_event *event);
void ledger_charge_faults(struct ledger *ledger, uint64_t time_ns,
                          const struct hum_trace_faults *faults);
/* Rows; 0 if there is none for it. */
uint32_t ledger_region_row(const struct ledger *ledger, uint32_t region);
uint32_t ledger_kernel_row(const struct ledger *ledger, uint32_t kernel);

/* All bytes, and the order "most expensive first": copying time, then bytes, then faults. */
uint64_t cost_bytes(const struct cost *cost);
int cost_compare(const struct cost *a, const struct cost *b);
void cost_add(struct cost *sum, const struct cost *cost);

#endif
