/* SPDX-License-Identifier: MIT */
/* intent.c - as `share`, but what is read in order to be written is taken at the read. */
#include "policy/place/intent.h"

#include "base/mask.h"
#include "policy/parts.h"

#define SURE 2u
#define UPGRADES_MAX 3u

static bool is_upgrade(const struct hum_view *view)
{
    struct hum_pages shared = humi_mask_and(&view->resident, &view->elsewhere);

    return humi_mask_meets(&shared, &view->write);
}

/* Pages come that are elsewhere, and nothing is written. */
static bool is_read_fetch(const struct hum_view *view)
{
    struct hum_pages missing = humi_mask_minus(&view->read, &view->resident);

    return humi_mask_empty(&view->write) && humi_mask_meets(&missing, &view->elsewhere);
}

static bool may_take(const struct hum_view *view)
{
    bool limited_host = view->processor == HUM_HOST && view->capacity_blocks != UINT64_MAX;

    return !limited_host && !(view->advice & HUM_ADVISE_READ_MOSTLY);
}

static void learn_upgrade(struct humi_intent *intent, unsigned side)
{
    unsigned upgrades = intent->side[side].upgrades + 2u;

    intent->side[side].upgrades = (upgrades < UPGRADES_MAX ? upgrades : UPGRADES_MAX) & 3u;
    intent->side[side].copied = 0;
}

static bool learn_fetch(struct humi_intent *intent, unsigned side)
{
    unsigned upgrades = intent->side[side].upgrades, taken = intent->side[side].taken;

    if (intent->side[side].copied && upgrades)
        upgrades--;
    bool takes = upgrades >= SURE && taken < HUMI_INTENT_PROOF;
    intent->side[side].upgrades = upgrades & 3u;
    intent->side[side].taken = takes ? (uint8_t)(taken + 1) : 0;
    intent->side[side].copied = !takes;
    return takes;
}

bool humi_intent_takes(struct humi_intent *intent, const struct hum_view *view)
{
    unsigned side = view->processor != HUM_HOST;

    if (!may_take(view))
        return false;
    if (view->again)
        return is_read_fetch(view) && intent->side[side].taken;
    if (is_upgrade(view))
        learn_upgrade(intent, side);
    return is_read_fetch(view) && learn_fetch(intent, side);
}

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    plan->exclusive = humi_intent_takes(context->memory[HUM_MEMORY_BLOCK], view);
}

const struct hum_part humi_place_intent = {
    .name = "intent",
    .description = "copied, but what is read to be written is taken at once",
    .memory_bytes = {[HUM_MEMORY_BLOCK] = sizeof(struct humi_intent)},
    .plan = plan,
};
