/* SPDX-License-Identifier: MIT */
/* pages.c - see pages.h */
#include "report/pages.h"

#include <stdlib.h>
#include <string.h>

void pages_init(struct pages *pages)
{
    memset(pages, 0, sizeof(*pages));
    index_init(&pages->index);
}

void pages_fini(struct pages *pages)
{
    for (uint32_t i = 0; i < pages->count; i++)
        free(pages->block[i].state);
    free(pages->block);
    free(pages->order);
    index_fini(&pages->index);
    pages_init(pages);
}

static bool add(struct pages *pages, uint32_t block)
{
    if (pages->count == pages->room) {
        uint32_t room = pages->room ? 2 * pages->room : 64;
        struct page_block *bigger = realloc(pages->block, room * sizeof(*bigger));

        if (!bigger)
            return false;
        pages->block = bigger;
        pages->room = room;
    }
    if (!index_add(&pages->index, block))
        return false;
    pages->block[pages->count++] =
        (struct page_block){.block = block, .low = HUM_PAGES_PER_BLOCK, .high = 0};
    return true;
}

bool pages_see(struct pages *pages, uint32_t block, unsigned low, unsigned high)
{
    uint32_t place = index_find(&pages->index, block);

    if (low >= high)
        return true;
    if (place == INDEX_NONE) {
        if (pages->count == PAGES_BLOCKS_MAX) {
            pages->untracked++;
            return true;
        }
        if (!add(pages, block))
            return false;
        place = pages->count - 1;
    }
    if (low < pages->block[place].low)
        pages->block[place].low = (uint16_t)low;
    if (high > pages->block[place].high)
        pages->block[place].high = (uint16_t)high;
    return true;
}

static int by_block(const void *a, const void *b, void *of)
{
    const struct page_block *block = of;
    uint32_t x = block[*(const uint32_t *)a].block, y = block[*(const uint32_t *)b].block;

    return (x > y) - (x < y);
}

bool pages_arrange(struct pages *pages)
{
    pages->order = malloc((pages->count + 1) * sizeof(*pages->order));
    if (!pages->order)
        return false;
    for (uint32_t i = 0; i < pages->count; i++)
        pages->order[i] = i;
    qsort_r(pages->order, pages->count, sizeof(*pages->order), by_block, pages->block);
    for (uint32_t i = 0; i < pages->count; i++) {
        struct page_block *block = &pages->block[pages->order[i]];

        block->position = pages->axis_pages;
        pages->axis_pages += (uint64_t)block->high - block->low;
    }
    return true;
}

struct page_block *pages_of(struct pages *pages, uint32_t block)
{
    uint32_t place = index_find(&pages->index, block);

    return place == INDEX_NONE ? NULL : &pages->block[place];
}

struct page_state *pages_state(struct page_block *block)
{
    if (!block->state)
        block->state = calloc(1, sizeof(*block->state));
    return block->state;
}

uint64_t pages_at(const struct pages *pages, uint64_t position)
{
    uint32_t low = 0, high = pages->count;
    const struct page_block *block;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (pages->block[pages->order[middle]].position <= position)
            low = middle;
        else
            high = middle;
    }
    block = &pages->block[pages->order[low]];
    return (uint64_t)block->block * HUM_PAGES_PER_BLOCK + block->low + (position - block->position);
}

/* ---- the worst ------------------------------------------------------------------------------ */

static uint32_t moves(const struct page_run *run)
{
    return run->to_device + run->to_host;
}

/* Runs are kept in order; the last one falls out. */
static uint32_t insert(struct page_run *runs, uint32_t count, uint32_t max,
                       const struct page_run *run)
{
    uint32_t at = count;

    if (count == max && moves(run) <= moves(&runs[count - 1]))
        return count;
    while (at > 0 && moves(&runs[at - 1]) < moves(run))
        at--;
    if (count < max)
        count++;
    memmove(&runs[at + 1], &runs[at], (count - 1 - at) * sizeof(*runs));
    runs[at] = *run;
    return count;
}

static uint32_t worst_of_block(const struct page_block *block, struct page_run *runs,
                               uint32_t count, uint32_t max)
{
    const struct page_state *s = block->state;

    for (unsigned page = 0, end; page < HUM_PAGES_PER_BLOCK; page = end) {
        struct page_run run = {
            .to_device = s->to_device[page], .to_host = s->to_host[page], .region = s->region};

        for (end = page + 1; end < HUM_PAGES_PER_BLOCK && s->to_device[end] == run.to_device &&
                             s->to_host[end] == run.to_host;
             end++)
            ;
        run.first_page = (uint64_t)block->block * HUM_PAGES_PER_BLOCK + page;
        run.pages = end - page;
        if (moves(&run))
            count = insert(runs, count, max, &run);
    }
    return count;
}

uint32_t pages_worst(const struct pages *pages, struct page_run *runs_out, uint32_t max)
{
    uint32_t count = 0;

    for (uint32_t i = 0; max && i < pages->count; i++) {
        const struct page_block *block = &pages->block[pages->order[i]];

        if (block->state)
            count = worst_of_block(block, runs_out, count, max);
    }
    return count;
}

/* ---- masks ---------------------------------------------------------------------------------- */

/* The first bit at or behind `bit` that is `set`; HUM_PAGES_PER_BLOCK: none. */
static unsigned find(const struct hum_pages *mask, unsigned bit, bool set)
{
    while (bit < HUM_PAGES_PER_BLOCK) {
        uint64_t word = set ? mask->word[bit / 64] : ~mask->word[bit / 64];

        word >>= bit % 64;
        if (word)
            return bit + (unsigned)__builtin_ctzll(word);
        bit += 64 - bit % 64;
    }
    return HUM_PAGES_PER_BLOCK;
}

unsigned pages_run(const struct hum_pages *mask, unsigned *bit_io)
{
    unsigned start = find(mask, *bit_io, true);

    if (start == HUM_PAGES_PER_BLOCK)
        return 0;
    *bit_io = start;
    return find(mask, start, false);
}
