/* SPDX-License-Identifier: MIT */
/* pages.c - the pages of a trace under dense numbers. */
#include "replay/pages.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/status.h"
#include "replay/cache.h"

#define SLOTS_MIN ((size_t)1024)
#define NEIGHBOURS 8u                 /* pages that lie side by side: two cache lines */

void humi_pages_init(struct humi_pages *pages, uint32_t count_max)
{
    humi_assert(count_max <= HUMI_OBJECTS_MAX);
    *pages = (struct humi_pages){.count_max = count_max};
}

void humi_pages_fini(struct humi_pages *pages)
{
    free(pages->slots);
    free(pages->page_of);
    humi_pages_init(pages, pages->count_max);
}

/* Groups of neighbours fall apart (the finaliser of MurmurHash3), neighbours do not. */
static size_t home_of(uint64_t page)
{
    uint64_t hash = page / NEIGHBOURS;

    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    return (size_t)(hash * NEIGHBOURS + page % NEIGHBOURS);
}

/* The slot of the page, or the free one where it belongs; the table is never full. */
static struct humi_page_slot *slot_of(struct humi_page_slot *slots, size_t slot_count,
                                      uint64_t page)
{
    size_t at = home_of(page) & (slot_count - 1);

    while (slots[at].object_plus_1 != 0 && slots[at].page != page)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

uint32_t humi_pages_find(const struct humi_pages *pages, uint64_t page)
{
    const struct humi_page_slot *slot;

    if (pages->slot_count == 0)
        return HUMI_OBJECT_NONE;
    slot = slot_of(pages->slots, pages->slot_count, page);
    return slot->object_plus_1 != 0 ? (uint32_t)(slot->object_plus_1 - 1) : HUMI_OBJECT_NONE;
}

static void put(struct humi_page_slot *slots, size_t slot_count, uint64_t page, uint32_t object)
{
    *slot_of(slots, slot_count, page) =
        (struct humi_page_slot){.page = page, .object_plus_1 = (uint64_t)object + 1};
}

/* Twice the slots.  If there is no memory, all stays as it was. */
static enum hum_status grow(struct humi_pages *pages)
{
    size_t slot_count = pages->slot_count ? 2 * pages->slot_count : SLOTS_MIN;
    struct humi_page_slot *slots = calloc(slot_count, sizeof *slots);
    uint64_t *page_of = realloc(pages->page_of, slot_count / 2 * sizeof *page_of);

    if (page_of)
        pages->page_of = page_of;
    if (!slots || !page_of) {
        free(slots);
        return humi_fail(HUM_ERR_NO_MEMORY, "out of memory for the pages of a trace, at page %u",
                         pages->count);
    }
    for (uint32_t i = 0; i < pages->count; i++)
        put(slots, slot_count, page_of[i], i);
    free(pages->slots);
    pages->slots = slots;
    pages->slot_count = slot_count;
    return HUM_OK;
}

enum hum_status humi_pages_get(struct humi_pages *pages, uint64_t page, uint32_t *object_out)
{
    uint32_t object = humi_pages_find(pages, page);

    if (object == HUMI_OBJECT_NONE) {
        if (pages->count == pages->count_max)
            return humi_fail(HUM_ERR_NO_MEMORY,
                             "the trace touches more than %u pages; cut it (hum trace cut)",
                             pages->count_max);
        if (pages->count == pages->slot_count / 2) {
            enum hum_status status = grow(pages);

            if (status != HUM_OK)
                return status;
        }
        object = pages->count++;
        pages->page_of[object] = page;
        put(pages->slots, pages->slot_count, page, object);
    }
    *object_out = object;
    return HUM_OK;
}
