/* SPDX-License-Identifier: MIT */
/* bench_link.c - what the benchmark `link` says besides its ratio. */
#include "command/bench_link.h"

#include <stdio.h>

#include "command/json.h"
#include "command/text.h"

static const char *const line_names[LINK_LINES] = {"h2d", "d2h", "both"};

/* The line of the point's own direction; NULL: there is none. */
static const struct fit *fit_of(const struct link_table *table, const struct link_point *point)
{
    const struct link_line *line = &table->lines[point->direction];

    return line->known ? &line->fit : NULL;
}

static void print_points(const struct link_table *table)
{
    struct table *rows = table_create(TABLE_NUMBERS);

    table_row(rows, "move", "size", "copies", "us", "fitted", "off by %", "memcpy us", NULL);
    for (size_t i = 0; i < table->count; i++) {
        const struct link_point *p = &table->points[i];
        const struct fit *fit = fit_of(table, p);
        double fitted = fit ? fit_ns(fit, &p->move) : 0;

        table_row(rows, line_names[p->direction], text_bytes((uint64_t)p->move.bytes).s,
                  text_number(p->move.copies).s, text_number(p->move.ns / 1e3).s,
                  fit ? text_number(fitted / 1e3).s : "-",
                  fit ? text_number(100 * (fitted / p->move.ns - 1)).s : "-",
                  text_number(p->memcpy_ns / 1e3).s, NULL);
    }
    table_print(rows, stdout, 2);
}

static void print_line(const struct link_line *line, const char *name)
{
    char setting[FIT_SETTING_ROOM];

    if (!line->known) {
        printf("  %-4s  no line: %s\n", name, line->why);
        return;
    }
    fit_setting(&line->fit, setting);
    printf("  %-4s  alpha %s ns, beta %s GB/s, off by %.1f %% (median), %.1f %% (most)\n"
           "        HUM_LINK=%s\n",
           name, text_number(line->fit.alpha_ns).s, text_number(line->fit.beta / 1e9).s,
           100 * line->fit.error_median, 100 * line->fit.error_max, setting);
}

void bench_link_print(const struct link_table *table)
{
    printf("\n");
    print_points(table);
    printf("\n");
    for (unsigned i = 0; i < LINK_LINES; i++)
        print_line(&table->lines[i], line_names[i]);
}

static void set_line(json_t *object, const struct link_line *line)
{
    char setting[FIT_SETTING_ROOM] = "";

    if (line->known)
        fit_setting(&line->fit, setting);
    json_object_set_new(object, "alpha_ns",
                        line->known ? json_number(line->fit.alpha_ns) : json_null());
    json_object_set_new(object, "beta_bytes_per_s",
                        line->known ? json_number(line->fit.beta) : json_null());
    json_object_set_new(object, "setting", line->known ? json_text(setting) : json_null());
    json_object_set_new(object, "error_median",
                        line->known ? json_number(line->fit.error_median) : json_null());
    json_object_set_new(object, "error_max",
                        line->known ? json_number(line->fit.error_max) : json_null());
    if (!line->known && line->why)
        json_object_set_new(object, "why", json_text(line->why));
}

void bench_link_json(const struct link_table *table, json_t *result)
{
    json_t *points = json_array(), *directions = json_array();

    set_line(result, &table->lines[LINK_BOTH]);
    for (unsigned i = 0; i < LINK_BOTH; i++) {
        json_t *direction = json_pack("{s:s}", "direction", line_names[i]);

        set_line(direction, &table->lines[i]);
        json_array_append_new(directions, direction);
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct link_point *p = &table->points[i];

        json_array_append_new(
            points, json_pack("{s:s, s:o, s:o, s:o, s:o}", "direction", line_names[p->direction],
                              "bytes", json_count((uint64_t)p->move.bytes), "copies",
                              json_count((uint64_t)p->move.copies), "ns", json_number(p->move.ns),
                              "memcpy_ns", json_number(p->memcpy_ns)));
    }
    json_object_set_new(result, "directions", directions);
    json_object_set_new(result, "points", points);
}
