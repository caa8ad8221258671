/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the policies that exist, by the name users type.
 *
 * Threads: constant data, any thread.  Nothing is owned by the caller.
 */
#ifndef HUMI_POLICY_REGISTRY_H
#define HUMI_POLICY_REGISTRY_H

#include <hum/policy.h>

/* What HUM_POLICY is when nobody says anything. */
#define HUMI_POLICY_DEFAULT "ahead"

/* The policy of that name, NULL if there is none.  NULL or "" means the default. */
const struct hum_policy *humi_policy_find(const char *name);

/* The index-th policy, NULL behind the last: for help texts and for tests of all policies. */
const struct hum_policy *humi_policy_at(unsigned index);

#endif
