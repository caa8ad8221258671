/* SPDX-License-Identifier: MIT */
/*
 * import_csv.c - a trace from a table as export_csv.c writes it, or made by hand.
 *
 * The first row names the columns, in any order; `kind` must be there.  A missing column or an
 * empty cell is 0, or "".  Cells are quoted as in RFC 4180; rows that begin with # are skipped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/fields.h"
#include "command/trace/tool.h"

#define CELL_MAX 8192 /* bytes of a cell, its end included */

struct table {
    FILE *in;
    unsigned long line;
    char cell[CELL_MAX];
    size_t column_count;
    char columns[TRACE_COLUMNS_MAX + 2][32];
    struct trace_problem *problem;
};

enum cell_end { CELL_COMMA, CELL_ROW, CELL_FILE, CELL_BAD };

static bool wrong(struct table *table, const char *what, const char *column)
{
    return trace_problem_say(table->problem, "line %lu, column %s: '%.40s' is not %s", table->line,
                             column, table->cell, what);
}

/* The inside of a quoted cell; its closing quote has been read.  false: there was none. */
static bool read_quoted(struct table *table, size_t *used)
{
    for (int c; (c = getc(table->in)) != EOF && *used < CELL_MAX - 1;) {
        if (c == '"') {
            int next = getc(table->in);

            if (next != '"') {
                ungetc(next, table->in);
                return true;
            }
        }
        table->line += c == '\n';
        table->cell[(*used)++] = (char)c;
    }
    return false;
}

static enum cell_end read_cell(struct table *table)
{
    size_t used = 0;
    int c = getc(table->in);

    if (c == '"') {
        if (!read_quoted(table, &used))
            c = 0;
        else
            c = getc(table->in);
    }
    for (; c != ',' && c != '\n' && c != EOF && c != 0 && used < CELL_MAX - 1;
         c = getc(table->in))
        if (c != '\r')
            table->cell[used++] = (char)c;
    table->cell[used] = '\0';
    if (c == ',')
        return CELL_COMMA;
    if (c == '\n')
        return CELL_ROW;
    if (c == EOF && !ferror(table->in))
        return CELL_FILE;
    trace_problem_say(table->problem, "line %lu: a cell is too long, has no end, or holds a 0 byte",
                      table->line);
    return CELL_BAD;
}

