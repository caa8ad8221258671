/* SPDX-License-Identifier: MIT */
/* json.c - a comparison as JSON and CSV. */
#include <math.h>
#include <stdlib.h>

#include "command/json.h"
#include "comparison/fields.h"
#include "comparison/output.h"

static json_t *texts(char *const *list, unsigned count)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < count; i++)
        json_array_append_new(array, json_text(list[i]));
    return array;
}

static json_t *trace_names(const struct compare_grid *grid)
{
    json_t *array = json_array();
    char name[256];

    for (unsigned i = 0; i < grid->trace_count; i++) {
        compare_trace_name(grid, i, name, sizeof(name));
        json_array_append_new(array, json_text(name));
    }
    return array;
}

static json_t *numbers(const double *list, unsigned count)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < count; i++)
        json_array_append_new(array, json_number(list[i]));
    return array;
}

/* An index, or null for COMPARE_NONE. */
static json_t *index_of(uint32_t index)
{
    return index == COMPARE_NONE ? json_null() : json_integer(index);
}

static json_t *cell_of(const struct compare_table *table, const struct compare_point *point,
                       unsigned policy)
{
    const struct compare_cell *cell =
        compare_grid_cell(table->grid, point->trace, point->ratio, policy);
    json_t *object = json_object();

    json_object_set_new(object, "trace", json_integer(cell->trace));
    json_object_set_new(object, "ratio", json_integer(cell->ratio));
    json_object_set_new(object, "policy", json_integer(cell->policy));
    if (cell->missing) {
        json_object_set_new(object, cell->missing == COMPARE_FAILED ? "failed" : "left_out",
                            json_text(cell->why));
        return object;
    }
    for (unsigned i = 0; i < compare_field_count; i++)
        json_object_set_new(object, compare_fields[i].name,
                            json_count(compare_field_of(&cell->figures, i)));
    json_object_set_new(object, "regret",
                        json_number(compare_table_regret(table, point, policy)));
    return object;
}

static json_t *cells_of(const struct compare_table *table)
{
    json_t *array = json_array();

    for (size_t i = 0; i < table->point_count; i++)
        for (unsigned p = 0; p < table->grid->policy_count; p++)
            json_array_append_new(array, cell_of(table, &table->points[i], p));
    return array;
}

static json_t *points_of(const struct compare_table *table)
{
    json_t *array = json_array();

    for (size_t i = 0; i < table->point_count; i++) {
        const struct compare_point *point = &table->points[i];

        json_array_append_new(array, json_pack("{s:I, s:I, s:o, s:o, s:o}", "trace",
                                               (json_int_t)point->trace, "ratio",
                                               (json_int_t)point->ratio, "best",
                                               index_of(point->best), "best_ns",
                                               json_count(point->best_ns), "bound_ns",
                                               json_count(point->bound_ns)));
    }
    return array;
}

static json_t *standings_of(const struct compare_table *table)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < table->grid->policy_count; i++) {
        const struct compare_standing *s = &table->standings[i];

        json_array_append_new(
            array,
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "policy",
                      (json_int_t)s->policy, "points", (json_int_t)s->points, "failed",
                      (json_int_t)s->failed, "left_out", (json_int_t)s->left_out, "wins",
                      (json_int_t)s->wins, "to_baseline", json_number(s->to_baseline),
                      "regret_mean", json_number(s->regret_mean), "regret_worst",
                      json_number(s->regret_worst), "worst_point",
                      s->points ? json_integer(s->worst_point) : json_null(),
                      "to_bound", json_number(s->to_bound)));
    }
    return array;
}

static json_t *findings_of(const struct compare_table *table)
{
    char *text = compare_findings(table);
    json_t *value = text ? json_text(text) : NULL;

    free(text);
    return value;
}

json_t *compare_json_of(const struct compare_table *table, const struct compare_settings *settings)
{
    const struct compare_grid *grid = table->grid;

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "traces",
                     trace_names(grid), "policies", texts(grid->policies, grid->policy_count),
                     "ratios", numbers(grid->ratios, grid->ratio_count), "link",
                     json_text(settings->link), "fault", json_text(settings->fault), "command",
                     json_text(settings->command), "baseline", index_of(table->baseline),
                     "findings", findings_of(table), "standings", standings_of(table), "points",
                     points_of(table), "cells", cells_of(table));
}

bool compare_print_json(const struct compare_table *table, const struct compare_settings *settings,
                        FILE *out)
{
    return json_print(compare_json_of(table, settings), out, false);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void put_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* As few digits as say exactly this ratio. */
static void put_ratio(double ratio, FILE *out)
{
    char text[32];

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, ratio);
        if (strtod(text, NULL) == ratio)
            break;
    }
    fputs(text, out);
}

bool compare_print_csv(const struct compare_table *table, FILE *out)
{
    const struct compare_grid *grid = table->grid;
    size_t count = compare_grid_count(grid);

    fputs("trace,policy,ratio,failed", out);
    for (unsigned i = 0; i < compare_field_count; i++)
        fprintf(out, ",%s", compare_fields[i].name);
    fputs(",left_out\n", out);
    for (size_t c = 0; c < count; c++) {
        const struct compare_cell *cell = &grid->cells[c];

        put_quoted(grid->traces[cell->trace], out);
        fputc(',', out);
        put_quoted(grid->policies[cell->policy], out);
        fputc(',', out);
        put_ratio(grid->ratios[cell->ratio], out);
        fputc(',', out);
        if (cell->missing == COMPARE_FAILED)
            put_quoted(cell->why, out);
        for (unsigned i = 0; i < compare_field_count; i++)
            fprintf(out, ",%llu",
                    (unsigned long long)compare_field_of(&cell->figures, i));
        fputc(',', out);
        if (cell->missing == COMPARE_LEFT_OUT)
            put_quoted(cell->why, out);
        fputc('\n', out);
    }
    return !ferror(out);
}
