/* SPDX-License-Identifier: MIT */
/* text.c - see text.h */
#include "command/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 12

struct table {
    enum table_shape shape;
    size_t count, room;
    struct cells {
        char *cell[CELLS_MAX];
        unsigned count;
    } * rows;
};

struct text text_bytes(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    struct text text;
    double scaled = (double)bytes;
    unsigned unit = 0;

    while (scaled >= 1024 && unit < 6) {
        scaled /= 1024;
        unit++;
    }
    snprintf(text.s, sizeof(text.s), "%.*f %s", unit ? 1 : 0, scaled, units[unit]);
    return text;
}

struct text text_count(uint64_t count)
{
    struct text text;
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count), at = 0;

    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            text.s[at++] = ' ';
        text.s[at++] = digits[i];
    }
    text.s[at] = '\0';
    return text;
}

struct text text_time(double seconds)
{
    struct text text;

    if (!isfinite(seconds))
        snprintf(text.s, sizeof(text.s), "-");
    else if (seconds < 1e-6)
        snprintf(text.s, sizeof(text.s), "%.0f ns", seconds * 1e9);
    else if (seconds < 1e-3)
        snprintf(text.s, sizeof(text.s), "%.1f us", seconds * 1e6);
    else if (seconds < 1)
        snprintf(text.s, sizeof(text.s), "%.1f ms", seconds * 1e3);
    else
        snprintf(text.s, sizeof(text.s), "%.2f s", seconds);
    return text;
}

struct text text_number(double number)
{
    struct text text;

    if (!isfinite(number))
        snprintf(text.s, sizeof(text.s), "-");
    else if (fabs(number) >= 1000)
        snprintf(text.s, sizeof(text.s), "%.0f", number);
    else if (fabs(number) >= 10)
        snprintf(text.s, sizeof(text.s), "%.1f", number);
    else
        snprintf(text.s, sizeof(text.s), "%.3f", number);
    return text;
}

struct text text_hex(uint64_t number)
{
    struct text text;

    snprintf(text.s, sizeof(text.s), "0x%" PRIx64, number);
    return text;
}

/* A table is small and the program short: without memory there is nothing better to do. */
static void *need(void *memory)
{
    if (!memory) {
        fputs("hum: out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    return memory;
}

struct table *table_create(enum table_shape shape)
{
    struct table *table = need(calloc(1, sizeof(*table)));

    table->shape = shape;
    return table;
}

void table_row(struct table *table, ...)
{
    struct cells cells = {.count = 0};
    va_list args;
    const char *cell;

    va_start(args, table);
    while (cells.count < CELLS_MAX && (cell = va_arg(args, const char *)) != NULL)
        cells.cell[cells.count++] = need(strdup(cell));
    va_end(args);
    if (table->count == table->room) {
        table->room = table->room ? 2 * table->room : 16;
        table->rows = need(realloc(table->rows, table->room * sizeof(*table->rows)));
    }
    table->rows[table->count++] = cells;
}

/* Columns a text takes: UTF-8 continuation bytes take none. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void measure(const struct table *table, int width_out[CELLS_MAX])
{
    memset(width_out, 0, CELLS_MAX * sizeof(*width_out));
    for (size_t r = 0; r < table->count; r++)
        for (unsigned c = 0; c < table->rows[r].count; c++) {
            int width = width_of(table->rows[r].cell[c]);

            if (width > width_out[c])
                width_out[c] = width;
        }
}

static void print_row(const struct table *table, const struct cells *cells, const int *width,
                      FILE *out)
{
    for (unsigned c = 0; c < cells->count; c++) {
        bool last = c + 1 == cells->count;
        bool left = c == 0 || (last && table->shape == TABLE_NOTE_LAST);
        int pad = width[c] - width_of(cells->cell[c]);

        if (c)
            fputs("  ", out);
        if (!left)
            fprintf(out, "%*s", pad, "");
        fputs(cells->cell[c], out);
        if (left && !last)
            fprintf(out, "%*s", pad, "");
    }
    fputc('\n', out);
}

void table_print(struct table *table, FILE *out, unsigned indent)
{
    int width[CELLS_MAX];

    measure(table, width);
    for (size_t r = 0; r < table->count; r++) {
        fprintf(out, "%*s", (int)indent, "");
        print_row(table, &table->rows[r], width, out);
        for (unsigned c = 0; c < table->rows[r].count; c++)
            free(table->rows[r].cell[c]);
    }
    free(table->rows);
    free(table);
}
