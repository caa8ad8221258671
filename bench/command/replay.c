/* SPDX-License-Identifier: MIT */
/*
 * replay.c - hum replay: what a policy would have moved, had it run the program of a trace.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "command/replay/again.h"
#include "command/replay/engine.h"
#include "command/replay/print.h"
#include "policy/evict/registry.h"
#include "policy/registry.h"

#define LINK "pcie4x16"

static const char help_head[] =
    "Usage: hum replay TRACE --capacity=SIZE [options]\n"
    "       hum replay TRACE --as-recorded [-j]\n"
    "\n"
    "Replays the accesses of a trace: what a policy would have moved at another size of the\n"
    "device's memory and over another link, and what the least would have been.  Counts and bytes\n"
    "are exact, times are modelled.\n"
    "\n"
    "What the program itself asked of the runtime (prefetches, advice, discards, budgets,\n"
    "policies, protections) is asked again where it was, but for policies if --policy is given.\n"
    "\n"
    "Blocks of 2 MiB are replayed by the runtime's own core.  Single pages, with --page-only or\n"
    "where the capacity is no multiple of 2 MiB or a ratio makes less than 16 MiB, by a machine\n"
    "of its own.\n"
    "\n"
    "Options:\n"
    "  -p, --policy=P       a name, or parts as in prefetch=tree,evict=lfu (the default policy;\n"
    "                       single pages: ondemand)\n"
    "  -c, --capacity=SIZE  of each device: 64M, pages=100, or r=1.25, which is footprint /\n"
    "                       capacity\n"
    "  -L, --link=LINK      pcie3x16, pcie4x16, pcie5x16, nvlink-c2c, alpha=1.8us,beta=12.8G, or\n"
    "                       none (" LINK ")\n"
    "  -f, --fault=HOW      batch: those that wait together, or serial: 45 us each (batch)\n"
    "      --loop=HOW       blocks: closed, agents wait for their faults and all else goes on\n"
    "                       beside; open, all in the order of the trace (closed)\n"
    "      --touch=NS       closed loop: what a touch that hits takes (0.1, ten at a time)\n"
    "  -n, --no-hints       blocks: as if the program had asked for nothing but protections\n"
    "  -P, --page-only      single pages move, whatever the block; nobody asks for anything\n"
    "      --record=FILE    blocks: write what the replay did as a trace, for hum report\n"
    "      --as-recorded    the run once more, just as it was: does that count the same?\n"
    "                       --policy names a plug-in that it had; nothing else may be given\n"
    "  -j, --json           one JSON object\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, also if the trace has no accesses, which is said; 1 if it cannot be\n"
    "replayed, or as recorded counts something else; 2 if the command line is wrong.\n";

enum { OPTION_LOOP = 256, OPTION_TOUCH, OPTION_RECORD, OPTION_AS_RECORDED };

struct options {
    const char *trace;
    struct replay_request request;
    bool as_recorded;
    bool changed;                /* of what as_recorded takes from the run */
    bool json;
};

static void print_pages_help(void)
{
    const char *part, *value, *about, *last = "";

    for (unsigned i = 0; humi_parts_at(i, &part, &value, &about); i++) {
        if (strcmp(part, last) != 0)
            printf("\n%s, single pages:\n", strcmp(part, "policy") == 0 ? "Policies" : part);
        printf("  %-14s %s\n", value, about);
        last = part;
    }
}

static void print_blocks_help(void)
{
    const struct hum_policy *policy;
    const struct hum_evict *evict;
    const struct hum_part *part;

    printf("\nPolicies, blocks:\n");
    for (unsigned i = 0; (policy = humi_policy_at(i)); i++)
        printf("  %-14s %s\n", policy->name, policy->description);
    for (unsigned kind = 0; kind < HUMI_PLANNERS; kind++) {
        printf("\n%s, blocks:\n", humi_kind_name(kind));
        for (unsigned i = 0; (part = humi_part_at(kind, i)); i++)
            printf("  %-14s %s\n", part->name, part->description);
    }
    printf("\nevict, blocks:\n");
    for (unsigned i = 0; (evict = humi_evict_at(i)); i++)
        if (!evict->needs_next_use)
            printf("  %-14s %s\n", evict->name, evict->description);
}

static void print_help(void)
{
    fputs(help_head, stdout);
    print_blocks_help();
    print_pages_help();
    fputs("\nSingle pages: an order of evict= may also stand alone, as in --policy=lru.\n", stdout);
}

/* ---- replaying ------------------------------------------------------------------------------ */

static int say_nothing(const struct options *options, const struct trace_problem *why)
{
    return replay_print_nothing(options->trace, why->text, options->json, stdout) ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
}

