/* SPDX-License-Identifier: MIT */
/* bench_thrash.c - what the benchmark `thrash` says besides its ratio. */
#include "command/bench_thrash.h"

#include <stdio.h>

#include "command/json.h"
#include "command/text.h"

static double rounds_per_s(const struct thrash_cell *cell)
{
    return (double)cell->rounds / cell->seconds;
}

static double faults_per_s(const struct thrash_cell *cell)
{
    return (double)cell->faults / cell->seconds;
}

static double moved_mib(const struct thrash_cell *cell)
{
    return (double)cell->moved_bytes / (double)cell->rounds / 0x1p20;
}

static const struct {
    const char *title;
    double (*of)(const struct thrash_cell *cell);
} figures[] = {
    {"rounds a second", rounds_per_s},
    {"faults a second", faults_per_s},
    {"MiB moved a round", moved_mib},
};

_Static_assert(THRASH_POLICIES == 7, "a column for each");

/* A row for each number of kernels, a column for each policy. */
static void print_figure(const struct thrash_table *table, unsigned load, size_t figure)
{
    struct table *rows = table_create(TABLE_NUMBERS);
    const struct thrash_policy *p = thrash_policies;

    printf("\n  %s: %s, by kernels of %s each on a device of %s\n", thrash_load_names[load],
           figures[figure].title, text_bytes(table->array_bytes[load]).s,
           text_bytes(table->device_bytes[load]).s);
    table_row(rows, "kernels", p[0].text, p[1].text, p[2].text, p[3].text, p[4].text, p[5].text,
              p[6].text, NULL);
    for (unsigned k = 0; k < THRASH_KERNELS_MAX; k++) {
        struct text cell[THRASH_POLICIES];

        for (unsigned i = 0; i < THRASH_POLICIES; i++)
            cell[i] = text_number(figures[figure].of(&table->cell[load][k][i]));
        table_row(rows, text_count(k + 1).s, cell[0].s, cell[1].s, cell[2].s, cell[3].s, cell[4].s,
                  cell[5].s, cell[6].s, NULL);
    }
    table_print(rows, stdout, 2);
}

void bench_thrash_print(const struct thrash_table *table)
{
    for (unsigned load = 0; load < THRASH_LOADS; load++)
        for (size_t figure = 0; figure < sizeof(figures) / sizeof(figures[0]); figure++)
            print_figure(table, load, figure);
}

static json_t *cell_json(const struct thrash_table *table, unsigned load, unsigned kernels,
                         unsigned policy)
{
    const struct thrash_cell *cell = &table->cell[load][kernels - 1][policy];

    return json_pack(
        "{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "load",
        thrash_load_names[load], "kernels", (int)kernels, "policy", thrash_policies[policy].text,
        "array_bytes", json_count(table->array_bytes[load]), "device_bytes",
        json_count(table->device_bytes[load]), "rounds", json_count(cell->rounds), "seconds",
        json_number(cell->seconds), "rounds_per_s", json_number(rounds_per_s(cell)), "faults",
        json_count(cell->faults), "faults_per_s", json_number(faults_per_s(cell)), "moved_bytes",
        json_count(cell->moved_bytes), "evictions", json_count(cell->evictions), "remote_maps",
        json_count(cell->remote_maps));
}

void bench_thrash_json(const struct thrash_table *table, json_t *result)
{
    json_t *cells = json_array();

    for (unsigned load = 0; load < THRASH_LOADS; load++)
        for (unsigned k = 1; k <= THRASH_KERNELS_MAX; k++)
            for (unsigned p = 0; p < THRASH_POLICIES; p++)
                json_array_append_new(cells, cell_json(table, load, k, p));
    json_object_set_new(result, "cells", cells);
}
