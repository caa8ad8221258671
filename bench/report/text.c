/* SPDX-License-Identifier: MIT */
/* text.c - the report for a terminal; see output.h */
#include "command/text.h"

#include <stdlib.h>
#include <string.h>

#include "report/output.h"

enum { SHOWN = 20, STRIP_CELLS = 72, NAME_BYTES = 96 };

static struct text time_ns(uint64_t ns)
{
    return text_time((double)ns * 1e-9);
}

static struct text percent(double part)
{
    struct text text;

    if (part < 0)
        snprintf(text.s, sizeof(text.s), "not known");
    else
        snprintf(text.s, sizeof(text.s), "%.1f %%", 100 * part);
    return text;
}

static struct text known(double value)
{
    struct text text = text_number(value);

    if (value < 0)
        snprintf(text.s, sizeof(text.s), "not known");
    return text;
}

/* The table ends with what was left out. */
static void print_left_out(uint32_t count, FILE *out)
{
    if (count > SHOWN)
        fprintf(out, "  and %s more\n", text_count(count - SHOWN).s);
    fputc('\n', out);
}

/* ---- headline ------------------------------------------------------------------------------- */

static void print_run(const struct report_model *model, FILE *out)
{
    fprintf(out, "%s\n", model->space.program[0] ? model->space.program : "(program not known)");
    fprintf(out, "  trace %s, %s\n", model->file, time_ns(model->metrics.duration_ns).s);
    if (model->info.truncated)
        fputs("  The end is missing: the program was killed while it wrote the trace.\n", out);
    if (model->damage[0])
        fprintf(out, "  Damaged, read up to there: %s\n", model->damage);
    for (int kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        if (model->dropped[kind])
            fprintf(out, "  %s %s records were dropped: figures below are too small.\n",
                    text_count(model->dropped[kind]).s,
                    hum_trace_kind_text((enum hum_trace_kind)kind));
    fputc('\n', out);
}

static void print_check(const struct report_model *model, FILE *out)
{
    if (model->check == CHECK_AGREES)
        fputs("  The runtime's own counters agree with the sums of all records.\n", out);
    else if (model->check == CHECK_ABSENT)
        fputs("  The trace holds no counters of the runtime to compare these sums with.\n", out);
    for (uint32_t i = 0; i < model->differences; i++)
        fprintf(out, "  %s: the runtime counted %s, the records sum up to %s\n",
                model->difference[i].name, text_count(model->difference[i].counted).s,
                text_count(model->difference[i].summed).s);
    fputc('\n', out);
}

static void direction_row(struct table *table, const struct report_model *model, const char *name,
                          const char *faults, enum hum_direction d)
{
    const struct hum_metrics *m = &model->metrics;

    if (report_has_modelled(model))
        table_row(table, name, faults, text_bytes(m->bytes[d]).s, time_ns(m->move_ns[d]).s,
                  time_ns(m->modelled_ns[d]).s, percent(m->link_busy[d]).s, NULL);
    else
        table_row(table, name, faults, text_bytes(m->bytes[d]).s, time_ns(m->move_ns[d]).s, NULL);
}

static void print_directions(const struct report_model *model, FILE *out)
{
    const struct hum_metrics *m = &model->metrics;
    struct table *table = table_create(TABLE_NUMBERS);

    if (report_has_modelled(model))
        table_row(table, "direction", "faults", "bytes", "copying (measured)", "link (modelled)",
                  "link busy (modelled)", NULL);
    else
        table_row(table, "direction", "faults", "bytes", "copying (measured)", NULL);
    direction_row(table, model, "to the device", text_count(m->faults[1]).s, HUM_H2D);
    direction_row(table, model, "to the host", text_count(m->faults[0]).s, HUM_D2H);
    direction_row(table, model, "between devices", "-", HUM_D2D);
    table_print(table, out, 2);
}

static void print_metrics(const struct report_model *model, FILE *out)
{
    const struct hum_metrics *m = &model->metrics;
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "far faults (less duplicates)", text_count(m->far_faults).s, NULL);
    table_row(table, "duplicate faults", text_count(m->duplicate_faults).s, NULL);
    table_row(table, "serving faults (measured)", time_ns(m->service_ns).s, NULL);
    table_row(table, "distinct memory touched", text_bytes(m->distinct_bytes).s, NULL);
    table_row(table, "bytes moved / touched", known(m->amplification).s, NULL);
    table_row(table, "evictions clean", text_count(m->evictions_clean).s, NULL);
    table_row(table, "evictions dirty", text_count(m->evictions_dirty).s, NULL);
    table_row(table, "written back by evictions", text_bytes(m->bytes_written_back).s, NULL);
    table_row(table, "thrashed pages", text_count(m->thrashed_pages).s, NULL);
    table_row(table, "round trips of blocks", text_count(m->round_trips).s, NULL);
    table_row(table, "prefetched pages", text_count(m->prefetched_pages).s, NULL);
    table_row(table, "prefetch accuracy", percent(m->prefetch_accuracy).s, NULL);
    table_row(table, "prefetch coverage", percent(m->prefetch_coverage).s, NULL);
    table_print(table, out, 2);
    print_check(model, out);
}

