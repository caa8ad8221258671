/* SPDX-License-Identifier: MIT */
/* compose.c - a choice of parts read, put together and printed. */
#include "policy/compose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "policy/evict/registry.h"
#include "policy/plugin.h"
#include "policy/table.h"

/* A choice being read. */
struct reading {
    const char *option;                /* for the error text */
    struct humi_policy policy;
    uint16_t set[HUMI_KINDS];          /* bit i: the number at place i was given a value */
};

struct humi_tunables humi_policy_tunables(const struct humi_policy *policy, enum humi_kind kind)
{
    if (kind == HUMI_EVICT)
        return (struct humi_tunables){policy->evict->tunables, policy->evict->tunable_count};
    return (struct humi_tunables){policy->part[kind]->tunables,
                                  policy->part[kind]->tunable_count};
}

const char *humi_policy_part_name(const struct humi_policy *policy, enum humi_kind kind)
{
    return kind == HUMI_EVICT ? policy->evict->name : policy->part[kind]->name;
}

static bool is_hidden(const struct humi_tunables *own, const struct hum_tunable *number)
{
    for (unsigned i = 0; i < own->count; i++)
        if (strcmp(own->table[i].name, number->name) == 0)
            return true;
    return false;
}

const struct hum_tunable *humi_policy_number(const struct humi_policy *policy, enum humi_kind kind,
                                             unsigned place)
{
    const struct humi_tunables own = humi_policy_tunables(policy, kind);
    const struct hum_tunable *number = humi_kind_number(kind);

    if (place < own.count)
        return &own.table[place];
    if (place != HUMI_NUMBER_OF_KIND || !number || is_hidden(&own, number))
        return NULL;
    return number;
}

void humi_policy_initials(struct humi_policy *policy)
{
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
        for (unsigned i = 0; i < HUMI_NUMBERS_MAX; i++) {
            const struct hum_tunable *number = humi_policy_number(policy, kind, i);
            policy->tunables[kind][i] = number ? number->initial : 0;
        }
}

/* ---- error texts ----------------------------------------------------------------------------- */

/* The index-th name of a list, NULL behind its last. */
typedef const char *name_at(enum humi_kind kind, unsigned index);

static const char *policy_at(enum humi_kind kind, unsigned index)
{
    const struct hum_policy *policy = humi_policy_at(index);
    (void)kind;
    return policy ? policy->name : NULL;
}

static const char *part_at(enum humi_kind kind, unsigned index)
{
    if (kind == HUMI_EVICT) {
        const struct hum_evict *evict = humi_evict_at(index);
        return evict ? evict->name : NULL;
    }
    const struct hum_part *part = humi_part_at(kind, index);
    return part ? part->name : NULL;
}

static const char *kind_at(enum humi_kind kind, unsigned index)
{
    (void)kind;
    return index < HUMI_KINDS ? humi_kind_name(index) : NULL;
}

/* "a, b and c" */
static void list_names(name_at *at, enum humi_kind kind, char *text, size_t bytes)
{
    size_t used = 0;
    const char *name;

    *text = '\0';
    for (unsigned i = 0; (name = at(kind, i)) && used < bytes; i++) {
        const char *comma = !i ? "" : at(kind, i + 1) ? ", " : " and ";
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", comma, name);
    }
}

static enum hum_status refuse(const struct reading *reading, const char *what,
                              const struct humi_slice *word, name_at *at, enum humi_kind kind)
{
    char known[320];
    int shown = word->bytes < 64 ? (int)word->bytes : 64;

    list_names(at, kind, known, sizeof known);
    return humi_fail(HUM_ERR_INVALID, "%s: unknown %s '%.*s'; known are %s", reading->option, what,
                     shown, word->text, known);
}

