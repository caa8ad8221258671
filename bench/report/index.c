/* SPDX-License-Identifier: MIT */
/* index.c - see index.h */
#include "report/index.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64u

void index_init(struct index *index)
{
    memset(index, 0, sizeof(*index));
}

void index_fini(struct index *index)
{
    free(index->key);
    free(index->place);
    index_init(index);
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t slot_of(const struct index *index, uint32_t key)
{
    uint32_t mask = index->slots - 1, slot = (key * 2654435769u ^ key >> 16) & mask;

    while (index->place[slot] != INDEX_NONE && index->key[slot] != key)
        slot = (slot + 1) & mask;
    return slot;
}

uint32_t index_find(const struct index *index, uint32_t key)
{
    return index->slots ? index->place[slot_of(index, key)] : INDEX_NONE;
}

static bool grow(struct index *index)
{
    struct index bigger = {.slots = index->slots ? 2 * index->slots : SLOTS_FIRST};

    bigger.key = malloc(bigger.slots * sizeof(*bigger.key));
    bigger.place = malloc(bigger.slots * sizeof(*bigger.place));
    if (!bigger.key || !bigger.place) {
        index_fini(&bigger);
        return false;
    }
    memset(bigger.place, 0xff, bigger.slots * sizeof(*bigger.place));
    for (uint32_t i = 0; i < index->slots; i++)
        if (index->place[i] != INDEX_NONE) {
            uint32_t slot = slot_of(&bigger, index->key[i]);

            bigger.key[slot] = index->key[i];
            bigger.place[slot] = index->place[i];
        }
    bigger.count = index->count;
    index_fini(index);
    *index = bigger;
    return true;
}

bool index_add(struct index *index, uint32_t key)
{
    uint32_t slot;

    if (2 * (index->count + 1) > index->slots && !grow(index))
        return false;
    slot = slot_of(index, key);
    index->key[slot] = key;
    index->place[slot] = index->count++;
    return true;
}
