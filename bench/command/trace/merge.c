/* SPDX-License-Identifier: MIT */
/* merge.c - hum trace merge: several traces become one. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/merger.h"

static const char help[] =
    "Usage: hum trace merge [options] -o OUT FILE FILE ...\n"
    "\n"
    "Writes one trace of several, of processes that ran at the same time or of runs one after the\n"
    "other.  Times are set by the wall clock; regions, kernels, launches, agents and devices get\n"
    "numbers of their own, and the spaces lie one behind the other.\n"
    "\n"
    "Options:\n"
    "  -1, --one-machine   devices of the same number are the same device\n"
    "  -o, --output=OUT    the trace to write\n"
    "  -h, --help          this text\n";

static bool merge(char **paths, size_t count, const char *out, bool one_machine,
                  struct trace_problem *problem)
{
    struct hum_trace *traces[TRACE_MERGE_MAX] = {NULL};
    struct trace_output output;
    bool good = true;

    for (size_t i = 0; i < count && good; i++)
        good = hum_trace_open(paths[i], &traces[i]) == HUM_OK || trace_problem_hum(problem);
    good = good && trace_output_trace(&output, out, problem);
    if (good)
        good = trace_output_close(
            &output, trace_merge_all(traces, count, one_machine, output.writer, problem), problem);
    for (size_t i = 0; i < count; i++)
        hum_trace_close(traces[i]);
    return good;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"one-machine", no_argument, NULL, '1'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct trace_problem problem;
    bool one_machine = false;
    const char *out = NULL;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "1o:h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'o')
            out = optarg;
        else if (option == '1')
            one_machine = true;
        else
            return command_usage("trace merge");
    }
    if (!out || argc - optind < 2 || argc - optind > TRACE_MERGE_MAX) {
        if (!out)
            command_say("trace merge", "-o OUT is missing");
        else
            command_say("trace merge", "2 to %d traces are merged", TRACE_MERGE_MAX);
        return command_usage("trace merge");
    }
    if (merge(argv + optind, (size_t)(argc - optind), out, one_machine, &problem))
        return EXIT_SUCCESS;
    command_say("trace merge", "%s", problem.text);
    return EXIT_FAILURE;
}

const struct command trace_merge = {"merge", "several traces become one, on one clock", run};