/* ---- timeline ------------------------------------------------------------------------------- */

/* Sums of a series over equal parts of time, as bars of eight heights. */
static void print_strip(const struct report_model *model, const char *name, enum series series,
                        bool bytes, FILE *out)
{
    static const char *const bar[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const struct timeline *t = &model->timeline;
    uint64_t cell[STRIP_CELLS] = {0}, most = 0;

    for (uint32_t bin = 0; bin < t->bins; bin++) {
        uint64_t *sum = &cell[(uint64_t)bin * STRIP_CELLS / t->bins];

        *sum += t->sum[series][bin];
        if (*sum > most)
            most = *sum;
    }
    if (!most)
        return;
    fprintf(out, "  %-16s ", name);
    for (unsigned i = 0; i < STRIP_CELLS; i++)
        fputs(bar[cell[i] ? 1 + (unsigned)((double)cell[i] / (double)most * 7) : 0], out);
    fprintf(out, "  %s at most\n", bytes ? text_bytes(most).s : text_count(most).s);
}

static void print_timeline(const struct report_model *model, FILE *out)
{
    fprintf(out, "TIMELINE  one cell is %s\n",
            time_ns((model->end_ns - model->start_ns) / STRIP_CELLS).s);
    print_strip(model, "device faults", SERIES_FAULTS_DEVICE, false, out);
    print_strip(model, "host faults", SERIES_FAULTS_HOST, false, out);
    print_strip(model, "to the device", SERIES_BYTES_H2D, true, out);
    print_strip(model, "to the host", SERIES_BYTES_D2H, true, out);
    print_strip(model, "between devices", SERIES_BYTES_D2D, true, out);
    print_strip(model, "evictions", SERIES_EVICTIONS, false, out);
    fputc('\n', out);
}

/* ---- tables --------------------------------------------------------------------------------- */

static void print_causes(const struct report_model *model, FILE *out)
{
    const struct hum_metrics *m = &model->metrics;
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "cause", "events", "pages", "bytes", NULL);
    for (int cause = 0; cause < HUM_CAUSE_COUNT; cause++)
        if (m->events[cause])
            table_row(table, hum_cause_text((enum hum_cause)cause), text_count(m->events[cause]).s,
                      text_count(m->event_pages[cause]).s, text_bytes(m->bytes_by_cause[cause]).s,
                      NULL);
    fputs("CAUSES\n", out);
    table_print(table, out, 2);
    fputc('\n', out);
}

/* The cells that all tables of cost share. */
static void cost_row(struct table *table, const struct report_model *model, const char *first,
                     const char *second, const struct cost *cost, const char *last)
{
    struct text faults = text_count(cost->faults[0] + cost->faults[1]);
    struct text h2d = text_bytes(cost->bytes[HUM_H2D]), d2h = text_bytes(cost->bytes[HUM_D2H]);
    struct text copy = time_ns(cost->copy_ns), modelled = time_ns(cost->modelled_ns);

    if (report_has_modelled(model))
        table_row(table, first, second, faults.s, h2d.s, d2h.s, copy.s, modelled.s, last, NULL);
    else
        table_row(table, first, second, faults.s, h2d.s, d2h.s, copy.s, last, NULL);
}

static struct table *cost_table(const struct report_model *model, const char *first,
                                const char *second, const char *last)
{
    struct table *table = table_create(TABLE_NOTE_LAST);

    if (report_has_modelled(model))
        table_row(table, first, second, "faults", "to device", "to host", "copying (measured)",
                  "link (modelled)", last, NULL);
    else
        table_row(table, first, second, "faults", "to device", "to host", "copying (measured)",
                  last, NULL);
    return table;
}

/* The cause that moved most bytes; that occurred most, if none moved any. */
static const char *main_cause(const struct ledger_region *region)
{
    int best = 0;

    for (int c = 1; c < HUM_CAUSE_COUNT; c++)
        if (region->cause_bytes[c] > region->cause_bytes[best] ||
            (region->cause_bytes[c] == region->cause_bytes[best] &&
             region->cause_events[c] > region->cause_events[best]))
            best = c;
    return region->cause_events[best] ? hum_cause_text((enum hum_cause)best) : "-";
}

