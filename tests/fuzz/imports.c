/* SPDX-License-Identifier: MIT */
/*
 * imports.c - fuzz target: what `hum trace import` reads.
 *
 * The first byte chooses the format and its options, the rest is the file.  Checked: the importer
 * ends, with a sentence or with a trace that can be read; a table that it took is exported and
 * imported again as the same trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "command/trace/tool.h"
#include "fuzz/file.h"
#include "fuzz/fuzz.h"

enum format { CSV, ORACLE, LACKEY, FORMATS };

static bool import_as(enum format format, unsigned bits, FILE *in, const char *path)
{
    const struct trace_import_options options = {.instructions = bits & 1, .renumber = bits & 1};
    struct trace_problem problem = {""};
    struct hum_trace_writer *writer;
    bool good;

    humi_check(hum_trace_create(path, &writer) == HUM_OK);
    if (format == CSV)
        good = trace_import_csv(in, writer, &problem);
    else if (format == ORACLE)
        good = trace_import_oracle(in, writer, &options, &problem);
    else
        good = trace_import_lackey(in, writer, &options, &problem);
    humi_check(hum_trace_writer_close(writer) == HUM_OK);
    humi_check(good || strlen(problem.text) > 10);
    return good;
}

static void read_all(const char *path)
{
    struct hum_trace_record record;
    struct hum_trace *trace;

    humi_check(hum_trace_open(path, &trace) == HUM_OK);
    while (hum_trace_next(trace, &record) == HUM_OK)
        continue;
    humi_check(hum_trace_next(trace, &record) == HUM_ERR_NOT_FOUND);
    hum_trace_close(trace);
}

static bool same_files(int a, int b)
{
    uint8_t x[4096], y[4096];
    off_t at = 0;

    for (;;) {
        ssize_t n = pread(a, x, sizeof x, at), m = pread(b, y, sizeof y, at);

        humi_check(n >= 0 && m >= 0);
        if (n != m || memcmp(x, y, (size_t)n) != 0)
            return false;
        if (n == 0)
            return true;
        at += n;
    }
}

static void check_again(int fd, const char *path)
{
    struct trace_problem problem;
    struct hum_trace *trace;
    char *text = NULL, again_path[FUZZ_PATH_BYTES];
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    int again = fuzz_file(NULL, 0, again_path);

    humi_check(file && hum_trace_open(path, &trace) == HUM_OK);
    humi_check(trace_export_csv(trace, file, &problem));
    hum_trace_close(trace);
    fclose(file);
    file = fmemopen(text, bytes, "r");
    humi_check(file && import_as(CSV, 0, file, again_path));
    humi_check(same_files(fd, again));
    fclose(file);
    free(text);
    close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_BYTES];
    enum format format;
    FILE *in;
    int fd;

    if (size < 2)
        return 0;
    format = (enum format)(data[0] % FORMATS);
    in = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
    humi_check(in);
    fd = fuzz_file(NULL, 0, path);
    if (import_as(format, data[0] / FORMATS, in, path)) {
        read_all(path);
        if (format == CSV)
            check_again(fd, path);
    }
    fclose(in);
    close(fd);
    return 0;
}
