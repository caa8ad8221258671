/* SPDX-License-Identifier: MIT */
/* registry.c - the list of policies; a new one is declared and added here. */
#include "policy/registry.h"

#include <string.h>

extern const struct hum_policy humi_policy_ahead;
extern const struct hum_policy humi_policy_driver;
extern const struct hum_policy humi_policy_ondemand;

static const struct hum_policy *const policies[] = {
    &humi_policy_ahead,
    &humi_policy_driver,
    &humi_policy_ondemand,
};

#define POLICIES (sizeof policies / sizeof policies[0])

const struct hum_policy *humi_policy_at(unsigned index)
{
    return index < POLICIES ? policies[index] : NULL;
}

const struct hum_policy *humi_policy_find(const char *name)
{
    if (!name || !*name)
        name = HUMI_POLICY_DEFAULT;
    for (unsigned i = 0; i < POLICIES; i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    return NULL;
}
