/* SPDX-License-Identifier: MIT */
/* names.c - how a report calls things, and in which order; see model.h */
#include "report/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *report_processor_name(const struct report_model *model, int processor, char *room,
                                  size_t bytes)
{
    if (processor < HUM_HOST || processor >= HUM_DEVICES_MAX)
        snprintf(room, bytes, "unknown");
    else if (model->has_processor[processor + 1] && model->processor[processor + 1].name[0])
        snprintf(room, bytes, "%.63s", model->processor[processor + 1].name);
    else if (processor == HUM_HOST)
        snprintf(room, bytes, "host");
    else
        snprintf(room, bytes, "device %d", processor);
    return room;
}

uint64_t report_address(const struct report_model *model, uint64_t page)
{
    return model->space.start + page * HUM_PAGE_SIZE;
}

const char *report_region_name(const struct report_model *model, uint32_t row, char *room,
                               size_t bytes)
{
    const struct ledger_region *region = &model->ledger.region[row];

    if (row == 0)
        snprintf(room, bytes, "(no region or several)");
    else if (region->name[0])
        snprintf(room, bytes, "%.63s", region->name);
    else
        snprintf(room, bytes, "unnamed at 0x%" PRIx64, report_address(model, region->first_page));
    return room;
}

const char *report_kernel_name(const struct report_model *model, uint32_t row)
{
    return row ? model->ledger.kernel[row].name : "(no kernel)";
}

const char *report_setting(const struct report_model *model, const char *key)
{
    for (uint32_t i = 0; i < model->settings; i++)
        if (strcmp(model->setting[i].key, key) == 0)
            return model->setting[i].value;
    return NULL;
}

bool report_has_modelled(const struct report_model *model)
{
    const uint64_t *ns = model->metrics.modelled_ns;

    return ns[HUM_H2D] || ns[HUM_D2H] || ns[HUM_D2D];
}

/* ---- ranks ---------------------------------------------------------------------------------- */

static uint32_t table_rows(const struct report_model *model, enum report_table table)
{
    const uint32_t rows[] = {model->ledger.regions, model->ledger.kernels, model->ledger.phases};

    return rows[table];
}

static const struct cost *table_cost(const struct report_model *model, enum report_table table,
                                     uint32_t row)
{
    switch (table) {
    case TABLE_OF_REGIONS:
        return &model->ledger.region[row].cost;
    case TABLE_OF_KERNELS:
        return &model->ledger.kernel[row].cost;
    default:
        return &model->ledger.phase[row].cost;
    }
}

static bool is_idle(const struct report_model *model, enum report_table table, uint32_t row)
{
    const struct cost *cost = table_cost(model, table, row);

    if (cost->events || cost->faults[0] || cost->faults[1])
        return false;
    if (table == TABLE_OF_KERNELS)
        return model->ledger.kernel[row].launches == 0;
    return table != TABLE_OF_PHASES || row == 0;
}

struct ranking {
    const struct report_model *model;
    enum report_table table;
};

static int by_cost(const void *a, const void *b, void *of)
{
    const struct ranking *ranking = of;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = cost_compare(table_cost(ranking->model, ranking->table, x),
                             table_cost(ranking->model, ranking->table, y));

    return order ? order : (x > y) - (x < y);
}

uint32_t report_rank(const struct report_model *model, enum report_table table, uint32_t **rows_out)
{
    struct ranking ranking = {model, table};
    uint32_t count = 0, rows = table_rows(model, table);

    *rows_out = malloc(rows * sizeof(**rows_out));
    if (!*rows_out)
        return 0;
    for (uint32_t row = 0; row < rows; row++)
        if (!is_idle(model, table, row))
            (*rows_out)[count++] = row;
    qsort_r(*rows_out, count, sizeof(**rows_out), by_cost, &ranking);
    return count;
}
