/* SPDX-License-Identifier: MIT */
/* map.c - see map.h */
#include "command/trace/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_map_free(struct trace_map *map)
{
    free(map->slots);
    memset(map, 0, sizeof(*map));
}

/* Neighbouring numbers fall apart (the finaliser of MurmurHash3). */
static size_t hash_of(uint64_t key)
{
    key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
    key = (key ^ key >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (size_t)(key ^ key >> 33);
}

/* The slot of the key, or the free one where it belongs. */
static struct trace_map_slot *slot_of(const struct trace_map *map, uint64_t key)
{
    size_t at = hash_of(key) & (map->slot_count - 1);

    while (map->slots[at].used && map->slots[at].key != key)
        at = (at + 1) & (map->slot_count - 1);
    return &map->slots[at];
}

uint64_t *trace_map_find(const struct trace_map *map, uint64_t key)
{
    struct trace_map_slot *slot = map->slot_count ? slot_of(map, key) : NULL;

    return slot && slot->used ? &slot->value : NULL;
}

static bool grow(struct trace_map *map)
{
    struct trace_map bigger = *map;

    bigger.slot_count = map->slot_count ? 2 * map->slot_count : 64;
    bigger.slots = calloc(bigger.slot_count, sizeof(*bigger.slots));
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < map->slot_count; i++)
        if (map->slots[i].used)
            *slot_of(&bigger, map->slots[i].key) = map->slots[i];
    free(map->slots);
    *map = bigger;
    return true;
}

uint64_t *trace_map_get(struct trace_map *map, uint64_t key)
{
    struct trace_map_slot *slot;

    if (2 * (map->used + 1) > map->slot_count && !grow(map))
        return NULL;
    slot = slot_of(map, key);
    if (!slot->used) {
        *slot = (struct trace_map_slot){key, 0, true};
        map->used++;
    }
    return &slot->value;
}

void trace_names_free(struct trace_names *names)
{
    trace_map_free(&names->map);
    free(names->text);
    memset(names, 0, sizeof(*names));
}

bool trace_names_set(struct trace_names *names, uint32_t number, const char *text)
{
    uint64_t *place = trace_map_find(&names->map, number);

    if (!place) {
        if (names->count == names->room) {
            size_t room = names->room ? 2 * names->room : 16;
            void *grown = realloc(names->text, room * sizeof(*names->text));

            if (!grown)
                return false;
            names->text = grown;
            names->room = room;
        }
        place = trace_map_get(&names->map, number);
        if (!place)
            return false;
        *place = names->count++;
    }
    snprintf(names->text[*place], sizeof(*names->text), "%s", text);
    return true;
}

const char *trace_names_find(const struct trace_names *names, uint32_t number)
{
    uint64_t *place = trace_map_find(&names->map, number);

    return place && *names->text[*place] ? names->text[*place] : NULL;
}
