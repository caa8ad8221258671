/* SPDX-License-Identifier: MIT */
/*
 * export_csv.c - a trace as one table: a row a record, a column a field, empty where a kind has no
 * such field.  Nothing is lost: import_csv.c makes the same trace of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command/trace/fields.h"
#include "command/trace/tool.h"

static void print_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\n\r#") && *text) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static bool has_page(const struct hum_pages *pages, unsigned page)
{
    return page < HUM_PAGES_PER_BLOCK && (pages->word[page / 64] >> page % 64 & 1);
}

static void print_pages(FILE *out, const struct hum_pages *pages)
{
    const char *blank = "";

    for (unsigned page = 0; page < HUM_PAGES_PER_BLOCK; page++) {
        unsigned first = page;

        if (!has_page(pages, page))
            continue;
        while (has_page(pages, page + 1))
            page++;
        fprintf(out, page == first ? "%s%u" : "%s%u-%u", blank, first, page);
        blank = " ";
    }
}

static void print_counts(FILE *out, const uint64_t *counts, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(*counts); i++)
        fprintf(out, "%s%" PRIu64, i ? " " : "", counts[i]);
}

static void print_field(FILE *out, const struct trace_field *field,
                        const struct hum_trace_record *record)
{
    const void *at = (const char *)record + field->offset;

    switch (field->type) {
    case FIELD_U64:
        fprintf(out, "%" PRIu64, *(const uint64_t *)at);
        break;
    case FIELD_HEX:
        fprintf(out, "0x%" PRIx64, *(const uint64_t *)at);
        break;
    case FIELD_U32:
        fprintf(out, "%" PRIu32, *(const uint32_t *)at);
        break;
    case FIELD_I32:
        fprintf(out, "%" PRId32, *(const int32_t *)at);
        break;
    case FIELD_BOOL:
        fputs(*(const bool *)at ? "1" : "0", out);
        break;
    case FIELD_TEXT:
        print_text(out, at);
        break;
    case FIELD_PAGES:
        print_pages(out, at);
        break;
    case FIELD_CAUSE:
        fputs(hum_cause_text((enum hum_cause)*(const uint32_t *)at), out);
        break;
    case FIELD_KIND:
        fputs(hum_trace_kind_text((enum hum_trace_kind)*(const uint32_t *)at), out);
        break;
    case FIELD_CALL:
        fputs(hum_trace_call_text((enum hum_trace_call_kind)*(const uint32_t *)at), out);
        break;
    case FIELD_ADVICE:
        if (*(const uint32_t *)at)
            fputs(hum_trace_advice_text((enum hum_advice)*(const uint32_t *)at), out);
        break;
    case FIELD_COUNTS:
        print_counts(out, at, field->bytes);
        break;
    }
}

/* For each kind, which of its fields is in which column, + 1; 0: none. */
static void place_fields(const char **columns, size_t count,
                         unsigned char place_out[HUM_TRACE_KIND_COUNT][TRACE_COLUMNS_MAX])
{
    memset(place_out, 0, HUM_TRACE_KIND_COUNT * sizeof(*place_out));
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++) {
        size_t fields;
        const struct trace_field *field = trace_fields((enum hum_trace_kind)kind, &fields);

        for (size_t i = 0; i < fields; i++)
            for (size_t c = 0; c < count; c++)
                if (strcmp(columns[c], field[i].name) == 0)
                    place_out[kind][c] = (unsigned char)(i + 1);
    }
}

bool trace_export_csv(struct hum_trace *trace, FILE *out, struct trace_problem *problem)
{
    unsigned char place[HUM_TRACE_KIND_COUNT][TRACE_COLUMNS_MAX];
    const char *columns[TRACE_COLUMNS_MAX];
    size_t count = trace_columns(columns), fields;
    struct hum_trace_record record;
    bool more;

    place_fields(columns, count, place);
    fputs("kind,time_ns", out);
    for (size_t c = 0; c < count; c++)
        fprintf(out, ",%s", columns[c]);
    fputc('\n', out);
    while (trace_read(trace, &record, &more, problem)) {
        const struct trace_field *field;

        if (!more)
            return !ferror(out) ||
                   trace_problem_say(problem, "cannot write: %s", strerror(errno));
        field = trace_fields(record.kind, &fields);
        fprintf(out, "%s,%" PRIu64, hum_trace_kind_text(record.kind), record.time_ns);
        for (size_t c = 0; c < count; c++) {
            fputc(',', out);
            if (place[record.kind][c])
                print_field(out, &field[place[record.kind][c] - 1], &record);
        }
        fputc('\n', out);
    }
    return false;
}
