/* SPDX-License-Identifier: MIT */
/*
 * run.c - `hum run`: run a program under chosen settings and say what moved.
 *
 * The settings travel through the environment that libhum reads anyway, and the numbers come back
 * through the file that HUM_SUMMARY names, so the program needs no change and no new build.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/child.h"
#include "command/command.h"
#include "command/findings.h"
#include "command/report.h"
#include "command/summary_file.h"
#include "command/vendors.h"

#define STATUS_FOUND 123 /* by --check=fail, in a program that ended with 0 */

struct run_options {
    bool json;
    const char *check;  /* WHAT; "": what there is for such a program; NULL: nothing */
    bool check_fails;   /* what is found changes the exit status */
    bool opencl, only;  /* hum is a platform of OpenCL for it, or the only one */
    bool system_svm;    /* and kernels reach what it allocates */
    const char *least;  /* blocks of so many bytes; NULL: all */
    const char *output; /* NULL: standard error, with json standard output */
    char **argv;        /* the program */
};

enum {
    OPTION_OUTPUT = 256,
    OPTION_JSON,
    OPTION_PACE,
    OPTION_DETERMINISTIC,
    OPTION_OPENCL,
    OPTION_ONLY,
    OPTION_STRICT,
    OPTION_SYSTEM_SVM,
    OPTION_CHECK,
    OPTION_SETTING
};

