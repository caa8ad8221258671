/* SPDX-License-Identifier: MIT */
/*
 * command.h - what a subcommand of `hum` is.
 *
 * A subcommand is one file that exports one const table.  run() gets its own arguments, argv[0]
 * being "hum <name>", and returns the exit status.  Results go to standard output, messages to
 * standard error as "hum <name>: sentence".
 *
 * To add one: write its file, declare its table here, add it to the list in main.c and to hum.1.
 */
#ifndef HUM_COMMAND_H
#define HUM_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_USAGE 2 /* the command line was wrong; `hum run` answers 125 instead */

struct command {
    const char *name;
    const char *about; /* one line */
    int (*run)(int argc, char **argv);
};

extern const struct command command_info;
extern const struct command command_run;
extern const struct command command_bench;
extern const struct command command_trace;
extern const struct command command_report;
extern const struct command command_explain;
extern const struct command command_replay;
extern const struct command command_top;
extern const struct command command_compare;
extern const struct command command_advise;
extern const struct command command_rank;
extern const struct command command_selftest;

/* "hum <name>: sentence" to standard error. */
void command_say(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The usual line after a wrong option, and EXIT_USAGE. */
int command_usage(const char *name);

/* "64K", "256M", "1G", "2T", plain bytes; false if it is not one or does not fit. */
bool command_parse_size(const char *text, size_t *bytes_out);

/* A decimal number in [min, max]. */
bool command_parse_number(const char *text, unsigned long min, unsigned long max,
                          unsigned long *number_out);

#endif
