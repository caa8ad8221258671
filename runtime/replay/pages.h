/* SPDX-License-Identifier: MIT */
/*
 * pages.h - the pages of a trace under dense numbers, in the order in which they are first named.
 *
 * A page is any 64-bit number; its object is 0 for the first, 1 for the next new one, and so on, so
 * that all else is arrays.  An open hash table that is at most half full; eight neighbouring pages
 * lie side by side in it, since traces walk.
 * Limited at init, because a trace may be hostile.
 * Threads: guarded by whoever holds it.
 */
#ifndef HUMI_REPLAY_PAGES_H
#define HUMI_REPLAY_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

struct humi_page_slot {
    uint64_t page;
    uint64_t object_plus_1;       /* 0: free */
};

struct humi_pages {
    struct humi_page_slot *slots;
    size_t slot_count;            /* a power of two or 0 */
    uint64_t *page_of;            /* of each object; room for slot_count / 2 */
    uint32_t count;               /* objects */
    uint32_t count_max;           /* fixed at init */
};

/* No pages; allocates nothing.  At most `count_max` objects, itself at most HUMI_OBJECTS_MAX. */
void humi_pages_init(struct humi_pages *pages, uint32_t count_max);
void humi_pages_fini(struct humi_pages *pages);

/* The page's object, a new one if it has none.  HUM_ERR_NO_MEMORY: no memory, or too many. */
HUM_MUST_USE enum hum_status humi_pages_get(struct humi_pages *pages, uint64_t page,
                                            uint32_t *object_out);

/* HUMI_OBJECT_NONE (cache.h): it has none. */
uint32_t humi_pages_find(const struct humi_pages *pages, uint64_t page);

#endif
