/* SPDX-License-Identifier: MIT */
/*
 * bench.c - `hum bench`: run benchmarks, each beside its floor, and say whether the ratio keeps
 * what is promised.  The benchmarks themselves are in marks/, what they are compared with in
 * floor/.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/bench_link.h"
#include "command/bench_thrash.h"
#include "command/command.h"
#include "command/json.h"
#include "command/text.h"
#include "marks/mark.h"

static const struct mark *const marks[] = {
    &mark_resident,     &mark_stream_h2d, &mark_stream_d2h,        &mark_prefetch_h2d,
    &mark_prefetch_d2h, &mark_fault_h2d,  &mark_fault_d2h,         &mark_upgrade,
    &mark_launch,       &mark_call,       &mark_metadata,          &mark_metadata_reserved,
    &mark_alloc,        &mark_link,       &mark_thrash,
    /* hum as a platform of OpenCL */
    &mark_platform_wait, &mark_platform_flow, &mark_platform_events, &mark_platform_args,
    &mark_platform_unordered,
    /* what recording costs */
    &mark_trace_stream_h2d, &mark_trace_stream_d2h, &mark_trace_pagerank,
    &mark_epoch_stream_h2d, &mark_epoch_stream_d2h, &mark_epoch_pagerank,
    &mark_exact_stream_h2d, &mark_exact_stream_d2h, &mark_exact_pagerank,
    /* what sampled counters cost, and find */
    &mark_counters_pagerank, &mark_counters_join,
};
#define MARKS (sizeof(marks) / sizeof(marks[0]))

static const char help[] =
    "Usage: hum bench [options] [NAME...]\n"
    "\n"
    "Measure what hum costs, each time beside a floor: the same work without hum, measured in the\n"
    "same run, round by round in turn.  ratio is value / floor, medians both; lower is better.\n"
    "Without a name all are run; trace selects what recording costs, counters what sampling does,\n"
    "platform what launches through hum's platform of OpenCL cost.\n"
    "\n"
    "Options:\n"
    "  -s, --size SIZE     bytes streamed, prefetched and touched (256M)\n"
    "  -r, --runs N        rounds that count (9); one more warms up\n"
    "  -n, --regions N     live regions of alloc (100000)\n"
    "  -l, --list          names, limits and what each compares, then exit\n"
    "  -j, --json          {\"results\": [{\"name\", \"value\", \"unit\", \"floor\", \"ratio\", "
    "\"note\", ...}]}\n"
    "  -h, --help          this text\n"
    "\n"
    "HUM_FEATURES=-huge measures without huge pages, HUM_POLICY chooses the policy where the\n"
    "benchmark does not.  Keep the machine idle otherwise.\n"
    "\n"
    "Exit status: 0 if all could be measured, 1 if not (value is null then, note says why), 2 for\n"
    "a wrong command line.  A ratio over its limit is printed, and is no failure of the command.\n";

/* ---- verdicts ------------------------------------------------------------------------------- */

/* Of the pairs, one each; empty if rounds do not belong together. */
static struct series ratios_of(const struct mark_result *r)
{
    struct series ratios = {NULL, 0, 0};

    for (size_t i = 0; r->paired && i < r->value.count && i < r->floor.count; i++)
        series_add(&ratios, r->value.value[i] / r->floor.value[i]);
    return ratios;
}

static double ratio_of(const struct mark_result *r)
{
    struct series ratios = ratios_of(r);
    double median = series_median(&ratios);

    series_free(&ratios);
    if (r->paired)
        return median;
    return series_median(&r->value) / series_median(&r->floor);
}

static double limit_of(const struct mark *mark, const struct mark_result *r)
{
    return !r->huge && mark->limit_small > 0 ? mark->limit_small : mark->limit;
}

static bool measured(const struct mark_result *r)
{
    return r->value.count > 0 && r->floor.count > 0;
}

static const char *verdict_of(const struct mark *mark, const struct mark_result *r)
{
    if (!measured(r))
        return "not measured";
    if (limit_of(mark, r) <= 0)
        return "figure";
    return ratio_of(r) <= limit_of(mark, r) ? "pass" : "over";
}

/* ---- output --------------------------------------------------------------------------------- */

static json_t *spread_json(const struct series *s)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:i}", "min", json_number(series_quantile(s, 0)),
                     "quartile1", json_number(series_quantile(s, 0.25)), "quartile3",
                     json_number(series_quantile(s, 0.75)), "max",
                     json_number(series_quantile(s, 1)), "count", (int)s->count);
}

