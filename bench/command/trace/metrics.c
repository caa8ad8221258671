/* SPDX-License-Identifier: MIT */
/* metrics.c - see metrics.h */
#include "command/trace/metrics.h"

#include <string.h>

#include "command/text.h"

enum metric_type { METRIC_COUNT, METRIC_BYTES, METRIC_TIME, METRIC_RATIO };

static const struct metric {
    const char *name;
    enum metric_type type;
    size_t offset;
} single[] = {
#define METRIC(name, type) {#name, type, offsetof(struct hum_metrics, name)}
    METRIC(far_faults, METRIC_COUNT),
    METRIC(duplicate_faults, METRIC_COUNT),
    METRIC(batches, METRIC_COUNT),
    METRIC(batch_faults, METRIC_RATIO),
    METRIC(bytes_demand, METRIC_BYTES),
    METRIC(bytes_prefetch, METRIC_BYTES),
    METRIC(bytes_eviction, METRIC_BYTES),
    METRIC(bytes_other, METRIC_BYTES),
    METRIC(distinct_bytes, METRIC_BYTES),
    METRIC(amplification, METRIC_RATIO),
    METRIC(evictions_clean, METRIC_COUNT),
    METRIC(evictions_dirty, METRIC_COUNT),
    METRIC(bytes_written_back, METRIC_BYTES),
    METRIC(thrashed_pages, METRIC_COUNT),
    METRIC(round_trips, METRIC_COUNT),
    METRIC(prefetched_pages, METRIC_COUNT),
    METRIC(prefetch_accuracy, METRIC_RATIO),
    METRIC(prefetch_coverage, METRIC_RATIO),
    METRIC(upgrades, METRIC_COUNT),
    METRIC(remote_accesses, METRIC_COUNT),
    METRIC(remote_bytes, METRIC_BYTES),
    METRIC(hit_rate, METRIC_RATIO),
    METRIC(occupancy, METRIC_RATIO),
    METRIC(utilisation, METRIC_RATIO),
    METRIC(service_ns, METRIC_TIME),
    METRIC(duration_ns, METRIC_TIME),
#undef METRIC
};
#define SINGLE (sizeof(single) / sizeof(single[0]))

static const char *const directions[] = {"h2d", "d2h", "d2d"};
static const char *const sides[] = {"host", "device"};

static uint64_t count_at(const struct hum_metrics *metrics, const struct metric *metric)
{
    uint64_t count;

    memcpy(&count, (const char *)metrics + metric->offset, sizeof(count));
    return count;
}

static double ratio_at(const struct hum_metrics *metrics, const struct metric *metric)
{
    double ratio;

    memcpy(&ratio, (const char *)metrics + metric->offset, sizeof(ratio));
    return ratio;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *ratio_json(double ratio)
{
    return ratio < 0 ? json_null() : json_number(ratio);
}

static json_t *counts_json(const uint64_t *counts, const char *const *names, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, names[i], json_count(counts[i]));
    return object;
}

static json_t *causes_json(const uint64_t *counts)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < HUM_CAUSE_COUNT; i++)
        json_object_set_new(object, hum_cause_text((enum hum_cause)i), json_count(counts[i]));
    return object;
}

static json_t *busy_json(const double *busy)
{
    json_t *object = json_object();

    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        json_object_set_new(object, directions[d], ratio_json(busy[d]));
    return object;
}

