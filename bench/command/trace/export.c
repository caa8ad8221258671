/* SPDX-License-Identifier: MIT */
/* export.c - hum trace export: a trace for other tools. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/tool.h"

static const char help[] =
    "Usage: hum trace export --format=FORMAT [options] FILE\n"
    "\n"
    "Formats:\n"
    "  csv        one table, a row a record; 'hum trace import' makes the same trace of it\n"
    "  perfetto   Chrome's JSON trace events, for ui.perfetto.dev\n"
    "  oracle     accesses as libCacheSim's oracleGeneral, a page an object; needs -o\n"
    "\n"
    "Options:\n"
    "  -F, --format=FORMAT   csv, perfetto or oracle\n"
    "  -o, --output=OUT      the file to write; without it, standard output\n"
    "  -R, --repeat          oracle: an access that counts n touches is n records, else one\n"
    "  -h, --help            this text\n";

struct export {
    const char *format, *out;
    bool repeat;
};

static bool is_format(const char *format)
{
    return strcmp(format, "csv") == 0 || strcmp(format, "perfetto") == 0 ||
           strcmp(format, "oracle") == 0;
}

static bool export_as(const struct export *export, struct hum_trace *trace, FILE *out,
                      struct trace_problem *problem)
{
    if (strcmp(export->format, "csv") == 0)
        return trace_export_csv(trace, out, problem);
    if (strcmp(export->format, "perfetto") == 0)
        return trace_export_perfetto(trace, out, problem);
    return trace_export_oracle(trace, out, export->repeat, problem);
}

static int export_file(const struct export *export, const char *path)
{
    struct trace_problem problem;
    struct trace_output output;
    struct hum_trace *trace;
    bool good;

    if (hum_trace_open(path, &trace) != HUM_OK) {
        command_say("trace export", "%s", hum_error_text());
        return EXIT_FAILURE;
    }
    good = trace_output_file(&output, export->out, &problem);
    if (good)
        good = trace_output_close(&output, export_as(export, trace, output.file, &problem),
                                  &problem);
    hum_trace_close(trace);
    if (!good && !(output.file == stdout && ferror(stdout))) /* which is said at the end */
        command_say("trace export", "%s", problem.text);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct export *export)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'F'},
        {"output", required_argument, NULL, 'o'},
        {"repeat", no_argument, NULL, 'R'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "F:o:Rh", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'F')
            export->format = optarg;
        else if (option == 'o')
            export->out = optarg;
        else if (option == 'R')
            export->repeat = true;
        else
            return command_usage("trace export");
    }
    return -1;
}

static int run(int argc, char **argv)
{
    struct export export = {0};
    int status = parse(argc, argv, &export);

    if (status >= 0)
        return status;
    if (!export.format || !is_format(export.format)) {
        command_say("trace export", "--format must be csv, perfetto or oracle");
        return command_usage("trace export");
    }
    if (optind + 1 != argc) {
        command_say("trace export", "one trace is exported, not %d", argc - optind);
        return command_usage("trace export");
    }
    return export_file(&export, argv[optind]);
}

const struct command trace_export = {"export", "as csv, for Perfetto, for libCacheSim", run};
