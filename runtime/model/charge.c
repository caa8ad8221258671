/* SPDX-License-Identifier: MIT */
/* charge.c - records of a batch added up, and its time. */
#include "model/charge.h"

static void take_faults(struct humi_charge *charge, const struct hum_trace_faults *faults)
{
    charge->batch.faults += faults->faults - faults->duplicates;
    charge->batch.duplicates += faults->duplicates;
    charge->batch.blocks++;
}

/* True: the block's pages go to a device for the first time since the host fetched some. */
static bool is_taken(struct humi_charge *charge, const struct hum_trace_event *event)
{
    struct humi_model_processor *host = &charge->world->processor[0];
    struct humi_model_entry *entry = humi_model_entry_make(host, event->block);
    if (!entry)
        return false;
    bool first = event->bytes[HUM_H2D] && !entry->taken;
    if (event->bytes[HUM_H2D])
        entry->taken = true;
    else if (event->processor == HUM_HOST && event->bytes[HUM_D2H])
        entry->taken = false;
    return first;
}

static void take_event(struct humi_charge *charge, const struct hum_trace_event *event)
{
    unsigned copies = humi_mask_count_runs(&event->moved);
    charge->batch.evictions += event->evicted;
    charge->batch.blocks_taken += is_taken(charge, event);
    bool ahead = event->cause == HUM_CAUSE_PREFETCH_POLICY ||
                 event->cause == HUM_CAUSE_PREFETCH_USER;
    charge->batch.blocks += ahead && event->block != charge->last_block;
    charge->last_block = event->block;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        charge->bytes[d] += event->bytes[d];
        charge->copies[d] += event->bytes[d] ? copies : 0;
    }
}

void humi_charge_take(void *self, const struct hum_trace_record *record)
{
    struct humi_charge *charge = self;
    if (record->kind == HUM_TRACE_FAULTS)
        take_faults(charge, &record->faults);
    else if (record->kind == HUM_TRACE_EVENT)
        take_event(charge, &record->event);
    if (charge->next)
        charge->next->take(charge->next->self, record);
}

void humi_charge_begin(struct humi_charge *charge)
{
    charge->batch = (struct humi_cost_batch){.faults = 0};
    charge->last_block = UINT32_MAX;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        charge->copies[d] = 0, charge->bytes[d] = 0;
}

double humi_charge_reach(struct humi_charge *charge, enum hum_direction direction,
                         uint64_t touches, bool waits, double at_ns)
{
    double from = charge->reached_ns[direction] > at_ns ? charge->reached_ns[direction] : at_ns;
    double ns = (double)touches * HUMI_COST_REMOTE_BYTES * charge->model.link.ns_per_byte;
    charge->reached_ns[direction] = from + ns;
    charge->reach_ns[direction] += ns;
    return from + ns + (waits ? (double)HUMI_COST_REMOTE_NS : 0);
}

uint64_t humi_charge_end(struct humi_charge *charge, uint64_t start_ns)
{
    uint64_t begin = start_ns + humi_cost_batch_ns(&charge->model, &charge->batch), end = begin;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        uint64_t ns = humi_link_ns(&charge->model.link, charge->bytes[d], charge->copies[d]);
        if (!ns)
            continue;
        uint64_t from = charge->free_ns[d] > begin ? charge->free_ns[d] : begin;
        charge->free_ns[d] = from + ns;
        charge->busy_ns[d] += ns;
        if (charge->free_ns[d] > end)
            end = charge->free_ns[d];
    }
    return end;
}
