/* SPDX-License-Identifier: MIT */
/* uses.c - lists of declared uses, and the launches in flight that have them. */
#include "core/uses.h"

#include <stdlib.h>
#include <string.h>

#include "base/range.h"
#include "base/status.h"
#include "core/service.h"

/* ---- lists ----------------------------------------------------------------------------------- */

enum hum_status humi_uses_make(struct humi_uses **uses)
{
    if (*uses)
        return HUM_OK;
    *uses = calloc(1, sizeof **uses);
    if (!*uses)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the uses of a launch");
    humi_link_init(&(*uses)->link);
    return HUM_OK;
}

static bool grow(struct humi_uses *uses)
{
    size_t room = uses->room ? uses->room * 2 : 8;
    struct humi_use *use = realloc(uses->use, room * sizeof *use);
    if (!use)
        return false;
    uses->use = use;
    uses->room = room;
    return true;
}

/* The same range again, or the same region as a whole: one entry that allows both. */
static bool merge(struct humi_uses *uses, const struct humi_use *added)
{
    for (size_t i = 0; i < uses->count; i++) {
        struct humi_use *use = &uses->use[i];
        if (use->start <= added->start && use->end >= added->end &&
            (use->write || !added->write))
            return true;
        if (use->start == added->start && use->end == added->end) {
            use->write = true;
            return true;
        }
    }
    return false;
}

enum hum_status humi_uses_add(struct humi_uses **uses, struct humi_region *region, uintptr_t start,
                              size_t bytes, bool write)
{
    struct humi_use added = {
        .region = region,
        .start = humi_round_down(start, HUM_PAGE_SIZE),
        .end = humi_round_up(start + bytes, HUM_PAGE_SIZE),
        .write = write,
    };
    enum hum_status status = humi_uses_make(uses);
    if (status != HUM_OK)
        return status;
    if (merge(*uses, &added))
        return HUM_OK;
    if ((*uses)->count == (*uses)->room && !grow(*uses))
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the uses of a launch");
    atomic_fetch_add(&region->references, 1);
    (*uses)->use[(*uses)->count++] = added;
    return HUM_OK;
}

static enum hum_status add_region(struct humi_uses **uses, struct humi_region *region)
{
    return humi_uses_add(uses, region, region->start, region->bytes, true);
}

static enum hum_status add_reachable(struct hum *hum, struct humi_uses **uses)
{
    enum hum_status status = HUM_OK;
    struct humi_region *region = NULL;
    humi_rwlock_read(&hum->regions.lock);
    while (status == HUM_OK && (region = humi_regions_after(&hum->regions, region)))
        if (atomic_load(&region->reachable)) {
            status = add_region(uses, region);
            (*uses)->reaches = true;
        }
    humi_rwlock_unlock(&hum->regions.lock);
    return status;
}

enum hum_status humi_uses_add_all(struct hum *hum, const void *args, size_t args_bytes,
                                  struct humi_uses **uses)
{
    enum hum_status status = humi_uses_make(uses);
    for (size_t at = 0; status == HUM_OK && at + sizeof(uintptr_t) <= args_bytes;
         at += sizeof(uintptr_t)) {
        uintptr_t word;
        memcpy(&word, (const char *)args + at, sizeof word);
        struct humi_region *region =
            humi_in_space(hum, word) ? humi_regions_find(&hum->regions, word) : NULL;
        status = region ? add_region(uses, region) : HUM_OK;
        humi_region_put(region);
    }
    return status == HUM_OK ? add_reachable(hum, uses) : status;
}

void humi_uses_free(struct humi_uses *uses)
{
    if (!uses)
        return;
    for (size_t i = 0; i < uses->count; i++)
        humi_region_put(uses->use[i].region);
    free(uses->use);
    free(uses);
}

/* ---- in flight ------------------------------------------------------------------------------- */

void humi_uses_open(struct hum *hum)
{
    humi_lock_init(&hum->in_flight.lock, HUMI_RANK_USES);
    humi_cond_init(&hum->in_flight.changed);
    humi_list_init(&hum->in_flight.list);
}

void humi_uses_close(struct hum *hum)
{
    humi_lock_fini(&hum->in_flight.lock);
    pthread_cond_destroy(&hum->in_flight.changed);
}

static struct humi_uses *uses_of(struct humi_link *link)
{
    return humi_container_of(link, struct humi_uses, link);
}

static bool overlap(const struct humi_use *a, uintptr_t start, uintptr_t end)
{
    return a->start < end && start < a->end;
}

