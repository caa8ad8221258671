/* SPDX-License-Identifier: MIT */
/* command.c - `hum rank`: does the model put policies in the order that live runs put them in? */
#include "command/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rank/contest.h"
#include "rank/output.h"

#define POLICIES "ahead,driver,tree,stride,chunk,ondemand"
#define LINK "alpha=1.8us,beta=1G"

enum { OPTION_LINK = 256, OPTION_PACE, OPTION_WORKERS, OPTION_TIE, OPTION_TIME };

static const char help[] =
    "Usage: hum rank [options] -- PROGRAM [ARGUMENTS] [-- PROGRAM [ARGUMENTS]]...\n"
    "\n"
    "Run each PROGRAM live under each policy, at the pace of a modelled link and modelled faults\n"
    "(HUM_PACE=faults); replay its recorded accesses in a closed loop under the same policies,\n"
    "link and device memory; and say how far the two orders of policies agree: Spearman's rho and\n"
    "Kendall's tau-b, 1 for the same order, 0 for none in common, -1 for the opposite one.\n"
    "\n"
    "Options:\n"
    "  -p, --policies LIST  as for hum compare\n"
    "                       (" POLICIES ")\n"
    "  -r, --r RATIO        footprint / device memory (1.25)\n"
    "      --link LINK      as HUM_LINK; slow, so that moves cost more than this machine's own\n"
    "                       work (" LINK ")\n"
    "      --pace PACE      as HUM_PACE: on, only moves are slowed, or faults (faults)\n"
    "      --time TIME      whole, from a program's start to its end, or service, what of it went\n"
    "                       into serving faults (whole)\n"
    "  -n, --runs N         live runs under each policy (3)\n"
    "      --workers N      of the emulated device, recording and live (1)\n"
    "      --tie PERCENT    times no further apart are tied (1)\n"
    "  -j, --json           all figures as one JSON object, instead of the tables\n"
    "  -q, --quiet          no progress on standard error\n"
    "  -h, --help           this text\n"
    "\n"
    "The policies of a round run one after the other, each round in another order.  Live times\n"
    "are also tied when they differ by no more than the spread of either: half of the largest\n"
    "run less the least.  Touches over the link are not slowed in live runs, where the replay\n"
    "charges for them: policies whose replay has some are marked with '*', and the agreement\n"
    "without them is told apart.\n"
    "\n"
    "Programs for whose device there is room for less than 8 blocks of 2 MiB are left out with a\n"
    "message.\n"
    "\n"
    "Exit status: 0; 1 if a program failed or could not be replayed; 2 if the command line is\n"
    "wrong.\n"
    "\n"
    "Example:\n"
    "  hum rank -r 1.5 -- triad --size 1M --runs 1 -- pagerank --size 300K --runs 1\n";

struct options {
    struct compare_grid grid;
    struct compare_replay_options replay;
    struct rank_table table;
    struct rank_settings settings;
    bool json, quiet;
};

/* ---- the command line ------------------------------------------------------------------------ */

static bool is_service(const struct options *options)
{
    return strcmp(options->settings.time, "service") == 0;
}

static bool take_number(const char *name, unsigned most, unsigned *number_out,
                        struct compare_problem *problem)
{
    unsigned long number;

    if (!command_parse_number(optarg, 1, most, &number)) {
        snprintf(problem->text, sizeof(problem->text), "--%s takes 1 to %u, not '%.40s'", name,
                 most, optarg);
        return false;
    }
    *number_out = (unsigned)number;
    return true;
}

static bool take_tie(double *tie_out, struct compare_problem *problem)
{
    char *end;
    double percent = strtod(optarg, &end);

    if (end == optarg || *end || !(percent >= 0 && percent <= 100)) {
        snprintf(problem->text, sizeof(problem->text), "--tie takes 0 to 100, not '%.40s'", optarg);
        return false;
    }
    *tie_out = percent / 100;
    return true;
}

/* One option; false after a message, or after `problem` was filled. */
static bool take(struct options *options, int option, struct compare_problem *problem)
{
    switch (option) {
    case 'p':
        return compare_grid_add_policies(&options->grid, optarg, compare_replay_policies(),
                                         problem);
    case 'r': return compare_grid_add_ratios(&options->grid, optarg, problem);
    case 'n': return take_number("runs", 1000, &options->settings.runs, problem);
    case OPTION_TIME: options->settings.time = optarg; return true;
    case OPTION_WORKERS: return take_number("workers", 64, &options->settings.workers, problem);
    case OPTION_TIE: return take_tie(&options->table.tie, problem);
    case OPTION_LINK: options->replay.link = optarg; return true;
    case OPTION_PACE: options->settings.pace = optarg; return true;
    case 'j': options->json = true; return true;
    case 'q': options->quiet = true; return true;
    default: return false;
    }
}

