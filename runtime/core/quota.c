/* SPDX-License-Identifier: MIT */
/* quota.c - a budget of time, earned by running. */
#include "core/quota.h"

void humi_quota_init(struct humi_quota *quota, uint32_t share_ppm)
{
    *quota = (struct humi_quota){.share_ppm = share_ppm};
}

void humi_quota_earn(struct humi_quota *quota, uint64_t ran_ns)
{
    int64_t most = HUMI_QUOTA_KEEP_NS * quota->share_ppm / HUMI_QUOTA_WHOLE;
    uint64_t hour = UINT64_C(3600000000000); /* more at once would overflow, and is no more use */
    ran_ns = ran_ns < hour ? ran_ns : hour;
    quota->left_ns += (int64_t)(ran_ns * quota->share_ppm / HUMI_QUOTA_WHOLE);
    quota->left_ns = quota->left_ns < most ? quota->left_ns : most;
}

void humi_quota_spend(struct humi_quota *quota, uint64_t cost_ns)
{
    quota->left_ns -= (int64_t)cost_ns;
    quota->spent_ns += cost_ns;
}

bool humi_quota_allows(const struct humi_quota *quota)
{
    return quota->share_ppm && quota->left_ns >= 0;
}

uint64_t humi_quota_wait_ns(const struct humi_quota *quota)
{
    if (!quota->share_ppm)
        return UINT64_MAX;
    if (quota->left_ns >= 0)
        return 0;
    uint64_t owed = (uint64_t)-quota->left_ns;
    if (owed > UINT64_MAX / HUMI_QUOTA_WHOLE)
        return UINT64_MAX;
    return (owed * HUMI_QUOTA_WHOLE + quota->share_ppm - 1) / quota->share_ppm;
}
