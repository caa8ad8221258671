/* SPDX-License-Identifier: MIT */
/* compose_text.c - the canonical text of a policy. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/compose.h"

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

/* The policy with these parts, one with the same numbers if there is one; NULL: none has them. */
static const struct hum_policy *find_base(const struct humi_policy *policy,
                                          struct humi_policy *base_out)
{
    const struct hum_policy *found = NULL, *table;

    for (unsigned i = 0; (table = humi_policy_at(i)); i++) {
        struct humi_policy base;
        if (humi_policy_of(table->name, table, &base) != HUM_OK ||
            !humi_policy_same_parts(policy, &base))
            continue;
        bool equal = memcmp(base.tunables, policy->tunables, sizeof base.tunables) == 0;
        if (!found || equal) {
            found = table;
            memcpy(base_out, &base, sizeof base);
        }
        if (equal)
            break;
    }
    return found;
}

/* The numbers of the policy that are not those of `base`, which has the same parts. */
static void put_numbers(struct out *out, const struct humi_policy *policy,
                        const struct humi_policy *base)
{
    for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++) {
        struct humi_tunables tunables = humi_policy_tunables(policy, kind);
        for (unsigned i = 0; i < tunables.count; i++)
            if (policy->tunables[kind][i] != base->tunables[kind][i])
                put(out, ",%s.%s=%" PRIu64, humi_kind_name(kind), tunables.table[i].name,
                    policy->tunables[kind][i]);
    }
}

size_t humi_policy_text(const struct humi_policy *policy, char *text, size_t bytes)
{
    struct out out = {text, bytes, 0};
    struct humi_policy base;
    const struct hum_policy *table = find_base(policy, &base);

    if (table) {
        put(&out, "%s", table->name);
    } else {
        memcpy(&base, policy, sizeof base);
        humi_policy_initials(&base);
        for (enum humi_kind kind = 0; kind < HUMI_KINDS; kind++)
            put(&out, "%s%s=%s", kind ? "," : "", humi_kind_name(kind),
                humi_policy_part_name(policy, kind));
    }
    put_numbers(&out, policy, &base);
    return out.used;
}