static json_t *result_json(const struct mark *mark, const struct mark_result *r)
{
    double limit = limit_of(mark, r), value = series_median(&r->value),
           floor = series_median(&r->floor);
    bool whole = measured(r);
    struct series ratios = ratios_of(r);
    json_t *json;

    json = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "name", mark->name,
                     "value", json_number(value), "unit", mark->unit, "floor", json_number(floor),
                     "ratio", json_number(ratio_of(r)), "note", json_text(r->note), "limit",
                     limit > 0 ? json_number(limit) : json_null(), "pass",
                     whole && limit > 0 ? json_boolean(ratio_of(r) <= limit) : json_null(),
                     "huge_pages", r->huge, "value_spread", spread_json(&r->value), "floor_spread",
                     spread_json(&r->floor));
    if (r->paired)
        json_object_set_new(json, "ratio_spread", spread_json(&ratios));
    if (r->cpu.count) {
        json_object_set_new(json, "cpu_ratio", json_number(series_median(&r->cpu)));
        json_object_set_new(json, "cpu_ratio_spread", spread_json(&r->cpu));
    }
    if (r->overlap.count)
        json_object_set_new(json, "overlap_percent", spread_json(&r->overlap));
    if (r->link)
        bench_link_json(r->link, json);
    if (r->thrash)
        bench_thrash_json(r->thrash, json);
    series_free(&ratios);
    return json;
}

static void result_row(struct table *table, const struct mark *mark, const struct mark_result *r)
{
    double limit = limit_of(mark, r);
    struct series ratios = ratios_of(r);
    char spread[144], cpu[64] = "-";

    if (r->cpu.count)
        snprintf(cpu, sizeof(cpu), "%.4f (%.4f..%.4f)", series_median(&r->cpu),
                 series_quantile(&r->cpu, 0.25), series_quantile(&r->cpu, 0.75));
    snprintf(spread, sizeof(spread), "%s..%s / %s..%s",
             text_number(series_quantile(&r->value, 0.25)).s,
             text_number(series_quantile(&r->value, 0.75)).s,
             text_number(series_quantile(&r->floor, 0.25)).s,
             text_number(series_quantile(&r->floor, 0.75)).s);
    if (r->paired)
        snprintf(spread, sizeof(spread), "ratio %.4f..%.4f", series_quantile(&ratios, 0.25),
                 series_quantile(&ratios, 0.75));
    series_free(&ratios);
    table_row(table, mark->name, text_number(series_median(&r->value)).s,
              text_number(series_median(&r->floor)).s, mark->unit, text_number(ratio_of(r)).s, cpu,
              limit > 0 ? text_number(limit).s : "-", verdict_of(mark, r),
              measured(r) ? spread : "", NULL);
}

static void print_results(const struct mark *const *chosen, const struct mark_result *results,
                          size_t count)
{
    struct table *table = table_create(TABLE_NOTE_LAST);

    table_row(table, "name", "value", "floor", "unit", "ratio", "CPU ratio", "limit", "verdict",
              "quartiles of value / floor", NULL);
    for (size_t i = 0; i < count; i++)
        result_row(table, chosen[i], &results[i]);
    table_print(table, stdout, 0);
    printf("\n");
    for (size_t i = 0; i < count; i++)
        printf("%s: %s\n  %s\n", chosen[i]->name, chosen[i]->about, results[i].note);
    for (size_t i = 0; i < count; i++) {
        if (results[i].link)
            bench_link_print(results[i].link);
        if (results[i].thrash)
            bench_thrash_print(results[i].thrash);
    }
}

static bool print_json(const struct mark *const *chosen, const struct mark_result *results,
                       size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, result_json(chosen[i], &results[i]));
    return json_print(json_pack("{s:o}", "results", list), stdout, true);
}

static int print_list(bool json)
{
    struct table *table = json ? NULL : table_create(TABLE_NOTE_LAST);
    json_t *list = json ? json_array() : NULL;

    for (size_t i = 0; i < MARKS; i++) {
        const struct mark *m = marks[i];
        struct mark_result result = {.note = ""};

        if (m->possible && !m->possible(&result))
            continue;
        if (json)
            json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s}", "name", m->name, "unit",
                                                  m->unit, "limit",
                                                  m->limit > 0 ? json_real(m->limit) : json_null(),
                                                  "about", m->about));
        else
            table_row(table, m->name, m->limit > 0 ? text_number(m->limit).s : "-", m->about, NULL);
    }
    if (json)
        return json_print(json_pack("{s:o}", "benchmarks", list), stdout, true) ? EXIT_SUCCESS
                                                                                : EXIT_FAILURE;
    table_print(table, stdout, 0);
    return EXIT_SUCCESS;
}

