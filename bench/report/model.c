/* SPDX-License-Identifier: MIT */
/* model.c - see model.h */
#include "report/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- first pass: extents -------------------------------------------------------------------- */

static void see_time(struct report_model *model, const struct hum_trace_record *record)
{
    uint64_t end_ns = record->time_ns;

    if (record->kind == HUM_TRACE_LAUNCH && record->launch.end_ns > end_ns)
        end_ns = record->launch.end_ns;
    if (record->time_ns < model->start_ns)
        model->start_ns = record->time_ns;
    if (end_ns >= model->end_ns)
        model->end_ns = end_ns + 1;
}

static bool see_event(struct pages *pages, const struct hum_trace_event *event)
{
    unsigned low = HUM_PAGES_PER_BLOCK, high = 0;

    for (unsigned w = 0; w < HUM_PAGES_PER_BLOCK / 64; w++) {
        uint64_t word = event->pages.word[w] | event->moved.word[w];

        if (!word)
            continue;
        if (low == HUM_PAGES_PER_BLOCK)
            low = 64 * w + (unsigned)__builtin_ctzll(word);
        high = 64 * w + 64 - (unsigned)__builtin_clzll(word);
    }
    return pages_see(pages, event->block, low, high);
}

static bool see_access(struct pages *pages, const struct hum_trace_access *access)
{
    uint64_t page = access->first_page, end = page + access->pages;

    if (end / HUM_PAGES_PER_BLOCK > UINT32_MAX) {
        pages->untracked++;
        return true;
    }
    while (page < end) {
        unsigned low = (unsigned)(page % HUM_PAGES_PER_BLOCK);
        uint64_t left = end - page;
        unsigned high =
            left < HUM_PAGES_PER_BLOCK - low ? low + (unsigned)left : HUM_PAGES_PER_BLOCK;

        if (!pages_see(pages, (uint32_t)(page / HUM_PAGES_PER_BLOCK), low, high))
            return false;
        page += high - low;
    }
    return true;
}

static void see_description(struct report_model *model, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_SPACE:
        model->space = record->space;
        model->has_space = true;
        break;
    case HUM_TRACE_SETTING:
        if (model->settings < MODEL_SETTINGS_MAX)
            model->setting[model->settings++] = record->setting;
        break;
    case HUM_TRACE_PROCESSOR:
        model->processor[record->processor.processor + 1] = record->processor;
        model->has_processor[record->processor.processor + 1] = true;
        break;
    case HUM_TRACE_DROPPED:
        if (record->dropped.kind < HUM_TRACE_KIND_COUNT)
            model->dropped[record->dropped.kind] += record->dropped.count;
        break;
    case HUM_TRACE_TOTALS:
        model->totals = record->totals;
        model->check = CHECK_AGREES;
        break;
    default:
        break;
    }
}

static bool see(struct report_model *model, const struct hum_trace_record *record)
{
    model->records[record->kind]++;
    see_time(model, record);
    see_description(model, record);
    if (record->kind == HUM_TRACE_EVENT && !see_event(&model->pages, &record->event))
        return false;
    if (record->kind == HUM_TRACE_ACCESS && !see_access(&model->pages, &record->access))
        return false;
    return ledger_note(&model->ledger, record);
}

/* ---- second pass: filling ------------------------------------------------------------------- */

static bool fill(struct report_model *model, const struct hum_trace_record *record)
{
    uint64_t time_ns = record->time_ns;

    switch (record->kind) {
    case HUM_TRACE_EVENT:
        timeline_event(&model->timeline, time_ns, &record->event);
        ledger_charge_event(&model->ledger, time_ns, &record->event);
        return heat_event(&model->heat, &model->pages, time_ns, &record->event);
    case HUM_TRACE_FAULTS:
        timeline_add(&model->timeline,
                     record->faults.processor == HUM_HOST ? SERIES_FAULTS_HOST
                                                          : SERIES_FAULTS_DEVICE,
                     time_ns, record->faults.faults);
        ledger_charge_faults(&model->ledger, time_ns, &record->faults);
        return true;
    case HUM_TRACE_LAUNCH:
        return timeline_launch(&model->timeline, time_ns,
                               (uint16_t)ledger_kernel_row(&model->ledger, record->launch.kernel),
                               &record->launch);
    case HUM_TRACE_ACCESS:
        heat_access(&model->heat, &model->pages, time_ns, &record->access);
        return true;
    default:
        return true;
    }
}

/* ---- the runtime's own counters ------------------------------------------------------------- */

static void compare(struct report_model *model, const char *name, uint64_t counted, uint64_t summed)
{
    if (counted == summed)
        return;
    model->check = CHECK_DIFFERS;
    if (model->differences < MODEL_DIFFERENCES_MAX)
        model->difference[model->differences++] = (struct model_difference){name, counted, summed};
}

