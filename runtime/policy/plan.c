/* SPDX-License-Identifier: MIT */
/* plan.c - a plan made by the parts of a policy in turn, and its rules checked. */
#include "base/log.h"
#include "base/mask.h"
#include "base/wide.h"
#include "policy/compose.h"

/* Whether a plan names pages that it may not name so. */
struct wrong {
    bool bring, map, there;
    bool remote; /* some that may be */
};

HUMI_WIDE static struct wrong look(const struct hum_view *view, const struct hum_plan *plan)
{
    struct hum_pages here;

    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        here.word[i] = plan->bring.word[i] | view->resident.word[i] | view->read.word[i] |
                       view->write.word[i];
    return (struct wrong){.bring = !humi_mask_within(&plan->bring, &view->valid),
                          .map = !humi_mask_within(&plan->map, &view->valid),
                          .there = !humi_mask_within(&plan->map, &here),
                          .remote = !humi_mask_empty(&plan->remote)};
}

const char *humi_plan_broken(const struct hum_view *view, const struct hum_plan *plan)
{
    const struct wrong wrong = look(view, plan);

    if (wrong.bring)
        return "brings pages outside the region";
    if (wrong.map)
        return "maps pages outside the region";
    if (wrong.there)
        return "maps pages that are not here";
    if (plan->ahead_blocks > HUM_AHEAD_BLOCKS_MAX)
        return "goes more than 16 blocks ahead";
    if (plan->throttle_us > HUM_THROTTLE_US_MAX)
        return "throttles for more than 10 ms";
    if (!wrong.remote)
        return NULL;
    if (!view->can_remote)
        return "maps remotely where that cannot be";
    if (!humi_mask_within(&plan->remote, &view->valid))
        return "maps pages outside the region remotely";
    if (!humi_mask_within(&plan->remote, &view->elsewhere))
        return "maps pages remotely that are nowhere else";
    if (humi_mask_meets(&plan->remote, &plan->bring))
        return "maps pages remotely that it brings";
    return NULL;
}

static void part_plan(const struct humi_policy *policy, enum humi_kind kind,
                      const struct hum_view *view, void *const memory[HUM_MEMORY_COUNT],
                      struct hum_plan *plan)
{
    const struct hum_part *part = policy->part[kind];
    struct hum_part_context context = {.tunables = policy->tunables[kind]};

    for (unsigned m = 0; m < HUM_MEMORY_COUNT; m++)
        if (part->memory_bytes[m])
            context.memory[m] = (char *)memory[m] + policy->offset[kind][m];
    part->plan(view, &context, plan);
}

static void complain(struct humi_policy *policy, const char *broken)
{
    char text[HUMI_POLICY_TEXT_MAX];

    if (atomic_exchange(&policy->broken, true))
        return;
    humi_policy_text(policy, text, sizeof text);
    humi_warn("policy %s: a plan %s; such plans are replaced by empty ones", text, broken);
}

/* What stays where it is does not come, and a fault of which nothing comes asks for no more. */
static void keep_apart(const struct hum_view *view, struct hum_plan *plan)
{
    struct hum_pages asked = humi_mask_or(&view->read, &view->write);

    humi_mask_remove(&plan->bring, &plan->remote);
    humi_mask_remove(&plan->map, &plan->remote);
    if (humi_mask_within(&asked, &plan->remote))
        plan->ahead_blocks = 0;
}

void humi_policy_plan(struct humi_policy *policy, const struct hum_view *view,
                      void *const memory[HUM_MEMORY_COUNT], struct hum_plan *plan_out)
{
    *plan_out = (struct hum_plan){.ahead_blocks = 0};
    part_plan(policy, HUMI_PLACE, view, memory, plan_out);
    part_plan(policy, HUMI_PREFETCH, view, memory, plan_out);
    if (!humi_mask_empty(&plan_out->remote))
        keep_apart(view, plan_out);
    part_plan(policy, HUMI_THRASH, view, memory, plan_out);
    const char *broken = humi_plan_broken(view, plan_out);
    if (!broken)
        return;
    complain(policy, broken);
    *plan_out = (struct hum_plan){.ahead_blocks = 0};
}