static bool conflict(const struct humi_uses *a, const struct humi_uses *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if ((a->use[i].write || b->use[j].write) &&
                overlap(&a->use[i], b->use[j].start, b->use[j].end))
                return true;
    return false;
}

/* The lock is held in what follows. */
static bool may_begin(struct hum *hum, const struct humi_uses *mine)
{
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *other = uses_of(link);
        bool same = other->processor == mine->processor;
        if (!other->begun)
            continue;
        if (same ? !other->brought : other->holds && conflict(other, mine))
            return false;
    }
    return true;
}

void humi_uses_enter(struct hum *hum, struct humi_uses *uses)
{
    struct humi_in_flight *flight = &hum->in_flight;
    uses->holds = hum->processor[uses->processor]->cannot_fault;
    humi_lock(&flight->lock);
    humi_list_push_back(&flight->list, &uses->link);
    if (uses->holds)
        atomic_fetch_add(&flight->holding, 1);
    humi_unlock(&flight->lock);
}

bool humi_uses_try_begin(struct hum *hum, struct humi_uses *uses)
{
    humi_lock(&hum->in_flight.lock);
    bool may = may_begin(hum, uses);
    uses->begun = may;
    humi_unlock(&hum->in_flight.lock);
    return may;
}

void humi_uses_begin(struct hum *hum, struct humi_uses *uses)
{
    struct humi_in_flight *flight = &hum->in_flight;
    humi_lock(&flight->lock);
    while (!may_begin(hum, uses))
        humi_cond_wait(&flight->changed, &flight->lock);
    uses->begun = true;
    humi_unlock(&flight->lock);
}

void humi_uses_brought(struct hum *hum, struct humi_uses *uses)
{
    humi_lock(&hum->in_flight.lock);
    uses->brought = true;
    pthread_cond_broadcast(&hum->in_flight.changed);
    humi_unlock(&hum->in_flight.lock);
}

void humi_uses_end(struct hum *hum, struct humi_uses *uses)
{
    struct humi_in_flight *flight = &hum->in_flight;
    bool held = uses->holds;
    humi_lock(&flight->lock);
    humi_list_remove(&uses->link);
    if (held)
        atomic_fetch_sub(&flight->holding, 1);
    flight->ended++;
    pthread_cond_broadcast(&flight->changed);
    humi_unlock(&flight->lock);
    humi_uses_free(uses);
    if (held)
        humi_service_wake(hum->service);
}

/* Pages of the block that a use covers. */
static struct hum_pages pages_of(const struct hum *hum, const struct humi_block *block,
                                 const struct humi_use *use)
{
    uintptr_t first = humi_block_start(hum, block), end = first + HUM_BLOCK_SIZE;
    if (!overlap(use, first, end))
        return humi_mask_none();
    uintptr_t from = use->start > first ? use->start - first : 0;
    uintptr_t to = use->end < end ? use->end - first : HUM_BLOCK_SIZE;
    return humi_mask_range((unsigned)(from / HUM_PAGE_SIZE), (unsigned)(to / HUM_PAGE_SIZE));
}

struct hum_pages humi_uses_pages(struct hum *hum, const struct humi_block *block, unsigned p,
                                 bool write)
{
    struct hum_pages pages = humi_mask_none();
    humi_lock(&hum->in_flight.lock);
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *uses = uses_of(link);
        for (size_t i = 0; uses->begun && uses->processor == p && i < uses->count; i++) {
            struct hum_pages used = pages_of(hum, block, &uses->use[i]);
            if (uses->use[i].write || !write)
                humi_mask_add(&pages, &used);
        }
    }
    humi_unlock(&hum->in_flight.lock);
    return pages;
}

static bool holds_against(const struct hum *hum, const struct humi_uses *uses,
                          const struct humi_block *block, const struct hum_pages *touch,
                          const struct hum_pages *write)
{
    for (size_t i = 0; i < uses->count; i++) {
        struct hum_pages used = pages_of(hum, block, &uses->use[i]);
        if (humi_mask_meets(&used, uses->use[i].write ? touch : write))
            return true;
    }
    return false;
}

bool humi_uses_are_held(struct hum *hum, const struct humi_block *block, unsigned p,
                        const struct hum_pages *touch, const struct hum_pages *write)
{
    bool held = false;
    if (!atomic_load(&hum->in_flight.holding))
        return false;
    humi_lock(&hum->in_flight.lock);
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *uses = uses_of(link);
        if (uses->holds && uses->begun && uses->processor != p)
            held |= holds_against(hum, uses, block, touch, write);
    }
    humi_unlock(&hum->in_flight.lock);
    return held;
}

