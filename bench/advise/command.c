/* SPDX-License-Identifier: MIT */
/* command.c - `hum advise`: what the program of a trace should do, found by replaying. */
#include "command/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advise/output.h"
#include "base/range.h"
#include "command/replay/print.h"
#include "command/replay/rules.h"
#include "comparison/pool.h"
#include "comparison/replay_engine.h"

#define LINK "pcie4x16"
#define REGIONS 8

static const char help[] =
    "Usage: hum advise [options] TRACE\n"
    "\n"
    "What the program of a trace should do for its memory: advice, prefetches and policies, for\n"
    "each region and for all of it, with what each gains.  Every one of them is replayed, through\n"
    "the runtime's own core, beside what the program itself asked for, and so are the best ones\n"
    "together.  The trace needs accesses: HUM_TRACE=FILE HUM_ACCESSES=full, or exact, or hum\n"
    "trace generate or import.  All times and gains are modelled.\n"
    "\n"
    "Options:\n"
    "  -c, --capacity=SIZE  of each device: 64M, pages=4096, or r=1.25, which is footprint /\n"
    "                       capacity, of a small one rounded up to blocks of 2 MiB (as recorded)\n"
    "  -L, --link=LINK      pcie3x16, pcie4x16, pcie5x16, nvlink-c2c, alpha=1.8us,beta=12.8G (as\n"
    "                       recorded, or " LINK ")\n"
    "  -p, --policy=P       that the program has now, with rules for regions, instead of those\n"
    "                       that it set itself (as recorded)\n"
    "      --no-hints       as if the program had asked for nothing but protections\n"
    "  -r, --regions=N      look at the N that cost most (8)\n"
    "  -n, --jobs=N         processes (one for each core)\n"
    "  -j, --json           all that was found as one JSON object\n"
    "  -q, --quiet          no progress on standard error\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, also if there is nothing to advise or the trace has no accesses; 1 if it\n"
    "cannot be replayed or a replay failed; 2 if the command line is wrong.\n";

enum { OPTION_NO_HINTS = 256 };

struct options {
    const char *trace, *policy, *link;
    struct humi_capacity capacity; /* zeros: as recorded */
    unsigned regions, jobs;
    bool no_hints, json, quiet;
};

/* All that lives while one trace is looked at. */
struct advising {
    const struct options *options;
    struct replay_trace trace;
    struct replay_request base;
    struct replay_outcome outcome;
    struct advise_uses uses;
    struct replay_rules rules;
    struct advise_scene scene;
    struct advise_plan plan;
    struct advise_search search;
    size_t subjects[ADVISE_REGIONS_MAX];
};

/* ---- the base -------------------------------------------------------------------------------- */

static bool read_base(struct advising *advising, struct trace_problem *problem)
{
    const struct options *options = advising->options;
    const struct humi_survey *survey = &advising->trace.survey;
    const uint64_t touched = advising->trace.source.touched;
    const char *link = options->link  ? options->link
                       : *survey->link ? survey->link
                                       : LINK;

    advising->base = (struct replay_request){
        .capacity = options->capacity,
        .touch_ns = REPLAY_TOUCH_NS,
        .no_hints = options->no_hints,
        .no_policies = options->policy != NULL,
        .no_bounds = true};
    if (!replay_rules_read(&advising->rules, options->policy ? "--policy" : "the trace's policy",
                           options->policy ? options->policy : survey->policy, problem))
        return false;
    advising->base.policy = advising->rules.space;
    advising->base.measures =
        (struct humi_measures){advising->rules.measures, advising->rules.count};
    if (humi_link_parse(link, &advising->base.cost.link) != HUM_OK)
        return trace_problem_hum(problem);
    if (options->capacity.pages && !humi_capacity_is_whole(options->capacity.pages))
        return trace_problem_say(problem, "the core keeps whole blocks: --capacity is a multiple "
                                          "of 2 MiB, or a ratio");
    if (options->capacity.r > 0 && !humi_capacity_is_blocks(&options->capacity, touched))
        advising->base.capacity = (struct humi_capacity){
            .pages = humi_round_up(humi_capacity_pages(&options->capacity, touched),
                                   HUM_PAGES_PER_BLOCK)};
    return true;
}

static bool replay_base(struct advising *advising, struct trace_problem *problem)
{
    const struct humi_listener listener = {advise_uses_take, &advising->uses};
    struct replay_request request = advising->base;

    request.listener = &listener;
    return replay_run(&advising->trace, &request, &advising->outcome, problem);
}

/* ---- what is looked at ----------------------------------------------------------------------- */

/* Of every device; 0: no limit, or they differ. */
static uint64_t capacity_of(const struct advising *advising)
{
    const struct humi_survey *survey = &advising->trace.survey;
    uint64_t bytes = survey->traits[1].capacity_bytes;

    if (advising->outcome.capacity)
        return advising->outcome.capacity;
    for (unsigned p = 2; p < survey->processors; p++)
        if (survey->traits[p].capacity_bytes != bytes)
            return 0;
    return bytes / HUM_PAGE_SIZE;
}

static void set_scene(struct advising *advising)
{
    advising->scene = (struct advise_scene){
        .uses = &advising->uses,
        .survey = &advising->trace.survey,
        .subjects = advising->subjects,
        .subject_count =
            advise_uses_dearest(&advising->uses, advising->options->regions, advising->subjects),
        .capacity = capacity_of(advising),
        .everything = humi_round_up(advising->uses.end_page, HUM_PAGES_PER_BLOCK),
        .evicts = advising->outcome.result.evictions != 0,
    };
    memcpy(&advising->scene.base, &advising->rules.policy, sizeof(advising->scene.base));
}

