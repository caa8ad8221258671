/* SPDX-License-Identifier: MIT */
/* ledger.c - see ledger.h */
#include "report/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- costs ---------------------------------------------------------------------------------- */

uint64_t cost_bytes(const struct cost *cost)
{
    return cost->bytes[HUM_H2D] + cost->bytes[HUM_D2H] + cost->bytes[HUM_D2D];
}

static int more_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

int cost_compare(const struct cost *a, const struct cost *b)
{
    int order = more_first(a->copy_ns, b->copy_ns);

    if (!order)
        order = more_first(cost_bytes(a), cost_bytes(b));
    return order ? order : more_first(a->faults[0] + a->faults[1], b->faults[0] + b->faults[1]);
}

void cost_add(struct cost *sum, const struct cost *cost)
{
    sum->events += cost->events;
    sum->faults[0] += cost->faults[0];
    sum->faults[1] += cost->faults[1];
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        sum->bytes[d] += cost->bytes[d];
    sum->copy_ns += cost->copy_ns;
    sum->modelled_ns += cost->modelled_ns;
    sum->evictions += cost->evictions;
}

static void charge_event(struct cost *cost, const struct hum_trace_event *event)
{
    cost->events++;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        cost->bytes[d] += event->bytes[d];
    cost->copy_ns += event->move_ns;
    cost->modelled_ns += event->modelled_ns;
    cost->evictions += event->evicted;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Room for one row more, doubled at powers of two.  NULL: no memory. */
static void *room_for(void *rows, uint32_t count, size_t row_bytes)
{
    if (count & (count - 1))
        return rows;
    return realloc(rows, 2 * (size_t)count * row_bytes);
}

bool ledger_init(struct ledger *ledger)
{
    memset(ledger, 0, sizeof(*ledger));
    index_init(&ledger->region_index);
    index_init(&ledger->kernel_index);
    ledger->region = calloc(1, sizeof(*ledger->region));
    ledger->kernel = calloc(1, sizeof(*ledger->kernel));
    ledger->phase = calloc(1, sizeof(*ledger->phase));
    if (!ledger->region || !ledger->kernel || !ledger->phase)
        return false;
    ledger->regions = ledger->kernels = ledger->phases = 1;
    ledger->kernel[0].device = HUM_HOST;
    ledger->phase[0].device = HUM_HOST;
    ledger->region[0].end_ns = LEDGER_LIVE;
    return true;
}

void ledger_fini(struct ledger *ledger)
{
    free(ledger->region);
    free(ledger->kernel);
    free(ledger->phase);
    index_fini(&ledger->region_index);
    index_fini(&ledger->kernel_index);
    memset(ledger, 0, sizeof(*ledger));
}

static uint32_t row_in(const struct index *index, uint32_t id)
{
    uint32_t place = id ? index_find(index, id) : INDEX_NONE;

    return place == INDEX_NONE ? 0 : place + 1;
}

uint32_t ledger_region_row(const struct ledger *ledger, uint32_t region)
{
    return row_in(&ledger->region_index, region);
}

uint32_t ledger_kernel_row(const struct ledger *ledger, uint32_t kernel)
{
    return row_in(&ledger->kernel_index, kernel);
}

static bool note_region(struct ledger *ledger, uint64_t time_ns,
                        const struct hum_trace_region *region)
{
    uint32_t row = ledger_region_row(ledger, region->region);
    struct ledger_region *rows;

    if (!row) {
        if (!region->region || ledger->regions > LEDGER_REGIONS_MAX)
            return true;
        rows = room_for(ledger->region, ledger->regions, sizeof(*rows));
        if (rows)
            ledger->region = rows;
        if (!rows || !index_add(&ledger->region_index, region->region))
            return false;
        row = ledger->regions++;
        ledger->region[row] = (struct ledger_region){
            .id = region->region, .start_ns = time_ns, .end_ns = LEDGER_LIVE};
    }
    ledger->region[row].first_page = region->first_page;
    ledger->region[row].bytes = region->bytes;
    snprintf(ledger->region[row].name, sizeof(ledger->region[row].name), "%.63s", region->name);
    return true;
}

/* A kernel that is launched but was never described has its number for a name. */
static bool note_kernel(struct ledger *ledger, uint32_t id, int device, const char *name)
{
    uint32_t row = ledger_kernel_row(ledger, id);
    struct ledger_kernel *rows;

    if (!row) {
        if (!id || ledger->kernels >= LEDGER_KERNELS_MAX)
            return true;
        rows = room_for(ledger->kernel, ledger->kernels, sizeof(*rows));
        if (rows)
            ledger->kernel = rows;
        if (!rows || !index_add(&ledger->kernel_index, id))
            return false;
        row = ledger->kernels++;
        ledger->kernel[row] = (struct ledger_kernel){.id = id, .device = device};
    }
    if (name)
        snprintf(ledger->kernel[row].name, sizeof(ledger->kernel[row].name), "%.63s", name);
    else if (!ledger->kernel[row].name[0])
        snprintf(ledger->kernel[row].name, sizeof(ledger->kernel[row].name), "kernel %u", id);
    return true;
}

static bool new_phase(struct ledger *ledger, uint64_t start_ns, uint32_t kernel, int device)
{
    struct ledger_phase *rows = room_for(ledger->phase, ledger->phases, sizeof(*rows));

    if (!rows)
        return false;
    ledger->phase = rows;
    ledger->phase[ledger->phases++] = (struct ledger_phase){
        .kernel = kernel, .device = device, .start_ns = start_ns, .end_ns = start_ns};
    return true;
}

static bool note_launch(struct ledger *ledger, uint64_t start_ns,
                        const struct hum_trace_launch *launch)
{
    uint64_t busy_ns = launch->end_ns > start_ns ? launch->end_ns - start_ns : 0;
    struct ledger_phase *phase;
    struct ledger_kernel *kernel;
    uint32_t row;

    if (!note_kernel(ledger, launch->kernel, launch->device, NULL))
        return false;
    row = ledger_kernel_row(ledger, launch->kernel);
    phase = &ledger->phase[ledger->phases - 1];
    if (ledger->phases == 1 || phase->kernel != row || phase->device != launch->device) {
        if (ledger->phases < LEDGER_PHASES_MAX && !new_phase(ledger, start_ns, row, launch->device))
            return false;
        phase = &ledger->phase[ledger->phases - 1];
    }
    if (start_ns < phase->start_ns)
        phase->start_ns = start_ns;
    if (launch->end_ns > phase->end_ns)
        phase->end_ns = launch->end_ns;
    phase->launches++;
    phase->busy_ns += busy_ns;
    kernel = &ledger->kernel[row];
    kernel->launches++;
    kernel->failed += launch->status != HUM_OK;
    kernel->indices += launch->count;
    kernel->busy_ns += busy_ns;
    return true;
}

bool ledger_note(struct ledger *ledger, const struct hum_trace_record *record)
{
    uint32_t row;

    switch (record->kind) {
    case HUM_TRACE_REGION:
        return note_region(ledger, record->time_ns, &record->region);
    case HUM_TRACE_REGION_END:
        row = ledger_region_row(ledger, record->region_end.region);
        if (row)
            ledger->region[row].end_ns = record->time_ns;
        return true;
    case HUM_TRACE_KERNEL:
        return note_kernel(ledger, record->kernel.kernel, record->kernel.device,
                           record->kernel.name);
    case HUM_TRACE_LAUNCH:
        return note_launch(ledger, record->time_ns, &record->launch);
    default:
        return true;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct ledger_phase *x = a, *y = b;

    return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

void ledger_arrange(struct ledger *ledger, uint64_t start_ns)
{
    ledger->phase[0].start_ns = start_ns;
    qsort(ledger->phase + 1, ledger->phases - 1, sizeof(*ledger->phase), by_start);
    ledger->phase[0].end_ns = ledger->phases > 1 ? ledger->phase[1].start_ns : start_ns;
}

/* ---- charging ------------------------------------------------------------------------------- */

static struct ledger_phase *phase_at(struct ledger *ledger, uint64_t time_ns)
{
    uint32_t low = 0, high = ledger->phases;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (ledger->phase[middle].start_ns <= time_ns)
            low = middle;
        else
            high = middle;
    }
    return &ledger->phase[low];
}

void ledger_charge_event(struct ledger *ledger, uint64_t time_ns,
                         const struct hum_trace_event *event)
{
    struct ledger_region *region = &ledger->region[ledger_region_row(ledger, event->region)];

    charge_event(&region->cost, event);
    region->cause_events[event->cause]++;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        region->cause_bytes[event->cause] += event->bytes[d];
    charge_event(&ledger->kernel[ledger_kernel_row(ledger, event->kernel)].cost, event);
    charge_event(&phase_at(ledger, time_ns)->cost, event);
}

void ledger_charge_faults(struct ledger *ledger, uint64_t time_ns,
                          const struct hum_trace_faults *faults)
{
    int side = faults->processor != HUM_HOST;

    ledger->region[ledger_region_row(ledger, faults->region)].cost.faults[side] += faults->faults;
    ledger->kernel[ledger_kernel_row(ledger, faults->kernel)].cost.faults[side] += faults->faults;
    phase_at(ledger, time_ns)->cost.faults[side] += faults->faults;
}
