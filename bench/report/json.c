/* SPDX-License-Identifier: MIT */
/* json.c - the model as JSON; see output.h.  README.md lists the members. */
#include "command/json.h"

#include <stdlib.h>

#include "command/text.h"
#include "command/trace/metrics.h"
#include "report/encode.h"
#include "report/output.h"

enum { SHOWN_REGIONS = 100, SHOWN_KERNELS = 100, SHOWN_PHASES = 200 };

/* ---- small things --------------------------------------------------------------------------- */

static json_t *encoded(struct encoder *encoder)
{
    char *text = encoder_finish(encoder);
    json_t *value = text ? json_string_nocheck(text) : NULL;

    free(text);
    return value;
}

static json_t *directions(const uint64_t *value)
{
    return json_pack("{s:o, s:o, s:o}", "h2d", json_count(value[HUM_H2D]), "d2h",
                     json_count(value[HUM_D2H]), "d2d", json_count(value[HUM_D2D]));
}

static json_t *address(const struct report_model *model, uint64_t page)
{
    return json_string(text_hex(report_address(model, page)).s);
}

static json_t *cost(const struct cost *cost)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "events", json_count(cost->events),
                     "faults_host", json_count(cost->faults[0]), "faults_device",
                     json_count(cost->faults[1]), "bytes", directions(cost->bytes), "copy_ns",
                     json_count(cost->copy_ns), "modelled_ns", json_count(cost->modelled_ns),
                     "evictions", json_count(cost->evictions));
}

/* ---- about the trace ------------------------------------------------------------------------ */

static json_t *counts_by_kind(const uint64_t *count)
{
    json_t *object = json_object();

    for (int kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        if (count[kind])
            json_object_set_new(object, hum_trace_kind_text((enum hum_trace_kind)kind),
                                json_count(count[kind]));
    return object;
}

static json_t *trace(const struct report_model *model)
{
    return json_pack("{s:o, s:i, s:o, s:o, s:b, s:o, s:o, s:o}", "file", json_text(model->file),
                     "version", (int)model->info.version, "file_bytes",
                     json_count(model->info.file_bytes), "raw_bytes",
                     json_count(model->info.raw_bytes), "truncated", model->info.truncated,
                     "damage", model->damage[0] ? json_text(model->damage) : json_null(), "records",
                     counts_by_kind(model->records), "dropped", counts_by_kind(model->dropped));
}

static json_t *run(const struct report_model *model)
{
    json_t *settings = json_array(), *processors = json_array();
    char repeat[1024], name[72];

    for (uint32_t i = 0; i < model->settings; i++)
        json_array_append_new(settings,
                              json_pack("{s:o, s:o}", "key", json_text(model->setting[i].key),
                                        "value", json_text(model->setting[i].value)));
    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        const struct hum_trace_processor *processor = &model->processor[p + 1];

        report_processor_name(model, p, name, sizeof(name));
        if (model->has_processor[p + 1])
            json_array_append_new(processors,
                                  json_pack("{s:i, s:o, s:o, s:o, s:i}", "processor", p, "name",
                                            json_text(name), "kind", json_text(processor->kind),
                                            "capacity_bytes", json_count(processor->capacity_bytes),
                                            "workers", (int)processor->workers));
    }
    report_repeat(model, repeat, sizeof(repeat));
    return json_pack(
        "{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "program", json_text(model->space.program),
        "pid", (int)model->space.pid, "unix_ns", json_count(model->space.unix_ns), "space_start",
        json_text(text_hex(model->space.start).s), "space_bytes", json_count(model->space.bytes),
        "settings", settings, "processors", processors, "repeat", json_text(repeat));
}

static json_t *check(const struct report_model *model)
{
    static const char *const results[] = {"absent", "agrees", "differs"};
    json_t *list = json_array();

    for (uint32_t i = 0; i < model->differences; i++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", model->difference[i].name,
                                              "counted", json_count(model->difference[i].counted),
                                              "summed", json_count(model->difference[i].summed)));
    return json_pack("{s:s, s:o}", "result", results[model->check], "differences", list);
}

/* ---- pictures ------------------------------------------------------------------------------- */

