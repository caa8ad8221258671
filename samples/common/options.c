/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 1000u

enum {
    OPT_SIZE = 1000,
    OPT_MODE,
    OPT_RUNS,
    OPT_STEPS,
    OPT_TOUCH,
    OPT_GRAPH,
    OPT_OPS,
    OPT_KEYS,
    OPT_ZIPF,
    OPT_THREADS,
    OPT_MEM,
    OPT_OWN_BLOCKS,
    OPT_JSON
};

static const struct option long_options[] = {
    {"size", required_argument, NULL, OPT_SIZE},   {"mode", required_argument, NULL, OPT_MODE},
    {"runs", required_argument, NULL, OPT_RUNS},   {"steps", required_argument, NULL, OPT_STEPS},
    {"touch", required_argument, NULL, OPT_TOUCH}, {"graph", required_argument, NULL, OPT_GRAPH},
    {"ops", required_argument, NULL, OPT_OPS},     {"keys", required_argument, NULL, OPT_KEYS},
    {"zipf", required_argument, NULL, OPT_ZIPF},   {"device-mem", required_argument, NULL, OPT_MEM},
    {"json", no_argument, NULL, OPT_JSON},         {"help", no_argument, NULL, 'h'},
    {"host-threads", required_argument, NULL, OPT_THREADS},
    {"own-blocks", no_argument, NULL, OPT_OWN_BLOCKS},
    {NULL, 0, NULL, 0},
};

static void usage_print(const struct sample_usage *usage, bool has_copies)
{
    const struct sample_options *d = &usage->defaults;

    printf("%s - %s\n\n", usage->name, usage->summary);
    printf("  --size N          %s (%zu); K, M, G allowed\n", usage->size_text, d->size);
    printf("  --mode M          %s\n",
           has_copies ? "unified, explicit or both (both)"
                      : "unified; this sample has no version with explicit copies");
    printf("  --runs N          metered runs, after one that is not; the median counts (%u)\n",
           d->runs);
    if (usage->accepts & SAMPLE_ACCEPTS_STEPS)
        printf("  --steps N         iterations (%u)\n", d->steps);
    if (usage->accepts & SAMPLE_ACCEPTS_TOUCH)
        printf("  --touch F         the device needs only this part of the data, 0 < F <= 1 (1)\n");
    if (usage->accepts & SAMPLE_ACCEPTS_GRAPH)
        printf("  --graph G         a file in the format of bench/graph/README.md, or kron:S, the\n"
               "                    Kronecker graph of Graph500 with 2^S nodes; without it an\n"
               "                    R-MAT graph of --size nodes is generated\n");
    if (usage->accepts & SAMPLE_ACCEPTS_OPS)
        printf("  --ops N           %s (%zu); K, M, G allowed\n", usage->ops_text, d->ops);
    if (usage->accepts & SAMPLE_ACCEPTS_KEYS)
        printf("  --keys FILE       keys are the words of a file, one a line, at most --size of\n"
               "                    them, as /usr/share/dict/words (keys are random numbers)\n"
               "  --zipf S          key k is drawn in proportion to k^-S, 0 <= S < 2 (0)\n");
    if (usage->accepts & SAMPLE_ACCEPTS_THREADS)
        printf("  --host-threads N  threads of the host that work, 1 to %u (%u); with one and\n"
               "                    HUM_DETERMINISTIC=on every run faults alike\n",
               usage->host_threads_max, d->host_threads);
    printf("  --device-mem M    one emulated device with this much memory, as 256M, or this part\n"
           "                    of the footprint, as 50%%, at least 32M (what HUM_DEVICES says)\n"
           "  --own-blocks      each array in blocks of 2M of its own, however small it is\n"
           "  --json            one line of JSON instead of a table\n"
           "  --help            this text\n\n"
           "The exit status is 0 only if every result agrees with the CPU reference.\n");
}

bool sample_size_parse(const char *text, size_t *size_out)
{
    static const char units[] = "KMG";
    unsigned long long number;
    const char *unit;
    char *end;
    unsigned shift = 0;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno)
        return false;
    if (*end) {
        unit = strchr(units, toupper((unsigned char)*end));
        if (!unit || end[1])
            return false;
        shift = 10 * (unsigned)(unit - units + 1);
    }
    if (number > (SIZE_MAX >> shift))
        return false;
    *size_out = (size_t)number << shift;
    return true;
}

static bool count_parse(const char *text, unsigned max, unsigned *count_out)
{
    size_t count;

    if (!sample_size_parse(text, &count) || count == 0 || count > max)
        return false;
    *count_out = (unsigned)count;
    return true;
}

