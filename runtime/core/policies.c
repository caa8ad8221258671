/* SPDX-License-Identifier: MIT */
/* policies.c - which policy decides. */
#include "core/policies.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

static enum hum_status name_policy(struct hum *hum)
{
    char text[HUMI_POLICY_TEXT_MAX];
    humi_policy_text(&hum->policy, text, sizeof text);
    hum->policy_text = strdup(text);
    return hum->policy_text ? HUM_OK
                            : humi_fail(HUM_ERR_NO_MEMORY, "no memory for the policy's name");
}

/* Nobody knows the future of a program that runs. */
static enum hum_status refuse_future(const char *option, const struct humi_policy *policy)
{
    if (!policy->evict->needs_next_use)
        return HUM_OK;
    return humi_fail(HUM_ERR_INVALID, "%s: evict=%s looks at what is touched next, which only "
                                      "replays can tell", option, policy->evict->name);
}

enum hum_status humi_policies_open(struct hum *hum, const char *option, struct humi_slice text)
{
    enum hum_status status = humi_policy_read(option, text, &hum->policy);
    if (status == HUM_OK)
        status = refuse_future(option, &hum->policy);
    return status == HUM_OK ? name_policy(hum) : status;
}

enum hum_status humi_policies_open_table(struct hum *hum, const struct hum_policy *table)
{
    const struct hum_policy *chosen = table ? table : humi_policy_find(NULL);
    enum hum_status status = humi_policy_of(chosen->name, chosen, &hum->policy);
    return status == HUM_OK ? name_policy(hum) : status;
}

void humi_policies_close(struct hum *hum)
{
    free(hum->policy_text);
}
