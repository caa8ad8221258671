/* SPDX-License-Identifier: MIT */
/* findings.c - the numbers of a table in sentences. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparison/table.h"

#define NAMES_MAX 4u             /* policies named in one sentence */
#define CLEAR 0.02               /* differences below are not worth a sentence */

struct findings {
    const struct compare_table *table;
    FILE *out;
};

static const char *policy_of(const struct findings *f, uint32_t policy)
{
    return f->table->grid->policies[policy];
}

static const char *place_of(const struct findings *f, const struct compare_point *point, char *text,
                            size_t bytes)
{
    char name[96];

    compare_trace_name(f->table->grid, point->trace, name, sizeof(name));
    snprintf(text, bytes, "%s at r = %g", name, f->table->grid->ratios[point->ratio]);
    return text;
}

/* Points with a winner. */
static unsigned count_points(const struct compare_table *table)
{
    unsigned count = 0;

    for (size_t i = 0; i < table->point_count; i++)
        count += table->points[i].best != COMPARE_NONE;
    return count;
}

static int by_wins(const void *a, const void *b)
{
    const struct compare_standing *const *x = a, *const *y = b;

    if ((*x)->wins != (*y)->wins)
        return (*x)->wins < (*y)->wins ? 1 : -1;
    return (*x)->policy < (*y)->policy ? -1 : 1;
}

/* Who is best how often.  Ties count for all of them. */
static void say_winners(struct findings *f, unsigned points)
{
    unsigned count = f->table->grid->policy_count, named = 0;
    const struct compare_standing **order = calloc(count, sizeof(*order));

    if (!order)
        return;
    for (unsigned i = 0; i < count; i++)
        order[i] = &f->table->standings[i];
    qsort(order, count, sizeof(*order), by_wins);
    if (order[0]->wins == points && points > 1)
        fprintf(f->out, "%s is best, or within 0.1 %% of it, at all %u points.\n",
                policy_of(f, order[0]->policy), points);
    else if (points > 1) {
        fputs("No policy is best everywhere: ", f->out);
        for (unsigned i = 0; i < count && order[i]->wins && named < NAMES_MAX; i++, named++)
            fprintf(f->out, "%s%s at %u", named ? ", " : "", policy_of(f, order[i]->policy),
                    order[i]->wins);
        fprintf(f->out, " of %u points.\n", points);
    }
    free(order);
}

/* It was replayed wherever any policy was, so its means are of all points. */
static bool is_complete(const struct findings *f, const struct compare_standing *standing)
{
    for (size_t i = 0; i < f->table->point_count; i++) {
        const struct compare_point *point = &f->table->points[i];

        if (point->best != COMPARE_NONE &&
            compare_grid_cell(f->table->grid, point->trace, point->ratio, standing->policy)
                ->missing)
            return false;
    }
    return standing->points != 0;
}

/* The first in the order of standings, by time to the baseline; NULL: there are less than two. */
static const struct compare_standing *first_complete(const struct findings *f)
{
    const struct compare_standing *first = NULL;
    unsigned count = 0;

    for (unsigned i = 0; i < f->table->grid->policy_count; i++)
        if (is_complete(f, &f->table->standings[i]) && count++ == 0)
            first = &f->table->standings[i];
    return count > 1 ? first : NULL;
}

static bool has_complete_baseline(const struct findings *f)
{
    for (unsigned i = 0; i < f->table->grid->policy_count; i++)
        if (f->table->standings[i].policy == f->table->baseline)
            return is_complete(f, &f->table->standings[i]);
    return false;
}

static void say_overall(struct findings *f)
{
    const struct compare_standing *best = first_complete(f);
    const char *baseline;

    if (!best || isnan(best->to_baseline) || !has_complete_baseline(f))
        return;
    baseline = policy_of(f, f->table->baseline);
    if (best->policy == f->table->baseline)
        fprintf(f->out, "No policy beats %s over all points.\n", baseline);
    else
        fprintf(f->out, "Over all points %s needs %.2f of the modelled time of %s (geometric "
                        "mean).\n",
                policy_of(f, best->policy), best->to_baseline, baseline);
}

