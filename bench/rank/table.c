/* SPDX-License-Identifier: MIT */
/* table.c - places and coefficients of all workloads. */
#include "rank/table.h"

#include <math.h>
#include <stdlib.h>

unsigned rank_table_turn(unsigned round, unsigned turn, unsigned policies)
{
    unsigned place = (round + turn) % policies;

    return round % 2 ? policies - 1 - place : place;
}

/* The places of some entries of a workload, and how they agree. */
struct places {
    double live[RANK_POLICIES_MAX], modelled[RANK_POLICIES_MAX];
    struct rank_pairs pairs;
    double rho, tau;
};

static bool is_paced(const struct rank_entry *entry)
{
    return entry->remote_touches == 0;
}

static struct places places_of(const struct rank_table *table, const struct rank_workload *w,
                               bool paced_only)
{
    double live[RANK_POLICIES_MAX], spread[RANK_POLICIES_MAX], modelled[RANK_POLICIES_MAX];
    struct places places;
    unsigned n = 0;

    for (unsigned p = 0; p < table->policies_count; p++) {
        if (paced_only && !is_paced(&w->entry[p]))
            continue;
        live[n] = w->entry[p].median_s;
        spread[n] = w->entry[p].spread_s;
        modelled[n++] = w->entry[p].modelled_s;
    }
    rank_places(live, spread, n, table->tie, places.live);
    rank_places(modelled, NULL, n, table->tie, places.modelled);
    places.pairs = rank_pairs_of(places.live, places.modelled, n);
    places.rho = rank_rho(places.live, places.modelled, n);
    places.tau = rank_tau(&places.pairs);
    return places;
}

static void finish_workload(const struct rank_table *table, struct rank_workload *w)
{
    struct places places;

    for (unsigned p = 0; p < table->policies_count; p++) {
        struct rank_entry *e = &w->entry[p];

        e->median_s = series_median(&e->live_s);
        e->spread_s = (series_quantile(&e->live_s, 1) - series_quantile(&e->live_s, 0)) / 2;
    }
    places = places_of(table, w, true);
    w->paced_pairs = places.pairs;
    w->paced_rho = places.rho;
    w->paced_tau = places.tau;
    places = places_of(table, w, false);
    w->pairs = places.pairs;
    w->rho = places.rho;
    w->tau = places.tau;
    for (unsigned p = 0; p < table->policies_count; p++) {
        w->entry[p].live_place = places.live[p];
        w->entry[p].modelled_place = places.modelled[p];
    }
}

/* The mean of what is a number; NaN if nothing is. */
struct mean {
    double sum;
    unsigned count;
};

static void mean_add(struct mean *mean, double value)
{
    if (isnan(value))
        return;
    mean->sum += value;
    mean->count++;
}

static double mean_of(const struct mean *mean)
{
    return mean->count ? mean->sum / mean->count : NAN;
}

void rank_table_drop(struct rank_table *table)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < table->workloads_count; i++)
        if (!*table->workload[i].left_out)
            table->workload[kept++] = table->workload[i];
    table->workloads_count = kept;
}

void rank_table_finish(struct rank_table *table)
{
    struct mean rho = {0}, tau = {0}, paced_rho = {0}, paced_tau = {0};

    table->pairs = table->paced_pairs = (struct rank_pairs){0};
    for (unsigned i = 0; i < table->workloads_count; i++) {
        struct rank_workload *w = &table->workload[i];

        finish_workload(table, w);
        rank_pairs_add(&table->pairs, &w->pairs);
        rank_pairs_add(&table->paced_pairs, &w->paced_pairs);
        mean_add(&rho, w->rho);
        mean_add(&tau, w->tau);
        mean_add(&paced_rho, w->paced_rho);
        mean_add(&paced_tau, w->paced_tau);
    }
    table->rho = mean_of(&rho);
    table->tau = mean_of(&tau);
    table->paced_rho = mean_of(&paced_rho);
    table->paced_tau = mean_of(&paced_tau);
}

void rank_table_fini(struct rank_table *table)
{
    for (unsigned i = 0; i < table->workloads_count; i++)
        for (unsigned p = 0; p < RANK_POLICIES_MAX; p++)
            series_free(&table->workload[i].entry[p].live_s);
    free(table->workload);
    table->workload = NULL;
    table->workloads_count = 0;
}
