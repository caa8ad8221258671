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
    },
    [HUMI_PREFETCH] = {
        &humi_prefetch_ahead,
        &humi_prefetch_none,
        &humi_prefetch_chunk,
        &humi_prefetch_tree,
    },
    [HUMI_THRASH] = {
        &humi_thrash_off,
    },
};

#define POLICY(called, says, ...)                                                                  \
    {                                                                                              \
        .struct_size = sizeof(struct hum_policy), .version = HUM_POLICY_VERSION, .name = called,   \
        .description = says, __VA_ARGS__                                                           \
    }

static const struct hum_policy policies[] = {
    POLICY("ahead", "driver's tree, whole blocks where they are cheap, eight ahead of a stream",
           .place = &humi_place_share, .prefetch = &humi_prefetch_ahead,
           .thrash = &humi_thrash_off, .evict = &humi_evict_lrm),
    POLICY("driver", "what NVIDIA's driver does: pages move, density tree, least recently moved",
           .place = &humi_place_move, .prefetch = &humi_prefetch_tree, .thrash = &humi_thrash_off,
           .evict = &humi_evict_lrm),
    POLICY("ondemand", "only the faulted page; the block faulted on longest ago leaves first",
           .place = &humi_place_share, .prefetch = &humi_prefetch_none,
           .thrash = &humi_thrash_off, .evict = &humi_evict_lru),
    POLICY("chunk", "the faulted 64 KiB; the block touched longest ago leaves first",
           .place = &humi_place_share, .prefetch = &humi_prefetch_chunk,
           .thrash = &humi_thrash_off, .evict = &humi_evict_lru),
    POLICY("tree", "subtrees more than half here; the block moved longest ago leaves first",
           .place = &humi_place_share, .prefetch = &humi_prefetch_tree,
           .thrash = &humi_thrash_off, .evict = &humi_evict_lrm,
           .settings = "prefetch.threshold=50"),
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

const struct hum_part *humi_part_at(enum humi_kind kind, unsigned index)
{
    return index < PARTS_MAX ? parts[kind][index] : NULL;
}

const struct hum_part *humi_part_find(enum humi_kind kind, const char *name)
{
    const struct hum_part *part;

    for (unsigned i = 0; (part = humi_part_at(kind, i)); i++)
        if (strcmp(part->name, name) == 0)
            return part;
    return NULL;
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
