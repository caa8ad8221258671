/* SPDX-License-Identifier: MIT */
/* print.c - see print.h */
#include "command/top/print.h"

#include <string.h>
#include <time.h>

#include "command/json.h"
#include "command/text.h"

/* ---- text ----------------------------------------------------------------------------------- */

static const char *processor_name(const struct top_view *view, int processor)
{
    return processor == HUM_HOST ? "-" : view->now.processor[processor + 1].name;
}

static struct text per_second(double bytes)
{
    struct text text = text_bytes((uint64_t)bytes);

    snprintf(text.s + strlen(text.s), sizeof(text.s) - strlen(text.s), "/s");
    return text;
}

static void print_head(const struct top_view *view, const struct top_place *place, FILE *out)
{
    struct top_rates rates = top_view_rates(view);
    time_t now = time(NULL);
    char when[32] = "";
    struct tm local;

    if (localtime_r(&now, &local))
        strftime(when, sizeof(when), "%F %T", &local);
    fprintf(out, "%s %s (%ld): policy %s", when, view->now.program, (long)place->pid,
            view->now.policy);
    if (*view->now.link)
        fprintf(out, ", link %s (modelled)", view->now.link);
    fprintf(out,
            "; faults %s/s host, %s/s devices; moved %s to devices, %s back, %s between; "
            "%s launches\n",
            text_number(rates.faults_host).s, text_number(rates.faults_device).s,
            per_second(rates.bytes[HUM_H2D]).s, per_second(rates.bytes[HUM_D2H]).s,
            per_second(rates.bytes[HUM_D2D]).s, text_count(view->now.launches).s);
    if (view->now.sample_ppm)
        fprintf(out, "  sampling: %.2g %% of the time, %s samples/s; %s for %s in all, at most "
                     "%.2g %%\n",
                rates.sample_ns / 1e7, text_number(rates.samples).s,
                text_time((double)view->now.sample_ns * 1e-9).s,
                text_count(view->now.samples_touched).s, view->now.sample_ppm / 1e4);
}

static void print_processors(const struct top_view *view, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "processor", "capacity", "resident", "running", "faults", "moved", NULL);
    for (unsigned p = 0; p < view->now.processors; p++) {
        const struct humi_live_processor *processor = &view->now.processor[p];
        const struct hum_counters *c = &processor->counters;

        table_row(table, processor->name,
                  processor->capacity_bytes ? text_bytes(processor->capacity_bytes).s : "-",
                  text_bytes(processor->resident_bytes).s,
                  processor->lost ? "lost" : text_count(processor->running).s,
                  text_count(c->faults_host + c->faults_device).s, text_bytes(top_moved(c)).s,
                  NULL);
    }
    table_print(table, out, 2);
}

static void print_regions(struct top_view *view, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "region", "number", "size", "faults/s", "moved/s", "faults", "moved",
              "serving", NULL);
    for (unsigned i = 0; i < view->rows; i++) {
        const struct top_row *row = &view->row[i];

        table_row(table, *row->name ? row->name : "-", text_count(row->id).s,
                  text_bytes(row->bytes).s, text_number(row->fault_rate).s,
                  per_second(row->moved_rate).s, text_count(row->faults).s,
                  text_bytes(row->moved_bytes).s, text_time((double)row->cost_ns * 1e-9).s, NULL);
    }
    table_print(table, out, 2);
}

static void print_kernels(struct top_view *view, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "kernel", "device", "launches", "launches/s", "busy", "faults", "moved",
              "time", NULL);
    for (unsigned i = 0; i < view->rows; i++) {
        const struct top_row *row = &view->row[i];
        struct text busy;

        snprintf(busy.s, sizeof(busy.s), "%.0f %%", row->busy * 1e-7);
        table_row(table, row->name, processor_name(view, row->device),
                  text_count(row->launches).s, text_number(row->launch_rate).s, busy.s,
                  text_count(row->faults).s, text_bytes(row->moved_bytes).s,
                  text_time((double)row->cost_ns * 1e-9).s, NULL);
    }
    table_print(table, out, 2);
}

bool top_print_text(struct top_view *view, const struct top_place *place, enum top_order order,
                    FILE *out)
{
    print_head(view, place, out);
    print_processors(view, out);
    top_view_sort(view, TOP_REGIONS, order, false);
    print_regions(view, out);
    top_view_sort(view, TOP_KERNELS, order, false);
    if (view->rows)
        print_kernels(view, out);
    fputc('\n', out);
    return fflush(out) == 0;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *by_direction(const uint64_t *values)
{
    return json_pack("{s:o, s:o, s:o}", "h2d", json_count(values[HUM_H2D]), "d2h",
                     json_count(values[HUM_D2H]), "d2d", json_count(values[HUM_D2D]));
}

static json_t *causes_json(const struct hum_counters *c)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < HUM_CAUSE_COUNT; i++)
        if (c->events[i])
            json_array_append_new(
                list, json_pack("{s:s, s:o, s:o, s:o}", "name", hum_cause_text((enum hum_cause)i),
                                "events", json_count(c->events[i]), "pages",
                                json_count(c->pages[i]), "bytes",
                                json_count(c->bytes_by_cause[i])));
    return list;
}

