/* SPDX-License-Identifier: MIT */
/* import.c - hum trace import: a trace from what other tools wrote. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/tool.h"

static const char help[] =
    "Usage: hum trace import --format=FORMAT [options] -o OUT FILE\n"
    "\n"
    "FILE may be - for standard input.\n"
    "\n"
    "Formats:\n"
    "  csv      as 'hum trace export' writes it; columns may stand in any order or be missing\n"
    "  oracle   libCacheSim's oracleGeneral; an object becomes a page\n"
    "  lackey   what valgrind --tool=lackey --trace-mem=yes prints\n"
    "\n"
    "Options:\n"
    "  -F, --format=FORMAT   csv, oracle or lackey\n"
    "  -o, --output=OUT      the trace to write\n"
    "  -i, --instructions    lackey: instructions are accesses too\n"
    "  -n, --renumber        oracle: number pages as they appear; for objects that are hashes\n"
    "  -h, --help            this text\n";

struct import {
    const char *format, *out;
    struct trace_import_options options;
};

static bool is_format(const char *format)
{
    return strcmp(format, "csv") == 0 || strcmp(format, "oracle") == 0 ||
           strcmp(format, "lackey") == 0;
}

static bool import_as(const struct import *import, FILE *in, struct hum_trace_writer *out,
                      struct trace_problem *problem)
{
    if (strcmp(import->format, "csv") == 0)
        return trace_import_csv(in, out, problem);
    if (strcmp(import->format, "oracle") == 0)
        return trace_import_oracle(in, out, &import->options, problem);
    return trace_import_lackey(in, out, &import->options, problem);
}

static int import_file(const struct import *import, const char *path)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct trace_problem problem;
    struct trace_output output;
    bool good;

    if (!in) {
        command_say("trace import", "cannot read %s: %s", path, strerror(errno));
        return EXIT_FAILURE;
    }
    good = trace_output_trace(&output, import->out, &problem);
    if (good)
        good = trace_output_close(&output, import_as(import, in, output.writer, &problem),
                                  &problem);
    if (in != stdin)
        fclose(in);
    if (!good)
        command_say("trace import", "%s: %s", path, problem.text);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct import *import)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'F'},
        {"output", required_argument, NULL, 'o'},
        {"instructions", no_argument, NULL, 'i'},
        {"renumber", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "F:o:inh", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'F')
            import->format = optarg;
        else if (option == 'o')
            import->out = optarg;
        else if (option == 'i')
            import->options.instructions = true;
        else if (option == 'n')
            import->options.renumber = true;
        else
            return command_usage("trace import");
    }
    return -1;
}

static int run(int argc, char **argv)
{
    struct import import = {0};
    int status = parse(argc, argv, &import);

    if (status >= 0)
        return status;
    if (!import.format || !is_format(import.format)) {
        command_say("trace import", "--format must be csv, oracle or lackey");
        return command_usage("trace import");
    }
    if (optind + 1 != argc || !import.out) {
        command_say("trace import",
                    import.out ? "one file is imported" : "-o OUT is missing");
        return command_usage("trace import");
    }
    return import_file(&import, argv[optind]);
}

const struct command trace_import = {"import", "from csv, libCacheSim, valgrind's lackey", run};
