/* SPDX-License-Identifier: MIT */
/*
 * replay.c - hum replay: what a policy would have moved, had it run the program of a trace.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "command/replay/load.h"
#include "command/replay/print.h"

static const char help_head[] =
    "Usage: hum replay TRACE --capacity=SIZE [options]\n"
    "\n"
    "Replays the accesses of a trace: what a policy would have moved at another size of the\n"
    "device's memory and over another link, and what the least would have been.  Counts and bytes\n"
    "are exact, times are modelled.\n"
    "\n"
    "Options:\n"
    "  -p, --policy=P       a name, or parts as in prefetch=tree,evict=lfu (ondemand)\n"
    "  -c, --capacity=SIZE  of each device: 64M, pages=100, or r=1.25, which is footprint /\n"
    "                       capacity\n"
    "  -L, --link=LINK      pcie3x16, pcie4x16, pcie5x16, nvlink-c2c, alpha=1.8us,beta=12.8G, or\n"
    "                       none (pcie3x16)\n"
    "  -f, --fault=HOW      batch: those of one access record together, or serial: 45 us each\n"
    "                       (batch)\n"
    "  -P, --page-only      single pages move, whatever the block; what else a capacity that is\n"
    "                       no multiple of 2 MiB means\n"
    "  -j, --json           one JSON object\n"
    "  -h, --help           this text\n";

static void print_help(void)
{
    const char *part, *value, *about, *last = "";

    fputs(help_head, stdout);
    for (unsigned i = 0; humi_parts_at(i, &part, &value, &about); i++) {
        if (strcmp(part, last) != 0)
            printf("\n%s:\n", strcmp(part, "policy") == 0 ? "Policies" : part);
        printf("  %-13s %s\n", value, about);
        last = part;
    }
    fputs("\nAn algorithm of evict= may also stand alone: --policy=lru.\n", stdout);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- replaying ------------------------------------------------------------------------------ */

/* What the capacity is, now that the footprint is known, and whether that can be replayed. */
static bool settle_capacity(struct replay_request *request, struct replay_outcome *outcome,
                            struct trace_problem *problem)
{
    request->setup.capacity = humi_capacity_pages(&request->capacity, outcome->footprint);
    outcome->implied = !request->page_only && !humi_capacity_is_whole(request->setup.capacity);
    outcome->page_only = request->page_only || outcome->implied;
    return outcome->page_only ||
           trace_problem_say(problem, "whole blocks cannot be replayed; --page-only replays pages");
}

static bool replay(struct replay_request *request, struct humi_source *source,
                   struct replay_outcome *outcome, struct trace_problem *problem)
{
    uint64_t start;

    if (!replay_load(request, source, outcome, problem) ||
        !settle_capacity(request, outcome, problem))
        return false;
    start = now_ns();
    if (humi_machine_run(source, &request->setup, &outcome->result) != HUM_OK)
        return trace_problem_hum(problem);
    outcome->replay_ns = now_ns() - start;
    return humi_bounds_find(source, &request->setup, &outcome->bounds) == HUM_OK ||
           trace_problem_hum(problem);
}

static int replay_and_print(struct replay_request *request)
{
    struct replay_outcome outcome = {0};
    struct trace_problem problem;
    struct humi_source source;
    int status = EXIT_SUCCESS;

    if (!replay(request, &source, &outcome, &problem)) {
        command_say("replay", "%s", problem.text);
        status = EXIT_FAILURE;
    } else if (!request->json) {
        replay_print_text(request, &outcome, stdout);
    } else if (!replay_print_json(request, &outcome, stdout)) {
        status = EXIT_FAILURE;
    }
    humi_source_fini(&source);
    return status;
}

/* ---- options -------------------------------------------------------------------------------- */

/* The error text of libhum's, and how to find out more. */
static int wrong_option(void)
{
    command_say("replay", "%s", hum_error_text());
    return command_usage("replay");
}

static int set_fault(const char *text, struct replay_request *request)
{
    request->setup.cost.serial = strcmp(text, "serial") == 0;
    if (request->setup.cost.serial || strcmp(text, "batch") == 0)
        return -1;
    command_say("replay", "--fault is batch or serial, not '%s'", text);
    return command_usage("replay");
}

/* -1: go on, else the exit status. */
static int set_option(int option, const char *text, struct replay_request *request)
{
    enum hum_status status = HUM_OK;

    switch (option) {
    case 'p':
        request->policy = text;
        return -1;
    case 'c':
        status = humi_capacity_parse(text, &request->capacity);
        break;
    case 'L':
        status = humi_link_parse(strcmp(text, "none") == 0 ? NULL : text,
                                 &request->setup.cost.link);
        break;
    case 'f':
        return set_fault(text, request);
    case 'P':
        request->page_only = true;
        break;
    case 'j':
        request->json = true;
        break;
    case 'h':
        print_help();
        return EXIT_SUCCESS;
    default:
        return command_usage("replay");
    }
    return status == HUM_OK ? -1 : wrong_option();
}

static int parse(int argc, char **argv, struct replay_request *request)
{
    static const struct option options[] = {
        {"policy", required_argument, NULL, 'p'},
        {"capacity", required_argument, NULL, 'c'},
        {"link", required_argument, NULL, 'L'},
        {"fault", required_argument, NULL, 'f'},
        {"page-only", no_argument, NULL, 'P'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option, status = -1;

    optind = 1;
    while (status < 0 && (option = getopt_long(argc, argv, "p:c:L:f:Pjh", options, NULL)) != -1)
        status = set_option(option, optarg, request);
    if (status >= 0)
        return status;
    return humi_parts_parse(request->policy, &request->setup.parts) == HUM_OK ? -1
                                                                               : wrong_option();
}

static int run(int argc, char **argv)
{
    struct replay_request request = {.policy = "ondemand"};
    int status;

    if (humi_link_parse("pcie3x16", &request.setup.cost.link) != HUM_OK)
        return wrong_option();
    status = parse(argc, argv, &request);
    if (status >= 0)
        return status;
    if (optind + 1 != argc) {
        command_say("replay", "one trace is replayed, not %d", argc - optind);
        return command_usage("replay");
    }
    if (request.capacity.pages == 0 && request.capacity.r == 0) {
        command_say("replay", "--capacity is missing: 64M, pages=100 or r=1.25");
        return command_usage("replay");
    }
    request.trace = argv[optind];
    return replay_and_print(&request);
}

const struct command command_replay = {"replay", "what a policy would have moved, from a trace",
                                       run};
