/* SPDX-License-Identifier: MIT */
/* command.c - `hum selftest`: does hum work on this machine with that device? */
#include "command/command.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks/folder.h"
#include "selftest/selftest.h"

#define WATCHDOG_MS 60000

static const char help[] =
    "Usage: hum selftest [options]\n"
    "\n"
    "Try out a device: how fast memory moves, what a fault and a launch cost, whether kernels\n"
    "compute what the host would, and whether samples beside this command do.\n"
    "\n"
    "Options:\n"
    "  -d, --device SPEC  as HUM_DEVICES; the first device of it is tried (emu)\n"
    "  -o, --output FILE  all of it as JSON, to send with a report; without the host's name\n"
    "  -j, --json         the same to standard output, instead of the table\n"
    "  -h, --help         this text\n"
    "\n"
    "Exit status: 0 if all that applies to the device passed, else 1; 2 if the command line is\n"
    "wrong.\n"
    "\n"
    "Example:\n"
    "  hum selftest --device emu:faults=off --output report.json\n";

/* Where the command's own modules lie, then where the user has some. */
static void find_modules(char *folders, size_t room)
{
    const char *more = getenv("HUM_KERNEL_PATH");
    char *slash;

    if (folder_of_module("words", folders, room) && (slash = strrchr(folders, '/')) != NULL)
        *slash = '\0';
    else
        folders[0] = '\0';
    if (more && strlen(folders) + 1 + strlen(more) < room) {
        strcat(folders, ":");
        strcat(folders, more);
    }
}

static bool open_device(struct selftest *t)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    enum hum_status status;
    char folders[2 * PATH_MAX];

    find_modules(folders, sizeof(folders));
    options.kernel_path = folders;
    options.devices = t->devices;
    options.watchdog_ms = WATCHDOG_MS;
    status = hum_open(&options, &t->hum);
    if (status == HUM_OK)
        status = hum_system_info(t->hum, &t->system);
    if (status == HUM_OK)
        status = hum_device_info(t->hum, 0, &t->device);
    if (status == HUM_OK) {
        snprintf(t->reduced, sizeof(t->reduced), "%s", t->system.reduced);
        return true;
    }
    snprintf(t->error, sizeof(t->error), "%s: %s", hum_status_text(status), hum_error_text());
    selftest_redact(t->error);
    hum_close(t->hum);
    t->hum = NULL;
    return false;
}

static void try_device(struct selftest *t)
{
    system_facts(&t->facts);
    if (!open_device(t))
        return;
    selftest_figures(t);
    selftest_checks(t);
    selftest_wild(t);
    hum_close(t->hum);
    t->hum = NULL;
    selftest_samples(t);
}

static bool write_file(const struct selftest *t, const char *path)
{
    FILE *file = fopen(path, "w");
    bool written;

    if (!file) {
        command_say("selftest", "%s: %m", path);
        return false;
    }
    written = selftest_json(t, file);
    if (fclose(file) != 0 || !written) {
        command_say("selftest", "%s could not be written", path);
        return false;
    }
    return true;
}

static int show(const char *devices, const char *output, bool json)
{
    struct selftest *t = calloc(1, sizeof(*t));
    bool good = t != NULL;

    if (!t) {
        command_say("selftest", "out of memory");
        return EXIT_FAILURE;
    }
    t->devices = devices;
    try_device(t);
    if (t->error[0])
        command_say("selftest", "%s", t->error);
    if (json)
        good = selftest_json(t, stdout);
    else
        selftest_print(t, stdout);
    if (output && !write_file(t, output))
        good = false;
    good = good && t->trials && !selftest_count(t, TRIAL_FAIL);
    free(t);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"device", required_argument, NULL, 'd'}, {"output", required_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},         {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *devices = "emu", *output = NULL;
    bool json = false;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "d:o:jh", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'd')
            devices = optarg;
        else if (option == 'o')
            output = optarg;
        else if (option == 'j')
            json = true;
        else
            return command_usage("selftest");
    }
    if (optind < argc) {
        command_say("selftest", "unexpected argument '%s'", argv[optind]);
        return command_usage("selftest");
    }
    return show(devices, output, json);
}

const struct command command_selftest = {"selftest", "try out a device, and write a report", run};
