/* SPDX-License-Identifier: MIT */
/* cut.c - hum trace cut: a part of a trace, by time, region and processor. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/filter.h"
#include "command/trace/tool.h"

static const char help[] =
    "Usage: hum trace cut [options] -o OUT FILE\n"
    "\n"
    "Writes the part of a trace that is asked for.  Names of regions, kernels and processors\n"
    "stay; times stay what they were; the runtime's totals, which are about the whole, go.\n"
    "\n"
    "Options:\n"
    "  -f, --from=TIME        from this time on: 1500000 or 1500000ns, 1.5ms, 20us, 3s\n"
    "  -t, --to=TIME          up to, without, this time\n"
    "  -r, --region=REGION    only this region: its name, or its number\n"
    "  -p, --processor=NAME   only what serves this processor: host, emu0, or a number\n"
    "  -o, --output=OUT       the trace to write; it may be FILE\n"
    "  -h, --help             this text\n";

/* "10", "10ns", "1.5us", "3ms", "2s" */
static bool parse_time(const char *text, uint64_t *ns_out)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"", 1}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    char *end;
    double number;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtod(text, &end);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && !errno; i++)
        if (strcmp(end, units[i].unit) == 0 && number * units[i].ns < 1.8e19) {
            *ns_out = (uint64_t)(number * units[i].ns + 0.5);
            return true;
        }
    return false;
}

static bool copy(struct hum_trace *trace, struct hum_trace_writer *out, struct trace_filter *filter,
                 struct trace_problem *problem)
{
    struct hum_trace_record record;
    bool more, failed, keeps;

    while (trace_read(trace, &record, &more, problem)) {
        if (!more)
            break;
        keeps = trace_filter_keeps(filter, &record, &failed);
        if (failed)
            return trace_problem_say(problem, "out of memory");
        if (keeps && hum_trace_put(out, &record) != HUM_OK)
            return trace_problem_hum(problem);
    }
    if (more)
        return false;
    if (!trace_filter_found_region(filter))
        return trace_problem_say(problem, "the trace has no region '%s'", filter->region);
    if (!trace_filter_found_processor(filter))
        return trace_problem_say(problem, "the trace has no processor '%s'", filter->processor);
    return true;
}

static int cut(const char *in, const char *out, struct trace_filter *filter)
{
    struct trace_problem problem;
    struct trace_output output;
    struct hum_trace *trace;
    bool good;

    if (hum_trace_open(in, &trace) != HUM_OK) {
        command_say("trace cut", "%s", hum_error_text());
        return EXIT_FAILURE;
    }
    good = trace_output_trace(&output, out, &problem);
    if (good)
        good = trace_output_close(&output, copy(trace, output.writer, filter, &problem), &problem);
    hum_trace_close(trace);
    trace_filter_free(filter);
    if (!good)
        command_say("trace cut", "%s", problem.text);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool take_time(const char *option, const char *text, uint64_t *ns_out)
{
    if (parse_time(text, ns_out))
        return true;
    command_say("trace cut", "--%s: '%s' is not a time such as 1500000, 20us, 1.5ms or 3s", option,
                text);
    return false;
}

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct trace_filter *filter, const char **out_out)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"region", required_argument, NULL, 'r'},
        {"processor", required_argument, NULL, 'p'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "f:t:r:p:o:h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'r')
            filter->region = optarg;
        else if (option == 'p')
            filter->processor = optarg;
        else if (option == 'o')
            *out_out = optarg;
        else if (!(option == 'f' && take_time("from", optarg, &filter->from_ns)) &&
                 !(option == 't' && take_time("to", optarg, &filter->to_ns)))
            return command_usage("trace cut");
    }
    return -1;
}

static int run(int argc, char **argv)
{
    struct trace_filter filter = {.to_ns = UINT64_MAX};
    const char *out = NULL;
    int status = parse(argc, argv, &filter, &out);

    if (status >= 0)
        return status;
    if (optind + 1 != argc || !out) {
        command_say("trace cut", out ? "one trace is cut" : "-o OUT is missing");
        return command_usage("trace cut");
    }
    if (filter.to_ns <= filter.from_ns) {
        command_say("trace cut", "nothing lies in [from, to): --to is not behind --from");
        return command_usage("trace cut");
    }
    return cut(argv[optind], out, &filter);
}

const struct command trace_cut = {"cut", "a part of a trace, by time, region and processor", run};
