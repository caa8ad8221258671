/* SPDX-License-Identifier: MIT */
/*
 * exports.c - fuzz target: what is made of traces, whatever they say.
 *
 * The input is a chunk before compression; the reader's own target looks at everything around it.
 * Checked: a table is imported as the same records; the timeline for Perfetto is JSON; the report
 * has a model, and this text, SVG and JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/check.h"
#include "command/trace/tool.h"
#include "fuzz/file.h"
#include "fuzz/fuzz.h"
#include "report/model.h"
#include "report/output.h"
#include "trace/format.h"
#include "trace/record.h"

static struct hum_trace *open_trace(const char *path)
{
    struct hum_trace *trace;

    humi_check(hum_trace_open(path, &trace) == HUM_OK);
    return trace;
}

/* All of it can be read, and nothing in it takes long. */
static bool is_good(const char *path)
{
    struct hum_trace *trace = open_trace(path);
    struct hum_trace_record record;
    enum hum_status status;
    bool quick = true;

    while ((status = hum_trace_next(trace, &record)) == HUM_OK)
        quick &= fuzz_is_quick(&record);
    hum_trace_close(trace);
    return status == HUM_ERR_NOT_FOUND && quick;
}

static void check_same(const char *path, const char *other_path)
{
    struct hum_trace *trace = open_trace(path), *other = open_trace(other_path);
    struct hum_trace_record x, y;

    while (hum_trace_next(trace, &x) == HUM_OK) {
        humi_check(hum_trace_next(other, &y) == HUM_OK);
        humi_check(x.kind == y.kind &&
                   memcmp(&x, &y, humi_trace_record_bytes(x.kind)) == 0);
    }
    humi_check(hum_trace_next(other, &y) == HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
    hum_trace_close(other);
}

static void try_csv(const char *path)
{
    struct trace_problem problem;
    struct hum_trace *trace = open_trace(path);
    struct hum_trace_writer *writer;
    char *text = NULL, other_path[FUZZ_PATH_BYTES];
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    int other = fuzz_file(NULL, 0, other_path);

    humi_check(file && trace_export_csv(trace, file, &problem));
    hum_trace_close(trace);
    fclose(file);
    file = fmemopen(text, bytes, "r");
    humi_check(file && hum_trace_create(other_path, &writer) == HUM_OK);
    humi_check(trace_import_csv(file, writer, &problem));
    humi_check(hum_trace_writer_close(writer) == HUM_OK);
    fclose(file);
    free(text);
    check_same(path, other_path);
    close(other);
}

static void try_perfetto(const char *path)
{
    struct trace_problem problem;
    struct hum_trace *trace = open_trace(path);
    json_error_t error;
    json_t *root;
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);

    humi_check(file && trace_export_perfetto(trace, file, &problem));
    hum_trace_close(trace);
    fclose(file);
    root = json_loadb(text, bytes, JSON_DECODE_INT_AS_REAL, &error);
    humi_check(json_is_array(json_object_get(root, "traceEvents")));
    json_decref(root);
    free(text);
}

static void try_oracle(const char *path)
{
    struct trace_problem problem;
    struct hum_trace *trace = open_trace(path);
    char other_path[FUZZ_PATH_BYTES];
    FILE *file = fdopen(fuzz_file(NULL, 0, other_path), "w+");

    humi_check(file && trace_export_oracle(trace, file, false, &problem));
    hum_trace_close(trace);
    fclose(file);
}

static void try_report(const char *path)
{
    struct hum_trace *trace = open_trace(path);
    struct report_source source = report_source_trace(trace);
    struct report_model *model;
    enum hum_status status = report_model_create(&source, &model);
    char *text = NULL;
    size_t bytes = 0;
    FILE *file;

    if (status != HUM_OK) {
        humi_check(status == HUM_ERR_INVALID && strlen(hum_error_text()) > 10);
        hum_trace_close(trace);
        return;
    }
    hum_trace_info(trace, &model->info);
    file = open_memstream(&text, &bytes);
    humi_check(file && report_print_text(model, file) && report_print_svg(model, file) &&
               report_print_json(model, file));
    fclose(file);
    free(text);
    report_model_destroy(model);
    hum_trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_BYTES];
    int fd;

    if (size > HUMI_TRACE_RAW_MAX)
        return 0;
    fd = fuzz_chunk_file(data, size, fuzz_count(data, size), path);
    if (is_good(path)) {
        try_csv(path);
        try_perfetto(path);
        try_oracle(path);
        try_report(path);
    }
    close(fd);
    return 0;
}