static json_t *lane(const struct report_model *model, int device)
{
    const struct lane *lane = &model->timeline.lane[device];
    struct encoder kernels, busy;
    char name[72];

    encoder_init(&kernels);
    encoder_init(&busy);
    for (uint32_t bin = 0; bin < model->timeline.bins; bin++) {
        encoder_put(&kernels, lane->kernel[bin]);
        encoder_put(&busy, timeline_busy_percent(&model->timeline, lane, bin));
    }
    return json_pack("{s:i, s:o, s:o, s:o, s:o}", "device", device, "name",
                     json_text(report_processor_name(model, device, name, sizeof(name))),
                     "launches", json_count(lane->launches), "kernel", encoded(&kernels),
                     "busy_percent", encoded(&busy));
}

static json_t *timeline(const struct report_model *model)
{
    const struct timeline *t = &model->timeline;
    json_t *series = json_object(), *lanes = json_array(), *names = json_array();

    for (int s = 0; s < SERIES_COUNT; s++) {
        struct encoder encoder;

        encoder_init(&encoder);
        for (uint32_t bin = 0; bin < t->bins; bin++)
            encoder_put(&encoder, t->sum[s][bin]);
        json_object_set_new(series, series_key((enum series)s), encoded(&encoder));
    }
    for (int d = 0; d < HUM_DEVICES_MAX; d++)
        if (t->lane[d].kernel)
            json_array_append_new(lanes, lane(model, d));
    for (uint32_t row = 0; row < model->ledger.kernels; row++)
        json_array_append_new(names, json_text(report_kernel_name(model, row)));
    return json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o}", "start_ns", json_count(t->start_ns),
                     "end_ns", json_count(t->end_ns), "bin_ns", json_count(t->bin_ns), "bins",
                     (int)t->bins, "series", series, "lanes", lanes, "kernels", names);
}

/* The row of the region that owns a page at last; 0: none. */
static uint32_t region_at(const struct report_model *model, uint64_t page)
{
    for (uint32_t row = model->ledger.regions - 1; row > 0; row--) {
        const struct ledger_region *region = &model->ledger.region[row];
        uint64_t pages = (region->bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;

        if (page >= region->first_page && page - region->first_page < pages)
            return row;
    }
    return 0;
}

static json_t *heat_rows(const struct report_model *model)
{
    json_t *list = json_array();
    char name[96];

    for (uint32_t row = 0; row < model->heat.rows; row++) {
        uint64_t position = heat_row_position(&model->heat, &model->pages, row);
        uint64_t page = pages_at(&model->pages, position);

        report_region_name(model, region_at(model, page), name, sizeof(name));
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o}", "address", address(model, page), "pages",
                            json_count(heat_row_position(&model->heat, &model->pages, row + 1) -
                                       position),
                            "region", json_text(name)));
    }
    return list;
}

enum layer { LAYER_TOUCHED, LAYER_BY, LAYER_MOVED, LAYER_HOLDER, LAYER_SHARE };

static uint64_t heat_cell(const struct heat *heat, enum layer layer, size_t cell)
{
    switch (layer) {
    case LAYER_TOUCHED:
        return heat->touched[cell];
    case LAYER_BY:
        return heat->by[cell];
    case LAYER_MOVED:
        return heat->moved[cell];
    case LAYER_HOLDER:
        return heat->holder[cell];
    default:
        return heat->share[cell];
    }
}

static json_t *heat_layer(const struct heat *heat, enum layer layer)
{
    size_t cells = (size_t)heat->rows * heat->columns;
    struct encoder encoder;

    encoder_init(&encoder);
    for (size_t cell = 0; cell < cells; cell++)
        encoder_put(&encoder, heat_cell(heat, layer, cell));
    return encoded(&encoder);
}

static json_t *heat(const struct report_model *model)
{
    const struct heat *h = &model->heat;

    return json_pack("{s:i, s:i, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rows",
                     (int)h->rows, "columns", (int)h->columns, "column_ns",
                     json_count(h->column_ns), "touches_from",
                     h->from_accesses ? "accesses" : "faults", "touched_bytes",
                     json_count(model->pages.axis_pages * HUM_PAGE_SIZE), "untracked",
                     json_count(model->pages.untracked), "row", heat_rows(model), "touched",
                     heat_layer(h, LAYER_TOUCHED), "by", heat_layer(h, LAYER_BY), "moved",
                     heat_layer(h, LAYER_MOVED), "holder", heat_layer(h, LAYER_HOLDER),
                     "share_percent", heat_layer(h, LAYER_SHARE));
}

/* ---- tables --------------------------------------------------------------------------------- */

static json_t *region_causes(const struct ledger_region *region)
{
    json_t *list = json_array();

    for (int cause = 0; cause < HUM_CAUSE_COUNT; cause++)
        if (region->cause_events[cause])
            json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "cause",
                                                  hum_cause_text((enum hum_cause)cause), "events",
                                                  json_count(region->cause_events[cause]), "bytes",
                                                  json_count(region->cause_bytes[cause])));
    return list;
}

