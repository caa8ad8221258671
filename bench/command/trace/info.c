/* SPDX-License-Identifier: MIT */
/* info.c - hum trace info: what is in a trace. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/json.h"
#include "command/text.h"
#include "command/trace/metrics.h"
#include "command/trace/tool.h"

static const char help[] =
    "Usage: hum trace info [options] FILE\n"
    "\n"
    "Says what a trace holds and what its records sum up to.  A trace whose program was killed\n"
    "ends early and is called truncated; what is there is right all the same.\n"
    "\n"
    "Options:\n"
    "  -j, --json   one JSON object\n"
    "  -h, --help   this text\n";

struct info {
    const char *path;
    struct hum_trace_info file;
    struct hum_metrics metrics;
    bool has_space, has_totals;
    struct hum_trace_space space;
    struct hum_counters totals;
    uint64_t dropped[HUM_TRACE_KIND_COUNT], dropped_all;
    json_t *settings;
    bool damaged;                 /* problem says how; the rest is about what is before it */
    struct trace_problem problem;
};

static void note(struct info *info, const struct hum_trace_record *record)
{
    switch (record->kind) {
    case HUM_TRACE_SPACE:
        if (!info->has_space)
            info->space = record->space;
        info->has_space = true;
        break;
    case HUM_TRACE_SETTING:
        json_object_set_new(info->settings, record->setting.key,
                            json_text(record->setting.value));
        break;
    case HUM_TRACE_DROPPED:
        info->dropped[record->dropped.kind] += record->dropped.count;
        info->dropped_all += record->dropped.count;
        break;
    case HUM_TRACE_TOTALS:
        info->totals = record->totals.counters;
        info->has_totals = true;
        break;
    default:
        break;
    }
}

/* Read all of it.  false: it could not even be measured. */
static bool gather(struct info *info, struct hum_trace *trace, struct hum_metering *metering)
{
    struct hum_trace_record record;
    bool more;

    for (;;) {
        if (!trace_read(trace, &record, &more, &info->problem)) {
            info->damaged = true;
            more = false;
        }
        if (!more)
            break;
        note(info, &record);
        if (hum_metering_feed(metering, &record) != HUM_OK)
            return trace_problem_hum(&info->problem);
    }
    hum_trace_info(trace, &info->file);
    hum_metering_read(metering, &info->metrics);
    return true;
}

static bool look(struct info *info)
{
    struct hum_metering *metering = NULL;
    struct hum_trace *trace;
    bool good;

    if (hum_trace_open(info->path, &trace) != HUM_OK)
        return trace_problem_hum(&info->problem);
    if (hum_metering_create(&metering) != HUM_OK)
        good = trace_problem_hum(&info->problem);
    else
        good = gather(info, trace, metering);
    hum_metering_destroy(metering);
    hum_trace_close(trace);
    return good;
}

/* NULL if there are no totals, "" if the records agree with them, else what does not. */
static const char *differs(const struct info *info)
{
    const char *what;

    if (!info->has_totals)
        return NULL;
    what = trace_metrics_differ(&info->metrics, &info->totals);
    return what ? what : "";
}

/* The whole file over its events; everything else in it, down to its headers, is their cost. */
static double bytes_per_event(const struct info *info)
{
    uint64_t events = info->file.records[HUM_TRACE_EVENT];

    return events ? (double)info->file.file_bytes / (double)events : -1;
}

static double bytes_per_record(const struct info *info)
{
    uint64_t records = 0;

    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        records += info->file.records[kind];
    return records ? (double)info->file.file_bytes / (double)records : -1;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *kinds_json(const uint64_t *counts)
{
    json_t *object = json_object();

    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        json_object_set_new(object, hum_trace_kind_text((enum hum_trace_kind)kind),
                            json_count(counts[kind]));
    return object;
}

static json_t *ratio_json(double ratio)
{
    return ratio < 0 ? json_null() : json_number(ratio);
}

static json_t *space_json(const struct info *info)
{
    const struct hum_trace_space *space = &info->space;

    if (!info->has_space)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "program", json_text(space->program), "pid",
                     json_count(space->pid), "start", json_text(text_hex(space->start).s), "bytes",
                     json_count(space->bytes), "unix_ns", json_count(space->unix_ns));
}