/* Options that become an environment variable; getopt returns OPTION_SETTING + index. */
static const struct {
    const char *option, *variable;
} settings[] = {
    {"devices", "HUM_DEVICES"},   {"policy", "HUM_POLICY"},     {"space", "HUM_SPACE"},
    {"host-mem", "HUM_HOST_MEM"}, {"watchdog", "HUM_WATCHDOG"}, {"kernel-path", "HUM_KERNEL_PATH"},
    {"features", "HUM_FEATURES"}, {"log", "HUM_LOG"},           {"trace", "HUM_TRACE"},
    {"link", "HUM_LINK"},         {"accesses", "HUM_ACCESSES"}, {"sample", "HUM_SAMPLE"},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const char help[] =
    "Usage: hum run [options] [--] PROGRAM [ARGUMENTS]\n"
    "\n"
    "Run PROGRAM and, when it has ended, print what its spaces did: faults, bytes and time by\n"
    "direction, by cause and by region.  Each option sets the environment variable beside it for\n"
    "PROGRAM; what a program asks for in its own hum_options wins.\n"
    "\n"
    "Options:\n"
    "  -d, --devices SPEC      HUM_DEVICES      \"emu:mem=256M,workers=2;emu:mem=1G\";\n"
    "                                           \"emu:kernels=opencl\" runs OpenCL C,\n"
    "                                           \"opencl:0\" a device of OpenCL's own\n"
    "  -p, --policy POLICY     HUM_POLICY       auto, driver, ... ('hum info --policies' lists\n"
    "                                           them), parts and numbers as in\n"
    "                                           \"driver,evict=lru,prefetch.threshold=75\", or\n"
    "                                           a plug-in, ./mine.so\n"
    "  -s, --space SIZE        HUM_SPACE        size of the space, 1T\n"
    "  -m, --host-mem SIZE     HUM_HOST_MEM     most memory the host side may hold\n"
    "  -w, --watchdog MS       HUM_WATCHDOG     longest run of one kernel, milliseconds\n"
    "  -k, --kernel-path PATH  HUM_KERNEL_PATH  folders of kernel modules, separated by ':'\n"
    "  -f, --features LIST     HUM_FEATURES     \"-huge,-share,-kernel_faults\" takes away\n"
    "  -l, --log LEVEL         HUM_LOG          warn, info or debug\n"
    "  -t, --trace FILE        HUM_TRACE        write what happens to FILE; %p is the process id\n"
    "  -L, --link LINK         HUM_LINK         price moves: pcie3x16, pcie4x16, pcie5x16,\n"
    "                                           nvlink-c2c or alpha=1.8us,beta=12.8G\n"
    "  -a, --accesses GRADE    HUM_ACCESSES     exact: the trace holds every access by kernels;\n"
    "                                           epoch: the pages read and written between\n"
    "                                           launches and waits, by host and devices;\n"
    "                                           full: as exact, and the host as by epoch\n"
    "      --deterministic     HUM_DETERMINISTIC=on  the same moves each time, to be replayed\n"
    "      --sample SHARE      HUM_SAMPLE       sample touches between faults for the counters,\n"
    "                                           for so much of the run time: on (2%), 0.5%, off\n"
    "      --check [WHAT]      HUM_CHECK        uses: report touches that no launch declared;\n"
    "                          HUM_CL_CHECK=1   opencl: report what a program of OpenCL must not\n"
    "                                           do with memory.  Without WHAT: opencl with\n"
    "                                           --opencl, else uses.  fail, or WHAT,fail: and\n"
    "                                           end with 123 if something was found\n"
    "      --pace              HUM_PACE=on      moves take at least as long as on that link;\n"
    "                                           HUM_PACE=faults: serving faults, too\n"
    "      --opencl            PROGRAM is of OpenCL and finds hum as its platform\n"
    "      --only              with --opencl: and no other platform\n"
    "      --system-svm[=MIN]  HUM_SYSTEM_SVM_MIN  with --opencl: kernels may touch what PROGRAM\n"
    "                                           gets from malloc and new; with MIN blocks of at\n"
    "                                           least so many bytes alone\n"
    "      --strict            HUM_CL_STRICT=1  with --opencl: no more memory than the device has\n"
    "  -j, --json              one JSON object on one line instead of tables\n"
    "  -o, --output FILE       write the report to FILE\n"
    "  -h, --help              this text\n"
    "\n"
    "The tables go to standard error; the JSON line goes to standard output, after everything\n"
    "that PROGRAM printed.  --output keeps either apart.\n"
    "\n"
    "Time by region and in total is what the runtime measured; copying is part of serving.\n"
    "Regions that PROGRAM freed are listed by name and size.  A program that is killed cannot\n"
    "write its summary; the report says so.  Its trace is whole up to a second before.\n"
    "\n"
    "Exit status: that of PROGRAM, 128 + N if signal N ended it, 127 if it was not found, 126 if\n"
    "it could not be run, 125 if this command itself failed; 123 if PROGRAM ended with 0 and\n"
    "--check=fail found something.\n"
    "\n"
    "Example:\n"
    "  hum run --devices 'emu:mem=64M' --policy driver -- ./vector_add --size 100M\n";

/* What the program writes for this command. */
struct run_files {
    char summary[4096], findings[4096]; /* paths; "": it is not there */
};

static bool make_files(struct run_files *files)
{
    int error = summary_file_create(files->summary, sizeof(files->summary));

    files->findings[0] = '\0';
    if (error)
        files->summary[0] = '\0';
    else
        error = summary_file_create(files->findings, sizeof(files->findings));
    if (error)
        files->findings[0] = '\0';
    else if (setenv("HUM_SUMMARY", files->summary, 1) != 0 ||
             setenv(FINDINGS_ENV, files->findings, 1) != 0)
        error = errno;
    if (error)
        command_say("run", "cannot make a file for the summary: %s", strerror(error));
    return error == 0;
}

static void remove_files(const struct run_files *files)
{
    if (files->summary[0])
        unlink(files->summary);
    if (files->findings[0])
        unlink(files->findings);
}

/* ---- running -------------------------------------------------------------------------------- */

static bool write_report(const struct run_options *options, const struct report *report)
{
    FILE *out = options->json ? stdout : stderr;
    bool done;

    if (options->output) {
        out = fopen(options->output, "we");
        if (!out) {
            command_say("run", "cannot write %s: %s", options->output, strerror(errno));
            return false;
        }
    }
    done = options->json ? report_json(report, out) : report_text(report, out);
    done = fflush(out) == 0 && !ferror(out) && done;
    if (options->output)
        done = fclose(out) == 0 && done;
    if (!done)
        command_say("run", "cannot write the report");
    return done;
}

/* What was found wrong by whatever was sought. */
static uint64_t count_found(const struct report *report)
{
    uint64_t found = json_array_size(report->findings), noted = 0;

    for (size_t i = 0; i < report->summary->count; i++)
        noted += report->summary->section[i].violations;
    return found ? found : noted; /* what the platform found includes what was noted for it */
}

static int finish(const struct run_options *options, const struct report *report)
{
    int status = child_status(report->child);
    uint64_t found = options->check_fails ? count_found(report) : 0;

    if (!report->child->start_errno || options->json)
        if (!write_report(options, report) && status == 0)
            status = CHILD_STATUS_OWN;
    if (!found)
        return status;
    command_say("run", "--check=fail: %llu found", (unsigned long long)found);
    return status == 0 ? STATUS_FOUND : status;
}

static int run_program(const struct run_options *options, const struct run_files *files)
{
    struct child_result child;
    struct summary_file file;
    int error = child_run(options->argv, &child), status;

    if (error) {
        command_say("run", "cannot start a process: %s", strerror(error));
        return CHILD_STATUS_OWN;
    }
    if (child.start_errno)
        command_say("run", "cannot run %s: %s", options->argv[0], strerror(child.start_errno));
    error = summary_file_read(files->summary, &file);
    if (error) {
        command_say("run", "cannot read the summary %s: %s", files->summary, strerror(error));
        return CHILD_STATUS_OWN;
    }
    const struct report report = {options->argv, &child, &file, findings_read(files->findings)};
    status = report.findings ? finish(options, &report) : CHILD_STATUS_OWN;
    json_decref(report.findings);
    summary_file_free(&file);
    return status;
}

static const struct option own_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"pace", no_argument, NULL, OPTION_PACE},
    {"deterministic", no_argument, NULL, OPTION_DETERMINISTIC},
    {"opencl", no_argument, NULL, OPTION_OPENCL},
    {"only", no_argument, NULL, OPTION_ONLY},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"system-svm", optional_argument, NULL, OPTION_SYSTEM_SVM},
    {"check", optional_argument, NULL, OPTION_CHECK},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};
