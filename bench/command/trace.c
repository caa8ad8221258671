/* SPDX-License-Identifier: MIT */
/*
 * trace.c - hum trace: finds the verb and hands over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/trace/tool.h"

static const struct command *const verbs[] = {&trace_info, &trace_cut, &trace_merge, &trace_export,
                                              &trace_import, &trace_generate};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(FILE *out)
{
    fputs("Usage: hum trace VERB [options] FILE ...\n"
          "\n"
          "Looks at traces: what moved, when, why, and what was touched.  A program writes one\n"
          "when HUM_TRACE names a file; generate makes one up.\n"
          "\n"
          "Verbs:\n",
          out);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(out, "  %-8s %s\n", verbs[i]->name, verbs[i]->about);
    fputs("\n"
          "'hum trace VERB --help' explains a verb.\n",
          out);
}

/* Run with argv[0] as a user would write it, because getopt_long() starts its messages with it. */
static int start(const struct command *verb, int argc, char **argv)
{
    char name[32];

    snprintf(name, sizeof(name), "hum trace %s", verb->name);
    argv[0] = name;
    return verb->run(argc, argv);
}

static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!name) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return start(verbs[i], argc - 1, argv + 1);
    command_say("trace", "there is no verb '%s'", name);
    return command_usage("trace");
}

const struct command command_trace = {"trace", "what is in a trace; cut, merge, export, import,"
                                      " generate", run};
