/* SPDX-License-Identifier: MIT */
/*
 * top.c - `hum top`: a running program's memory, faults, bytes, regions and kernels, live.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/top/print.h"
#include "command/top/screen.h"

#define DELAY_MS_MIN 100u      /* programs publish no faster */
#define DELAY_MS_MAX 3600000u
#define PATIENCE_MS 5000u      /* for one look, in logs */

struct top_options {
    bool batch, json;
    unsigned delay_ms;
    unsigned long looks;       /* 0: no end */
    enum top_order order;
    long pid;                  /* 0: none given */
};

static const char help[] =
    "Usage: hum top [options] [PID]\n"
    "\n"
    "Show what a running program does with its space: memory by processor, faults and bytes a\n"
    "second, the hottest regions and the busiest kernels.  Without PID: the one program of this\n"
    "user that uses hum; if there are several, they are listed.  The program is neither stopped\n"
    "nor changed.  HUM_LIVE=off in its environment hides it.\n"
    "\n"
    "Options:\n"
    "  -b, --batch             lines for logs instead of a screen\n"
    "  -j, --json              one JSON object a look and a line\n"
    "  -n, --iterations N      end after N looks\n"
    "  -d, --delay SECONDS     between two looks, 0.1 and more; 1\n"
    "  -s, --sort ORDER        rate, faults, bytes, cost or name\n"
    "  -h, --help              this text\n"
    "\n"
    "Keys on the screen: F1 or h help, Tab regions or kernels, P F M T N sort by rate, faults,\n"
    "bytes, cost, name, I the other way round, arrows and pages scroll, space pause, + and -\n"
    "delay, s next space of the program, q or F10 quit.\n"
    "\n"
    "Exit status: 0, also when the program ends meanwhile; 1 if there is no such program or it\n"
    "cannot be read; 2 for a wrong command line.\n"
    "\n"
    "Example:\n"
    "  hum top --batch --delay 10 --sort cost 4711 >>run.log\n";

const char *top_result_text(enum top_result result)
{
    switch (result) {
    case TOP_READ:
        return NULL;
    case TOP_GONE:
        return "ended";
    case TOP_CLOSED:
        return "closed its space";
    case TOP_SILENT:
        return "does not answer: it is stopped, or the machine is very busy";
    case TOP_FOREIGN:
        break;
    }
    return "shows itself in another way: it uses another version of hum than this command";
}

/* ---- which program -------------------------------------------------------------------------- */

static bool pages_of(long pid, struct top_places *places_out)
{
    int error = top_find((pid_t)pid, places_out);
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld", pid);
    if (!error)
        return true;
    if (access(path, F_OK) != 0)
        command_say("top", "there is no process %ld", pid);
    else if (error == EACCES || error == EPERM)
        command_say("top", "process %ld is not yours to look at: run as its user or as root", pid);
    else if (error == ENOENT)
        command_say("top",
                    "process %ld shows no space: it has none open, or HUM_LIVE=off hides it", pid);
    else
        command_say("top", "cannot look at process %ld: %s", pid, strerror(error));
    return false;
}

static void list_programs(const struct top_places *places)
{
    pid_t last = 0;

    command_say("top", "several programs use hum; which one?");
    for (unsigned i = 0; i < places->count; i++) {
        char path[64], name[64] = "";
        FILE *in;

        if (places->place[i].pid == last)
            continue;
        last = places->place[i].pid;
        snprintf(path, sizeof(path), "/proc/%ld/comm", (long)last);
        in = fopen(path, "re");
        if (in && !fgets(name, sizeof(name), in))
            name[0] = '\0';
        if (in)
            fclose(in);
        for (char *c = name; *c; c++)
            if ((unsigned char)*c < 32 || *c == 127)
                *c = *c == '\n' ? '\0' : '?';
        fprintf(stderr, "  hum top %ld    %s\n", (long)last, name);
    }
}

static bool choose(long pid, struct top_places *places_out)
{
    if (pid)
        return pages_of(pid, places_out);
    top_find_all(places_out);
    if (places_out->count == 0) {
        command_say("top", "no running program of yours has a space open");
        return false;
    }
    for (unsigned i = 1; i < places_out->count; i++)
        if (places_out->place[i].pid != places_out->place[0].pid) {
            list_programs(places_out);
            return false;
        }
    return true;
}