static bool search(struct advising *advising, struct trace_problem *problem)
{
    const struct options *options = advising->options;

    set_scene(advising);
    if (!advise_plan_make(&advising->scene, &advising->plan))
        return trace_problem_say(problem, "out of memory");
    advising->search = (struct advise_search){.trace = &advising->trace,
                                              .base = &advising->base,
                                              .plan = &advising->plan,
                                              .before = compare_figures_of(&advising->outcome),
                                              .jobs = options->jobs,
                                              .progress = options->quiet ? NULL : stderr};
    return advise_search_run(&advising->search, problem);
}

static bool print(const struct advising *advising)
{
    const struct humi_survey *survey = &advising->trace.survey;
    const struct advise_result result = {
        .trace = advising->options->trace,
        .scene = &advising->scene,
        .plan = &advising->plan,
        .search = &advising->search,
        .outcome = &advising->outcome,
        .policy = advising->rules.whole,
        .link = advising->base.cost.link.name,
        .capacity = advising->scene.capacity,
        .untold = !survey->calls && survey->has_totals &&
                  (survey->totals.events[HUM_CAUSE_PREFETCH_USER] ||
                   survey->totals.events[HUM_CAUSE_ADVICE]),
    };

    if (advising->options->json)
        return advise_print_json(&result, stdout);
    advise_print_text(&result, stdout);
    return true;
}

/* Nothing can be tried out, which is no failure. */
static bool has_nothing(const struct advising *advising, struct trace_problem *why)
{
    if (!replay_has_accesses(&advising->trace, why))
        return true;
    return advising->trace.survey.declared &&
           !trace_problem_say(why, "its launches declare what they use, which a trace does not "
                                   "tell: record it on a device that faults");
}

static int advise(const struct options *options)
{
    struct advising advising = {.options = options};
    struct trace_problem problem;
    bool opened = replay_open(&advising.trace, options->trace, !options->quiet, &problem);
    bool good = opened && replay_survey(&advising.trace, &problem);

    if (good && has_nothing(&advising, &problem)) {
        replay_close(&advising.trace);
        return replay_print_nothing(options->trace, problem.text, options->json, stdout)
                   ? EXIT_SUCCESS
                   : EXIT_FAILURE;
    }
    good = good &&
           read_base(&advising, &problem) &&
           advise_uses_read(&advising.uses, advising.trace.file, &advising.trace.survey,
                            &problem) &&
           replay_base(&advising, &problem) && search(&advising, &problem);

    if (!good)
        command_say("advise", "%s: %s", options->trace, problem.text);
    good = good && print(&advising) && !advising.search.failed;
    advise_search_fini(&advising.search);
    advise_plan_fini(&advising.plan);
    advise_uses_fini(&advising.uses);
    replay_rules_fini(&advising.rules);
    if (opened)
        replay_close(&advising.trace);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- options --------------------------------------------------------------------------------- */

static bool set_number(const char *name, const char *text, unsigned long most, unsigned *out)
{
    unsigned long number;

    if (command_parse_number(text, 1, most, &number)) {
        *out = (unsigned)number;
        return true;
    }
    command_say("advise", "--%s takes 1 to %lu, not '%.40s'", name, most, text);
    return false;
}

/* Said by the library: a text that it could not read. */
static bool is_read(enum hum_status status)
{
    if (status != HUM_OK)
        command_say("advise", "%s", hum_error_text());
    return status == HUM_OK;
}

static bool check_policy(const char *text)
{
    struct trace_problem problem;
    struct replay_rules rules;

    if (replay_rules_read(&rules, "--policy", text, &problem)) {
        replay_rules_fini(&rules);
        return true;
    }
    command_say("advise", "%s", problem.text);
    return false;
}

static bool set_option(int option, const char *text, struct options *options)
{
    struct humi_link_model link;

    switch (option) {
    case 'c':
        return is_read(humi_capacity_parse(text, &options->capacity));
    case 'L':
        options->link = text;
        return is_read(humi_link_parse(text, &link));
    case 'p':
        options->policy = text;
        return check_policy(text);
    case 'r':
        return set_number("regions", text, ADVISE_REGIONS_MAX, &options->regions);
    case 'n':
        return set_number("jobs", text, COMPARE_JOBS_MAX, &options->jobs);
    case OPTION_NO_HINTS:
        return options->no_hints = true;
    case 'j':
        return options->json = true;
    case 'q':
        return options->quiet = true;
    default:
        return false;
    }
}

static int run(int argc, char **argv)
{
    static const struct option list[] = {
        {"capacity", required_argument, NULL, 'c'}, {"link", required_argument, NULL, 'L'},
        {"policy", required_argument, NULL, 'p'},   {"regions", required_argument, NULL, 'r'},
        {"jobs", required_argument, NULL, 'n'},     {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},          {"help", no_argument, NULL, 'h'},
        {"no-hints", no_argument, NULL, OPTION_NO_HINTS},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.regions = REGIONS, .jobs = compare_pool_cores()};
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "c:L:p:r:n:jqh", list, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (!set_option(option, optarg, &options))
            return command_usage("advise");
    }
    if (optind + 1 != argc) {
        command_say("advise", "one trace is looked at, not %d", argc - optind);
        return command_usage("advise");
    }
    options.trace = argv[optind];
    return advise(&options);
}

const struct command command_advise = {"advise", "what a program should do, from its trace", run};