bool humi_uses_keep(struct hum *hum, const struct humi_block *block, unsigned p)
{
    struct hum_pages all = humi_mask_all();
    bool kept = false;
    if (!atomic_load(&hum->in_flight.holding))
        return false;
    humi_lock(&hum->in_flight.lock);
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *uses = uses_of(link);
        if (uses->holds && uses->begun && uses->processor == p)
            kept |= holds_against(hum, uses, block, &all, &all);
    }
    humi_unlock(&hum->in_flight.lock);
    return kept;
}

/* ---- waiting --------------------------------------------------------------------------------- */

struct range {
    uintptr_t start, end;
    bool write;
};

/* Lock held. */
static bool is_held(struct hum *hum, const struct range *range, bool begun)
{
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *uses = uses_of(link);
        if (!uses->holds || (begun && !uses->begun))
            continue;
        for (size_t i = 0; i < uses->count; i++)
            if ((range->write || uses->use[i].write) &&
                overlap(&uses->use[i], range->start, range->end))
                return true;
    }
    return false;
}

static void await(struct hum *hum, const struct range *range, bool begun)
{
    if (!atomic_load(&hum->in_flight.holding))
        return;
    humi_lock(&hum->in_flight.lock);
    while (is_held(hum, range, begun))
        humi_cond_wait(&hum->in_flight.changed, &hum->in_flight.lock);
    humi_unlock(&hum->in_flight.lock);
}

void humi_uses_await(struct hum *hum, uintptr_t start, uintptr_t end, bool write)
{
    await(hum, &(struct range){start, end, write}, false);
}

void humi_uses_await_begun(struct hum *hum, uintptr_t start, uintptr_t end)
{
    await(hum, &(struct range){start, end, true}, true);
}

bool humi_uses_hold_host(struct hum *hum, uintptr_t address, bool write)
{
    if (!atomic_load(&hum->in_flight.holding))
        return false;
    humi_lock(&hum->in_flight.lock);
    bool held = is_held(hum, &(struct range){address, address + 1, write}, false);
    humi_unlock(&hum->in_flight.lock);
    return held;
}

uint64_t humi_uses_ended(struct hum *hum)
{
    humi_lock(&hum->in_flight.lock);
    uint64_t ended = hum->in_flight.ended;
    humi_unlock(&hum->in_flight.lock);
    return ended;
}

/* Lock held. */
static bool others_hold(struct hum *hum, unsigned p, const struct humi_uses *mine)
{
    humi_list_each (link, &hum->in_flight.list)
        if (uses_of(link) != mine && uses_of(link)->holds && uses_of(link)->begun &&
            uses_of(link)->processor == p)
            return true;
    return false;
}

bool humi_uses_await_other(struct hum *hum, unsigned p, const struct humi_uses *mine,
                           uint64_t ended)
{
    struct humi_in_flight *flight = &hum->in_flight;
    humi_lock(&flight->lock);
    while (flight->ended == ended && others_hold(hum, p, mine))
        humi_cond_wait(&flight->changed, &flight->lock);
    bool more = flight->ended != ended;
    humi_unlock(&flight->lock);
    return more;
}

/* ---- what was declared ----------------------------------------------------------------------- */

bool humi_uses_declare(struct hum *hum, unsigned p, uintptr_t address, bool write)
{
    bool declared = false;
    humi_lock(&hum->in_flight.lock);
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *uses = uses_of(link);
        for (size_t i = 0; uses->begun && uses->processor == p && i < uses->count; i++)
            declared |= overlap(&uses->use[i], address, address + 1) &&
                        (uses->use[i].write || !write);
    }
    humi_unlock(&hum->in_flight.lock);
    return declared;
}

bool humi_uses_meet_host(struct hum *hum, uintptr_t address, bool write)
{
    bool meets = false;
    humi_lock(&hum->in_flight.lock);
    humi_list_each (link, &hum->in_flight.list) {
        const struct humi_uses *uses = uses_of(link);
        for (size_t i = 0; i < uses->count; i++)
            meets |= overlap(&uses->use[i], address, address + 1) &&
                     (uses->use[i].write || write);
    }
    humi_unlock(&hum->in_flight.lock);
    return meets;
}
