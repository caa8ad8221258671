/* SPDX-License-Identifier: MIT */
/* view.c - see view.h */
#include "command/top/view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- orders --------------------------------------------------------------------------------- */

static const struct {
    int key;
    const char *text;
} orders[] = {
#define TOP_ORDER_ROW(name, key, text) {key, text},
    TOP_ORDER_LIST(TOP_ORDER_ROW)
#undef TOP_ORDER_ROW
};

const char *top_order_text(enum top_order order)
{
    return orders[order].text;
}

bool top_order_find(const char *text, enum top_order *order_out)
{
    for (unsigned i = 0; i < TOP_ORDERS; i++)
        if (strcmp(orders[i].text, text) == 0) {
            *order_out = (enum top_order)i;
            return true;
        }
    return false;
}

bool top_order_of_key(int key, enum top_order *order_out)
{
    for (unsigned i = 0; i < TOP_ORDERS; i++)
        if (orders[i].key == key || orders[i].key + 32 == key) {
            *order_out = (enum top_order)i;
            return true;
        }
    return false;
}

/* ---- rates ---------------------------------------------------------------------------------- */

static double rate(const struct top_view *view, uint64_t now, uint64_t before)
{
    return view->seconds > 0 && now > before ? (double)(now - before) / view->seconds : 0;
}

uint64_t top_moved(const struct hum_counters *counters)
{
    uint64_t sum = 0;

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        sum += counters->bytes[d];
    return sum;
}

void top_view_add(struct top_view *view, const struct humi_live_page *page)
{
    view->before = view->now;
    view->now = *page;
    view->looks++;
    view->seconds = 0;
    if (view->looks > 1 && view->now.time_ns > view->before.time_ns)
        view->seconds = (double)(view->now.time_ns - view->before.time_ns) * 1e-9;
}

struct top_rates top_view_rates(const struct top_view *view)
{
    const struct hum_counters *now = &view->now.total, *before = &view->before.total;
    struct top_rates rates = {
        .faults_host = rate(view, now->faults_host, before->faults_host),
        .faults_device = rate(view, now->faults_device, before->faults_device),
        .launches = rate(view, view->now.launches, view->before.launches),
        .samples = rate(view, view->now.samples_touched, view->before.samples_touched),
        .sample_ns = rate(view, view->now.sample_ns, view->before.sample_ns),
    };

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        rates.bytes[d] = rate(view, now->bytes[d], before->bytes[d]);
    return rates;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* What a region or kernel that was not there before had done: everything is new. */
static const struct hum_counters nothing;

static void fill_counters(const struct top_view *view, const struct hum_counters *now,
                          const struct hum_counters *before, struct top_row *row)
{
    row->faults = now->faults_host + now->faults_device;
    row->moved_bytes = top_moved(now);
    row->fault_rate = rate(view, row->faults, before->faults_host + before->faults_device);
    row->moved_rate = rate(view, row->moved_bytes, top_moved(before));
}

static void fill_region(const struct top_view *view, const struct humi_live_region *region,
                        struct top_row *row)
{
    const struct humi_live_page *then = &view->before;
    const struct hum_counters *before = &nothing;

    for (unsigned i = 0; view->looks > 1 && i < then->region_count; i++)
        if (then->region[i].id == region->id)
            before = &then->region[i].counters;
    memset(row, 0, sizeof(*row));
    memcpy(row->name, region->name, sizeof(row->name));
    row->id = region->id;
    row->device = HUM_HOST;
    row->bytes = region->bytes;
    memcpy(row->resident_bytes, region->resident_bytes, sizeof(row->resident_bytes));
    row->cost_ns = region->counters.service_ns;
    row->busy = rate(view, row->cost_ns, before->service_ns);
    fill_counters(view, &region->counters, before, row);
}

static void fill_kernel(const struct top_view *view, const struct humi_live_kernel *kernel,
                        struct top_row *row)
{
    static const struct humi_live_kernel none;
    const struct humi_live_page *then = &view->before;
    const struct humi_live_kernel *before = &none;

    for (unsigned i = 0; view->looks > 1 && i < then->kernel_count; i++)
        if (then->kernel[i].device == kernel->device && then->kernel[i].id == kernel->id)
            before = &then->kernel[i];
    memset(row, 0, sizeof(*row));
    memcpy(row->name, kernel->name, sizeof(row->name));
    row->id = kernel->id;
    row->device = kernel->device;
    row->launches = kernel->launches;
    row->launch_rate = rate(view, kernel->launches, before->launches);
    row->cost_ns = kernel->launch_ns;
    row->busy = rate(view, kernel->launch_ns, before->launch_ns);
    fill_counters(view, &kernel->counters, &before->counters, row);
}

static int compare_counts(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

/* Highest first; rows that are equal in this stand as they would by bytes, then by number. */
static int compare(const struct top_row *a, const struct top_row *b, enum top_order order)
{
    int result = 0;

    if (order == TOP_BY_RATE)
        result = (a->moved_rate < b->moved_rate) - (a->moved_rate > b->moved_rate);
    if (order == TOP_BY_FAULTS)
        result = compare_counts(a->faults, b->faults);
    if (order == TOP_BY_COST)
        result = compare_counts(a->cost_ns, b->cost_ns);
    if (order == TOP_BY_NAME)
        result = strcasecmp(a->name, b->name);
    if (result == 0)
        result = compare_counts(a->moved_bytes, b->moved_bytes);
    return result ? result : (a->id > b->id) - (a->id < b->id);
}

static int compare_rows(const void *a, const void *b, void *order)
{
    return compare(a, b, *(const enum top_order *)order);
}

void top_view_sort(struct top_view *view, enum top_table table, enum top_order order, bool reverse)
{
    view->rows = table == TOP_REGIONS ? view->now.region_count : view->now.kernel_count;
    for (unsigned i = 0; i < view->rows; i++) {
        if (table == TOP_REGIONS)
            fill_region(view, &view->now.region[i], &view->row[i]);
        else
            fill_kernel(view, &view->now.kernel[i], &view->row[i]);
    }
    qsort_r(view->row, view->rows, sizeof(view->row[0]), compare_rows, &order);
    for (unsigned i = 0; reverse && i < view->rows / 2; i++) {
        struct top_row row = view->row[i];

        view->row[i] = view->row[view->rows - 1 - i];
        view->row[view->rows - 1 - i] = row;
    }
}
