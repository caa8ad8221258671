/* SPDX-License-Identifier: MIT */
/* table.c - see table.h */
#include "comparison/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIE 1.001

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void compare_trace_name(const struct compare_grid *grid, unsigned trace, char *name, size_t bytes)
{
    const char *path = grid->traces[trace], *file = file_of(path);
    bool alone = true;
    size_t length;

    for (unsigned i = 0; i < grid->trace_count; i++)
        alone &= i == trace || strcmp(file_of(grid->traces[i]), file) != 0;
    snprintf(name, bytes, "%s", alone ? file : path);
    length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".hum") == 0)
        name[length - 4] = '\0';
}

static const struct compare_cell *cell_at(const struct compare_table *table,
                                          const struct compare_point *point, unsigned policy)
{
    return compare_grid_cell(table->grid, point->trace, point->ratio, policy);
}

double compare_table_regret(const struct compare_table *table, const struct compare_point *point,
                            unsigned policy)
{
    const struct compare_cell *cell = cell_at(table, point, policy);

    if (cell->missing || point->best == COMPARE_NONE || point->best_ns == 0)
        return NAN;
    return (double)cell->figures.modelled_ns / (double)point->best_ns - 1.0;
}

bool compare_table_page_only(const struct compare_table *table, const struct compare_point *point)
{
    return point->best != COMPARE_NONE && cell_at(table, point, point->best)->figures.page_only;
}

static void make_point(const struct compare_table *table, struct compare_point *point)
{
    point->best = COMPARE_NONE;
    for (unsigned p = 0; p < table->grid->policy_count; p++) {
        const struct compare_cell *cell = cell_at(table, point, p);

        if (cell->missing)
            continue;
        if (point->best == COMPARE_NONE || cell->figures.modelled_ns < point->best_ns) {
            point->best = p;
            point->best_ns = cell->figures.modelled_ns;
            point->bound_ns = cell->figures.bounds.least_ns;
        }
    }
}

/* Sums on the way to a standing. */
struct sums {
    double log_baseline, log_bound, regret;
    unsigned baseline, bound;
};

static void add_point(const struct compare_table *table, size_t at, struct sums *sums,
                      struct compare_standing *standing)
{
    const struct compare_point *point = &table->points[at];
    const struct compare_cell *cell = cell_at(table, point, standing->policy);
    double cost = (double)cell->figures.modelled_ns;
    double regret = compare_table_regret(table, point, standing->policy);

    if (isnan(regret)) {
        standing->failed += cell->missing == COMPARE_FAILED;
        standing->left_out += cell->missing == COMPARE_LEFT_OUT;
        return;
    }
    standing->points++;
    standing->wins += cost <= TIE * (double)point->best_ns;
    sums->regret += regret;
    if (isnan(standing->regret_worst) || regret > standing->regret_worst) {
        standing->regret_worst = regret;
        standing->worst_point = (uint32_t)at;
    }
    if (point->bound_ns) {
        sums->log_bound += log(cost / (double)point->bound_ns);
        sums->bound++;
    }
    if (table->baseline != COMPARE_NONE) {
        const struct compare_cell *base = cell_at(table, point, table->baseline);

        if (!base->missing && base->figures.modelled_ns) {
            sums->log_baseline += log(cost / (double)base->figures.modelled_ns);
            sums->baseline++;
        }
    }
}

static void make_standing(const struct compare_table *table, struct compare_standing *standing)
{
    struct sums sums = {0};

    standing->regret_worst = NAN;
    for (size_t i = 0; i < table->point_count; i++)
        add_point(table, i, &sums, standing);
    standing->to_baseline = sums.baseline ? exp(sums.log_baseline / sums.baseline) : NAN;
    standing->to_bound = sums.bound ? exp(sums.log_bound / sums.bound) : NAN;
    standing->regret_mean = standing->points ? sums.regret / standing->points : NAN;
}

/* NAN comes last; equal ones stay in the order of the grid. */
static int compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

static int compare_standings(const void *a, const void *b)
{
    const struct compare_standing *x = a, *y = b;
    int order = compare_numbers(x->to_baseline, y->to_baseline);

    if (!order)
        order = compare_numbers(x->regret_mean, y->regret_mean);
    return order ? order : (x->policy > y->policy) - (x->policy < y->policy);
}

static void find_baseline(struct compare_table *table, const char *baseline)
{
    table->baseline = COMPARE_NONE;
    for (unsigned p = 0; baseline && p < table->grid->policy_count; p++)
        if (strcmp(table->grid->policies[p], baseline) == 0)
            table->baseline = p;
}

bool compare_table_make(const struct compare_grid *grid, const char *baseline,
                        struct compare_table *table_out)
{
    struct compare_table table = {.grid = grid};

    table.point_count = (size_t)grid->trace_count * grid->ratio_count;
    table.points = calloc(table.point_count, sizeof(*table.points));
    table.standings = calloc(grid->policy_count, sizeof(*table.standings));
    if (!table.points || !table.standings) {
        compare_table_fini(&table);
        return false;
    }
    find_baseline(&table, baseline);
    for (size_t i = 0; i < table.point_count; i++) {
        table.points[i].trace = (uint32_t)(i / grid->ratio_count);
        table.points[i].ratio = (uint32_t)(i % grid->ratio_count);
        make_point(&table, &table.points[i]);
    }
    for (unsigned p = 0; p < grid->policy_count; p++) {
        table.standings[p].policy = p;
        make_standing(&table, &table.standings[p]);
    }
    qsort(table.standings, grid->policy_count, sizeof(*table.standings), compare_standings);
    *table_out = table;
    return true;
}

void compare_table_fini(struct compare_table *table)
{
    free(table->points);
    free(table->standings);
    *table = (struct compare_table){0};
}
