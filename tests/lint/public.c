/* SPDX-License-Identifier: MIT */
/* public.c - every macro of the public headers used once, compiled as C and as C++. */
#include <hum/hum.h>
#include <hum/kernel.h>
#include <hum/policy.h>
#include <hum/trace.h>

struct arguments {
    float *values;
    int *count;
    size_t n;
};

HUM_KERNEL(flat, struct arguments)
{
    hum_for_each (i, args->n)
        args->values[i] += 1.0f;
    hum_atomic_add_i32(args->count, 1);
    hum_fence();
}

HUM_KERNEL(grouped, struct arguments)
{
    float *tile = (float *)hum_local_memory();

    hum_for_item (it)
        tile[hum_item_id(it, 0)] = args->values[hum_global_id(it, 0)];
    hum_barrier();
    hum_for_item (it)
        if (hum_global_id(it, 0) < hum_global_size(0) && hum_group_id(0) < hum_group_count(0))
            args->values[hum_global_id(it, 0)] = tile[hum_group_size(0) - 1 - hum_item_id(it, 0)];
}

enum hum_status open_one(struct hum **hum_out);

enum hum_status open_one(struct hum **hum_out)
{
    struct hum_options options = HUM_OPTIONS_INIT;

    options.devices = "emu:mem=64M";
    return hum_open(&options, hum_out);
}

uint32_t places(void);

uint32_t places(void)
{
    return HUM_BIT(HUM_HOST) | HUM_BIT(0) | (uint32_t)(HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
}

const char *kind_of(const struct hum_trace_record *record);

const char *kind_of(const struct hum_trace_record *record)
{
    bool behind = record->kind == HUM_TRACE_ACCESS &&
                  record->access.first_page > HUM_TRACE_PAGES_MAX;

    return behind ? NULL : hum_trace_kind_text(record->kind);
}

double known(double metric);

double known(double metric)
{
    return metric == HUM_METRIC_UNKNOWN ? 0 : metric;
}