/* The words behind the options, parted by "--", which become the NULL at the end of each. */
static bool take_programs(struct rank_table *table, char **words, struct compare_problem *problem)
{
    table->workload = calloc(RANK_WORKLOADS_MAX, sizeof(*table->workload));
    if (!table->workload) {
        snprintf(problem->text, sizeof(problem->text), "out of memory");
        return false;
    }
    for (; *words; words++) {
        struct rank_workload *w = &table->workload[table->workloads_count];
        const char *slash = strrchr(*words, '/');

        if (strcmp(*words, "--") == 0)
            continue;
        if (table->workloads_count == RANK_WORKLOADS_MAX) {
            snprintf(problem->text, sizeof(problem->text), "more than %u programs are too many",
                     RANK_WORKLOADS_MAX);
            return false;
        }
        w->argv = words;
        w->name = slash ? slash + 1 : *words;
        table->workloads_count++;
        while (words[1] && strcmp(words[1], "--") != 0)
            words++;
        if (!words[1])
            break;
        *++words = NULL;
    }
    if (!table->workloads_count)
        snprintf(problem->text, sizeof(problem->text), "which program?");
    return table->workloads_count != 0;
}

static bool complete(struct options *options, char **words, struct compare_problem *problem)
{
    struct compare_grid *grid = &options->grid;

    if (!take_programs(&options->table, words, problem) ||
        (!grid->policy_count &&
         !compare_grid_add_policies(grid, POLICIES, compare_replay_policies(), problem)) ||
        (!grid->ratio_count && !compare_grid_add_ratios(grid, "1.25", problem)))
        return false;
    for (unsigned i = 0; i < grid->policy_count; i++)
        if (!compare_replay_knows(grid->policies[i], problem))
            return false;
    if (grid->ratio_count != 1)
        snprintf(problem->text, sizeof(problem->text), "--r takes one ratio");
    else if (grid->policy_count < 2 || grid->policy_count > RANK_POLICIES_MAX)
        snprintf(problem->text, sizeof(problem->text), "it takes 2 to %u policies",
                 RANK_POLICIES_MAX);
    else if (strcmp(options->settings.pace, "on") != 0 &&
             strcmp(options->settings.pace, "faults") != 0)
        snprintf(problem->text, sizeof(problem->text), "--pace takes on or faults, not '%.40s'",
                 options->settings.pace);
    else if (strcmp(options->settings.time, "whole") != 0 && !is_service(options))
        snprintf(problem->text, sizeof(problem->text), "--time takes whole or service, not '%.40s'",
                 options->settings.time);
    else if (strcmp(options->replay.link, "none") == 0)
        snprintf(problem->text, sizeof(problem->text), "moves can be paced only on a link");
    else
        return true;
    return false;
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option list[] = {
        {"policies", required_argument, NULL, 'p'},
        {"policy", required_argument, NULL, 'p'},
        {"r", required_argument, NULL, 'r'},
        {"link", required_argument, NULL, OPTION_LINK},
        {"pace", required_argument, NULL, OPTION_PACE},
        {"time", required_argument, NULL, OPTION_TIME},
        {"runs", required_argument, NULL, 'n'},
        {"workers", required_argument, NULL, OPTION_WORKERS},
        {"tie", required_argument, NULL, OPTION_TIE},
        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct compare_problem problem = {""};
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "+p:r:n:jqh", list, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (!take(options, option, &problem)) {
            if (problem.text[0])
                command_say("rank", "%s", problem.text);
            return command_usage("rank");
        }
    }
    if (!complete(options, argv + optind, &problem)) {
        command_say("rank", "%s", problem.text);
        return command_usage("rank");
    }
    return -1;
}

/* ---- the work -------------------------------------------------------------------------------- */

static bool run_all(struct options *options, const struct compare_engine *engine)
{
    struct rank_live live = {.link = options->replay.link,
                             .pace = options->settings.pace,
                             .workers = options->settings.workers};
    const struct rank_contest contest = {engine, &options->grid, &live, options->settings.runs,
                                         is_service(options), options->quiet};
    bool good = rank_live_init(&live);

    for (unsigned i = 0; good && i < options->table.workloads_count; i++) {
        struct rank_workload *w = &options->table.workload[i];

        good = rank_contest_run(&contest, w);
        if (*w->left_out)
            command_say("rank", "%s is left out: %s", w->name, w->left_out);
    }
    rank_live_fini(&live);
    rank_table_drop(&options->table);
    return good;
}

static int rank(struct options *options)
{
    struct compare_problem problem = {""};
    struct compare_engine engine;
    bool good;

    if (!compare_replay_engine(&options->replay, &engine, &problem)) {
        command_say("rank", "%s", problem.text);
        return command_usage("rank");
    }
    if (!run_all(options, &engine))
        return EXIT_FAILURE;
    options->settings.link = options->replay.link;
    options->settings.r = options->grid.ratios[0];
    options->table.policies = options->grid.policies;
    options->table.policies_count = options->grid.policy_count;
    rank_table_finish(&options->table);
    good = options->json ? rank_print_json(&options->table, &options->settings, stdout)
                         : rank_print_text(&options->table, &options->settings, stdout);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
    struct options options = {.replay = {.link = LINK, .fault = "batch"},
                              .settings = {.pace = "faults", .time = "whole",
                                           .runs = 3, .workers = 1},
                              .table = {.tie = 0.01}};
    int status = parse(argc, argv, &options);

    if (status < 0)
        status = rank(&options);
    rank_table_fini(&options.table);
    compare_grid_fini(&options.grid);
    return status;
}

const struct command command_rank = {"rank", "live runs against the model, by order", run};
