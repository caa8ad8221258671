/* SPDX-License-Identifier: MIT */
/* heat.c - access counters of a block: counted, halved, forgotten. */
#include "core/heat.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "core/core.h"
#include "core/warm.h"

#define FRACTION_BITS 8u
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

/* ---- values ---------------------------------------------------------------------------------- */

/* A counter in the smallest part of a unit that is kept: bits more than those of the unit. */
static unsigned fraction_bits(const struct humi_heat *heat)
{
    return heat->is_fine ? FRACTION_BITS : 0;
}

static uint64_t value_of(const struct humi_heat *heat, unsigned chunk, bool write)
{
    const struct hum_heat *counts = &heat->counts;
    uint64_t units = write ? counts->writes[chunk] : counts->reads[chunk];
    if (!heat->is_fine)
        return units;
    return units << FRACTION_BITS | heat->fine->fraction[write * HUM_CHUNKS_PER_BLOCK + chunk];
}

static void set_value(struct humi_heat *heat, unsigned chunk, bool write, uint64_t value)
{
    uint8_t *counters = write ? heat->counts.writes : heat->counts.reads;
    counters[chunk] = (uint8_t)(value >> fraction_bits(heat));
    if (heat->is_fine)
        heat->fine->fraction[write * HUM_CHUNKS_PER_BLOCK + chunk] = (uint8_t)value;
}

/* Rounding down keeps the order, however often it is done. */
static void halve(struct humi_heat *heat)
{
    for (unsigned i = 0; i < 2 * HUM_CHUNKS_PER_BLOCK; i++) {
        unsigned chunk = i % HUM_CHUNKS_PER_BLOCK;
        bool write = i >= HUM_CHUNKS_PER_BLOCK;
        set_value(heat, chunk, write, value_of(heat, chunk, write) / 2);
    }
    heat->counts.scale++;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* In the smallest part that is kept, rounded down; *rest_out of 2^*bits_out: what is lost. */
static uint64_t parts_of(const struct humi_heat *heat, uint64_t touches, uint64_t *rest_out,
                         unsigned *bits_out)
{
    unsigned scale = heat->counts.scale, bits = fraction_bits(heat);
    *rest_out = *bits_out = 0;
    if (scale < bits)
        return touches > UINT64_MAX >> bits ? UINT64_MAX >> 1 : touches << (bits - scale);
    *bits_out = scale - bits;
    *rest_out = touches & ((UINT64_C(1) << *bits_out) - 1);
    return touches >> *bits_out;
}

void humi_heat_count(struct humi_heat *heat, unsigned chunk, bool write, uint64_t touches)
{
    uint64_t most = (UINT64_C(1) << (8 + fraction_bits(heat))) - 1, rest, parts;
    unsigned bits;
    for (;;) {
        parts = parts_of(heat, touches, &rest, &bits);
        /* One is left for rounding up. */
        if (heat->counts.scale >= SCALE_MAX ||
            value_of(heat, chunk, write) + parts + (rest != 0) <= most)
            break;
        halve(heat);
    }
    uint64_t sum = value_of(heat, chunk, write) + parts + rounds_up(heat, rest, bits);
    set_value(heat, chunk, write, sum < most ? sum : most);
}

uint64_t humi_heat_touches(const struct humi_heat *heat, unsigned chunk, bool write)
{
    uint64_t value = heat ? value_of(heat, chunk, write) : 0;
    unsigned scale = heat ? heat->counts.scale : 0, bits = heat ? fraction_bits(heat) : 0;
    if (scale < bits)
        return value >> (bits - scale);
    return value > UINT64_MAX >> (scale - bits) ? UINT64_MAX : value << (scale - bits);
}

void humi_heat_forget(struct humi_heat *heat, const struct hum_pages *pages)
{
    for (unsigned c = 0; heat && c < HUM_CHUNKS_PER_BLOCK; c++) {
        unsigned first = c * HUM_PAGES_PER_CHUNK;
        if (humi_mask_count_range(pages, first, first + HUM_PAGES_PER_CHUNK) != HUM_PAGES_PER_CHUNK)
            continue;
        set_value(heat, c, false, 0);
        set_value(heat, c, true, 0);
    }
}

/* ---- of a block ------------------------------------------------------------------------------ */

static struct humi_heat *make(struct humi_table *table, struct humi_hold *hold, bool fine)
{
    size_t bytes = humi_heat_bytes(fine);
    struct humi_heat *made = calloc(1, bytes);
    if (!made) {
        atomic_store(&table->short_of_memory, true);
        return NULL;
    }
    if (hold->heat) {
        memcpy(made, hold->heat, sizeof *made);
        bytes -= humi_heat_bytes(hold->heat->is_fine);
        free(hold->heat);
    }
    made->is_fine = fine;
    if (fine)
        made->fine->wait = HUMI_HEAT_WAIT_UNKNOWN;
    atomic_fetch_add(&table->bytes, bytes);
    hold->heat = made;
    return made;
}

struct humi_heat *humi_heat_get(struct humi_table *table, struct humi_block *block, unsigned p)
{
    struct humi_hold *hold = &block->hold[p];
    return hold->heat ? hold->heat : make(table, hold, table->fine_heat);
}

struct humi_heat *humi_heat_refine(struct humi_table *table, struct humi_block *block, unsigned p)
{
    struct humi_hold *hold = &block->hold[p];
    return hold->heat && hold->heat->is_fine ? hold->heat : make(table, hold, true);
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
    unsigned only = humi_mask_only(pages);
    if (only < HUM_PAGES_PER_BLOCK) {
        humi_heat_count(heat, only / HUM_PAGES_PER_CHUNK, write, 1);
        return;
    }
    if (humi_mask_empty(pages))
        return;
    humi_for_each_run (run, pages) {
        for (unsigned page = run.first; page < run.end;) {
            unsigned chunk = page / HUM_PAGES_PER_CHUNK, end = (chunk + 1) * HUM_PAGES_PER_CHUNK;
            end = end < run.end ? end : run.end;
            humi_heat_count(heat, chunk, write, end - page);
            page = end;
        }
    }
}

void humi_heat_fault(struct hum *hum, struct humi_block *block, unsigned p, unsigned page,
                     bool write)
{
    struct humi_heat *heat = humi_heat_get(&hum->table, block, p);
    if (heat && !humi_heat_is_exact(hum, p))
        humi_heat_count(heat, page / HUM_PAGES_PER_CHUNK, write, 1);
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
    humi_warm_note(hum, p, block->index);
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
