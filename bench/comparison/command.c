/* SPDX-License-Identifier: MIT */
/* command.c - `hum compare`: every trace under every policy at every ratio. */
#include "command/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comparison/output.h"
#include "comparison/pool.h"
#include "comparison/ranks.h"
#include "comparison/replay_engine.h"
#include "report/output.h"

#define RATIOS "1.0,1.1,1.25,1.5,2.0,3.0"
#define BASELINE "driver"

enum { OPTION_LINK = 256, OPTION_FAULT, OPTION_PAGE_ONLY, OPTION_CSV, OPTION_BASELINE,
       OPTION_QUIET };

static const char help[] =
    "Usage: hum compare [options] TRACE...\n"
    "       mpirun [...] hum compare [options] TRACE...\n"
    "\n"
    "Replay each trace under each policy at each ratio of footprint to device memory, and show\n"
    "which policy costs least, by how much, and how far the best one is from what none can beat.\n"
    "Traces with accesses are needed: HUM_TRACE=FILE HUM_ACCESSES=exact, or hum trace generate or\n"
    "import.  All times are modelled.\n"
    "\n"
    "Options:\n"
    "  -p, --policies LIST   policies, parted by ';' (names also by ','), or all; an item with\n"
    "                        '=' is one policy of parts: 'driver;prefetch=tree,evict=lfu' (all)\n"
    "  -r, --r LIST          ratios (" RATIOS ")\n"
    "      --link LINK       as HUM_LINK: pcie3x16, pcie4x16, pcie5x16, nvlink-c2c,\n"
    "                        alpha=1.8us,beta=12.8G (pcie4x16)\n"
    "      --fault MODE      batch or serial: what faults cost (batch)\n"
    "      --page-only       single pages move, whatever the block\n"
    "      --baseline P      policy that others are set against (" BASELINE ")\n"
    "  -n, --jobs N          processes on this machine (one for each core)\n"
    "  -R, --report FILE     write a page for browsers, which needs no network\n"
    "  -j, --json            all figures as one JSON object, instead of the tables\n"
    "      --csv             one line a replay, instead of the tables\n"
    "  -q, --quiet           no progress on standard error\n"
    "  -h, --help            this text\n"
    "\n"
    "Under mpirun the replays are spread over the ranks, and rank 0 prints; the output is the\n"
    "same.  Where a device has room for less than 8 blocks of 2 MiB single pages are replayed,\n"
    "and policies that decide on blocks alone are left out; so are traces without accesses.\n"
    "\n"
    "Exit status: 0; 1 if a replay failed or nothing could be written; 2 if the command line is\n"
    "wrong.\n";

struct options {
    struct compare_grid grid;
    struct compare_replay_options replay;
    const char *report, *baseline;
    unsigned jobs;
    bool json, csv, quiet;
    char *command;               /* as it was typed, for repeating it */
};

/* ---- the command line ------------------------------------------------------------------------ */

