/* SPDX-License-Identifier: MIT */
/* output.c - the table, and the file for a report: no host name, and the home folder as ~. */
#include "command/json.h"
#include "command/text.h"
#include "selftest/selftest.h"

static const char *const results[] = {"pass", "skip", "FAIL"};

static const char *verdict(const struct selftest *t)
{
    if (!t->hum && !t->trials)
        return "the device could not be opened";
    return selftest_count(t, TRIAL_FAIL) ? "something is wrong with this device" : "all is well";
}

static void print_trials(const struct selftest *t, FILE *out)
{
    struct table *table = table_create(TABLE_NOTE_LAST);

    table_row(table, "trial", "result", "median", "best/p99", "", "what", NULL);
    for (unsigned i = 0; i < t->trials; i++) {
        const struct trial *trial = &t->trial[i];
        bool figure = trial->unit && trial->result == TRIAL_PASS;

        table_row(table, trial->name, results[trial->result],
                  figure ? text_number(trial->median).s : "",
                  figure ? text_number(trial->other).s : "", figure ? trial->unit : "",
                  trial->text, NULL);
    }
    table_print(table, out, 2);
}

void selftest_print(const struct selftest *t, FILE *out)
{
    fprintf(out, "hum %d.%d.%d on %s, %s\n", HUM_VERSION_MAJOR, HUM_VERSION_MINOR,
            HUM_VERSION_PATCH, t->facts.release, t->facts.machine);
    if (t->device.name[0])
        fprintf(out, "%s (%s%s%s), %s, %u workers, %s, %s\n\n", t->device.name, t->device.kind,
                t->device.model[0] ? ": " : "", t->device.model,
                text_bytes(t->device.memory_bytes).s, t->device.workers,
                t->device.faults ? "faults" : "cannot fault",
                t->device.same_address ? "shares addresses" : "has addresses of its own");
    if (t->trials)
        print_trials(t, out);
    fprintf(out, "\nVerdict: %s (%u passed, %u skipped, %u failed)\n", verdict(t),
            selftest_count(t, TRIAL_PASS), selftest_count(t, TRIAL_SKIP),
            selftest_count(t, TRIAL_FAIL));
}

static json_t *trials_json(const struct selftest *t)
{
    static const char *const words[] = {"pass", "skip", "fail"};
    json_t *list = json_array();

    for (unsigned i = 0; i < t->trials; i++) {
        const struct trial *trial = &t->trial[i];
        json_t *one = json_pack("{s:s, s:s, s:o}", "name", trial->name, "result",
                                words[trial->result], "text", json_text(trial->text));

        if (trial->unit) {
            json_object_set_new(one, "unit", json_string(trial->unit));
            json_object_set_new(one, "median", json_number(trial->median));
            json_object_set_new(one, trial->rate ? "best" : "p99", json_number(trial->other));
        }
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *device_json(const struct selftest *t)
{
    const struct hum_device_info *d = &t->device;

    if (!d->name[0])
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:i, s:b, s:b, s:b}", "name", json_text(d->name), "kind",
                     json_text(d->kind), "model", json_text(d->model), "memory_bytes",
                     json_count(d->memory_bytes), "workers", (int)d->workers, "faults", d->faults,
                     "same_address", d->same_address, "huge_pages", d->huge_pages);
}

static json_t *features_json(const struct selftest *t)
{
    json_t *list = json_object();

    for (unsigned i = 0; i < t->facts.features; i++)
        json_object_set_new(list, t->facts.feature[i].name,
                            json_boolean(t->facts.feature[i].found));
    return list;
}

bool selftest_json(const struct selftest *t, FILE *out)
{
    char version[32];

    snprintf(version, sizeof(version), "%d.%d.%d", HUM_VERSION_MAJOR, HUM_VERSION_MINOR,
             HUM_VERSION_PATCH);
    return json_print(
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:s}", "version",
                  version, "kernel", json_text(t->facts.release), "architecture",
                  json_text(t->facts.machine), "devices", json_text(t->devices), "device",
                  device_json(t), "kernel_features", features_json(t), "kernel_faults",
                  t->system.kernel_faults, "shared_read", t->system.shared_read, "huge_pages",
                  t->system.huge_pages, "reduced", json_text(t->reduced), "error",
                  t->error[0] ? json_text(t->error) : json_null(), "trials", trials_json(t),
                  "verdict", verdict(t)),
        out, true);
}
