/* SPDX-License-Identifier: MIT */
/* text.c - places as tables. */
#include <inttypes.h>
#include <math.h>

#include "command/text.h"
#include "rank/output.h"

static struct text place_text(double place)
{
    struct text text;

    snprintf(text.s, sizeof(text.s), place == floor(place) ? "%.0f" : "%.1f", place);
    return text;
}

static struct text coefficient(double value)
{
    struct text text;

    if (isnan(value))
        snprintf(text.s, sizeof(text.s), "none");
    else
        snprintf(text.s, sizeof(text.s), "%.2f", value);
    return text;
}

static bool touches_remotely(const struct rank_table *table, const struct rank_workload *w)
{
    for (unsigned p = 0; p < table->policies_count; p++)
        if (w->entry[p].remote_touches)
            return true;
    return false;
}

static void print_entry(struct table *rows, const char *policy, const struct rank_entry *e)
{
    char name[128];

    snprintf(name, sizeof(name), "%s%s", policy, e->remote_touches ? " *" : "");
    table_row(rows, name, text_time(e->median_s).s, text_time(e->spread_s).s,
              text_time(e->modelled_s).s, place_text(e->live_place).s,
              place_text(e->modelled_place).s, text_bytes(e->live_bytes).s,
              text_bytes(e->modelled_bytes).s, NULL);
}

static void print_workload(const struct rank_table *table, const struct rank_workload *w, FILE *out)
{
    struct table *rows = table_create(TABLE_NUMBERS);

    fprintf(out, "\n%s", w->name);
    for (char *const *word = w->argv + 1; *word; word++)
        fprintf(out, " %s", *word);
    fprintf(out, ", device memory %s\n", text_bytes(w->device_bytes).s);
    table_row(rows, "policy", "live", "+-", "modelled", "place live", "modelled", "moved live",
              "modelled", NULL);
    for (unsigned p = 0; p < table->policies_count; p++)
        print_entry(rows, table->policies[p], &w->entry[p]);
    table_print(rows, out, 2);
}

static void add_coefficients(struct table *rows, const char *name, double rho, double tau,
                             const struct rank_pairs *pairs)
{
    table_row(rows, name, coefficient(rho).s, coefficient(tau).s, text_count(pairs->agree).s,
              text_count(pairs->disagree).s, text_count(pairs->tied_first).s,
              text_count(pairs->tied_second).s, text_count(pairs->tied_both).s, NULL);
}

static void print_coefficients(const struct rank_table *table, FILE *out)
{
    struct table *rows = table_create(TABLE_NUMBERS);
    bool remote = false;

    table_row(rows, "workload", "rho", "tau-b", "pairs agree", "disagree", "tied live", "modelled",
              "both", NULL);
    for (unsigned i = 0; i < table->workloads_count; i++) {
        const struct rank_workload *w = &table->workload[i];

        add_coefficients(rows, w->name, w->rho, w->tau, &w->pairs);
        remote = remote || touches_remotely(table, w);
    }
    add_coefficients(rows, "all", table->rho, table->tau, &table->pairs);
    if (remote)
        add_coefficients(rows, "all without *", table->paced_rho, table->paced_tau,
                         &table->paced_pairs);
    fputc('\n', out);
    table_print(rows, out, 0);
    if (remote)
        fputs("\n* the replay has touches over the link, which a live run does not slow\n", out);
}

bool rank_print_text(const struct rank_table *table, const struct rank_settings *settings,
                     FILE *out)
{
    fprintf(out,
            "%u workload%s under %u policies, r = %g, link %s, pace %s, %u worker%s\n"
            "live: %s time, measured, median of %u run%s, +- half of largest less least\n"
            "modelled: closed loop\n"
            "tied: no further apart than %g %% or the live spread\n",
            table->workloads_count, table->workloads_count == 1 ? "" : "s", table->policies_count,
            settings->r, settings->link, settings->pace, settings->workers,
            settings->workers == 1 ? "" : "s",
            settings->time, settings->runs, settings->runs == 1 ? "" : "s", table->tie * 100);
    for (unsigned i = 0; i < table->workloads_count; i++)
        print_workload(table, &table->workload[i], out);
    print_coefficients(table, out);
    return fflush(out) == 0 && !ferror(out);
}