static json_t *counters_json(const struct hum_counters *c)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "faults_host",
                     json_count(c->faults_host), "faults_device", json_count(c->faults_device),
                     "faults_duplicate", json_count(c->faults_duplicate), "batches",
                     json_count(c->batches), "bytes", by_direction(c->bytes), "move_ns",
                     by_direction(c->move_ns), "modelled_ns", by_direction(c->modelled_ns),
                     "evictions_clean", json_count(c->evictions_clean), "evictions_dirty",
                     json_count(c->evictions_dirty), "service_ns", json_count(c->service_ns),
                     "causes", causes_json(c));
}

static json_t *processors_json(const struct humi_live_page *page)
{
    json_t *list = json_array();

    for (unsigned p = 0; p < page->processors; p++) {
        const struct humi_live_processor *x = &page->processor[p];

        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "name",
                            json_text(x->name), "kind", json_text(x->kind), "capacity_bytes",
                            json_count(x->capacity_bytes), "resident_bytes",
                            json_count(x->resident_bytes), "frame_bytes",
                            json_count(x->frame_bytes), "spare_bytes", json_count(x->spare_bytes),
                            "running", json_count(x->running), "lost", x->lost != 0, "restarts",
                            json_count(x->restarts), "counters", counters_json(&x->counters)));
    }
    return list;
}

static json_t *rates_json(double faults, double bytes, const char *key, double value)
{
    return json_pack("{s:o, s:o, s:o}", "faults", json_number(faults), "bytes",
                     json_number(bytes), key, json_number(value));
}

static const struct humi_live_region *region_of(const struct top_view *view, unsigned id)
{
    unsigned i = 0;

    while (view->now.region[i].id != id) /* rows were made of these */
        i++;
    return &view->now.region[i];
}

static json_t *regions_json(struct top_view *view)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < view->rows; i++) {
        const struct top_row *row = &view->row[i];
        const struct humi_live_region *region = region_of(view, row->id);
        json_t *resident = json_array();

        for (unsigned p = 0; p < view->now.processors; p++)
            json_array_append_new(resident, json_count(region->resident_bytes[p]));
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_count(row->id),
                            "name", json_text(row->name), "ptr", json_count(region->ptr), "bytes",
                            json_count(row->bytes), "resident_bytes", resident, "per_s",
                            rates_json(row->fault_rate, row->moved_rate, "service_ns", row->busy),
                            "counters", counters_json(&region->counters)));
    }
    return list;
}

static json_t *kernels_json(struct top_view *view)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < view->rows; i++) {
        const struct top_row *row = &view->row[i];

        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_text(row->name),
                            "device", json_text(processor_name(view, row->device)), "launches",
                            json_count(row->launches), "launch_ns", json_count(row->cost_ns),
                            "faults", json_count(row->faults), "bytes",
                            json_count(row->moved_bytes), "per_s",
                            rates_json(row->fault_rate, row->moved_rate, "launches",
                                       row->launch_rate)));
    }
    return list;
}

/* As in the report of `hum run`, and a second. */
static json_t *sampling_json(const struct humi_live_page *page, const struct top_rates *rates)
{
    return json_pack("{s:o, s:o, s:o, s:f, s:o}", "taken", json_count(page->samples_taken),
                     "touched", json_count(page->samples_touched), "ns",
                     json_count(page->sample_ns), "share", page->sample_ppm / 1e6, "per_s",
                     json_pack("{s:o, s:o}", "touched", json_number(rates->samples), "ns",
                               json_number(rates->sample_ns)));
}

bool top_print_json(struct top_view *view, const struct top_place *place, enum top_order order,
                    FILE *out)
{
    const struct humi_live_page *page = &view->now;
    struct top_rates rates = top_view_rates(view);
    json_t *regions, *kernels, *object;

    top_view_sort(view, TOP_REGIONS, order, false);
    regions = regions_json(view);
    top_view_sort(view, TOP_KERNELS, order, false);
    kernels = kernels_json(view);
    object = json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "pid",
        (json_int_t)place->pid, "program", json_text(page->program), "time_s",
        json_number((double)(page->time_ns - page->open_ns) * 1e-9), "policy",
        json_text(page->policy), "link", json_text(page->link), "launches",
        json_count(page->launches), "pace", page->pace != 0, "per_s",
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "faults_host", json_number(rates.faults_host),
                  "faults_device", json_number(rates.faults_device), "bytes_h2d",
                  json_number(rates.bytes[HUM_H2D]), "bytes_d2h",
                  json_number(rates.bytes[HUM_D2H]), "bytes_d2d",
                  json_number(rates.bytes[HUM_D2D]), "launches", json_number(rates.launches)),
        "total", counters_json(&page->total), "processors", processors_json(page), "regions",
        regions, "kernels", kernels);
    json_object_set_new(object, "regions_live", json_count(page->regions));
    json_object_set_new(object, "region_bytes", json_count(page->region_bytes));
    json_object_set_new(object, "metadata_bytes", json_count(page->metadata_bytes));
    json_object_set_new(object, "sampling", sampling_json(page, &rates));
    return json_print(object, out, false) && fflush(out) == 0;
}