static enum hum_status refuse_twice(const struct reading *reading, const struct humi_slice *word)
{
    return humi_fail(HUM_ERR_INVALID, "%s: '%.*s' is given twice", reading->option,
                     word->bytes < 64 ? (int)word->bytes : 64, word->text);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static bool copy_name(const struct humi_slice *word, char name[HUMI_NAME_BYTES])
{
    if (word->bytes >= HUMI_NAME_BYTES)
        return false;
    memcpy(name, word->text, word->bytes);
    name[word->bytes] = '\0';
    return true;
}

static bool find_kind(const struct humi_slice *word, enum humi_kind *kind_out)
{
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
        if (humi_slice_is(word, humi_kind_name(kind))) {
            *kind_out = kind;
            return true;
        }
    return false;
}

static bool find_part(struct humi_policy *policy, enum humi_kind kind, const char *name)
{
    const struct hum_evict *evict = kind == HUMI_EVICT ? humi_evict_find(name) : NULL;
    const struct hum_part *part =
        kind == HUMI_EVICT ? NULL : humi_part_find(kind, name);

    if (evict)
        policy->evict = evict;
    if (part)
        policy->part[kind] = part;
    return evict || part;
}

/* The part of that kind of a plug-in: "prefetch=./mine.so" */
static enum hum_status take_plugin_part(struct reading *reading, enum humi_kind kind,
                                        const struct humi_slice *path)
{
    const struct humi_plugin *plugin;
    enum hum_status status = humi_plugin_load(reading->option, path, &plugin);

    if (status != HUM_OK)
        return status;
    if (!humi_table_part(plugin->table, kind))
        return humi_fail(HUM_ERR_INVALID, "%s: the plug-in %s has no %s part", reading->option,
                         plugin->path, humi_kind_name(kind));
    if (kind == HUMI_EVICT)
        reading->policy.evict = plugin->table->evict;
    else
        reading->policy.part[kind] = humi_table_part(plugin->table, kind);
    return HUM_OK;
}

static enum hum_status take_part(struct reading *reading, enum humi_kind kind,
                                 const struct humi_slice *word)
{
    char name[HUMI_NAME_BYTES];

    if (humi_plugin_is_path(word))
        return take_plugin_part(reading, kind, word);
    if (!copy_name(word, name) || !find_part(&reading->policy, kind, name))
        return refuse(reading, humi_kind_name(kind), word, part_at, kind);
    return HUM_OK;
}

/* "prefetch=tree" */
static enum hum_status read_part(struct reading *reading, const struct humi_slice *kind_word,
                                 const struct humi_slice *word)
{
    enum humi_kind kind;

    if (!find_kind(kind_word, &kind))
        return refuse(reading, "part", kind_word, kind_at, 0);
    if (reading->policy.chosen & 1u << kind)
        return refuse_twice(reading, kind_word);
    reading->policy.chosen |= 1u << kind;
    return take_part(reading, kind, word);
}

/* A policy's table over the parts so far: what it leaves open stays. */
static void take_table(struct humi_policy *policy, const struct hum_policy *table)
{
    if (table->place)
        policy->part[HUMI_PLACE] = table->place;
    if (table->prefetch)
        policy->part[HUMI_PREFETCH] = table->prefetch;
    if (table->thrash)
        policy->part[HUMI_THRASH] = table->thrash;
    if (table->evict)
        policy->evict = table->evict;
}

/* ---- tunables -------------------------------------------------------------------------------- */

static enum hum_status refuse_tunable(const struct reading *reading, enum humi_kind kind,
                                      const struct humi_slice *word)
{
    char known[320] = "it has none";
    size_t used = 0;

    for (unsigned i = 0; i < HUMI_NUMBERS_MAX && used < sizeof known; i++) {
        const struct hum_tunable *number = humi_policy_number(&reading->policy, kind, i);
        if (number)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     used ? ", " : "known are ", number->name);
    }
    return humi_fail(HUM_ERR_INVALID, "%s: %s=%s has no number '%.*s'; %s", reading->option,
                     humi_kind_name(kind), humi_policy_part_name(&reading->policy, kind),
                     word->bytes < 64 ? (int)word->bytes : 64, word->text, known);
}

static enum hum_status read_value(struct reading *reading, enum humi_kind kind, unsigned index,
                                  const struct humi_slice *word)
{
    const struct hum_tunable *tunable = humi_policy_number(&reading->policy, kind, index);
    struct humi_option option = {reading->option, *word};
    uint64_t value;
    enum hum_status status = humi_option_number(&option, UINT64_MAX, &value);

    if (status != HUM_OK || value < tunable->least || value > tunable->most)
        return humi_fail(HUM_ERR_INVALID,
                         "%s: %s.%s is a whole number from %" PRIu64 " to %" PRIu64 ", not '%.*s'",
                         reading->option, humi_kind_name(kind), tunable->name, tunable->least,
                         tunable->most, word->bytes < 64 ? (int)word->bytes : 64, word->text);
    reading->policy.tunables[kind][index] = value;
    return HUM_OK;
}

/* "prefetch.threshold=75" */
static enum hum_status read_tunable(struct reading *reading, const struct humi_slice *kind_word,
                                    const struct humi_slice *word, const struct humi_slice *value)
{
    enum humi_kind kind;

    if (!find_kind(kind_word, &kind))
        return refuse(reading, "part", kind_word, kind_at, 0);
    for (unsigned i = 0; i < HUMI_NUMBERS_MAX; i++) {
        const struct hum_tunable *number = humi_policy_number(&reading->policy, kind, i);
        if (!number || !humi_slice_is(word, number->name))
            continue;
        if (reading->set[kind] & 1u << i)
            return refuse_twice(reading, word);
        reading->set[kind] |= (uint16_t)(1u << i);
        reading->policy.chosen |= 1u << kind;
        return read_value(reading, kind, i, value);
    }
    return refuse_tunable(reading, kind, word);
}

/*
 * The settings that a policy's table comes with, of those parts that are still its own.  Numbers
 * that users write follow, so these do not count as set.
 */
static enum hum_status take_settings(struct reading *reading, const struct hum_policy *table)
{
    struct humi_slice rest = humi_slice_of(table->settings), item, name, value, kind_word, word;
    const unsigned chosen = reading->policy.chosen;
    enum hum_status status = HUM_OK;
    enum humi_kind kind;

