/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "builder.h"

#define SLOTS_FIRST ((size_t)1 << 16)
#define TEXT_FIRST ((size_t)1 << 20)

/* FNV-1a with a final mix: names differ mostly at their ends. */
uint64_t names_hash(const char *name, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ (hash >> 32);
}

static struct names_slot *slots_make(size_t count)
{
    struct names_slot *slots = builder_realloc(NULL, count * sizeof *slots);

    for (size_t i = 0; i < count; i++)
        slots[i].start = UINT64_MAX;
    return slots;
}

void names_init(struct names *names)
{
    *names = (struct names){.slot_count = SLOTS_FIRST, .text_room = TEXT_FIRST};
    names->slots = slots_make(names->slot_count);
    names->text = builder_realloc(NULL, names->text_room);
}

void names_fini(struct names *names)
{
    free(names->slots);
    free(names->text);
}

/* The slot of the name, or the free one where it belongs. */
static struct names_slot *slot_find(const struct names *names, const char *name, size_t length)
{
    size_t i = (size_t)names_hash(name, length) & (names->slot_count - 1);

    for (;; i = (i + 1) & (names->slot_count - 1)) {
        struct names_slot *slot = &names->slots[i];
        if (slot->start == UINT64_MAX ||
            (slot->length == length && memcmp(names->text + slot->start, name, length) == 0))
            return slot;
    }
}

bool names_find(const struct names *names, const char *name, size_t length, uint32_t *node_out)
{
    const struct names_slot *slot = slot_find(names, name, length);

    if (slot->start == UINT64_MAX)
        return false;
    *node_out = slot->node;
    return true;
}

static void slots_double(struct names *names)
{
    struct names_slot *old = names->slots;
    size_t old_count = names->slot_count;

    names->slot_count *= 2;
    names->slots = slots_make(names->slot_count);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].start != UINT64_MAX)
            *slot_find(names, names->text + old[i].start, old[i].length) = old[i];
    }
    free(old);
}

void names_add(struct names *names, const char *name, size_t length, uint32_t node)
{
    if ((names->used + 1) * 4 > names->slot_count * 3)
        slots_double(names);
    while (names->text_room - names->text_bytes < length) {
        names->text_room *= 2;
        names->text = builder_realloc(names->text, names->text_room);
    }
    memcpy(names->text + names->text_bytes, name, length);
    *slot_find(names, name, length) = (struct names_slot){
        .start = names->text_bytes, .length = (uint32_t)length, .node = node};
    names->text_bytes += length;
    names->used++;
}