static void say_regret(struct findings *f)
{
    const struct compare_standing *least = first_complete(f);

    for (unsigned i = 0; i < f->table->grid->policy_count; i++) {
        const struct compare_standing *other = &f->table->standings[i];

        if (least && is_complete(f, other) && other->regret_worst < least->regret_worst)
            least = other;
    }
    if (least)
        fprintf(f->out, "The smallest worst regret is that of %s: %.1f %% above the best, mean "
                        "%.1f %%.\n",
                policy_of(f, least->policy), 100 * least->regret_worst, 100 * least->regret_mean);
}

/* How much hangs on the choice. */
static void say_spread(struct findings *f)
{
    const struct compare_point *widest = NULL;
    double worst = 0;
    uint32_t loser = 0;
    char place[128];

    for (size_t i = 0; i < f->table->point_count; i++)
        for (unsigned p = 0; p < f->table->grid->policy_count; p++) {
            double regret = compare_table_regret(f->table, &f->table->points[i], p);

            if (!isnan(regret) && regret > worst) {
                worst = regret;
                widest = &f->table->points[i];
                loser = p;
            }
        }
    if (widest && worst > CLEAR)
        fprintf(f->out, "The choice matters most for %s: %s takes %.2f times as long as %s.\n",
                place_of(f, widest, place, sizeof(place)), policy_of(f, loser), 1 + worst,
                policy_of(f, widest->best));
    else if (f->table->grid->policy_count > 1)
        fprintf(f->out, "The choice hardly matters: at no point do policies differ by more than "
                        "%.1f %%.\n",
                100 * CLEAR);
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* How far the best of them is from the bound. */
static void say_bound(struct findings *f)
{
    double *gaps = calloc(f->table->point_count, sizeof(*gaps));
    size_t count = 0;

    for (size_t i = 0; gaps && i < f->table->point_count; i++) {
        const struct compare_point *point = &f->table->points[i];

        if (point->best != COMPARE_NONE && point->bound_ns)
            gaps[count++] = (double)point->best_ns / (double)point->bound_ns;
    }
    if (count) {
        qsort(gaps, count, sizeof(*gaps), compare_doubles);
        fprintf(f->out, "The best policy of each point is %.2f times the bound in the median, %.2f "
                        "at worst.\n",
                gaps[count / 2], gaps[count - 1]);
    }
    free(gaps);
}

/* What the baseline's bytes are spent on; all policies alike where there is no baseline. */
static void say_traffic(struct findings *f)
{
    uint32_t policy = f->table->baseline != COMPARE_NONE ? f->table->baseline
                                                         : f->table->standings[0].policy;
    double sum = 0, eviction = 0, prefetch = 0;

    for (size_t i = 0; i < f->table->point_count; i++) {
        const struct compare_point *point = &f->table->points[i];
        const struct compare_cell *cell =
            compare_grid_cell(f->table->grid, point->trace, point->ratio, policy);

        sum += (double)compare_figures_moved(&cell->figures);
        eviction += (double)cell->figures.bytes_eviction;
        prefetch += (double)cell->figures.bytes_prefetch;
    }
    if (sum > 0)
        fprintf(f->out,
                "Of the bytes that %s moves, %.0f %% are brought by prefetch and %.0f %% go home "
                "by eviction.\n",
                policy_of(f, policy), 100 * prefetch / sum, 100 * eviction / sum);
}

static void say_missing(struct findings *f)
{
    const struct compare_grid *grid = f->table->grid;
    size_t failed = compare_grid_missing(grid, COMPARE_FAILED);
    size_t left_out = compare_grid_missing(grid, COMPARE_LEFT_OUT);

    if (failed)
        fprintf(f->out, "%zu of %zu replays failed; they count for nothing.\n", failed,
                compare_grid_count(grid));
    if (left_out)
        fprintf(f->out, "%zu of %zu replays are left out; they count for nothing.\n",
                left_out, compare_grid_count(grid));
}

char *compare_findings(const struct compare_table *table)
{
    char *text = NULL;
    size_t bytes = 0;
    struct findings f = {.table = table, .out = open_memstream(&text, &bytes)};
    unsigned points = count_points(table);

    if (!f.out)
        return NULL;
    if (points) {
        say_winners(&f, points);
        say_overall(&f);
        say_regret(&f);
        say_spread(&f);
        say_bound(&f);
        say_traffic(&f);
    }
    say_missing(&f);
    if (fclose(f.out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