static void regions_rows(const struct report_model *model, const uint32_t *rank, uint32_t count,
                         FILE *out)
{
    struct table *table = cost_table(model, "region", "size", "mostly by");
    char name[NAME_BYTES];

    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        const struct ledger_region *region = &model->ledger.region[rank[i]];

        report_region_name(model, rank[i], name, sizeof(name));
        cost_row(table, model, name, text_bytes(region->bytes).s, &region->cost,
                 main_cause(region));
    }
    table_print(table, out, 2);
}

static void kernels_rows(const struct report_model *model, const uint32_t *rank, uint32_t count,
                         FILE *out)
{
    struct table *table = cost_table(model, "kernel", "launches", "running");

    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        const struct ledger_kernel *kernel = &model->ledger.kernel[rank[i]];

        cost_row(table, model, report_kernel_name(model, rank[i]), text_count(kernel->launches).s,
                 &kernel->cost, kernel->launches ? time_ns(kernel->busy_ns).s : "-");
    }
    table_print(table, out, 2);
}

static void phases_rows(const struct report_model *model, const uint32_t *rank, uint32_t count,
                        FILE *out)
{
    struct table *table = cost_table(model, "phase", "starts at", "launches");
    char name[NAME_BYTES];

    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        const struct ledger_phase *phase = &model->ledger.phase[rank[i]];

        snprintf(name, sizeof(name), "%u %s", rank[i],
                 rank[i] ? report_kernel_name(model, phase->kernel) : "before the first launch");
        cost_row(table, model, name, time_ns(phase->start_ns - model->start_ns).s, &phase->cost,
                 text_count(phase->launches).s);
    }
    table_print(table, out, 2);
}

static bool print_ranked(const struct report_model *model, enum report_table which,
                         const char *title, FILE *out)
{
    void (*const rows_of[])(const struct report_model *, const uint32_t *, uint32_t,
                            FILE *) = {regions_rows, kernels_rows, phases_rows};
    uint32_t *rank, count = report_rank(model, which, &rank);

    if (!rank)
        return false;
    fprintf(out, "%s\n", title);
    if (count)
        rows_of[which](model, rank, count, out);
    free(rank);
    print_left_out(count, out);
    return true;
}

static void print_worst(const struct report_model *model, FILE *out)
{
    struct table *table = table_create(TABLE_NOTE_LAST);
    char name[NAME_BYTES];

    table_row(table, "address", "pages", "to device", "to host", "region", NULL);
    for (uint32_t i = 0; i < model->worst_count && i < SHOWN; i++) {
        const struct page_run *run = &model->worst[i];

        report_region_name(model, ledger_region_row(&model->ledger, run->region), name,
                           sizeof(name));
        table_row(table, text_hex(report_address(model, run->first_page)).s,
                  text_count(run->pages).s, text_count(run->to_device).s,
                  text_count(run->to_host).s, name, NULL);
    }
    fputs("PAGES THAT MOVED MOST  moves of each page\n", out);
    table_print(table, out, 2);
    print_left_out(model->worst_count, out);
}

static void print_settings(const struct report_model *model, FILE *out)
{
    struct table *table = table_create(TABLE_NOTE_LAST);
    char line[1024], name[NAME_BYTES];

    for (uint32_t i = 0; i < model->settings; i++)
        table_row(table, model->setting[i].key, model->setting[i].value, NULL);
    for (int p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        uint64_t capacity = model->processor[p + 1].capacity_bytes;

        if (model->has_processor[p + 1])
            table_row(table, report_processor_name(model, p, name, sizeof(name)),
                      capacity ? text_bytes(capacity).s : "no limit of memory", NULL);
    }
    fputs("SETTINGS AND MACHINE\n", out);
    table_print(table, out, 2);
    report_repeat(model, line, sizeof(line));
    if (line[0])
        fprintf(out, "\n  Repeat with: %s\n", line);
}

bool report_print_text(const struct report_model *model, FILE *out)
{
    print_run(model, out);
    print_directions(model, out);
    fputc('\n', out);
    print_metrics(model, out);
    print_timeline(model, out);
    print_causes(model, out);
    if (!print_ranked(model, TABLE_OF_REGIONS, "REGIONS  most expensive first", out) ||
        !print_ranked(model, TABLE_OF_KERNELS, "KERNELS  what they asked for", out) ||
        !print_ranked(model, TABLE_OF_PHASES, "PHASES  until the next kernel starts", out))
        return false;
    print_worst(model, out);
    print_settings(model, out);
    return !ferror(out);
}