/* Words with anything but plain characters are quoted for a shell. */
static char *quote(int argc, char **argv)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (!out)
        return NULL;
    for (int i = 0; i < argc; i++) {
        bool plain = argv[i][0] && strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                                   "UVWXYZ0123456789_-+./=,:%") == strlen(argv[i]);

        if (i)
            fputc(' ', out);
        if (plain || i == 0) {
            fputs(argv[i], out);
            continue;
        }
        fputc('\'', out);
        for (const char *c = argv[i]; *c; c++)
            if (*c == '\'')
                fputs("'\\''", out);
            else
                fputc(*c, out);
        fputc('\'', out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* One option; false after a message, or after `problem` was filled. */
static bool take(struct options *options, int option, struct compare_problem *problem)
{
    unsigned long number;

    switch (option) {
    case 'p':
        return compare_grid_add_policies(&options->grid, optarg, compare_replay_policies(),
                                         problem);
    case 'r':
        return compare_grid_add_ratios(&options->grid, optarg, problem);
    case 'n':
        if (!command_parse_number(optarg, 1, COMPARE_JOBS_MAX, &number)) {
            snprintf(problem->text, sizeof(problem->text), "--jobs takes 1 to %u, not '%.40s'",
                     COMPARE_JOBS_MAX, optarg);
            return false;
        }
        options->jobs = (unsigned)number;
        return true;
    case OPTION_LINK: options->replay.link = optarg; return true;
    case OPTION_FAULT: options->replay.fault = optarg; return true;
    case OPTION_PAGE_ONLY: options->replay.page_only = true; return true;
    case OPTION_BASELINE: options->baseline = optarg; return true;
    case 'R': options->report = optarg; return true;
    case 'j': options->json = true; return true;
    case OPTION_CSV: options->csv = true; return true;
    case 'q': options->quiet = true; return true;
    default: return false;
    }
}

/* One that was asked for must be there; driver may be missing. */
static bool find_baseline(struct options *options, struct compare_problem *problem)
{
    if (!options->baseline) {
        options->baseline = BASELINE;
        return true;
    }
    for (unsigned i = 0; i < options->grid.policy_count; i++)
        if (strcmp(options->grid.policies[i], options->baseline) == 0)
            return true;
    snprintf(problem->text, sizeof(problem->text),
             "--baseline: '%.128s' is none of the policies compared (--policies)",
             options->baseline);
    return false;
}

static bool complete(struct options *options, int argc, char **argv,
                     struct compare_problem *problem)
{
    for (int i = optind; i < argc; i++)
        if (!compare_grid_add_trace(&options->grid, argv[i], problem))
            return false;
    if (!options->grid.trace_count) {
        snprintf(problem->text, sizeof(problem->text), "which traces?");
        return false;
    }
    if (!options->grid.policy_count &&
        !compare_grid_add_policies(&options->grid, "all", compare_replay_policies(), problem))
        return false;
    if (!options->grid.ratio_count && !compare_grid_add_ratios(&options->grid, RATIOS, problem))
        return false;
    for (unsigned i = 0; i < options->grid.policy_count; i++)
        if (!compare_replay_knows(options->grid.policies[i], problem))
            return false;
    if (!find_baseline(options, problem))
        return false;
    if (options->json && options->csv) {
        snprintf(problem->text, sizeof(problem->text), "--json and --csv exclude each other");
        return false;
    }
    return compare_grid_make(&options->grid, problem);
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option list[] = {
        {"policies", required_argument, NULL, 'p'}, {"policy", required_argument, NULL, 'p'},
        {"r", required_argument, NULL, 'r'},        {"link", required_argument, NULL, OPTION_LINK},
        {"fault", required_argument, NULL, OPTION_FAULT},
        {"page-only", no_argument, NULL, OPTION_PAGE_ONLY},
        {"baseline", required_argument, NULL, OPTION_BASELINE},
        {"jobs", required_argument, NULL, 'n'},     {"report", required_argument, NULL, 'R'},
        {"json", no_argument, NULL, 'j'},           {"csv", no_argument, NULL, OPTION_CSV},
        {"quiet", no_argument, NULL, 'q'},          {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct compare_problem problem = {""};
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "p:r:n:R:jqh", list, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (!take(options, option, &problem)) {
            if (problem.text[0])
                command_say("compare", "%s", problem.text);
            return command_usage("compare");
        }
    }
    if (!complete(options, argc, argv, &problem)) {
        command_say("compare", "%s", problem.text);
        return command_usage("compare");
    }
    return -1;
}

/* ---- output ---------------------------------------------------------------------------------- */

static bool complain(const struct options *options)
{
    command_say("compare", "cannot write %s: %s", options->report,
                errno ? strerror(errno) : "out of memory");
    return false;
}

/* Before hours of work, not behind them; nothing that is there is touched. */
static bool can_write_report(const struct options *options)
{
    FILE *out = fopen(options->report, "ae");

    return out ? fclose(out) == 0 : complain(options);
}

static bool write_report(const struct options *options, const struct compare_table *table,
                         const struct compare_settings *settings)
{
    FILE *out = fopen(options->report, "we");
    bool done;

    errno = out ? 0 : errno;
    done = out && compare_print_page(table, settings, out);
    if (out)
        done = fclose(out) == 0 && done;
    return done || complain(options);
}

static bool show(const struct options *options)
{
    const struct compare_settings settings = {options->replay.link, options->replay.fault,
                                              options->command};
    struct compare_table table;
    bool good;

    if (!compare_table_make(&options->grid, options->baseline, &table)) {
        command_say("compare", "out of memory for the table");
        return false;
    }
    good = options->csv    ? compare_print_csv(&table, stdout)
           : options->json ? compare_print_json(&table, &settings, stdout)
                           : compare_print_text(&table, &settings, stdout);
    if (options->report)
        good = write_report(options, &table, &settings) && good;
    compare_table_fini(&table);
    return good;
}

static bool any_failed(const struct compare_grid *grid)
{
    size_t failed = compare_grid_missing(grid, COMPARE_FAILED);

    if (failed)
        command_say("compare", "%zu of %zu replays failed", failed, compare_grid_count(grid));
    return failed != 0;
}

static int compare(struct options *options)
{
    struct compare_problem problem = {""};
    struct compare_engine engine;
    struct compare_progress progress;
    bool first = true, good;

    if (!compare_replay_engine(&options->replay, &engine, &problem)) {
        command_say("compare", "%s", problem.text);
        return command_usage("compare");
    }
    compare_progress_init(&progress, options->quiet ? NULL : stderr,
                          compare_grid_count(&options->grid));
    if (compare_ranks_wanted())
        good = compare_ranks_run(&engine, &options->grid, &progress, &first, &problem);
    else
        good = compare_pool_run(&engine, &options->grid, options->jobs, &progress, &problem);
    compare_progress_end(&progress);
    if (!good)
        command_say("compare", "%s", problem.text);
    if (!good || !first)
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
    good = show(options);
    return any_failed(&options->grid) || !good ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(int argc, char **argv)
{
    struct options options = {.replay = {.link = "pcie4x16", .fault = "batch"},
                              .jobs = compare_pool_cores()};
    int status;

    options.command = quote(argc, argv);
    status = options.command ? parse(argc, argv, &options) : EXIT_FAILURE;
    if (status < 0 && options.report && !report_has_page()) {
        command_say("compare", "this hum was built without the page: npm or its registry was not "
                               "there at build time; use the tables, --json or --csv");
        status = EXIT_FAILURE;
    }
    if (status < 0 && options.report && !can_write_report(&options))
        status = EXIT_FAILURE;
    if (status < 0)
        status = compare(&options);
    compare_grid_fini(&options.grid);
    free(options.command);
    return status;
}

const struct command command_compare = {"compare", "policies on traces, against the bound", run};
