/* SPDX-License-Identifier: MIT */
/* heat.c - access counters of a block: counted, halved, forgotten. */
#include "core/heat.h"

#include <stdlib.h>

#include "base/mask.h"
#include "core/core.h"

#define COUNT_MAX 255u
#define SCALE_MAX 63u
#define GOLDEN 0x9E3779B9u /* 2^32 divided by the golden ratio */

/* ---- rounding -------------------------------------------------------------------------------- */

/* True as often as rest / 2^bits says; rest < 2^bits. */
static bool rounds_up(struct humi_heat *heat, uint64_t rest, unsigned bits)
{
    if (!rest)
        return false;
    heat->dither += GOLDEN;
    uint64_t part = bits <= 32 ? rest << (32 - bits) : rest >> (bits - 32);
    return heat->dither < part;
}

/* Rounding down keeps the order, however often it is done. */
static void halve(uint8_t *counters)
{
    for (unsigned i = 0; i < HUM_CHUNKS_PER_BLOCK; i++)
        counters[i] /= 2;
}

void humi_heat_count(struct humi_heat *heat, unsigned chunk, bool write, uint64_t touches)
{
    struct hum_heat *counts = &heat->counts;
    uint8_t *counters = write ? counts->writes : counts->reads;
    /* One is left for rounding up. */
    while (counts->scale < SCALE_MAX &&
           counters[chunk] + (touches >> counts->scale) +
                   ((touches & ((UINT64_C(1) << counts->scale) - 1)) != 0) > COUNT_MAX) {
        halve(counts->reads);
        halve(counts->writes);
        counts->scale++;
    }
    uint64_t units = touches >> counts->scale;
    units += rounds_up(heat, touches - (units << counts->scale), counts->scale);
    uint64_t sum = counters[chunk] + units;
    counters[chunk] = (uint8_t)(sum < COUNT_MAX ? sum : COUNT_MAX);
}

uint64_t humi_heat_touches(const struct hum_heat *counts, unsigned chunk, bool write)
{
    uint64_t count = write ? counts->writes[chunk] : counts->reads[chunk];
    return count > UINT64_MAX >> counts->scale ? UINT64_MAX : count << counts->scale;
}

void humi_heat_forget(struct humi_heat *heat, const struct hum_pages *pages)
{
    for (unsigned c = 0; heat && c < HUM_CHUNKS_PER_BLOCK; c++) {
        unsigned first = c * HUM_PAGES_PER_CHUNK;
        if (humi_mask_count_range(pages, first, first + HUM_PAGES_PER_CHUNK) != HUM_PAGES_PER_CHUNK)
            continue;
        heat->counts.reads[c] = heat->counts.writes[c] = 0;
    }
}

/* ---- of a block ------------------------------------------------------------------------------ */

struct humi_heat *humi_heat_get(struct humi_table *table, struct humi_block *block, unsigned p)
{
    struct humi_hold *hold = &block->hold[p];
    if (hold->heat)
        return hold->heat;
    struct humi_heat *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->wait = HUMI_HEAT_WAIT_UNKNOWN;
    atomic_fetch_add(&table->bytes, sizeof *made);
    hold->heat = made;
    return made;
}

const struct hum_heat *humi_heat_of(const struct humi_block *block, unsigned p)
{
    static const struct hum_heat none;
    const struct humi_heat *heat = block ? block->hold[p].heat : NULL;
    return heat ? &heat->counts : &none;
}

bool humi_heat_is_exact(const struct hum *hum, unsigned p)
{
    return hum->params.exact && !hum->deterministic && p != 0;
}

static void count_pages(struct humi_heat *heat, const struct hum_pages *pages, bool write)
{
    humi_for_each_run (run, pages) {
        for (unsigned page = run.first; page < run.end;) {
            unsigned chunk = page / HUM_PAGES_PER_CHUNK, end = (chunk + 1) * HUM_PAGES_PER_CHUNK;
            end = end < run.end ? end : run.end;
            humi_heat_count(heat, chunk, write, end - page);
            page = end;
        }
    }
}

void humi_heat_faults(struct hum *hum, struct humi_block *block, unsigned p,
                      const struct hum_pages *read, const struct hum_pages *write)
{
    struct humi_heat *heat = humi_heat_get(&hum->table, block, p);
    if (!heat || humi_heat_is_exact(hum, p))
        return;
    count_pages(heat, read, false);
    count_pages(heat, write, true);
}

/* ---- of a space ------------------------------------------------------------------------------ */

/* Pages of the touch in one block: the first and how many. */
static void count_touch(struct hum *hum, unsigned p, const struct humi_touch *touch, uint32_t page,
                        uint32_t pages)
{
    struct humi_block *block = humi_table_peek(&hum->table, page / HUM_PAGES_PER_BLOCK);
    if (!block)
        return;
    humi_lock(&block->lock);
    struct humi_heat *heat = humi_heat_get(&hum->table, block, p);
    for (uint32_t i = page; heat && i < page + pages; i++)
        humi_heat_count(heat, i % HUM_PAGES_PER_BLOCK / HUM_PAGES_PER_CHUNK, touch->write,
                        touch->count);
    if (heat)
        humi_order_renew(&hum->order[p], block, HUM_EVICT_ON_TOUCH);
    humi_unlock(&block->lock);
}

void humi_heat_touch(struct hum *hum, unsigned p, const struct humi_touch *touch)
{
    uint32_t end = touch->page + touch->pages;
    if (!humi_heat_is_exact(hum, p))
        return;
    for (uint32_t page = touch->page; page < end;) {
        uint32_t next = (page / HUM_PAGES_PER_BLOCK + 1) * HUM_PAGES_PER_BLOCK;
        next = next < end ? next : end;
        count_touch(hum, p, touch, page, next - page);
        page = next;
    }
}
