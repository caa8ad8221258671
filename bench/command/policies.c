/* SPDX-License-Identifier: MIT */
/* policies.c - policies, parts and numbers as text and JSON. */
#include "command/policies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <hum/hum.h>

#include "command/command.h"
#include "command/json.h"
#include "policy/compose.h"
#include "policy/evict/registry.h"
#include "policy/plugin.h"
#include "policy/table.h"

/* A part of any kind. */
struct part {
    const char *name, *description;
    struct humi_tunables numbers;
    const uint64_t *values;        /* of the numbers; NULL: their initial ones */
    const struct hum_tunable *of_kind; /* that all parts of the kind have; NULL: none */
    const char *path;              /* of the plug-in that has it; NULL: ours */
    bool replays_only;
};

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

/* ---- parts ----------------------------------------------------------------------------------- */

static struct part of_evict(const struct hum_evict *evict)
{
    return (struct part){.name = evict->name,
                         .description = or_nothing(evict->description),
                         .numbers = {evict->tunables, evict->tunable_count},
                         .of_kind = humi_kind_number(HUMI_EVICT),
                         .replays_only = evict->needs_next_use};
}

static struct part of_part(const struct hum_part *part)
{
    return (struct part){.name = part->name,
                         .description = or_nothing(part->description),
                         .numbers = {part->tunables, part->tunable_count}};
}

/* The index-th of the kind; false behind the last. */
static bool part_at(enum humi_kind kind, unsigned index, struct part *part_out)
{
    if (kind == HUMI_EVICT) {
        const struct hum_evict *evict = humi_evict_at(index);
        if (evict)
            *part_out = of_evict(evict);
        return evict != NULL;
    }
    const struct hum_part *part = humi_part_at(kind, index);
    if (part)
        *part_out = of_part(part);
    return part != NULL;
}

static const char *plugin_of(enum humi_kind kind, const void *table)
{
    const struct humi_plugin *plugin;

    for (unsigned i = 0; (plugin = humi_plugin_at(i)); i++)
        if (humi_table_part(plugin->table, kind) == table)
            return plugin->path;
    return NULL;
}

/* That of a policy, with its values. */
static struct part part_of(const struct humi_policy *policy, enum humi_kind kind)
{
    const void *table = kind == HUMI_EVICT ? (const void *)policy->evict : policy->part[kind];
    struct part part =
        kind == HUMI_EVICT ? of_evict(policy->evict) : of_part(policy->part[kind]);