#define OWN_OPTIONS (sizeof(own_options) / sizeof(own_options[0]))

static void fill_long_options(struct option *list)
{
    for (size_t i = 0; i < SETTINGS; i++)
        list[i] =
            (struct option){settings[i].option, required_argument, NULL, OPTION_SETTING + (int)i};
    memcpy(list + SETTINGS, own_options, sizeof(own_options));
}

/* The short letters of the settings, in their order. */
static int setting_of(int option)
{
    static const char letters[] = "dpsmwkfltLa";
    const char *letter = option < 256 && option > 0 ? strchr(letters, option) : NULL;

    if (option >= OPTION_SETTING)
        return option - OPTION_SETTING;
    return letter ? (int)(letter - letters) : -1;
}

/* What an option stands for, NULL: no variable. */
static const char *variable_of(int option)
{
    int setting = setting_of(option);

    if (setting >= 0)
        return settings[setting].variable;
    return option == OPTION_PACE            ? "HUM_PACE"
           : option == OPTION_DETERMINISTIC ? "HUM_DETERMINISTIC"
           : option == OPTION_STRICT        ? "HUM_CL_STRICT"
                                            : NULL;
}

static bool is_check(const char *word)
{
    static const char *const known[] = {"fail",     "none",          "opencl", "opencl,fail",
                                        "released", "released,fail", "uses",   "uses,fail"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(word, known[i]) == 0)
            return true;
    return false;
}

/* WHAT of --check may also be the next word; "fail" ends it, or is all of it. */
static void take_check(int argc, char **argv, struct run_options *options)
{
    char *what = optarg, *end;

    if (!what && optind < argc && is_check(argv[optind]))
        what = argv[optind++];
    options->check = what ? what : "";
    end = what ? strstr(what, "fail") : NULL;
    if (!end || end[strlen("fail")] || (end > what && end[-1] != ','))
        return;
    options->check_fails = true;
    end[end > what ? -1 : 0] = '\0';
}

