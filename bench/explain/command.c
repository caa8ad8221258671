/* SPDX-License-Identifier: MIT */
/* command.c - `hum explain`: why a page is where it is, and which pages of a region do not rest. */
#include "command/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/read.h"

#define TRIPS_DEFAULT 2u
#define TRIPS_MAX 1000000u

struct explain_options {
    const char *trace, *target, *region; /* one of the last two */
    uint32_t trips;
    bool json, all;
};

static const char help[] =
    "Usage: hum explain [options] TRACE ADDRESS\n"
    "       hum explain [options] TRACE REGION[+OFFSET]\n"
    "\n"
    "An address, or an offset into a region by its name or number, asks about a page: each of its\n"
    "events, who caused it and what it cost, who touched it, and a verdict.  A region without an\n"
    "offset asks which of its pages ping-pong, which of these are falsely shared (different\n"
    "64-byte lines of one page used by different processors), and what to do about it.\n"
    "Lines are known from traces with accesses: HUM_ACCESSES=exact records those of kernels, and\n"
    "imported traces may have those of the host.\n"
    "\n"
    "Options:\n"
    "  -r, --region REGION  the region of this name or number, also if it looks like an address\n"
    "  -k, --trips N        round trips from which a page ping-pongs; 2\n"
    "  -a, --all            every event and every group of pages\n"
    "  -j, --json           one JSON object\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0; 1 if the trace cannot be read or does not hold what is asked about; 2 if the\n"
    "command line is wrong.\n";

/* ---- the work ------------------------------------------------------------------------------- */

static void print(const struct explain_options *options, const struct book *book,
                  const struct target *target, const struct story *story, struct sharing *sharing)
{
    struct explanation explanation = {
        .file = options->trace,
        .book = book,
        .target = *target,
        .trips = options->trips,
        .all = options->all,
        .story = story,
        .sharing = sharing_result(sharing),
    };

    if (options->json)
        explain_print_json(&explanation, stdout);
    else
        explain_print_text(&explanation, stdout);
}

static enum hum_status explain_target(const struct explain_options *options,
                                      const struct report_source *source, const struct book *book,
                                      const struct target *target)
{
    struct sharing_range range = {target->first_page, target->end_page,
                                  book->ledger.region[target->row].id, options->trips};
    struct sharing *sharing;
    struct story story;
    enum hum_status status = sharing_create(book, &range, &sharing);

    if (status != HUM_OK)
        return status;
    story_init(&story, book, target->first_page, options->all ? STORY_KEEP_ALL : STORY_KEEP);
    status = explain_read(source, book, sharing, target->is_page ? &story : NULL);
    if (status == HUM_OK)
        print(options, book, target, target->is_page ? &story : NULL, sharing);
    story_fini(&story);
    sharing_destroy(sharing);
    return status;
}

static int explain_book(const struct explain_options *options, const struct report_source *source,
                        const struct book *book)
{
    char problem[1024];
    struct target target;
    enum hum_status status;
    bool found = options->region ? target_find_region(book, options->region, &target, problem,
                                                      sizeof(problem))
                                 : target_find(book, options->target, &target, problem,
                                               sizeof(problem));

    if (!found) {
        command_say("explain", "%s: %s", options->trace, problem);
        return EXIT_FAILURE;
    }
    status = explain_target(options, source, book, &target);
    if (status == HUM_OK)
        return EXIT_SUCCESS;
    command_say("explain", "%s: %s", options->trace,
                status == HUM_ERR_NO_MEMORY ? hum_status_text(status) : hum_error_text());
    return EXIT_FAILURE;
}

static int explain(const struct explain_options *options)
{
    struct report_source source;
    struct hum_trace *trace;
    struct book book;
    enum hum_status status = hum_trace_open(options->trace, &trace);
    int result = EXIT_FAILURE;

    if (status != HUM_OK) {
        command_say("explain", "%s", hum_error_text());
        return EXIT_FAILURE;
    }
    source = report_source_trace(trace);
    status = book_read(&source, &book);
    if (status == HUM_OK) {
        result = explain_book(options, &source, &book);
        book_free(&book);
    } else {
        command_say("explain", "%s: %s", options->trace,
                    status == HUM_ERR_INVALID ? "there is no whole record in it"
                                              : hum_status_text(status));
    }
    hum_trace_close(trace);
    return result;
}

/* ---- the command line ----------------------------------------------------------------------- */

/* What is left of the command line behind the options. */
static int parse_names(int argc, char **argv, struct explain_options *options_out)
{
    int wanted = options_out->region ? 1 : 2, given = argc - optind;

    if (given == wanted) {
        options_out->trace = argv[optind];
        options_out->target = wanted == 2 ? argv[optind + 1] : NULL;
        return -1;
    }
    if (given > wanted)
        command_say("explain", "unexpected argument '%s'", argv[optind + wanted]);
    else
        command_say("explain", "%s", given == 0 ? "which trace?" : "which address or region?");
    return command_usage("explain");
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct explain_options *options_out)
{
    static const struct option list[] = {
        {"region", required_argument, NULL, 'r'}, {"trips", required_argument, NULL, 'k'},
        {"all", no_argument, NULL, 'a'},          {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    unsigned long trips = TRIPS_DEFAULT;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "r:k:ajh", list, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return EXIT_SUCCESS;
        case 'r':
            options_out->region = optarg;
            break;
        case 'k':
            if (!command_parse_number(optarg, 1, TRIPS_MAX, &trips)) {
                command_say("explain", "--trips takes a number from 1 to %u", TRIPS_MAX);
                return command_usage("explain");
            }
            break;
        case 'a':
            options_out->all = true;
            break;
        case 'j':
            options_out->json = true;
            break;
        default:
            return command_usage("explain");
        }
    }
    options_out->trips = (uint32_t)trips;
    return parse_names(argc, argv, options_out);
}

static int run(int argc, char **argv)
{
    struct explain_options options = {.json = false};
    int status = parse(argc, argv, &options);

    return status >= 0 ? status : explain(&options);
}

const struct command command_explain = {
    "explain", "why a page is where it is, and which pages do not rest", run};
