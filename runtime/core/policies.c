/* SPDX-License-Identifier: MIT */
/* policies.c - which policy decides where. */
#include "core/policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/core.h"
#include "core/record.h"
#include "core/room.h"

/* ---- choices; the HUM lock is held, or nobody else knows the space --------------------------- */

/* Nobody knows the future of a program that runs. */
static enum hum_status refuse_future(const char *option, const struct humi_policy *policy)
{
    if (!policy->evict->needs_next_use)
        return HUM_OK;
    return humi_fail(HUM_ERR_INVALID, "%s: evict=%s looks at what is touched next, which only "
                                      "replays of single pages can tell (hum replay --page-only)",
                     option, policy->evict->name);
}

static unsigned number_parts(const struct humi_policies *policies,
                             const struct humi_policy *policy)
{
    unsigned most = 0;
    for (const struct humi_choice *c = policies->all; c; c = c->next) {
        if (memcmp(c->policy.part, policy->part, sizeof policy->part) == 0)
            return c->parts;
        most = c->parts > most ? c->parts : most;
    }
    return most + 1;
}

/* A region has no order of eviction, and a text that named one could not be given back to it. */
static void cut_evict(char *text)
{
    static const char word[] = ",evict";
    for (char *item; (item = strstr(text, word)) != NULL;) {
        const char *behind = strchr(item + 1, ',');
        memmove(item, behind ? behind : "", behind ? strlen(behind) + 1 : 1);
    }
}

/* The choice of that text, made if need be. */
static enum hum_status keep(struct humi_policies *policies, const struct humi_policy *policy,
                            bool region, struct humi_choice **choice_out)
{
    char text[HUM_POLICY_TEXT_MAX];
    if (humi_policy_text(policy, text, sizeof text) >= sizeof text)
        return humi_fail(HUM_ERR_INVALID, "a policy's text has at most %u bytes",
                         HUM_POLICY_TEXT_MAX - 1);
    if (region)
        cut_evict(text);
    for (struct humi_choice *c = policies->all; c; c = c->next)
        if (strcmp(c->text, text) == 0 && humi_policy_same_parts(&c->policy, policy)) {
            *choice_out = c;
            return HUM_OK;
        }
    struct humi_choice *made = calloc(1, sizeof *made);
    if (made)
        made->text = strdup(text);
    if (!made || !made->text) {
        free(made);
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a policy");
    }
    memcpy(&made->policy, policy, sizeof made->policy);
    made->parts = number_parts(policies, policy);
    made->next = policies->all;
    policies->all = made;
    *choice_out = made;
    return HUM_OK;
}