/* ---- choosing and running ------------------------------------------------------------------- */

static bool selects(const char *name, const struct mark *mark)
{
    return strcmp(name, mark->name) == 0 || (mark->group && strcmp(name, mark->group) == 0);
}

/*
 * The named benchmarks in the order of the list, each once; what is not possible only if its own
 * name asks for it.  False if a name is unknown.
 */
static bool choose(char *const *names, int count, const struct mark **chosen_out, size_t *count_out)
{
    for (int n = 0; n < count; n++) {
        bool known = false;

        for (size_t i = 0; i < MARKS; i++)
            known = known || selects(names[n], marks[i]);
        if (!known) {
            command_say("bench", "there is no benchmark '%s' (--list shows them)", names[n]);
            return false;
        }
    }
    *count_out = 0;
    for (size_t i = 0; i < MARKS; i++) {
        bool wanted = count == 0, named = false;

        for (int n = 0; n < count; n++) {
            wanted = wanted || selects(names[n], marks[i]);
            named = named || strcmp(names[n], marks[i]->name) == 0;
        }
        if (wanted && !named && marks[i]->possible) {
            struct mark_result result = {.note = ""};

            wanted = marks[i]->possible(&result);
            if (!wanted)
                command_say("bench", "%s is left out: %s", marks[i]->name, result.note);
        }
        if (wanted)
            chosen_out[(*count_out)++] = marks[i];
    }
    return true;
}

/* All but the note. */
static void free_figures(struct mark_result *r)
{
    series_free(&r->value);
    series_free(&r->floor);
    series_free(&r->cpu);
    series_free(&r->overlap);
    free(r->link);
    free(r->thrash);
    r->link = NULL;
    r->thrash = NULL;
}

static int run_marks(const struct mark *const *chosen, size_t count,
                     const struct mark_options *options, bool json)
{
    static struct mark_result results[MARKS];
    bool show = isatty(STDERR_FILENO) != 0, all = true;

    for (size_t i = 0; i < count; i++) {
        if (show)
            fprintf(stderr, "\r%zu of %zu: %-20s", i + 1, count, chosen[i]->name);
        if (!chosen[i]->measure(options, &results[i]))
            free_figures(&results[i]); /* half a measurement is none */
        all = all && measured(&results[i]);
    }
    if (show)
        fprintf(stderr, "\r%40s\r", "");
    if (!json)
        print_results(chosen, results, count);
    else if (!print_json(chosen, results, count))
        all = false;
    for (size_t i = 0; i < count; i++)
        free_figures(&results[i]);
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The command line as data. */
struct bench_options {
    struct mark_options mark;
    bool json, list;
};

static const struct option long_options[] = {
    {"size", required_argument, NULL, 's'},
    {"runs", required_argument, NULL, 'r'},
    {"regions", required_argument, NULL, 'n'},
    {"list", no_argument, NULL, 'l'},
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* One option with a value; false if the value is wrong. */
static bool take_value(int option, const char *value, struct mark_options *options)
{
    unsigned long number = 0;
    bool good;

    if (option == 's') {
        good = command_parse_size(value, &options->bytes) && options->bytes <= (size_t)1 << 40;
    } else if (option == 'r') {
        good = command_parse_number(value, 1, 1000, &number);
        options->runs = (unsigned)number;
    } else {
        good = command_parse_number(value, 1, 10000000, &number);
        options->live = number;
    }
    if (!good)
        command_say("bench", "'%s' is not a good value", value);
    return good;
}

static int run(int argc, char **argv)
{
    struct bench_options options = {{(size_t)256 << 20, 9, 100000}, false, false};
    const struct mark *chosen[MARKS];
    size_t count;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "s:r:n:ljh", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (option == 'l')
            options.list = true;
        else if (option == 'j')
            options.json = true;
        else if (option == '?' || !take_value(option, optarg, &options.mark))
            return command_usage("bench");
    }
    if (options.list)
        return print_list(options.json);
    if (!choose(argv + optind, argc - optind, chosen, &count))
        return command_usage("bench");
    return run_marks(chosen, count, &options.mark, options.json);
}

const struct command command_bench = {"bench", "measure what hum costs, beside a floor", run};