static int replay_and_print(const struct options *options)
{
    struct replay_outcome outcome;
    struct trace_problem problem;
    struct replay_trace trace;
    bool good = replay_open(&trace, options->trace, true, &problem);

    if (good && !replay_has_accesses(&trace, &problem)) {
        replay_close(&trace);
        return say_nothing(options, &problem);
    }
    if (good) {
        good = replay_run(&trace, &options->request, &outcome, &problem);
        replay_close(&trace);
    }
    if (!good) {
        command_say("replay", "%s: %s", options->trace, problem.text);
        return EXIT_FAILURE;
    }
    if (!options->json)
        replay_print_text(options->trace, &options->request, &outcome, stdout);
    else if (!replay_print_json(options->trace, &options->request, &outcome, stdout))
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

static int replay_as_recorded(const struct options *options)
{
    struct trace_problem problem;
    struct replay_again again;

    if (!replay_run_again(options->trace, options->request.policy, &again, &problem)) {
        if (!again.has_accesses)
            return say_nothing(options, &problem);
        command_say("replay", "%s: %s", options->trace, problem.text);
        return EXIT_FAILURE;
    }
    if (!options->json)
        replay_again_text(options->trace, &again, stdout);
    else if (!replay_again_json(options->trace, &again, stdout))
        return EXIT_FAILURE;
    return replay_is_same(&again) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- options -------------------------------------------------------------------------------- */

/* The error text of libhum's, and how to find out more. */
static int wrong_option(void)
{
    command_say("replay", "%s", hum_error_text());
    return command_usage("replay");
}

/* Which of two words it is; -1: neither, and that was said. */
static int word(const char *option, const char *text, const char *first, const char *second)
{
    if (strcmp(text, first) == 0)
        return 0;
    if (strcmp(text, second) == 0)
        return 1;
    command_say("replay", "--%s is %s or %s, not '%s'", option, first, second, text);
    return -1;
}

static bool set_touch(const char *text, double *ns_out)
{
    char *end;
    double ns = strtod(text, &end);

    if (end == text || *end || !(ns > 0 && ns <= 1e6)) {
        command_say("replay", "--touch is a number of nanoseconds, not '%s'", text);
        return false;
    }
    *ns_out = ns;
    return true;
}

/* -1: go on, else the exit status. */
static int set_word(int option, const char *text, struct replay_request *request)
{
    int which;

    switch (option) {
    case 'f':
        which = word("fault", text, "batch", "serial");
        request->cost.serial = which == 1;
        break;
    case OPTION_LOOP:
        which = word("loop", text, "closed", "open");
        request->loop = which == 1 ? REPLAY_OPEN : REPLAY_CLOSED;
        break;
    default:
        which = set_touch(text, &request->touch_ns) ? 0 : -1;
        break;
    }
    return which < 0 ? command_usage("replay") : -1;
}

/* -1: go on, else the exit status. */
static int set_option(int option, const char *text, struct options *options)
{
    struct replay_request *request = &options->request;
    enum hum_status status = HUM_OK;

    options->changed |= option != 'p' && option != 'j' && option != OPTION_AS_RECORDED;
    switch (option) {
    case OPTION_AS_RECORDED:
        options->as_recorded = true;
        return -1;
    case 'p':
        request->policy = text;
        request->no_policies = true;
        return -1;
    case 'c':
        status = humi_capacity_parse(text, &request->capacity);
        break;
    case 'L':
        status = humi_link_parse(strcmp(text, "none") == 0 ? NULL : text, &request->cost.link);
        break;
    case 'f':
    case OPTION_LOOP:
    case OPTION_TOUCH:
        return set_word(option, text, request);
    case OPTION_RECORD:
        request->record = text;
        break;
    case 'n':
        request->no_hints = true;
        break;
    case 'P':
        request->page_only = true;
        break;
    case 'j':
        options->json = true;
        break;
    case 'h':
        print_help();
        return EXIT_SUCCESS;
    default:
        return command_usage("replay");
    }
    return status == HUM_OK ? -1 : wrong_option();
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option list[] = {
        {"policy", required_argument, NULL, 'p'},
        {"capacity", required_argument, NULL, 'c'},
        {"link", required_argument, NULL, 'L'},
        {"fault", required_argument, NULL, 'f'},
        {"loop", required_argument, NULL, OPTION_LOOP},
        {"touch", required_argument, NULL, OPTION_TOUCH},
        {"record", required_argument, NULL, OPTION_RECORD},
        {"as-recorded", no_argument, NULL, OPTION_AS_RECORDED},
        {"no-hints", no_argument, NULL, 'n'},
        {"page-only", no_argument, NULL, 'P'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option, status = -1;

    optind = 1;
    while (status < 0 && (option = getopt_long(argc, argv, "p:c:L:f:nPjh", list, NULL)) != -1)
        status = set_option(option, optarg, options);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {.request = {.touch_ns = REPLAY_TOUCH_NS}};
    struct trace_problem problem;
    int status;

    if (humi_link_parse(LINK, &options.request.cost.link) != HUM_OK)
        return wrong_option();
    status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (optind + 1 != argc) {
        command_say("replay", "one trace is replayed, not %d", argc - optind);
        return command_usage("replay");
    }
    if (options.as_recorded && options.changed) {
        command_say("replay", "--as-recorded takes everything from the trace: no other option but "
                              "--policy for a plug-in");
        return command_usage("replay");
    }
    if (options.request.record && options.request.page_only) {
        command_say("replay", "--record is of blocks: leave out --page-only");
        return command_usage("replay");
    }
    options.trace = argv[optind];
    if (options.as_recorded)
        return replay_as_recorded(&options);
    if (options.request.capacity.pages == 0 && options.request.capacity.r == 0) {
        command_say("replay", "--capacity is missing: 64M, pages=100 or r=1.25");
        return command_usage("replay");
    }
    if (!replay_check_policy(&options.request, &problem)) {
        command_say("replay", "%s", problem.text);
        return command_usage("replay");
    }
    /* Whoever tries a plug-in must hear that its plans are not carried out. */
    if (!getenv("HUM_LOG"))
        humi_log_set_level(HUMI_LOG_WARN);
    return replay_and_print(&options);
}

const struct command command_replay = {"replay", "what a policy would have moved, from a trace",
                                       run};