static enum hum_status read_choice(struct humi_policies *policies, const char *option,
                                   struct humi_slice text, bool region,
                                   struct humi_choice **choice_out)
{
    struct humi_policy policy;
    enum hum_status status = region ? humi_rule_read_policy(option, text, &policy)
                                    : humi_policy_read(option, text, &policy);
    if (status == HUM_OK && !region)
        status = refuse_future(option, &policy);
    return status == HUM_OK ? keep(policies, &policy, region, choice_out) : status;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool is_ruled(const struct humi_policies *policies, const char *name)
{
    for (unsigned i = 0; i < policies->rule_count; i++)
        if (strcmp(policies->rules[i].name, name) == 0)
            return true;
    return false;
}

/* "region:graph=adaptive" */
static enum hum_status read_rule(struct humi_policies *policies, const char *option,
                                 const struct humi_slice *item, struct humi_rule *rule)
{
    struct humi_slice policy;
    enum hum_status status = humi_rule_read(option, item, rule->name, &policy);
    if (status == HUM_OK && is_ruled(policies, rule->name))
        status = humi_rule_refuse_twice(option, rule->name);
    return status == HUM_OK ? read_choice(policies, option, policy, true, &rule->choice) : status;
}

static enum hum_status read_rules(struct humi_policies *policies, const char *option,
                                  struct humi_slice rest)
{
    struct humi_slice item;
    enum hum_status status = HUM_OK;
    while (status == HUM_OK && humi_slice_next(&rest, ';', &item)) {
        struct humi_rule *more = reallocarray(policies->rules, policies->rule_count + 1,
                                              sizeof *more);
        if (!more)
            return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a policy's rules");
        policies->rules = more;
        status = read_rule(policies, option, &item, &more[policies->rule_count]);
        policies->rule_count += status == HUM_OK;
    }
    return status;
}

/* All that was read, as one text. */
static enum hum_status write_text(struct humi_policies *policies, const char *option)
{
    char text[HUM_POLICY_TEXT_MAX];
    int used = snprintf(text, sizeof text, "%s", atomic_load(&policies->space)->text);
    for (unsigned i = 0; i < policies->rule_count && used < (int)sizeof text; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, ";region:%s=%s",
                         policies->rules[i].name, policies->rules[i].choice->text);
    if (used >= (int)sizeof text)
        return humi_fail(HUM_ERR_INVALID, "%s: more than %u bytes of policies and rules", option,
                         HUM_POLICY_TEXT_MAX - 1);
    policies->text = strdup(text);
    return policies->text ? HUM_OK : humi_fail(HUM_ERR_NO_MEMORY, "no memory for a policy");
}

/* ---- opening and closing --------------------------------------------------------------------- */

enum hum_status humi_policies_open(struct hum *hum, const char *option, struct humi_slice text)
{
    struct humi_policies *policies = &hum->policies;
    struct humi_slice first, rest;
    struct humi_choice *choice = NULL;
    bool ruled = humi_rules_cut(text, &first, &rest);
    enum hum_status status = read_choice(policies, option, first, false, &choice);
    atomic_store(&policies->space, choice);
    if (status == HUM_OK && ruled)
        status = read_rules(policies, option, rest);
    return status == HUM_OK ? write_text(policies, option) : status;
}

enum hum_status humi_policies_open_table(struct hum *hum, const struct hum_policy *table)
{
    const struct hum_policy *chosen = table ? table : humi_policy_find(NULL);
    struct humi_policy policy;
    struct humi_choice *choice;
    enum hum_status status = humi_policy_of(chosen->name, chosen, &policy);
    if (status == HUM_OK)
        status = keep(&hum->policies, &policy, false, &choice);
    if (status != HUM_OK)
        return status;
    atomic_store(&hum->policies.space, choice);
    return write_text(&hum->policies, chosen->name);
}

void humi_policies_close(struct hum *hum)
{
    struct humi_policies *policies = &hum->policies;
    for (struct humi_choice *c = policies->all, *next; c; c = next) {
        next = c->next;
        free(c->text);
        free(c);
    }
    humi_memo_free(&policies->memo, NULL);
    free(policies->rules);
    free(policies->text);
}

/* ---- deciding -------------------------------------------------------------------------------- */

struct humi_choice *humi_policies_of(const struct hum *hum, const struct humi_region *region)
{
    struct humi_choice *own = region ? atomic_load(&region->policy) : NULL;
    return own ? own : atomic_load(&hum->policies.space);
}

void humi_policies_named(struct hum *hum, struct humi_region *region, const char *name)
{
    if (atomic_load(&region->policy_set))
        return;
    struct humi_choice *choice = NULL;
    for (unsigned i = 0; i < hum->policies.rule_count; i++)
        if (strcmp(hum->policies.rules[i].name, name) == 0)
            choice = hum->policies.rules[i].choice;
    atomic_store(&region->policy, choice);
}

/* ---- the public functions -------------------------------------------------------------------- */

/* What was chosen, by a text that gives just that; choice NULL: the space's, or the default. */
static void record(struct hum *hum, const struct humi_region *region,
                   const struct humi_choice *choice)
{
    const struct hum_trace_call call = {.call = HUM_TRACE_CALL_POLICY,
                                        .region = region ? region->id : 0,
                                        .processor = HUM_HOST};
    humi_record_call(hum, &call, choice ? choice->text : NULL);
}

/* The orders first: they may fail. */
static enum hum_status set_space(struct hum *hum, struct humi_choice *choice)
{
    const struct humi_policy *now = &atomic_load(&hum->policies.space)->policy;
    bool same = now->evict == choice->policy.evict &&
                memcmp(now->tunables[HUMI_EVICT], choice->policy.tunables[HUMI_EVICT],
                       HUM_TUNABLES_MAX * sizeof now->tunables[HUMI_EVICT][0]) == 0;
    enum hum_status status = same ? HUM_OK : humi_room_rank(hum, &choice->policy);
    if (status != HUM_OK)
        return status;
    record(hum, NULL, choice);
    atomic_store(&hum->policies.space, choice);
    return HUM_OK;
}

/* One policy without rules: these take hold when regions get names. */
static enum hum_status read_set(struct hum *hum, const char *text, bool region,
                                struct humi_choice **choice_out)
{
    static const char option[] = "hum_policy_set";
    struct humi_slice policy, rules;
    if (humi_rules_cut(humi_slice_of(text), &policy, &rules))
        return humi_fail(HUM_ERR_INVALID, "%s: rules for regions by name are given when the space "
                                          "is opened; give each region its policy", option);
    return read_choice(&hum->policies, option, policy, region, choice_out);
}

static enum hum_status set_region(struct hum *hum, struct humi_region *region, const char *text)
{
    struct humi_choice *choice = NULL;
    enum hum_status status = text ? read_set(hum, text, true, &choice) : HUM_OK;
    if (status != HUM_OK)
        return status;
    record(hum, region, choice);
    humi_rwlock_write(&hum->regions.lock); /* against who gives it a name */
    atomic_store(&region->policy_set, true);
    atomic_store(&region->policy, choice);
    humi_rwlock_unlock(&hum->regions.lock);
    return HUM_OK;
}

enum hum_status hum_policy_set(struct hum *hum, const void *ptr, const char *text)
{
    if (!hum)
        return humi_fail(HUM_ERR_INVALID, "hum_policy_set needs a space");
    struct humi_region *region = ptr ? humi_regions_find(&hum->regions, (uintptr_t)ptr) : NULL;
    if (ptr && !region)
        return humi_fail(HUM_ERR_INVALID, "%p is not in a live region", ptr);
    struct humi_choice *choice = NULL;
    humi_lock(&hum->lock);
    enum hum_status status =
        region ? set_region(hum, region, text) : read_set(hum, text, false, &choice);
    if (status == HUM_OK && !region)
        status = set_space(hum, choice);
    humi_unlock(&hum->lock);
    humi_region_put(region);
    return status;
}

enum hum_status hum_policy_get(struct hum *hum, const void *ptr, char *text_out, size_t bytes)
{
    if (!hum || !text_out)
        return humi_fail(HUM_ERR_INVALID, "hum_policy_get needs a space and an output");
    struct humi_region *region = ptr ? humi_regions_find(&hum->regions, (uintptr_t)ptr) : NULL;
    if (ptr && !region)
        return humi_fail(HUM_ERR_INVALID, "%p is not in a live region", ptr);
    const char *text = humi_policies_of(hum, region)->text;
    humi_region_put(region);
    if (strlen(text) >= bytes)
        return humi_fail(HUM_ERR_INVALID, "the policy's text has %zu bytes: give it %u",
                         strlen(text) + 1, HUM_POLICY_TEXT_MAX);
    strcpy(text_out, text);
    return HUM_OK;
}

static bool counts(const struct humi_choice *choice)
{
    return choice->policy.part[HUMI_PLACE]->counts_touches;
}

bool humi_policies_of_counts(const struct hum *hum, const struct humi_region *region)
{
    return counts(humi_policies_of(hum, region));
}

bool humi_policies_of_counts_host(const struct hum *hum, const struct humi_region *region)
{
    const struct humi_policy *policy = &humi_policies_of(hum, region)->policy;
    const struct hum_part *place = policy->part[HUMI_PLACE];
    for (unsigned i = 0; place->counts_touches && i < place->tunable_count; i++)
        if (strcmp(place->tunables[i].name, "host") == 0)
            return policy->tunables[HUMI_PLACE][i] != 0;
    return false;
}

bool humi_policies_count_touches(const struct hum *hum)
{
    const struct humi_policies *policies = &hum->policies;
    bool any = counts(atomic_load(&policies->space));
    for (unsigned i = 0; i < policies->rule_count; i++)
        any |= counts(policies->rules[i].choice);
    return any;
}
