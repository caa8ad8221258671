/* SPDX-License-Identifier: MIT */
/* text.c - a comparison for a terminal. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command/text.h"
#include "comparison/output.h"

static struct text ratio_text(double value)
{
    struct text text;

    if (isnan(value))
        snprintf(text.s, sizeof(text.s), "-");
    else
        snprintf(text.s, sizeof(text.s), "%.2f", value);
    return text;
}

static struct text percent_text(double value)
{
    struct text text;

    if (isnan(value))
        snprintf(text.s, sizeof(text.s), "-");
    else
        snprintf(text.s, sizeof(text.s), "%.1f %%", 100 * value);
    return text;
}

static void print_standings(const struct compare_table *table, FILE *out)
{
    struct table *rows = table_create(TABLE_NUMBERS);
    char title[64] = "-";

    if (table->baseline != COMPARE_NONE)
        snprintf(title, sizeof(title), "time / %.40s", table->grid->policies[table->baseline]);
    table_row(rows, "policy", title, "time / bound", "regret, mean", "worst", "best at", "failed",
              "left out", NULL);
    for (unsigned i = 0; i < table->grid->policy_count; i++) {
        const struct compare_standing *s = &table->standings[i];
        char wins[48];

        snprintf(wins, sizeof(wins), "%u of %u", s->wins, s->points);
        table_row(rows, table->grid->policies[s->policy], ratio_text(s->to_baseline).s,
                  ratio_text(s->to_bound).s, percent_text(s->regret_mean).s,
                  percent_text(s->regret_worst).s, wins, text_count(s->failed).s,
                  text_count(s->left_out).s, NULL);
    }
    table_print(rows, out, 2);
}

static void print_point(const struct compare_table *table, const struct compare_point *point,
                        FILE *out)
{
    struct table *rows = table_create(TABLE_NUMBERS);

    table_row(rows, "policy", "modelled time", "regret", "far faults", "to devices", "to the host",
              "between devices", "prefetched", "evictions", "thrashed pages", NULL);
    for (unsigned p = 0; p < table->grid->policy_count; p++) {
        const struct compare_cell *cell =
            compare_grid_cell(table->grid, point->trace, point->ratio, p);
        const struct compare_figures *f = &cell->figures;

        if (cell->missing)
            table_row(rows, table->grid->policies[p],
                      cell->missing == COMPARE_FAILED ? "failed" : "left out", NULL);
        else
            table_row(rows, table->grid->policies[p], text_time((double)f->modelled_ns / 1e9).s,
                      percent_text(compare_table_regret(table, point, p)).s,
                      text_count(f->far_faults).s, text_bytes(f->bytes_h2d).s,
                      text_bytes(f->bytes_d2h).s, text_bytes(f->bytes_d2d).s,
                      text_count(f->pages_prefetched).s,
                      text_count(f->evictions).s, text_count(f->thrashed_pages).s, NULL);
    }
    if (point->best != COMPARE_NONE) {
        const struct compare_bounds *b =
            &compare_grid_cell(table->grid, point->trace, point->ratio, point->best)
                 ->figures.bounds;

        table_row(rows, "bound: what must cross", text_time((double)b->least_ns / 1e9).s, NULL);
        table_row(rows, "       MIN + oracle prefetch", text_time((double)b->oracle_ns / 1e9).s,
                  NULL);
        table_row(rows, "       MIN", text_time((double)b->min_ns / 1e9).s, NULL);
        table_row(rows, "       no limit", text_time((double)b->infinite_ns / 1e9).s, NULL);
        table_row(rows, "       nothing moves", text_time((double)b->remote_ns / 1e9).s, NULL);
    }
    table_print(rows, out, 2);
}

static bool are_missing_alike(const struct compare_cell *a, const struct compare_cell *b)
{
    return a->missing == b->missing && strcmp(a->why, b->why) == 0;
}

/* All of it. */
static bool is_left_out(const struct compare_table *table, const struct compare_point *point)
{
    for (unsigned p = 0; p < table->grid->policy_count; p++)
        if (compare_grid_cell(table->grid, point->trace, point->ratio, p)->missing !=
            COMPARE_LEFT_OUT)
            return false;
    return true;
}

/* Each reason once, with how often. */
static void print_missing(const struct compare_grid *grid, FILE *out)
{
    size_t count = compare_grid_count(grid);

    for (size_t i = 0; i < count; i++) {
        const struct compare_cell *cell = &grid->cells[i];
        bool before = false;
        size_t same = 1;

        if (!cell->missing)
            continue;
        for (size_t j = 0; j < i && !before; j++)
            before = are_missing_alike(&grid->cells[j], cell);
        if (before)
            continue;
        for (size_t j = i + 1; j < count; j++)
            same += are_missing_alike(&grid->cells[j], cell);
        fprintf(out, "%s, %zu of %zu: %s\n",
                cell->missing == COMPARE_FAILED ? "failed" : "left out", same, count, cell->why);
    }
}

bool compare_print_text(const struct compare_table *table, const struct compare_settings *settings,
                        FILE *out)
{
    const struct compare_grid *grid = table->grid;
    char *findings = compare_findings(table);
    char name[256];

    if (!findings)
        return false;
    fprintf(out, "%u trace%s, %u polic%s, %u ratio%s of footprint to capacity; link %s, faults %s\n"
                 "all times are modelled\n\n",
            grid->trace_count, grid->trace_count == 1 ? "" : "s", grid->policy_count,
            grid->policy_count == 1 ? "y" : "ies", grid->ratio_count,
            grid->ratio_count == 1 ? "" : "s", settings->link, settings->fault);
    for (size_t i = 0; i < table->point_count; i++) {
        const struct compare_point *point = &table->points[i];

        compare_trace_name(grid, point->trace, name, sizeof(name));
        fprintf(out, "%s, r = %g%s\n", name, grid->ratios[point->ratio],
                compare_table_page_only(table, point) ? ", page by page" : "");
        if (is_left_out(table, point))
            fputs("  nothing to be replayed\n", out);
        else
            print_point(table, point, out);
        fputc('\n', out);
    }
    fputs("all points together\n", out);
    print_standings(table, out);
    fprintf(out, "\n%s", findings);
    free(findings);
    print_missing(grid, out);
    return !ferror(out);
}
