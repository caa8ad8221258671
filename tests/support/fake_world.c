/* SPDX-License-Identifier: MIT */
/* fake_world.c - a space of fakes, and what they grant against what the core believes. */
#include "support/fake_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/policies.h"
#include "core/room.h"
#include "core/uses.h"

/* ---- a space of fakes ------------------------------------------------------------------------ */

struct fake_world *fake_world_open(const struct fake_params *params)
{
    struct fake_world *world = calloc(1, sizeof *world);

    if (!world)
        return NULL;
    struct hum *hum = &world->hum;
    hum->params.start = FAKE_SPACE_START;
    hum->params.bytes = params->blocks * HUM_BLOCK_SIZE;
    hum->processors = params->processors;
    humi_lock_init(&hum->lock, HUMI_RANK_HUM);
    humi_list_init(&hum->streams);
    humi_list_init(&hum->modules);
    humi_uses_open(hum);
    bool fine = humi_policies_open_table(hum, params->policy) == HUM_OK &&
                humi_regions_init(&hum->regions, FAKE_SPACE_START, hum->params.bytes) == HUM_OK &&
                humi_table_init(&hum->table, hum->params.bytes, params->processors) == HUM_OK;
    for (unsigned p = 0; p < params->processors; p++) {
        world->fake[p] = fake_open(params, p);
        hum->processor[p] = world->fake[p] ? &world->fake[p]->processor : NULL;
        fine = fine && world->fake[p];
    }
    for (unsigned p = 0; fine && p < params->processors; p++) {
        world->fake[p]->all = world->fake;
        world->fake[p]->all_count = params->processors;
    }
    if (fine && humi_room_open(hum) == HUM_OK)
        return world;
    fake_world_close(world);
    return NULL;
}

void fake_world_close(struct fake_world *world)
{
    if (!world)
        return;
    struct hum *hum = &world->hum;
    for (unsigned p = 0; p < hum->processors; p++)
        fake_close(hum->processor[p]);
    humi_room_close(hum);
    humi_table_fini(&hum->table);
    humi_regions_fini(&hum->regions);
    humi_uses_close(hum);
    humi_policies_close(hum);
    humi_lock_fini(&hum->lock);
    free(world);
}

/* ---- what is really granted, against what the core believes ---------------------------------- */

#define WRONG(...) return snprintf(text, sizeof text, __VA_ARGS__), text

/* R6, and who really maps whose frame. */
static const char *check_remote_page(struct fake_world *world, const struct humi_block *block,
                                     unsigned p, unsigned page)
{
    static _Thread_local char text[200];
    const struct humi_hold *hold = &block->hold[p];
    const struct fake *fake = world->fake[p];
    size_t at = humi_block_offset(block) / HUM_PAGE_SIZE + page;
    bool remote = humi_mask_has(&hold->remote, page);
    struct hum_pages all_away = *humi_block_away(block, p);
    bool away = humi_mask_has(&all_away, page);
    unsigned holders = 0, owner = 0;

    if (remote != (fake->access[at] == FAKE_REMOTE) || (fake->away[at] && !away))
        WRONG("%u: page %u has access %d, masks say remote %d away %d", p, page, fake->access[at],
              remote, away);
    for (unsigned q = 0; q < world->hum.processors; q++)
        if (humi_mask_has(&block->hold[q].resident, page)) {
            holders++;
            owner = q;
        }
    if (remote &&
        (holders != 1 || owner == p || fake->owner[at] != world->fake[owner] ||
         humi_mask_has(&hold->mapped, page) || away || !humi_mask_has(&block->written, page)))
        WRONG("%u: page %u is remote, on %u processors, the last %u (R6)", p, page, holders, owner);
    return NULL;
}