static bool read_columns(struct table *table)
{
    enum cell_end end = CELL_COMMA;

    while (end == CELL_COMMA) {
        end = read_cell(table);
        if (end == CELL_BAD)
            return false;
        if (table->column_count == TRACE_COLUMNS_MAX + 2)
            return trace_problem_say(table->problem, "line 1: there are too many columns");
        snprintf(table->columns[table->column_count++], sizeof(table->columns[0]), "%.31s",
                 table->cell);
    }
    table->line++;
    for (size_t c = 0; c < table->column_count; c++)
        if (strcmp(table->columns[c], "kind") == 0)
            return true;
    return trace_problem_say(table->problem, "line 1: no column is named 'kind'");
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* All of the text up to `end` as a number, decimal or 0x; false: it is none or above max. */
static bool parse_number(const char *text, uint64_t max, uint64_t *number_out)
{
    bool hex = strncmp(text, "0x", 2) == 0;
    const char *digits = hex ? text + 2 : text;
    char *end;

    if (*digits < '0' || (*digits > '9' && !hex))
        return false;
    errno = 0;
    *number_out = strtoull(digits, &end, hex ? 16 : 10);
    return !errno && end != digits && !*end && *number_out <= max;
}

static bool parse_signed(const char *text, int32_t *number_out)
{
    bool negative = *text == '-';
    uint64_t number;

    if (!parse_number(text + negative, negative ? UINT64_C(1) << 31 : INT32_MAX, &number))
        return false;
    *number_out = (int32_t)(negative ? -(int64_t)number : (int64_t)number);
    return true;
}

static bool parse_pages(char *text, struct hum_pages *pages_out)
{
    char *rest = NULL;

    for (char *run = strtok_r(text, " ", &rest); run; run = strtok_r(NULL, " ", &rest)) {
        char *dash = strchr(run, '-');
        uint64_t first, last;

        if (dash)
            *dash++ = '\0';
        if (!parse_number(run, HUM_PAGES_PER_BLOCK - 1, &first) ||
            !parse_number(dash ? dash : run, HUM_PAGES_PER_BLOCK - 1, &last))
            return false;
        for (uint64_t page = first; page <= last; page++)
            pages_out->word[page / 64] |= UINT64_C(1) << page % 64;
    }
    return true;
}

static bool parse_counts(char *text, uint64_t *counts_out, size_t bytes)
{
    char *rest = NULL;
    size_t count = 0;

    for (char *item = strtok_r(text, " ", &rest); item; item = strtok_r(NULL, " ", &rest))
        if (count == bytes / sizeof(*counts_out) ||
            !parse_number(item, UINT64_MAX, &counts_out[count++]))
            return false;
    return true;
}

/* The text of the number-th word of its sort; NULL behind the last. */
static const char *word_text(enum trace_field_type type, unsigned number)
{
    switch (type) {
    case FIELD_CAUSE:
        return number < HUM_CAUSE_COUNT ? hum_cause_text((enum hum_cause)number) : NULL;
    case FIELD_CALL:
        return hum_trace_call_text((enum hum_trace_call_kind)number);
    default:
        return hum_trace_kind_text((enum hum_trace_kind)number);
    }
}

/* A cause, a kind or a call by its text, or by its number. */
static bool parse_word(const char *text, enum trace_field_type type, uint32_t *number_out)
{
    uint64_t number;
    unsigned count = 0;

    for (const char *word; (word = word_text(type, count)) != NULL; count++)
        if (strcmp(text, word) == 0) {
            *number_out = count;
            return true;
        }
    if (!parse_number(text, count - 1, &number))
        return false;
    *number_out = (uint32_t)number;
    return true;
}

/* Advice is one bit of many; a number that is none is refused with the record. */
static bool parse_advice(const char *text, uint32_t *bit_out)
{
    uint64_t number;

    for (unsigned i = 0; i < 32; i++) {
        const char *word = hum_trace_advice_text((enum hum_advice)(UINT32_C(1) << i));

        if (word && strcmp(text, word) == 0) {
            *bit_out = UINT32_C(1) << i;
            return true;
        }
    }
    if (!parse_number(text, UINT32_MAX, &number))
        return false;
    *bit_out = (uint32_t)number;
    return true;
}

static bool parse_integer(struct table *table, const struct trace_field *field, void *at)
{
    uint64_t number;

    switch (field->type) {
    case FIELD_U64:
    case FIELD_HEX:
        return parse_number(table->cell, UINT64_MAX, at) || wrong(table, "a number", field->name);
    case FIELD_I32:
        return parse_signed(table->cell, at) ||
               wrong(table, "a number that can be negative", field->name);
    case FIELD_BOOL:
        if (!parse_number(table->cell, 1, &number))
            return wrong(table, "0 or 1", field->name);
        *(bool *)at = number;
        return true;
    default:
        if (!parse_number(table->cell, UINT32_MAX, &number))
            return wrong(table, "a number below 2^32", field->name);
        *(uint32_t *)at = (uint32_t)number;
        return true;
    }
}

static bool parse_cell(struct table *table, const struct trace_field *field,
                       struct hum_trace_record *record)
{
    void *at = (char *)record + field->offset;

    if (!*table->cell)
        return true;
    switch (field->type) {
    case FIELD_TEXT:
        if (strlen(table->cell) >= field->bytes)
            return wrong(table, "as short as it must be", field->name);
        memcpy(at, table->cell, strlen(table->cell) + 1);
        return true;
    case FIELD_PAGES:
        return parse_pages(table->cell, at) || wrong(table, "a list of pages", field->name);
    case FIELD_COUNTS:
        return parse_counts(table->cell, at, field->bytes) ||
               wrong(table, "a list of counters", field->name);
    case FIELD_CAUSE:
        return parse_word(table->cell, field->type, at) || wrong(table, "a cause", field->name);
    case FIELD_KIND:
        return parse_word(table->cell, field->type, at) || wrong(table, "a kind", field->name);
    case FIELD_CALL:
        return parse_word(table->cell, field->type, at) || wrong(table, "a call", field->name);
    case FIELD_ADVICE:
        return parse_advice(table->cell, at) || wrong(table, "advice", field->name);
    default:
        return parse_integer(table, field, at);
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* The cells of one row, one behind the other in `texts`; kind may come after what depends on it. */
struct row {
    size_t count, used;
    size_t start[TRACE_COLUMNS_MAX + 2];
    char texts[4 * CELL_MAX];
};

static bool read_row(struct table *table, struct row *row, bool *any_out, bool *last_out)
{
    enum cell_end end = CELL_COMMA;

    row->count = row->used = 0;
    while (end == CELL_COMMA) {
        size_t bytes;

        end = read_cell(table);
        if (end == CELL_BAD)
            return false;
        bytes = strlen(table->cell) + 1;
        if (row->count == table->column_count || row->used + bytes > sizeof(row->texts))
            return trace_problem_say(table->problem, "line %lu has more cells than line 1 columns",
                                     table->line + 1);
        row->start[row->count++] = row->used;
        memcpy(row->texts + row->used, table->cell, bytes);
        row->used += bytes;
    }
    table->line++;
    *any_out = row->count > 1 || *row->texts;
    *last_out = end == CELL_FILE;
    return true;
}

static bool fill_record(struct table *table, const struct row *row, struct hum_trace_record *record)
{
    static const struct trace_field time_field = {
        "time_ns", FIELD_U64, offsetof(struct hum_trace_record, time_ns), sizeof(uint64_t)};
    size_t fields;
    const struct trace_field *field = trace_fields(record->kind, &fields);

    for (size_t c = 0; c < row->count; c++) {
        strcpy(table->cell, row->texts + row->start[c]); /* a cell fits into a cell */
        if (strcmp(table->columns[c], "time_ns") == 0 && !parse_cell(table, &time_field, record))
            return false;
        for (size_t i = 0; i < fields; i++)
            if (strcmp(table->columns[c], field[i].name) == 0 &&
                !parse_cell(table, &field[i], record))
                return false;
    }
    return true;
}

static bool import_row(struct table *table, const struct row *row, struct hum_trace_writer *out)
{
    struct hum_trace_record record;

    memset(&record, 0, sizeof(record));
    record.kind = HUM_TRACE_KIND_COUNT;
    for (size_t c = 0; c < row->count; c++)
        if (strcmp(table->columns[c], "kind") == 0) {
            record.kind = trace_kind_find(row->texts + row->start[c]);
            snprintf(table->cell, sizeof(table->cell), "%s", row->texts + row->start[c]);
        }
    if (record.kind == HUM_TRACE_KIND_COUNT)
        return wrong(table, "a kind of record", "kind");
    if (!fill_record(table, row, &record))
        return false;
    if (hum_trace_put(out, &record) == HUM_OK)
        return true;
    return trace_problem_say(table->problem, "line %lu: %s", table->line, hum_error_text());
}

/* Comments stand before the cells, so that a # in a cell means nothing. */
static void skip_comments(struct table *table)
{
    int c;

    while ((c = getc(table->in)) == '#') {
        while (c != '\n' && c != EOF)
            c = getc(table->in);
        table->line++;
    }
    ungetc(c, table->in);
}

bool trace_import_csv(FILE *in, struct hum_trace_writer *out, struct trace_problem *problem)
{
    struct table *table = calloc(1, sizeof(*table));
    struct row *row = calloc(1, sizeof(*row));
    bool good = table && row, any = false, last = false;

    if (good) {
        table->in = in;
        table->problem = problem;
        skip_comments(table);
        good = read_columns(table);
    } else {
        trace_problem_say(problem, "out of memory");
    }
    while (good && !last) {
        skip_comments(table);
        good = read_row(table, row, &any, &last) && (!any || import_row(table, row, out));
    }
    free(table);
    free(row);
    return good;
}
