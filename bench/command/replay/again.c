/* SPDX-License-Identifier: MIT */
/* again.c - see again.h */
#include "command/replay/again.h"

#include <string.h>

#include "command/json.h"
#include "command/text.h"
#include "model/replay.h"

/* ---- replaying ------------------------------------------------------------------------------ */

static bool run(struct hum_trace *file, const struct humi_survey *survey, const char *policy,
                struct replay_again *again, struct trace_problem *problem)
{
    const struct humi_model_params params = {.policy = policy, .as_recorded = true};
    struct humi_model_result result;

    again->has_accesses = survey->end_page != 0;
    if (again->has_accesses && !survey->has_totals)
        return trace_problem_say(problem, "the trace does not say what the run counted: it was "
                                          "made otherwise, or its program was killed");
    if (humi_model_replay(file, survey, &params, &result) != HUM_OK)
        return trace_problem_hum(problem);
    *again = (struct replay_again){.deterministic = survey->deterministic,
                                   .has_accesses = true,
                                   .dropped = survey->dropped,
                                   .run = survey->totals,
                                   .replay = result.counters,
                                   .illegal = survey->illegal,
                                   .failed = result.failed,
                                   .refused = result.refused};
    snprintf(again->policy, sizeof(again->policy), "%s", survey->policy);
    snprintf(again->recorded, sizeof(again->recorded), "%s", survey->accesses);
    return true;
}

bool replay_run_again(const char *path, const char *policy, struct replay_again *again_out,
                      struct trace_problem *problem)
{
    struct humi_survey survey;
    struct hum_trace *file;
    bool good;

    again_out->has_accesses = true;
    if (hum_trace_open(path, &file) != HUM_OK)
        return trace_problem_hum(problem);
    if (humi_survey_read(&survey, file) != HUM_OK) {
        hum_trace_close(file);
        return trace_problem_hum(problem);
    }
    good = run(file, &survey, policy, again_out, problem);
    humi_survey_fini(&survey);
    hum_trace_close(file);
    return good;
}

/* ---- counters ------------------------------------------------------------------------------- */

static void counter_of_cause(const struct hum_counters *counters, unsigned index, char *name_out,
                             size_t bytes, uint64_t *value_out)
{
    static const char *const what[] = {"events", "pages", "bytes"};
    unsigned cause = index / 3;
    const uint64_t *const lists[] = {counters->events, counters->pages, counters->bytes_by_cause};

    snprintf(name_out, bytes, "%s, %s", what[index % 3], hum_cause_text((enum hum_cause)cause));
    *value_out = lists[index % 3][cause];
}

void replay_counter_at(const struct hum_counters *counters, unsigned index, char *name_out,
                       size_t bytes, uint64_t *value_out)
{
    const struct {
        const char *name;
        uint64_t value;
    } list[] = {
        {"faults of the host", counters->faults_host},
        {"faults of devices", counters->faults_device},
        {"duplicate faults", counters->faults_duplicate},
        {"batches", counters->batches},
        {"clean evictions", counters->evictions_clean},
        {"dirty evictions", counters->evictions_dirty},
        {"bytes to devices", counters->bytes[HUM_H2D]},
        {"bytes to the host", counters->bytes[HUM_D2H]},
        {"bytes between devices", counters->bytes[HUM_D2D]},
    };
    const unsigned plain = sizeof(list) / sizeof(list[0]);

    _Static_assert(sizeof(list) / sizeof(list[0]) + 3 * HUM_CAUSE_COUNT == REPLAY_COUNTERS,
                   "the list has every counter");
    if (index >= plain) {
        counter_of_cause(counters, index - plain, name_out, bytes, value_out);
        return;
    }
    snprintf(name_out, bytes, "%s", list[index].name);
    *value_out = list[index].value;
}

static unsigned differing(const struct replay_again *again)
{
    unsigned count = 0;

    for (unsigned i = 0; i < REPLAY_COUNTERS; i++) {
        uint64_t run_value, replay_value;
        char name[64];

        replay_counter_at(&again->run, i, name, sizeof(name), &run_value);
        replay_counter_at(&again->replay, i, name, sizeof(name), &replay_value);
        count += run_value != replay_value;
    }
    return count;
}

bool replay_is_same(const struct replay_again *again)
{
    return differing(again) == 0 && again->failed == again->illegal && again->refused == 0;
}

/* ---- showing -------------------------------------------------------------------------------- */

/* Those that are not 0 in both. */
static void print_counters(const struct replay_again *again, FILE *out)
{
    struct table *table = table_create(TABLE_NOTE_LAST);

    table_row(table, "", "run", "replay", "", NULL);
    for (unsigned i = 0; i < REPLAY_COUNTERS; i++) {
        uint64_t run_value, replay_value;
        char name[64];

        replay_counter_at(&again->run, i, name, sizeof(name), &run_value);
        replay_counter_at(&again->replay, i, name, sizeof(name), &replay_value);
        if (run_value || replay_value)
            table_row(table, name, text_count(run_value).s, text_count(replay_value).s,
                      run_value == replay_value ? "" : "differs", NULL);
    }
    table_print(table, out, 2);
}

/* What a run must have had to be the same again. */
static void print_why(const struct replay_again *again, FILE *out)
{
    if (again->failed != again->illegal)
        fprintf(out, "%s touches found no region, %s in the run\n", text_count(again->failed).s,
                text_count(again->illegal).s);
    if (again->refused)
        fprintf(out, "%s calls of the program were refused\n", text_count(again->refused).s);
    if (again->dropped)
        fprintf(out, "%s records are missing: the program could not keep them\n",
                text_count(again->dropped).s);
    if (!again->deterministic)
        fputs("The run was not deterministic (HUM_DETERMINISTIC=on).\n", out);
    if (strcmp(again->recorded, "full") != 0)
        fputs("Not all accesses in their order were recorded (HUM_ACCESSES=full:1).\n", out);
}

void replay_again_text(const char *trace, const struct replay_again *again, FILE *out)
{
    unsigned count = differing(again);

    fprintf(out, "%s: as recorded, %s\n\n", trace, again->policy);
    print_counters(again, out);
    fputc('\n', out);
    if (replay_is_same(again)) {
        fprintf(out, "The replay has all %u counters of the run.\n", REPLAY_COUNTERS);
        return;
    }
    fprintf(out, "%u of %u counters differ.\n", count, REPLAY_COUNTERS);
    print_why(again, out);
}

bool replay_again_json(const char *trace, const struct replay_again *again, FILE *out)
{
    json_t *run_json = json_object(), *replay_json = json_object(), *names = json_array();

    for (unsigned i = 0; i < REPLAY_COUNTERS; i++) {
        uint64_t run_value, replay_value;
        char name[64];

        replay_counter_at(&again->run, i, name, sizeof(name), &run_value);
        replay_counter_at(&again->replay, i, name, sizeof(name), &replay_value);
        json_object_set_new(run_json, name, json_count(run_value));
        json_object_set_new(replay_json, name, json_count(replay_value));
        if (run_value != replay_value)
            json_array_append_new(names, json_text(name));
    }
    return json_print(json_pack("{s:o, s:o, s:b, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
                                "trace", json_text(trace), "policy", json_text(again->policy),
                                "deterministic", again->deterministic, "recorded",
                                json_text(again->recorded), "dropped", json_count(again->dropped),
                                "same", replay_is_same(again), "differing", names,
                                "illegal_launches", json_count(again->illegal), "failed_touches",
                                json_count(again->failed), "refused_calls",
                                json_count(again->refused), "run", run_json, "replay", replay_json),
                      out, true);
}