/* What --check asks for; NULL: nothing. */
static const char *checked(const struct run_options *options)
{
    if (!options->check || *options->check)
        return options->check;
    return options->opencl ? "opencl" : "uses";
}

static bool checks_opencl(const struct run_options *options)
{
    const char *what = checked(options);

    return what && strcmp(what, "opencl") == 0;
}

/* False: no memory. */
static bool set_check(const struct run_options *options)
{
    const char *what = checked(options);

    if (!what)
        return true;
    if (checks_opencl(options)) /* is for the platform */
        return setenv("HUM_CL_CHECK", "1", 1) == 0;
    return setenv("HUM_CHECK", what, 1) == 0;
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct run_options *options_out)
{
    struct option list[SETTINGS + OWN_OPTIONS];
    int option;

    fill_long_options(list);
    optind = 1;
    while ((option = getopt_long(argc, argv, "+d:p:s:m:w:k:f:l:t:L:a:jo:h", list, NULL)) != -1) {
        const char *variable = variable_of(option);

        if (variable) {
            if (setenv(variable, optarg ? optarg : "on", 1) != 0) {
                command_say("run", "%s", strerror(errno));
                return CHILD_STATUS_OWN;
            }
        } else if (option == 'j' || option == OPTION_JSON) {
            options_out->json = true;
        } else if (option == 'o' || option == OPTION_OUTPUT) {
            options_out->output = optarg;
        } else if (option == OPTION_OPENCL || option == OPTION_ONLY) {
            *(option == OPTION_ONLY ? &options_out->only : &options_out->opencl) = true;
        } else if (option == OPTION_SYSTEM_SVM) {
            options_out->system_svm = true;
            options_out->least = optarg;
        } else if (option == OPTION_CHECK) {
            take_check(argc, argv, options_out);
        } else if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        } else {
            command_usage("run");
            return CHILD_STATUS_OWN;
        }
    }
    options_out->argv = argv + optind;
    if (options_out->system_svm && (!options_out->opencl || checks_opencl(options_out))) {
        command_say("run", "--system-svm goes with --opencl, and not with --check opencl");
        return CHILD_STATUS_OWN;
    }
    if (!options_out->argv[0]) {
        command_say("run", "which program?");
        command_usage("run");
        return CHILD_STATUS_OWN;
    }
    return -1;
}

/* False: it cannot be, which was said. */
static bool share_heap(const struct run_options *options)
{
    int error;

    if (!options->system_svm)
        return true;
    error = vendors_preload_heap(options->least);
    if (error)
        command_say("run", "--system-svm: %s",
                    error == ENOENT   ? "this hum has no libhum_heap.so"
                    : error == EINVAL ? "the path of libhum_heap.so has a blank or a colon"
                                      : strerror(error));
    return !error;
}

/* With hum among the platforms of OpenCL while it runs, if that is wanted. */
static int run_among_platforms(const struct run_options *options, const struct run_files *files)
{
    char vendors[4096] = "";
    int error = options->opencl ? vendors_create(options->only, vendors, sizeof(vendors)) : 0;
    int status = CHILD_STATUS_OWN;

    if (error)
        command_say("run", "--opencl: %s",
                    error == ENOENT ? "this hum was built without OpenCL's headers (Debian: "
                                      "opencl-c-headers) and has no libhum_icd.so"
                                    : strerror(error));
    else if (share_heap(options))
        status = run_program(options, files);
    vendors_remove(vendors);
    return status;
}

static int run(int argc, char **argv)
{
    struct run_options options = {0};
    struct run_files files;
    int status = parse(argc, argv, &options);

    if (status >= 0)
        return status;
    if (make_files(&files) && set_check(&options))
        status = run_among_platforms(&options, &files);
    else
        status = CHILD_STATUS_OWN;
    remove_files(&files);
    return status;
}

const struct command command_run = {"run", "run a program and print what moved", run};