    while (status == HUM_OK && humi_slice_next(&rest, ',', &item)) {
        if (!humi_slice_cut(&item, '=', &name, &value) ||
            !humi_slice_cut(&name, '.', &kind_word, &word))
            return humi_fail(HUM_ERR_INVALID, "%s: the policy's settings: '%.*s' is no number of "
                                              "a part", reading->option, (int)item.bytes,
                             item.text);
        if (find_kind(&kind_word, &kind) && chosen & 1u << kind)
            continue;
        status = read_tunable(reading, &kind_word, &word, &value);
    }
    memset(reading->set, 0, sizeof reading->set);
    reading->policy.chosen = chosen;
    return status;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void lay_out(struct humi_policy *policy)
{
    for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++) {
        uint32_t at = 0;
        for (enum humi_kind kind = 0; kind < HUMI_PLANNERS; kind++) {
            policy->offset[kind][m] = at;
            at += (policy->part[kind]->memory_bytes[m] + 7u) & ~7u;
        }
        policy->bytes[m] = at;
    }
    policy->steady = true;
    for (enum humi_kind kind = 0; kind < HUMI_PLANNERS; kind++)
        policy->steady &= humi_part_is_steady(policy->part[kind]);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* One item: the policy's name and the parts in the first pass, the numbers in the second. */
static enum hum_status read_item(struct reading *reading, const struct humi_slice *item,
                                 bool numbers, bool first)
{
    struct humi_slice name, value, kind_word, word;

    if (!humi_slice_cut(item, '=', &name, &value)) {
        if (!first)
            return humi_fail(HUM_ERR_INVALID, "%s: '%.*s' is no part and no number (write "
                                              "prefetch=tree or prefetch.threshold=75); a "
                                              "policy's name stands first", reading->option,
                             item->bytes < 64 ? (int)item->bytes : 64, item->text);
        return HUM_OK; /* it has been read */
    }
    if (humi_slice_cut(&name, '.', &kind_word, &word))
        return numbers ? read_tunable(reading, &kind_word, &word, &value) : HUM_OK;
    return numbers ? HUM_OK : read_part(reading, &name, &value);
}

static enum hum_status read_items(struct reading *reading, struct humi_slice text, bool numbers)
{
    struct humi_slice item;
    enum hum_status status = HUM_OK;

    for (bool first = true; status == HUM_OK && humi_slice_next(&text, ',', &item); first = false)
        status = read_item(reading, &item, numbers, first);
    return status;
}

/* The policy whose name stands first; else that whose parts are changed, or the default. */
static enum hum_status read_name(const struct reading *reading, struct humi_slice text,
                                 const struct hum_policy **table_out)
{
    char name[HUMI_NAME_BYTES] = "";
    struct humi_slice item, before, after;
    const struct humi_plugin *plugin;
    bool said = humi_slice_next(&text, ',', &item);
    bool named = said && !humi_slice_cut(&item, '=', &before, &after);

    if (named && humi_plugin_is_path(&item)) {
        enum hum_status status = humi_plugin_load(reading->option, &item, &plugin);
        if (status == HUM_OK)
            *table_out = plugin->table;
        return status;
    }
    if (named && (!copy_name(&item, name) || (!item.bytes && text.text)))
        return refuse(reading, "policy", &item, policy_at, 0);
    *table_out = said && !named ? humi_policy_base() : humi_policy_find(name);
    return *table_out ? HUM_OK : refuse(reading, "policy", &item, policy_at, 0);
}

static enum hum_status read_with(struct reading *reading, const struct hum_policy *table,
                                 struct humi_slice text)
{
    enum hum_status status;

    take_table(&reading->policy, humi_policy_base());
    take_table(&reading->policy, table);
    status = read_items(reading, text, false);
    if (status != HUM_OK)
        return status;
    humi_policy_initials(&reading->policy);
    status = take_settings(reading, table);
    if (status == HUM_OK)
        status = read_items(reading, text, true);
    if (status == HUM_OK)
        lay_out(&reading->policy);
    return status;
}

enum hum_status humi_policy_read(const char *option, struct humi_slice text,
                                 struct humi_policy *policy_out)
{
    struct reading reading = {.option = option};
    const struct hum_policy *table;
    enum hum_status status = read_name(&reading, text, &table);

    if (status == HUM_OK)
        status = read_with(&reading, table, text);
    if (status == HUM_OK)
        memcpy(policy_out, &reading.policy, sizeof *policy_out);
    return status;
}

/* ---- tables of users ------------------------------------------------------------------------- */

enum hum_status humi_policy_of(const char *option, const struct hum_policy *table,
                               struct humi_policy *policy_out)
{
    struct reading reading = {.option = option};
    enum hum_status status = humi_table_check(option, table);

    if (status == HUM_OK)
        status = read_with(&reading, table, humi_slice_of(NULL));
    if (status == HUM_OK)
        memcpy(policy_out, &reading.policy, sizeof *policy_out);
    return status;
}
