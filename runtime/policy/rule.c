/* SPDX-License-Identifier: MIT */
/* rule.c - see rule.h */
#include "policy/rule.h"

#include <string.h>

#include "base/status.h"

/* "region:graph" */
static bool cut_region(const struct humi_slice *text, struct humi_slice *name_out)
{
    struct humi_slice word;

    return humi_slice_cut(text, ':', &word, name_out) && humi_slice_is(&word, "region");
}

bool humi_rules_cut(struct humi_slice text, struct humi_slice *space_out,
                    struct humi_slice *rules_out)
{
    struct humi_slice rest = text, first, name;
    bool any = humi_slice_next(&rest, ';', &first);

    if (any && cut_region(&first, &name)) {
        *space_out = (struct humi_slice){NULL, 0};
        *rules_out = text;
        return true;
    }
    *space_out = any ? first : text;
    *rules_out = rest;
    return rest.text != NULL;
}

enum hum_status humi_rule_read(const char *option, const struct humi_slice *rule,
                               char name_out[HUMI_RULE_NAME_BYTES], struct humi_slice *policy_out)
{
    struct humi_slice before, name = {NULL, 0};

    if (!humi_slice_cut(rule, '=', &before, policy_out) || !cut_region(&before, &name) ||
        !name.bytes)
        return humi_fail(HUM_ERR_INVALID, "%s: '%.*s' is no rule for a region (write "
                                          "region:NAME=POLICY)", option,
                         rule->bytes < 64 ? (int)rule->bytes : 64, rule->text);
    if (name.bytes >= HUMI_RULE_NAME_BYTES)
        return humi_fail(HUM_ERR_INVALID, "%s: '%.64s...' names no region: names have at most %u "
                                          "bytes", option, name.text, HUMI_RULE_NAME_BYTES - 1);
    memcpy(name_out, name.text, name.bytes);
    name_out[name.bytes] = '\0';
    return HUM_OK;
}

enum hum_status humi_rule_read_policy(const char *option, struct humi_slice text,
                                      struct humi_policy *policy_out)
{
    enum hum_status status = humi_policy_read(option, text, policy_out);

    if (status == HUM_OK && policy_out->chosen & 1u << HUMI_EVICT)
        return humi_fail(HUM_ERR_INVALID, "%s: evict is chosen for the whole space, not for a "
                                          "region", option);
    return status;
}

enum hum_status humi_rule_refuse_twice(const char *option, const char *name)
{
    return humi_fail(HUM_ERR_INVALID, "%s: region '%s' is given two rules", option, name);
}