static const char *check_page(struct fake_world *world, const struct humi_block *block, unsigned p,
                              unsigned page)
{
    static _Thread_local char text[200];
    const struct humi_hold *hold = &block->hold[p];
    size_t at = humi_block_offset(block) / HUM_PAGE_SIZE + page;
    enum fake_access has = (enum fake_access)world->fake[p]->access[at];
    bool mapped = humi_mask_has(&hold->mapped, page);
    bool writable = humi_mask_has(&hold->writable, page);
    bool resident = humi_mask_has(&hold->resident, page);
    bool present = humi_mask_has(&hold->present, page);
    const char *wrong = check_remote_page(world, block, p, page);

    if (wrong || humi_mask_has(&hold->remote, page))
        return wrong;
    if (has != (!mapped ? FAKE_NONE : !writable ? FAKE_READ : hold->own ? FAKE_OWN : FAKE_WRITE))
        WRONG("%u: page %u has access %d, masks say mapped %d writable %d own %d", p, page, has,
              mapped, writable, hold->own);
    if (present != world->fake[p]->backed[at])
        WRONG("%u: page %u present %d but backed %d", p, page, present, !present);
    if ((writable && !mapped) || (mapped && !resident) || (resident && !present))
        WRONG("%u: page %u writable %d mapped %d resident %d present %d (R2)", p, page, writable,
              mapped, resident, present);
    for (unsigned q = 0; writable && q < world->hum.processors; q++)
        if (q != p && (humi_mask_has(&block->hold[q].resident, page) ||
                       (world->fake[q]->access[at] != FAKE_NONE &&
                        world->fake[q]->access[at] != FAKE_REMOTE)))
            WRONG("page %u is writable at %u and there at %u (R1)", page, p, q);
    return NULL;
}

const char *fake_world_check(struct fake_world *world, const struct humi_block *block)
{
    static _Thread_local char text[200];
    struct hum *hum = &world->hum;
    struct hum_pages anywhere = humi_block_resident_elsewhere(hum, block, -1);

    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_hold *hold = &block->hold[p];
        if (world->fake[p]->violation[0])
            WRONG("%u: %s", p, world->fake[p]->violation);
        for (unsigned page = 0; page < HUMI_PAGES; page++) {
            const char *wrong = check_page(world, block, p, page);
            if (wrong)
                return wrong;
        }
        if (hold->ordered != !humi_mask_empty(&hold->present))
            WRONG("%u: frames %u but ordered %d", p, humi_mask_count(&hold->present),
                  hold->ordered);
        if (hold->stale != (hold->ordered && humi_mask_empty(&hold->resident)))
            WRONG("%u: resident %u but stale %d", p, humi_mask_count(&hold->resident), hold->stale);
        if (atomic_load(&hold->resident_pages) != humi_mask_count(&hold->resident) ||
            atomic_load(&hold->writable_pages) != humi_mask_count(&hold->writable))
            WRONG("%u: counts of resident or writable pages are wrong", p);
        if (!humi_mask_within(&hold->fresh, &hold->present))
            WRONG("%u: fresh pages without frames", p);
    }
    if (!humi_mask_within(&block->written, &anywhere))
        WRONG("a written page is resident nowhere (R3)");
    if (!humi_mask_within(&block->dirty, &block->written))
        WRONG("a dirty page was never written");
    return NULL;
}

const char *fake_world_check_all(struct fake_world *world)
{
    static _Thread_local char text[200];
    struct hum *hum = &world->hum;
    uint32_t end_block = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end_block);
    struct {
        uint64_t held, stale, resident, present, spare;
    } sum[HUM_PROCESSORS_MAX] = {{0}};

    for (; block; block = humi_table_next(&hum->table, block->index + 1, end_block)) {
        const char *wrong = fake_world_check(world, block);
        if (wrong)
            return wrong;
        for (unsigned p = 0; p < hum->processors; p++) {
            const struct humi_hold *hold = &block->hold[p];
            sum[p].held += hold->ordered;
            sum[p].stale += hold->stale;
            sum[p].resident += humi_mask_count(&hold->resident);
            sum[p].present += humi_mask_count(&hold->present);
            sum[p].spare += hold->stale ? humi_mask_count(&hold->present) : 0;
        }
    }
    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_order *order = &hum->order[p];
        if (sum[p].held != atomic_load(&order->held) || sum[p].held > order->capacity ||
            sum[p].stale != atomic_load(&order->stale))
            WRONG("%u: %llu blocks have frames, %llu are stale (R4)", p,
                  (unsigned long long)sum[p].held, (unsigned long long)sum[p].stale);
        if (sum[p].resident != atomic_load(&hum->resident_pages[p]) ||
            sum[p].present != atomic_load(&hum->present_pages[p]) ||
            sum[p].spare != atomic_load(&hum->spare_pages[p]))
            WRONG("%u: the sums of resident, present or spare pages are wrong", p);
    }
    return NULL;
}