/* ---- logs ----------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void wait_ms(unsigned ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL); /* a signal ends it early */
}

/* One look at each space; *shown_out: how many were printed.  False: nothing more can be told. */
static bool look(const struct top_options *options, const struct top_places *places,
                 struct top_view *views, struct humi_live_page *page, unsigned *shown_out)
{
    *shown_out = 0;
    for (unsigned i = 0; i < places->count; i++) {
        const struct top_place *place = &places->place[i];
        enum top_result result = top_read(place, PATIENCE_MS, page);

        if (result == TOP_FOREIGN || (result != TOP_READ && places->count == 1))
            command_say("top", "program %ld %s", (long)place->pid, top_result_text(result));
        if (result == TOP_FOREIGN)
            return false;
        if (result != TOP_READ)
            continue;
        top_view_add(&views[i], page);
        if (!(options->json ? top_print_json : top_print_text)(&views[i], place, options->order,
                                                               stdout))
            return false;
        ++*shown_out;
    }
    return true;
}

static int batch(const struct top_options *options, const struct top_places *places)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct top_view *views = calloc(places->count, sizeof(*views));
    struct humi_live_page *page = malloc(sizeof(*page));
    unsigned shown = 0;
    int status = EXIT_SUCCESS;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!views || !page) {
        command_say("top", "no memory");
        status = EXIT_FAILURE;
    }
    for (unsigned long n = 0; status == EXIT_SUCCESS && !interrupted; n++) {
        if (!look(options, places, views, page, &shown) || (n == 0 && !shown))
            status = EXIT_FAILURE;
        if (!shown || n + 1 == options->looks)
            break;
        wait_ms(options->delay_ms);
    }
    free(views);
    free(page);
    return status;
}

/* ---- options -------------------------------------------------------------------------------- */

static bool parse_delay(const char *text, unsigned *ms_out)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end || !isfinite(seconds) || seconds * 1000 < DELAY_MS_MIN ||
        seconds * 1000 > DELAY_MS_MAX)
        return false;
    *ms_out = (unsigned)(seconds * 1000 + 0.5);
    return true;
}

static bool parse_option(int option, struct top_options *options)
{
    switch (option) {
    case 'b':
        options->batch = true;
        return true;
    case 'j':
        options->batch = options->json = true;
        return true;
    case 'n':
        if (command_parse_number(optarg, 1, UINT32_MAX, &options->looks))
            return true;
        command_say("top", "'%s' is not a number of looks", optarg);
        return false;
    case 'd':
        if (parse_delay(optarg, &options->delay_ms))
            return true;
        command_say("top", "'%s' is not a delay of 0.1 to 3600 seconds", optarg);
        return false;
    case 's':
        if (top_order_find(optarg, &options->order))
            return true;
        command_say("top", "'%s' is no order: rate, faults, bytes, cost or name", optarg);
        return false;
    default:
        return false;
    }
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct top_options *options)
{
    static const struct option list[] = {
        {"batch", no_argument, NULL, 'b'},       {"json", no_argument, NULL, 'j'},
        {"iterations", required_argument, NULL, 'n'}, {"delay", required_argument, NULL, 'd'},
        {"sort", required_argument, NULL, 's'},  {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    unsigned long pid;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "bjn:d:s:h", list, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (!parse_option(option, options))
            return command_usage("top");
    }
    if (argc - optind > 1)
        return command_usage("top");
    if (optind < argc) {
        if (!command_parse_number(argv[optind], 1, INT32_MAX, &pid)) {
            command_say("top", "'%s' is not a process id", argv[optind]);
            return command_usage("top");
        }
        options->pid = (long)pid;
    }
    return -1;
}

static int run(int argc, char **argv)
{
    struct top_options options = {.delay_ms = 1000, .order = TOP_BY_RATE};
    struct top_places places;
    int status = parse(argc, argv, &options);

    if (status >= 0)
        return status;
    if (!options.batch && top_screen_exists() &&
        (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        command_say("top", "there is no terminal to show a screen on: use --batch or --json");
        return EXIT_FAILURE;
    }
    if (!choose(options.pid, &places))
        return EXIT_FAILURE;
    if (options.batch)
        return batch(&options, &places);
    return top_screen(&places, &(struct top_screen_options){.delay_ms = options.delay_ms,
                                                            .order = options.order,
                                                            .looks_max = options.looks});
}

const struct command command_top = {"top", "watch a running program", run};
