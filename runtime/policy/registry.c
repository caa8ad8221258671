/* SPDX-License-Identifier: MIT */
/* registry.c - the lists of parts and of policies; a new one is added here. */
#include "policy/registry.h"

#include <string.h>

#include "policy/evict/registry.h"
#include "policy/parts.h"

#define PARTS_MAX 16u

static const struct hum_part *const parts[HUMI_PLANNERS][PARTS_MAX] = {
    [HUMI_PLACE] = {
        &humi_place_share,
        &humi_place_move,
        &humi_place_remote,
        &humi_place_counter,
        &humi_place_adaptive,
        &humi_place_pattern,
        &humi_place_auto,
        &humi_place_intent,
    },
    [HUMI_PREFETCH] = {
        &humi_prefetch_ahead,
        &humi_prefetch_none,
        &humi_prefetch_chunk,
        &humi_prefetch_tree,
        &humi_prefetch_stride,
        &humi_prefetch_pattern,
        &humi_prefetch_block,
        &humi_prefetch_auto,
    },
    [HUMI_THRASH] = {
        &humi_thrash_off,
        &humi_thrash_driver,
    },
};

#define POLICY(called, says, place_part, prefetch_part, evict_part, thrash_part, numbers)          \
    {                                                                                              \
        sizeof(struct hum_policy), HUM_POLICY_VERSION, called, says, &humi_place_##place_part,     \
            &humi_prefetch_##prefetch_part, &humi_thrash_##thrash_part,                            \
            &humi_evict_##evict_part, numbers                                                      \
    }

static const struct hum_tunable reserve = {
    "reserve", "blocks of a device to keep free in the background once it was full", 1, 0, 8};

static const struct hum_policy policies[] = {
    POLICY("ahead", "driver's tree, whole blocks where they are cheap, eight ahead of a stream",
           intent, ahead, quarters, off, NULL),
    POLICY("driver", "what NVIDIA's driver does: pages move, tree, least recently moved",
           move, tree, lrm, driver, "evict.reserve=0"),
    POLICY("ondemand", "only the faulted page; the block faulted on longest ago leaves first",
           share, none, lru, off, NULL),
    POLICY("chunk", "the faulted 64 KiB; the block touched longest ago leaves first",
           share, chunk, lru, off, NULL),
    POLICY("tree", "subtrees more than half here; the block moved longest ago leaves first",
           share, tree, lrm, off, "prefetch.threshold=50"),
    POLICY("stride", "the tree, and further blocks of streams in any stride",
           share, stride, lrm, off, NULL),
    POLICY("lfu", "the tree; the block touched least often leaves first",
           share, tree, lfu, off, NULL),
    POLICY("counter", "mapped remotely at first; a chunk comes once it was touched often enough",
           counter, tree, lrm, off, NULL),
    POLICY("adaptive", "the same with a threshold that grows with occupancy and round trips",
           adaptive, tree, lfu, off, NULL),
    POLICY("pattern", "what is walked through comes whole and ahead, what is jumped about in stays",
           pattern, pattern, tree, off, NULL),
    POLICY("tournament", "orders of eviction that are measured against each other; streams",
           share, stride, tournament, off, NULL),
    POLICY("second-chance", "blocks that many share stay longer; what thrashes is pinned",
           share, tree, second_chance, driver, NULL),
    POLICY("hotset", "the tree; what is not hot leaves first",
           share, tree, hotset, off, NULL),
    POLICY("auto", "in each region what would have cost least so far",
           auto, auto, quarters, off, NULL),
};

#define POLICIES (sizeof policies / sizeof policies[0])

const char *humi_kind_name(enum humi_kind kind)
{
    static const char *const names[HUMI_KINDS] = {
#define KIND_NAME(name, text) [name] = text,
        HUMI_KIND_LIST(KIND_NAME)
#undef KIND_NAME
    };

    return names[kind];
}

const struct hum_tunable *humi_kind_number(enum humi_kind kind)
{
    return kind == HUMI_EVICT ? &reserve : NULL;
}

const struct hum_part *humi_part_at(enum humi_kind kind, unsigned index)
{
    return index < PARTS_MAX ? parts[kind][index] : NULL;
}

const struct hum_part *humi_part_find(enum humi_kind kind, const char *name)
{
    const struct hum_part *part;

    if (kind == HUMI_THRASH && strcmp(name, "on") == 0)
        return &humi_thrash_driver;
    for (unsigned i = 0; (part = humi_part_at(kind, i)); i++)
        if (strcmp(part->name, name) == 0)
            return part;
    return NULL;
}

/* What thrashing control says the second time differs in how long to wait, which is over then. */
bool humi_part_is_steady(const struct hum_part *part)
{
    static const struct hum_part *const steady[] = {
        &humi_place_move,     &humi_place_share,    &humi_prefetch_none, &humi_prefetch_chunk,
        &humi_prefetch_block, &humi_prefetch_tree,  &humi_thrash_off,    &humi_thrash_driver,
    };

    for (unsigned i = 0; i < sizeof steady / sizeof steady[0]; i++)
        if (part == steady[i])
            return true;
    return false;
}

const struct hum_policy *humi_policy_at(unsigned index)
{
    return index < POLICIES ? &policies[index] : NULL;
}

const struct hum_policy *humi_policy_find(const char *name)
{
    if (!name || !*name)
        name = HUMI_POLICY_DEFAULT;
    for (unsigned i = 0; i < POLICIES; i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

const struct hum_policy *humi_policy_base(void)
{
    return humi_policy_find(HUMI_POLICY_BASE);
}