json_t *trace_metrics_json(const struct hum_metrics *metrics)
{
    json_t *object = json_object();

    for (size_t i = 0; i < SINGLE; i++)
        json_object_set_new(object, single[i].name,
                            single[i].type == METRIC_RATIO
                                ? ratio_json(ratio_at(metrics, &single[i]))
                                : json_count(count_at(metrics, &single[i])));
    json_object_set_new(object, "faults", counts_json(metrics->faults, sides, 2));
#define BY_DIRECTION(member)                                                                       \
    json_object_set_new(object, #member, counts_json(metrics->member, directions, 3))
    BY_DIRECTION(bytes);
    BY_DIRECTION(pages);
    BY_DIRECTION(move_ns);
    BY_DIRECTION(modelled_ns);
#undef BY_DIRECTION
    json_object_set_new(object, "link_busy", busy_json(metrics->link_busy));
    json_object_set_new(object, "events", causes_json(metrics->events));
    json_object_set_new(object, "event_pages", causes_json(metrics->event_pages));
    json_object_set_new(object, "bytes_by_cause", causes_json(metrics->bytes_by_cause));
    return object;
}

/* ---- text ----------------------------------------------------------------------------------- */

static struct text text_of(const struct hum_metrics *metrics, const struct metric *metric)
{
    switch (metric->type) {
    case METRIC_BYTES:
        return text_bytes(count_at(metrics, metric));
    case METRIC_TIME:
        return text_time((double)count_at(metrics, metric) / 1e9);
    case METRIC_RATIO:
        return text_number(ratio_at(metrics, metric));
    default:
        return text_count(count_at(metrics, metric));
    }
}

static bool is_worth_a_line(const struct hum_metrics *metrics, const struct metric *metric)
{
    return metric->type == METRIC_RATIO ? ratio_at(metrics, metric) >= 0
                                        : count_at(metrics, metric) > 0;
}

static void print_moves(const struct hum_metrics *metrics, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "", "to the device", "to the host", "device to device", NULL);
    table_row(table, "bytes", text_bytes(metrics->bytes[HUM_H2D]).s,
              text_bytes(metrics->bytes[HUM_D2H]).s, text_bytes(metrics->bytes[HUM_D2D]).s, NULL);
    table_row(table, "time copying", text_time((double)metrics->move_ns[HUM_H2D] / 1e9).s,
              text_time((double)metrics->move_ns[HUM_D2H] / 1e9).s,
              text_time((double)metrics->move_ns[HUM_D2D] / 1e9).s, NULL);
    table_row(table, "modelled time", text_time((double)metrics->modelled_ns[HUM_H2D] / 1e9).s,
              text_time((double)metrics->modelled_ns[HUM_D2H] / 1e9).s,
              text_time((double)metrics->modelled_ns[HUM_D2D] / 1e9).s, NULL);
    table_print(table, out, 2);
}

static void print_causes(const struct hum_metrics *metrics, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "cause", "events", "pages", "bytes", NULL);
    for (unsigned i = 0; i < HUM_CAUSE_COUNT; i++)
        if (metrics->events[i])
            table_row(table, hum_cause_text((enum hum_cause)i), text_count(metrics->events[i]).s,
                      text_count(metrics->event_pages[i]).s,
                      text_bytes(metrics->bytes_by_cause[i]).s, NULL);
    table_print(table, out, 2);
}

void trace_metrics_print(const struct hum_metrics *metrics, FILE *out)
{
    struct table *table = table_create(TABLE_NUMBERS);

    print_moves(metrics, out);
    fputc('\n', out);
    print_causes(metrics, out);
    fputc('\n', out);
    table_row(table, "faults of the host", text_count(metrics->faults[0]).s, NULL);
    table_row(table, "faults of devices", text_count(metrics->faults[1]).s, NULL);
    for (size_t i = 0; i < SINGLE; i++)
        if (is_worth_a_line(metrics, &single[i])) {
            char name[32];

            snprintf(name, sizeof(name), "%s", single[i].name);
            for (char *c = name; *c; c++)
                *c = *c == '_' ? ' ' : *c;
            if (single[i].type == METRIC_TIME)
                name[strlen(name) - 3] = '\0'; /* " ns": the figure has its own unit */
            table_row(table, name, text_of(metrics, &single[i]).s, NULL);
        }
    table_print(table, out, 2);
}

/* ---- agreement ------------------------------------------------------------------------------ */

const char *trace_metrics_differ(const struct hum_metrics *m, const struct hum_counters *t)
{
    if (m->faults[0] != t->faults_host)
        return "faults of the host";
    if (m->faults[1] != t->faults_device)
        return "faults of devices";
    if (m->duplicate_faults != t->faults_duplicate)
        return "duplicate faults";
    if (m->batches != t->batches)
        return "batches";
    if (memcmp(m->bytes, t->bytes, sizeof(t->bytes)) != 0)
        return "bytes";
    if (memcmp(m->events, t->events, sizeof(t->events)) != 0)
        return "events";
    if (memcmp(m->event_pages, t->pages, sizeof(t->pages)) != 0)
        return "pages of events";
    if (memcmp(m->bytes_by_cause, t->bytes_by_cause, sizeof(t->bytes_by_cause)) != 0)
        return "bytes by cause";
    if (m->evictions_clean != t->evictions_clean || m->evictions_dirty != t->evictions_dirty)
        return "evictions";
    if (memcmp(m->move_ns, t->move_ns, sizeof(t->move_ns)) != 0)
        return "time copying";
    if (memcmp(m->modelled_ns, t->modelled_ns, sizeof(t->modelled_ns)) != 0)
        return "modelled time";
    return m->service_ns != t->service_ns ? "time serving faults" : NULL;
}