static void compare_totals(struct report_model *model)
{
    const struct hum_counters *c = &model->totals.counters;
    const struct hum_metrics *m = &model->metrics;

    if (model->check == CHECK_ABSENT)
        return;
    compare(model, "host faults", c->faults_host, m->faults[0]);
    compare(model, "device faults", c->faults_device, m->faults[1]);
    compare(model, "duplicate faults", c->faults_duplicate, m->duplicate_faults);
    compare(model, "bytes to the device", c->bytes[HUM_H2D], m->bytes[HUM_H2D]);
    compare(model, "bytes to the host", c->bytes[HUM_D2H], m->bytes[HUM_D2H]);
    compare(model, "bytes between devices", c->bytes[HUM_D2D], m->bytes[HUM_D2D]);
    compare(model, "clean evictions", c->evictions_clean, m->evictions_clean);
    compare(model, "dirty evictions", c->evictions_dirty, m->evictions_dirty);
    for (int cause = 0; cause < HUM_CAUSE_COUNT; cause++)
        compare(model, hum_cause_text((enum hum_cause)cause), c->events[cause], m->events[cause]);
}

/* ---- the two passes ------------------------------------------------------------------------- */

static enum hum_status first_pass(struct report_model *model, const struct report_source *source,
                                  struct hum_metering *metering)
{
    struct hum_trace_record record;
    enum hum_status status;

    while ((status = source->next(source->of, &record)) == HUM_OK) {
        status = hum_metering_feed(metering, &record); /* refuses what is no record */
        if (status != HUM_OK)
            break;
        if (!see(model, &record))
            return HUM_ERR_NO_MEMORY;
    }
    if (status == HUM_ERR_INVALID) {
        const char *reason = hum_error_text();

        snprintf(model->damage, sizeof(model->damage), "%s", *reason ? reason : "not readable");
        return HUM_OK;
    }
    return status == HUM_ERR_NOT_FOUND ? HUM_OK : status;
}

/* As many records as the first pass took: the file may have grown.  Then one look at the end. */
static enum hum_status second_pass(struct report_model *model, const struct report_source *source)
{
    struct hum_trace_record record;
    enum hum_status status = source->rewind(source->of);
    uint64_t left = 0;

    for (int kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        left += model->records[kind];
    while (status == HUM_OK && left--) {
        status = source->next(source->of, &record);
        if (status == HUM_OK && !fill(model, &record))
            return HUM_ERR_NO_MEMORY;
    }
    if (status == HUM_OK && source->next(source->of, &record) == HUM_OK)
        model->grew = true;
    return status;
}

static enum hum_status arrange(struct report_model *model)
{
    bool has_accesses = model->records[HUM_TRACE_ACCESS] > 0;

    ledger_arrange(&model->ledger, model->start_ns);
    if (!pages_arrange(&model->pages) ||
        !timeline_init(&model->timeline, model->start_ns, model->end_ns) ||
        !heat_init(&model->heat, &model->pages, model->start_ns, model->end_ns, has_accesses))
        return HUM_ERR_NO_MEMORY;
    return HUM_OK;
}

static enum hum_status build(struct report_model *model, const struct report_source *source)
{
    struct hum_metering *metering;
    enum hum_status status = hum_metering_create(&metering);

    if (status != HUM_OK)
        return status;
    status = first_pass(model, source, metering);
    if (status == HUM_OK)
        hum_metering_read(metering, &model->metrics);
    hum_metering_destroy(metering);
    if (status == HUM_OK && model->end_ns == 0)
        return HUM_ERR_INVALID;
    if (status == HUM_OK)
        status = arrange(model);
    if (status == HUM_OK)
        status = second_pass(model, source);
    if (status != HUM_OK)
        return status;
    timeline_finish(&model->timeline);
    heat_finish(&model->heat, &model->pages);
    compare_totals(model);
    model->worst_count = pages_worst(&model->pages, model->worst, MODEL_WORST_MAX);
    return HUM_OK;
}

enum hum_status report_model_create(const struct report_source *source,
                                    struct report_model **model_out)
{
    struct report_model *model = calloc(1, sizeof(*model));
    enum hum_status status;

    if (!model)
        return HUM_ERR_NO_MEMORY;
    model->start_ns = UINT64_MAX;
    pages_init(&model->pages);
    status = ledger_init(&model->ledger) ? build(model, source) : HUM_ERR_NO_MEMORY;
    if (status != HUM_OK) {
        report_model_destroy(model);
        return status;
    }
    *model_out = model;
    return HUM_OK;
}

void report_model_destroy(struct report_model *model)
{
    if (!model)
        return;
    timeline_fini(&model->timeline);
    heat_fini(&model->heat);
    pages_fini(&model->pages);
    ledger_fini(&model->ledger);
    free(model);
}