    part.values = policy->tunables[kind];
    part.of_kind = humi_policy_number(policy, kind, HUMI_NUMBER_OF_KIND);
    part.path = plugin_of(kind, table);
    return part;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_number(const struct hum_tunable *t, const uint64_t *value)
{
    printf("  %-14s   %s=%" PRIu64 "  ", "", t->name, value ? *value : t->initial);
    if (value && *value != t->initial)
        printf("(%" PRIu64 ") ", t->initial);
    if (t->most == UINT64_MAX)
        printf("from %" PRIu64 ": ", t->least);
    else
        printf("%" PRIu64 " to %" PRIu64 ": ", t->least, t->most);
    printf("%s\n", or_nothing(t->description));
}

static void print_part(const struct part *part)
{
    printf("  %-14s %s%s\n", part->name, part->description,
           part->replays_only ? " (replays only)" : "");
    if (part->path)
        printf("  %-14s   of %s\n", "", part->path);
    for (unsigned i = 0; i < part->numbers.count; i++)
        print_number(&part->numbers.table[i], part->values ? &part->values[i] : NULL);
    if (part->of_kind && part->values)
        print_number(part->of_kind, &part->values[HUMI_NUMBER_OF_KIND]);
}

static void print_kind(enum humi_kind kind)
{
    struct part part;

    printf("\n%s=\n", humi_kind_name(kind));
    for (unsigned i = 0; part_at(kind, i, &part); i++)
        print_part(&part);
    if (humi_kind_number(kind)) {
        printf("  %-14s all of them have besides\n", "");
        print_number(humi_kind_number(kind), NULL);
    }
}

/* "place=share,prefetch=ahead,..." with the numbers that it comes with */
static void print_policy(const struct hum_policy *table)
{
    struct humi_policy policy;

    printf("  %-14s %s\n", table->name, or_nothing(table->description));
    if (humi_policy_of(table->name, table, &policy) != HUM_OK)
        return;
    printf("  %-14s   ", "");
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
        printf("%s%s=%s", kind ? "," : "", humi_kind_name(kind),
               humi_policy_part_name(&policy, kind));
    printf("%s%s\n", table->settings ? "," : "", or_nothing(table->settings));
}

static void print_all(void)
{
    const struct hum_policy *table;

    printf("Policies (HUM_POLICY, --policy); the default is %s\n", humi_policy_find(NULL)->name);
    for (unsigned i = 0; (table = humi_policy_at(i)); i++)
        print_policy(table);
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
        print_kind(kind);
    printf("\nWrite a policy, parts, numbers, or the path of a plug-in:\n"
           "  driver,evict=lru,prefetch.threshold=75\n"
           "  ./mine.so,evict=lru\n");
}

static void print_one(const struct humi_policy *policy, const char *text)
{
    printf("%s\n", text);
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++) {
        struct part part = part_of(policy, kind);
        printf("\n%s=\n", humi_kind_name(kind));
        print_part(&part);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *number_json(const struct hum_tunable *t, const uint64_t *value)
{
    json_t *number = json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", json_text(t->name),
                               "description", json_text(or_nothing(t->description)), "initial",
                               json_count(t->initial), "least", json_count(t->least), "most",
                               json_count(t->most));

    if (value)
        json_object_set_new(number, "value", json_count(*value));
    return number;
}

static json_t *part_json(const struct part *part)
{
    json_t *numbers = json_array();

    for (unsigned i = 0; i < part->numbers.count; i++)
        json_array_append_new(numbers, number_json(&part->numbers.table[i],
                                                   part->values ? &part->values[i] : NULL));
    if (part->of_kind)
        json_array_append_new(numbers,
                              number_json(part->of_kind,
                                          part->values ? &part->values[HUMI_NUMBER_OF_KIND]
                                                       : NULL));
    return json_pack("{s:o, s:o, s:o, s:b, s:o}", "name", json_text(part->name), "description",
                     json_text(part->description), "plugin",
                     part->path ? json_text(part->path) : json_null(), "replays_only",
                     part->replays_only, "numbers", numbers);
}

static json_t *policy_json(const struct hum_policy *table)
{
    json_t *json = json_pack("{s:o, s:o, s:b, s:o}", "name", json_text(table->name),
                             "description", json_text(or_nothing(table->description)), "default",
                             table == humi_policy_find(NULL), "settings",
                             json_text(or_nothing(table->settings)));
    struct humi_policy policy;

    if (humi_policy_of(table->name, table, &policy) == HUM_OK)
        for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
            json_object_set_new(json, humi_kind_name(kind),
                                json_text(humi_policy_part_name(&policy, kind)));
    return json;
}

static json_t *all_json(void)
{
    json_t *policies = json_array(), *parts = json_object();
    const struct hum_policy *table;
    struct part part;

    for (unsigned i = 0; (table = humi_policy_at(i)); i++)
        json_array_append_new(policies, policy_json(table));
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++) {
        json_t *list = json_array();
        for (unsigned i = 0; part_at(kind, i, &part); i++)
            json_array_append_new(list, part_json(&part));
        json_object_set_new(parts, humi_kind_name(kind), list);
    }
    return json_pack("{s:o, s:o}", "policies", policies, "parts", parts);
}

static json_t *one_json(const struct humi_policy *policy, const char *text)
{
    json_t *parts = json_object();

    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++) {
        struct part part = part_of(policy, kind);
        json_object_set_new(parts, humi_kind_name(kind), part_json(&part));
    }
    return json_pack("{s:o, s:o}", "policy", json_text(text), "parts", parts);
}

/* ---- the command ----------------------------------------------------------------------------- */

static int show_one(const char *given, bool json)
{
    char text[HUMI_POLICY_TEXT_MAX];
    struct humi_policy policy;

    if (humi_policy_read("policy", humi_slice_of(given), &policy) != HUM_OK) {
        command_say("info", "%s", hum_error_text());
        return EXIT_FAILURE;
    }
    humi_policy_text(&policy, text, sizeof text);
    if (json)
        return json_print(one_json(&policy, text), stdout, true) ? EXIT_SUCCESS : EXIT_FAILURE;
    print_one(&policy, text);
    return EXIT_SUCCESS;
}

int policies_show(const char *text, bool json)
{
    if (text)
        return show_one(text, json);
    if (json)
        return json_print(all_json(), stdout, true) ? EXIT_SUCCESS : EXIT_FAILURE;
    print_all();
    return EXIT_SUCCESS;
}