static json_t *info_json(struct info *info)
{
    const char *differ = differs(info);

    return json_pack(
        "{s:o, s:i, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:O, s:o, s:o, s:o}", "file",
        json_text(info->path), "version", (int)info->file.version, "file_bytes",
        json_count(info->file.file_bytes), "raw_bytes", json_count(info->file.raw_bytes), "chunks",
        json_count(info->file.chunks), "truncated", info->file.truncated, "damaged",
        info->damaged ? json_text(info->problem.text) : json_null(), "bytes_per_event",
        ratio_json(bytes_per_event(info)), "bytes_per_record", ratio_json(bytes_per_record(info)),
        "records", kinds_json(info->file.records), "dropped", kinds_json(info->dropped), "space",
        space_json(info), "settings", info->settings, "totals_agree",
        differ ? json_boolean(*differ == '\0') : json_null(), "totals_differ",
        differ && *differ ? json_text(differ) : json_null(), "metrics",
        trace_metrics_json(&info->metrics));
}

/* ---- text ----------------------------------------------------------------------------------- */

static void print_head(const struct info *info)
{
    const struct hum_trace_info *file = &info->file;

    printf("%s: version %u, %s in %llu chunks, %s before compression%s\n", info->path,
           (unsigned)file->version, text_bytes(file->file_bytes).s,
           (unsigned long long)file->chunks, text_bytes(file->raw_bytes).s,
           file->truncated ? "; truncated, the program was killed" : "");
    if (info->has_space)
        printf("program: %s (pid %u)\n", info->space.program, (unsigned)info->space.pid);
    if (bytes_per_event(info) >= 0)
        printf("bytes an event: %.2f of the whole file; a record of any kind: %.2f\n",
               bytes_per_event(info), bytes_per_record(info));
}

static void print_kinds(const struct info *info)
{
    struct table *table = table_create(TABLE_NUMBERS);

    table_row(table, "records", "", "dropped", NULL);
    for (unsigned kind = 0; kind < HUM_TRACE_KIND_COUNT; kind++)
        if (info->file.records[kind] || info->dropped[kind])
            table_row(table, hum_trace_kind_text((enum hum_trace_kind)kind),
                      text_count(info->file.records[kind]).s,
                      info->dropped[kind] ? text_count(info->dropped[kind]).s : "", NULL);
    table_print(table, stdout, 2);
}

static void print_text(const struct info *info)
{
    const char *differ = differs(info), *key;
    json_t *value;

    print_head(info);
    json_object_foreach(info->settings, key, value)
        printf("%s: %s\n", key, json_string_value(value));
    putchar('\n');
    print_kinds(info);
    putchar('\n');
    trace_metrics_print(&info->metrics, stdout);
    if (differ && *differ)
        printf("\nThe records do not sum up to the runtime's own counters: %s%s.\n", differ,
               info->dropped_all ? "; records were dropped" : "");
    else if (differ)
        printf("\nThe records sum up to the runtime's own counters.\n");
}

static int show(const char *path, bool json)
{
    struct info info = {.path = path, .settings = json_object()};
    int status = EXIT_SUCCESS;

    if (!look(&info)) {
        command_say("trace info", "%s", info.problem.text);
        status = EXIT_FAILURE;
    } else {
        if (!json)
            print_text(&info);
        else if (!json_print(info_json(&info), stdout, true))
            status = EXIT_FAILURE;
        if (info.damaged) {
            command_say("trace info", "%s", info.problem.text);
            status = EXIT_FAILURE;
        }
    }
    json_decref(info.settings);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option != 'j')
            return command_usage("trace info");
        json = true;
    }
    if (optind + 1 != argc) {
        command_say("trace info", "one trace is looked at, not %d", argc - optind);
        return command_usage("trace info");
    }
    return show(argv[optind], json);
}

const struct command trace_info = {"info", "what a trace holds and what it sums up to", run};
