/* SPDX-License-Identifier: MIT */
/*
 * view.h - two looks at a space as rows with rates, sorted; what the screen and --batch print.
 *
 * Rates are differences of two looks divided by the time between them, 0 after the first look.  A
 * counter that seems to go back (another program of the same number) has rate 0.
 */
#ifndef HUM_COMMAND_TOP_VIEW_H
#define HUM_COMMAND_TOP_VIEW_H

#include <stdbool.h>

#include "command/top/page.h"

enum top_table { TOP_REGIONS, TOP_KERNELS, TOP_TABLES };

/* What rows are sorted by.  X(name, key, text) */
#define TOP_ORDER_LIST(X)                                                                          \
    X(TOP_BY_RATE, 'P', "rate")                                                                    \
    X(TOP_BY_FAULTS, 'F', "faults")                                                                \
    X(TOP_BY_BYTES, 'M', "bytes")                                                                  \
    X(TOP_BY_COST, 'T', "cost")                                                                    \
    X(TOP_BY_NAME, 'N', "name")

enum top_order {
#define TOP_ORDER_ENUM(name, key, text) name,
    TOP_ORDER_LIST(TOP_ORDER_ENUM)
#undef TOP_ORDER_ENUM
    TOP_ORDERS
};

const char *top_order_text(enum top_order order);
/* The order of that name, or of that key in either case; false: there is none. */
bool top_order_find(const char *text, enum top_order *order_out);
bool top_order_of_key(int key, enum top_order *order_out);

/* One region or kernel. */
struct top_row {
    char name[64];
    unsigned id;
    int device;                         /* of a kernel; HUM_HOST: unknown */
    uint64_t bytes;                     /* of a region */
    uint64_t resident_bytes[HUM_PROCESSORS_MAX];
    uint64_t faults, moved_bytes;
    uint64_t cost_ns;                   /* region: serving faults; kernel: running */
    uint64_t launches;
    double fault_rate, moved_rate;      /* a second */
    double busy, launch_rate;           /* cost_ns, launches a second */
};

/* What happened in a second. */
struct top_rates {
    double faults_host, faults_device, bytes[HUM_DIRECTION_COUNT], launches;
    double samples, sample_ns;          /* that had touches; what all cost */
};

struct top_view {
    struct humi_live_page now, before;
    unsigned looks;
    double seconds;                     /* between the two; 0: only one look */
    struct top_row row[HUMI_LIVE_REGIONS > HUMI_LIVE_KERNELS ? HUMI_LIVE_REGIONS
                                                            : HUMI_LIVE_KERNELS];
    unsigned rows;
};

/* A newer look.  The page was checked. */
void top_view_add(struct top_view *view, const struct humi_live_page *page);

/* Fill view->row from one table, highest first (names: A first), or the other way round. */
void top_view_sort(struct top_view *view, enum top_table table, enum top_order order,
                   bool reverse);

struct top_rates top_view_rates(const struct top_view *view);

uint64_t top_moved(const struct hum_counters *counters);

#endif
