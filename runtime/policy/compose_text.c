/* SPDX-License-Identifier: MIT */
/* compose_text.c - the canonical text of a policy. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/compose.h"
#include "policy/plugin.h"
#include "policy/table.h"

struct out {
    char *text;
    size_t bytes, used;    /* used may pass bytes: it counts the whole */
};

static void put(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct out *out, const char *format, ...)
{
    size_t at = out->used < out->bytes ? out->used : out->bytes;
    va_list args;

    va_start(args, format);
    out->used += (size_t)vsnprintf(out->text ? out->text + at : NULL, out->bytes - at, format,
                                   args);
    va_end(args);
}

bool humi_policy_same_parts(const struct humi_policy *a, const struct humi_policy *b)
{
    return memcmp(a->part, b->part, sizeof a->part) == 0 && a->evict == b->evict;
}

/* What a policy is called in a text. */
struct base {
    const char *name;             /* of ours, or the path of a plug-in; NULL: none has the parts */
    struct humi_policy policy;    /* with the numbers that it comes with */
};

/* Take the table as base if it has these parts.  True: it has these numbers, too. */
static bool try_base(struct base *base, const struct humi_policy *policy,
                     const struct hum_policy *table, const char *name)
{
    struct humi_policy other;

    if (humi_policy_of(table->name, table, &other) != HUM_OK ||
        !humi_policy_same_parts(policy, &other))
        return false;
    bool equal = memcmp(other.tunables, policy->tunables, sizeof other.tunables) == 0;
    if (!base->name || equal) {
        base->name = name;
        memcpy(&base->policy, &other, sizeof other);
    }
    return equal;
}

/* One of ours first, so that a plug-in that only repeats it changes no text. */
static void find_base(struct base *base, const struct humi_policy *policy)
{
    const struct hum_policy *table;
    const struct humi_plugin *plugin;

    base->name = NULL;
    for (unsigned i = 0; (table = humi_policy_at(i)); i++)
        if (try_base(base, policy, table, table->name))
            return;
    for (unsigned i = 0; (plugin = humi_plugin_at(i)); i++)
        if (try_base(base, policy, plugin->table, plugin->path))
            return;
}

/* The name of a part of ours, or the path of the plug-in that brought it. */
static const char *part_word(const struct humi_policy *policy, enum humi_kind kind)
{
    const void *part = kind == HUMI_EVICT ? (const void *)policy->evict : policy->part[kind];
    const struct humi_plugin *plugin;

    for (unsigned i = 0; (plugin = humi_plugin_at(i)); i++)
        if (humi_table_part(plugin->table, kind) == part)
            return plugin->path;
    return humi_policy_part_name(policy, kind);
}

/* The numbers of the policy that are not those of `base`, which has the same parts. */
static void put_numbers(struct out *out, const struct humi_policy *policy,
                        const struct humi_policy *base)
{
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++) {
        for (unsigned i = 0; i < HUMI_NUMBERS_MAX; i++) {
            const struct hum_tunable *number = humi_policy_number(policy, kind, i);
            if (number && policy->tunables[kind][i] != base->tunables[kind][i])
                put(out, ",%s.%s=%" PRIu64, humi_kind_name(kind), number->name,
                    policy->tunables[kind][i]);
        }
    }
}

size_t humi_policy_text(const struct humi_policy *policy, char *text, size_t bytes)
{
    struct out out = {text, bytes, 0};
    struct base base;

    find_base(&base, policy);
    if (base.name) {
        put(&out, "%s", base.name);
    } else {
        memcpy(&base.policy, policy, sizeof base.policy);
        humi_policy_initials(&base.policy);
        for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
            put(&out, "%s%s=%s", kind ? "," : "", humi_kind_name(kind), part_word(policy, kind));
    }
    put_numbers(&out, policy, &base.policy);
    return out.used;
}