static json_t *region_row(const struct report_model *model, uint32_t row)
{
    const struct ledger_region *region = &model->ledger.region[row];
    char name[96];

    report_region_name(model, row, name, sizeof(name));
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (int)region->id, "name",
                     json_text(name), "address",
                     row ? address(model, region->first_page) : json_null(), "size_bytes",
                     row ? json_count(region->bytes) : json_null(), "start_ns",
                     row ? json_count(region->start_ns) : json_null(), "freed_ns",
                     region->end_ns == LEDGER_LIVE ? json_null() : json_count(region->end_ns),
                     "cost", cost(&region->cost), "causes", region_causes(region));
}

static json_t *kernel_row(const struct report_model *model, uint32_t row)
{
    const struct ledger_kernel *kernel = &model->ledger.kernel[row];
    char name[72];

    return json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (int)kernel->id, "name",
        json_text(report_kernel_name(model, row)), "processor",
        json_text(row ? report_processor_name(model, kernel->device, name, sizeof(name)) : "any"),
        "launches", json_count(kernel->launches), "failed", json_count(kernel->failed), "indices",
        json_count(kernel->indices), "busy_ns", json_count(kernel->busy_ns), "cost",
        cost(&kernel->cost));
}

static json_t *phase_row(const struct report_model *model, uint32_t row)
{
    const struct ledger_phase *phase = &model->ledger.phase[row];
    char name[72];

    return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "phase", (int)row, "kernel",
                     row ? report_kernel_name(model, phase->kernel) : "before the first launch",
                     "processor",
                     json_text(report_processor_name(model, phase->device, name, sizeof(name))),
                     "start_ns", json_count(phase->start_ns), "end_ns", json_count(phase->end_ns),
                     "launches", json_count(phase->launches), "busy_ns", json_count(phase->busy_ns),
                     "cost", cost(&phase->cost));
}

static const struct cost *cost_of(const struct report_model *model, enum report_table table,
                                  uint32_t row)
{
    switch (table) {
    case TABLE_OF_REGIONS:
        return &model->ledger.region[row].cost;
    case TABLE_OF_KERNELS:
        return &model->ledger.kernel[row].cost;
    default:
        return &model->ledger.phase[row].cost;
    }
}

/* {"row": the most expensive ones, "count": of all, "others": what the rest cost} */
static json_t *ranked(const struct report_model *model, enum report_table table, uint32_t shown)
{
    json_t *(*const row_of[])(const struct report_model *, uint32_t) = {region_row, kernel_row,
                                                                        phase_row};
    json_t *list = json_array();
    struct cost others = {0};
    uint32_t *rank, count = report_rank(model, table, &rank);

    if (!rank) {
        json_decref(list);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        if (i < shown)
            json_array_append_new(list, row_of[table](model, rank[i]));
        else
            cost_add(&others, cost_of(model, table, rank[i]));
    free(rank);
    return json_pack("{s:o, s:i, s:o}", "row", list, "count", (int)count, "others", cost(&others));
}

static json_t *worst(const struct report_model *model)
{
    json_t *list = json_array();
    char name[96];

    for (uint32_t i = 0; i < model->worst_count; i++) {
        const struct page_run *run = &model->worst[i];

        report_region_name(model, ledger_region_row(&model->ledger, run->region), name,
                           sizeof(name));
        json_array_append_new(
            list, json_pack("{s:o, s:i, s:o, s:i, s:i}", "address", address(model, run->first_page),
                            "pages", (int)run->pages, "region", json_text(name), "to_device",
                            (int)run->to_device, "to_host", (int)run->to_host));
    }
    return list;
}

json_t *report_json_of(const struct report_model *model)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format",
                     "hum report 1", "trace", trace(model), "run", run(model), "check",
                     check(model), "modelled", report_has_modelled(model), "metrics",
                     trace_metrics_json(&model->metrics), "timeline", timeline(model), "heat",
                     heat(model), "regions", ranked(model, TABLE_OF_REGIONS, SHOWN_REGIONS),
                     "kernels", ranked(model, TABLE_OF_KERNELS, SHOWN_KERNELS), "phases",
                     ranked(model, TABLE_OF_PHASES, SHOWN_PHASES), "worst", worst(model));
}

bool report_print_json(const struct report_model *model, FILE *out)
{
    return json_print(report_json_of(model), out, false);
}