static bool mode_parse(const char *text, struct sample_options *options)
{
    options->unified = strcmp(text, "explicit") != 0;
    options->copies = strcmp(text, "unified") != 0;
    return !(options->unified && options->copies) || strcmp(text, "both") == 0;
}

static bool touch_parse(const char *text, double *touch_out)
{
    char *end;

    *touch_out = strtod(text, &end);
    return end != text && *end == '\0' && *touch_out > 0.0 && *touch_out <= 1.0;
}

static bool zipf_parse(const char *text, double *zipf_out)
{
    char *end;

    *zipf_out = strtod(text, &end);
    return end != text && *end == '\0' && *zipf_out >= 0.0 && *zipf_out < 2.0;
}

/* "256M" or "50%". */
static bool memory_parse(const char *text, struct sample_options *options)
{
    size_t number, digits = strspn(text, "0123456789");
    char percent[8];

    if (text[digits] == '%' && text[digits + 1] == '\0' && digits > 0 && digits < sizeof percent) {
        memcpy(percent, text, digits);
        percent[digits] = '\0';
        options->device_percent = (unsigned)strtoul(percent, NULL, 10);
        return options->device_percent > 0;
    }
    options->device_percent = 0;
    options->device_bytes = sample_size_parse(text, &number) ? number : 0;
    return options->device_bytes > 0;
}

/* Whether the sample has this option at all. */
static bool is_accepted(unsigned accepts, int option)
{
    switch (option) {
    case OPT_STEPS:
        return accepts & SAMPLE_ACCEPTS_STEPS;
    case OPT_TOUCH:
        return accepts & SAMPLE_ACCEPTS_TOUCH;
    case OPT_GRAPH:
        return accepts & SAMPLE_ACCEPTS_GRAPH;
    case OPT_OPS:
        return accepts & SAMPLE_ACCEPTS_OPS;
    case OPT_KEYS:
    case OPT_ZIPF:
        return accepts & SAMPLE_ACCEPTS_KEYS;
    case OPT_THREADS:
        return accepts & SAMPLE_ACCEPTS_THREADS;
    default:
        return true;
    }
}

static bool option_take(int option, const char *value, struct sample_options *options)
{
    switch (option) {
    case OPT_SIZE:
        return sample_size_parse(value, &options->size) && options->size > 0;
    case OPT_MODE:
        return mode_parse(value, options);
    case OPT_RUNS:
        return count_parse(value, RUNS_MAX, &options->runs);
    case OPT_STEPS:
        return count_parse(value, 1u << 20, &options->steps);
    case OPT_TOUCH:
        return touch_parse(value, &options->touch);
    case OPT_GRAPH:
        options->graph = value;
        return true;
    case OPT_OPS:
        return sample_size_parse(value, &options->ops) && options->ops > 0;
    case OPT_KEYS:
        options->keys = value;
        return true;
    case OPT_ZIPF:
        return zipf_parse(value, &options->zipf);
    case OPT_THREADS:
        return count_parse(value, UINT_MAX, &options->host_threads);
    case OPT_MEM:
        return memory_parse(value, options);
    case OPT_OWN_BLOCKS:
        options->own_blocks = true;
        return true;
    default:
        options->json = true;
        return true;
    }
}

static int mistake(const char *name, const char *what, const char *value)
{
    fprintf(stderr, "%s: %s '%s'; see --help\n", name, what, value);
    return 2;
}

int sample_options_parse(const struct sample_usage *usage, bool has_copies, int argc, char **argv,
                         struct sample_options *options_out)
{
    struct sample_options options = usage->defaults;
    int option, index = 0;

    options.unified = options.copies = true;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, &index)) != -1) {
        if (option == 'h') {
            usage_print(usage, has_copies);
            return 0;
        }
        if (option == ':')
            return mistake(usage->name, "a value is missing after", argv[optind - 1]);
        if (option == '?')
            return mistake(usage->name, "unknown option", argv[optind - 1]);
        if (!is_accepted(usage->accepts, option))
            return mistake(usage->name, "this sample has no option", long_options[index].name);
        if (!option_take(option, optarg, &options))
            return mistake(usage->name, "not a value for this option:", optarg);
    }
    if (optind < argc)
        return mistake(usage->name, "unexpected argument", argv[optind]);
    if (usage->size_max && options.size > usage->size_max)
        return mistake(usage->name, "too large:", "--size");
    if (options.host_threads > usage->host_threads_max)
        return mistake(usage->name, "too many:", "--host-threads");
    if (!has_copies && !options.unified)
        return mistake(usage->name, "this sample has no version", "explicit");
    options.copies = options.copies && has_copies;
    *options_out = options;
    return -1;
}
