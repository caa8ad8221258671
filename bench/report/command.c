/* SPDX-License-Identifier: MIT */
/* command.c - `hum report`: read a trace, write a page, text, a picture or JSON. */
#include "command/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/output.h"

enum { OPTION_TEXT = 256, OPTION_SVG };

struct form {
    int option;
    const char *name;
    bool (*print)(const struct report_model *model, FILE *out);
};

static const struct form forms[] = {
    {'p', "page", report_print_page},
    {OPTION_TEXT, "text", report_print_text},
    {OPTION_SVG, "svg", report_print_svg},
    {'j', "json", report_print_json},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

struct report_options {
    const char *trace, *output; /* output NULL: standard output */
    const struct form *form;    /* NULL: the page if there is an output, else text */
};

static const char help[] =
    "Usage: hum report TRACE -o FILE.html\n"
    "       hum report TRACE [--text | --svg | --json] [-o FILE]\n"
    "\n"
    "Show what a trace holds: headline numbers, a timeline of kernels, faults and bytes, a map\n"
    "of address against time, the regions, kernels, phases and pages that cost most, and the\n"
    "settings that repeat the run.  HUM_TRACE=FILE makes a program write a trace.\n"
    "\n"
    "Options:\n"
    "  -o, --output FILE   write to FILE; without --text, --svg or --json a page for browsers\n"
    "                      that needs no network\n"
    "      --text          tables for a terminal; what is done without --output\n"
    "      --svg           the timeline and the maps as a picture\n"
    "  -j, --json          everything that the page knows, on one line\n"
    "  -h, --help          this text\n"
    "\n"
    "Times come from measurement, except those labelled modelled, which come from a link model.\n"
    "\n"
    "Exit status: 0; 1 if the trace cannot be read or the report not written; 2 if the command\n"
    "line is wrong.  A trace whose end is missing or damaged is shown up to there.\n";

/* ---- writing -------------------------------------------------------------------------------- */

static bool write_to(const struct report_options *options, const struct report_model *model)
{
    FILE *out = options->output ? fopen(options->output, "we") : stdout;
    bool done;

    if (!out) {
        command_say("report", "cannot write %s: %s", options->output, strerror(errno));
        return false;
    }
    done = options->form->print(model, out);
    done = fflush(out) == 0 && !ferror(out) && done;
    if (options->output)
        done = fclose(out) == 0 && done;
    if (!done && (options->output || !ferror(stdout))) /* which is said at the end */
        command_say("report", "cannot write %s: %s",
                    options->output ? options->output : "the report",
                    errno ? strerror(errno) : "out of memory");
    return done;
}

static void describe_file(struct report_model *model, const char *path,
                          const struct hum_trace *trace)
{
    const char *slash = strrchr(path, '/');

    snprintf(model->file, sizeof(model->file), "%.255s", slash ? slash + 1 : path);
    hum_trace_info(trace, &model->info);
}

static int show(const struct report_options *options)
{
    struct report_source source;
    struct report_model *model;
    struct hum_trace *trace;
    enum hum_status status = hum_trace_open(options->trace, &trace);
    bool done;

    if (status != HUM_OK) {
        command_say("report", "%s", hum_error_text());
        return EXIT_FAILURE;
    }
    source = report_source_trace(trace);
    status = report_model_create(&source, &model);
    if (status != HUM_OK) {
        command_say("report", "%s: %s", options->trace,
                    status == HUM_ERR_INVALID ? "there is no whole record in it"
                                              : hum_status_text(status));
        hum_trace_close(trace);
        return EXIT_FAILURE;
    }
    describe_file(model, options->trace, trace);
    hum_trace_close(trace);
    if (model->damage[0])
        command_say("report", "%s: %s; shown up to there", options->trace, model->damage);
    if (model->grew)
        command_say("report", "%s: is still being written; shown up to now", options->trace);
    errno = 0;
    done = write_to(options, model);
    report_model_destroy(model);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the command line ----------------------------------------------------------------------- */

static const struct form *form_of(int option)
{
    for (size_t i = 0; i < FORMS; i++)
        if (forms[i].option == option)
            return &forms[i];
    return NULL;
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct report_options *options_out)
{
    static const struct option list[] = {
        {"output", required_argument, NULL, 'o'}, {"text", no_argument, NULL, OPTION_TEXT},
        {"svg", no_argument, NULL, OPTION_SVG},   {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "o:jh", list, NULL)) != -1) {
        const struct form *form = option == 'p' ? NULL : form_of(option);

        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'o') {
            options_out->output = optarg;
        } else if (!form) {
            return command_usage("report");
        } else if (options_out->form && options_out->form != form) {
            command_say("report", "--%s and --%s exclude each other", options_out->form->name,
                        form->name);
            return command_usage("report");
        } else {
            options_out->form = form;
        }
    }
    if (optind + 1 != argc) {
        if (optind < argc)
            command_say("report", "unexpected argument '%s'", argv[optind + 1]);
        else
            command_say("report", "which trace?");
        return command_usage("report");
    }
    options_out->trace = argv[optind];
    if (!options_out->form)
        options_out->form = form_of(options_out->output ? 'p' : OPTION_TEXT);
    return -1;
}

static int run(int argc, char **argv)
{
    struct report_options options = {NULL, NULL, NULL};
    int status = parse(argc, argv, &options);

    if (status >= 0)
        return status;
    if (options.form->print == report_print_page && !report_has_page()) {
        command_say("report", "this hum was built without the page: npm or its registry was not "
                              "there at build time; use --text, --svg or --json, or build again");
        return EXIT_FAILURE;
    }
    return show(&options);
}

const struct command command_report = {"report", "show what a trace holds, as a page or text", run};
