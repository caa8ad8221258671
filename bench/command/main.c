/* SPDX-License-Identifier: MIT */
/*
 * main.c - the `hum` command: finds the subcommand and hands over.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hum/hum.h>

#include "command/command.h"

static const struct command *const commands[] = {&command_info, &command_run, &command_bench,
                                                 &command_trace, &command_report,
                                                 &command_explain, &command_replay,
                                                 &command_compare, &command_advise,
                                                 &command_rank, &command_selftest,
                                                 &command_top};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void command_say(const char *name, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "hum %s: ", name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int command_usage(const char *name)
{
    fprintf(stderr, "Try 'hum %s --help'.\n", name);
    return EXIT_USAGE;
}

bool command_parse_number(const char *text, unsigned long min, unsigned long max,
                          unsigned long *number_out)
{
    char *end;
    unsigned long number;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (errno || *end || number < min || number > max)
        return false;
    *number_out = number;
    return true;
}

bool command_parse_size(const char *text, size_t *bytes_out)
{
    static const char units[] = "KMGT";
    char *end;
    const char *unit;
    unsigned long long number;
    unsigned shift = 0;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    unit = *end ? strchr(units, *end >= 'a' ? *end - 32 : *end) : NULL;
    if (unit) {
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
    }
    if (errno || *end || number == 0 || number > (SIZE_MAX >> shift))
        return false;
    *bytes_out = (size_t)number << shift;
    return true;
}

static void print_help(FILE *out)
{
    fputs("Usage: hum COMMAND [options]\n"
          "\n"
          "hum gives a program and its compute devices one shared range of memory.  This command\n"
          "looks at it from outside.\n"
          "\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->about);
    fputs("\n"
          "Options:\n"
          "  -h, --help      this text; 'hum COMMAND --help' explains a command\n"
          "  -V, --version   the version\n"
          "\n"
          "See hum(1).\n",
          out);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* Run with argv[0] as a user would write it, because getopt_long() starts its messages with it. */
static int start(const struct command *command, int argc, char **argv)
{
    char name[32];

    snprintf(name, sizeof(name), "hum %s", command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

/* Output that could not be written is a failure, also when only the last flush noticed. */
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "hum: cannot write the output: %s\n", strerror(errno));
        return status ? status : EXIT_FAILURE;
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct command *command;
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!name) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("hum %d.%d.%d\n", HUM_VERSION_MAJOR, HUM_VERSION_MINOR, HUM_VERSION_PATCH);
        return finish(EXIT_SUCCESS);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        (strcmp(name, "help") == 0 && argc == 2)) {
        print_help(stdout);
        return finish(EXIT_SUCCESS);
    }
    if (strcmp(name, "help") == 0) {
        static char help[] = "--help";
        char *args[] = {argv[2], help, NULL};

        command = find(argv[2]);
        if (command)
            return finish(start(command, 2, args));
        name = argv[2];
    } else {
        command = find(name);
        if (command)
            return finish(start(command, argc - 1, argv + 1));
    }
    fprintf(stderr, "hum: there is no command '%s'\nTry 'hum --help'.\n", name);
    return EXIT_USAGE;
}
