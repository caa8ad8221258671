/* SPDX-License-Identifier: MIT */
/*
 * test_residency_random.c - random requests, evictions, forgettings and losses on a few blocks of
 * three processors with tiny capacities, against a model that knows single pages only.
 *
 * After every step: masks, real grants, every byte of every resident page, and the bytes counted.
 */
#include <stdlib.h>

#include "core_test.h"
#include "support/random.h"

#define BLOCKS 3u
#define PROCESSORS 3u

/* ---- the model ------------------------------------------------------------------------------- */

struct page {
    bool written, dirty;
    bool resident[PROCESSORS];
    enum fake_access access[PROCESSORS]; /* own counts as write here */
    bool remote[PROCESSORS], away[PROCESSORS];
    uint64_t value;                      /* every word of the page */
};

struct model_block {
    struct page page[HUMI_PAGES];
    bool own[PROCESSORS];
    bool held[PROCESSORS]; /* some frame is there */
};

struct model {
    struct model_block block[BLOCKS];
    uint64_t capacity[PROCESSORS];
    bool shared_read, refuse_own, read_only[PROCESSORS];
    uint64_t bytes[HUM_DIRECTION_COUNT];
};

static struct model model;
static struct fake_world *world;
static struct random dice;

static bool sole(const struct page *page, unsigned p)
{
    for (unsigned q = 0; q < PROCESSORS; q++)
        if (page->resident[q] != (q == p))
            return false;
    return true;
}

static bool model_has_room(const struct model_block *block, unsigned p)
{
    uint64_t held = 0;

    for (unsigned b = 0; b < BLOCKS; b++)
        held += model.block[b].held[p];
    return block->held[p] || !model.capacity[p] || held < model.capacity[p];
}

static void model_lose_access(struct model_block *block, unsigned p)
{
    for (unsigned i = 0; i < HUMI_PAGES; i++)
        block->page[i].access[p] = FAKE_NONE;
    block->own[p] = false;
}

/* Access of p to the pages down to `most`; an own block loses all of it at once. */
static void model_limit(struct model_block *block, unsigned p, const struct hum_pages *pages,
                        enum fake_access most)
{
    if (block->own[p] && !humi_mask_empty(pages)) {
        model_lose_access(block, p);
        return;
    }
    for (unsigned i = 0; i < HUMI_PAGES; i++)
        if (humi_mask_has(pages, i) && block->page[i].access[p] > most)
            block->page[i].access[p] = most;
}

/* Nobody touches the page from elsewhere any more. */
static void model_end_remote(struct page *page)
{
    page->away[0] = page->away[0] || page->remote[0];
    for (unsigned p = 0; p < PROCESSORS; p++)
        page->remote[p] = false;
}

static void model_bring(struct page *page, unsigned p)
{
    if (page->written)
        for (unsigned q = 0; q < PROCESSORS; q++)
            if (page->resident[q]) {
                model.bytes[p == 0 ? HUM_D2H : q == 0 ? HUM_H2D : HUM_D2D] += PAGE;
                break;
            }
    model_end_remote(page);
    page->resident[p] = true;
}

/* Who has the page first, PROCESSORS: nobody. */
static unsigned first_holder(const struct page *page)
{
    unsigned q = 0;

    while (q < PROCESSORS && !page->resident[q])
        q++;
    return q;
}

static bool goes_remote(const struct page *page, const struct humi_request *request, unsigned i)
{
    return humi_mask_has(&request->remote, i) && !request->read_only &&
           !page->resident[request->processor] && first_holder(page) < PROCESSORS;
}

/* Split a request: *remote_out is mapped where it is, what cannot be is brought. */
static struct humi_request model_split(const struct model_block *block,
                                       const struct humi_request *asked,
                                       struct hum_pages *remote_out)
{
    struct humi_request request = *asked;

    *remote_out = humi_mask_none();
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        if (goes_remote(&block->page[i], asked, i)) {
            humi_mask_set(remote_out, i);
            humi_mask_clear(&request.bring, i);
            humi_mask_clear(&request.map, i);
            humi_mask_clear(&request.write, i);
        } else if (humi_mask_has(&asked->remote, i)) {
            humi_mask_set(&request.bring, i);
            humi_mask_set(&request.map, i);
            if (humi_mask_has(&asked->stores, i) && !asked->read_only)
                humi_mask_set(&request.write, i);
        }
    }
    return request;
}

static void model_map_remote(struct page *page, unsigned p)
{
    unsigned owner = first_holder(page);

    for (unsigned q = 0; q < PROCESSORS; q++)
        if (q != owner && page->resident[q]) {
            page->resident[q] = false;
            page->access[q] = FAKE_NONE;
        }
    page->written = page->dirty = true;
    page->remote[p] = true;
    page->away[p] = false;
}

static void model_give(struct model_block *block, const struct humi_request *request,
                       const struct hum_pages *write)
{
    unsigned p = request->processor, writable = 0;

    if (block->own[p])
        return;
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        struct page *page = &block->page[i];
        bool wanted = humi_mask_has(&request->map, i) && page->resident[p];
        bool may = humi_mask_has(write, i) || (page->written && sole(page, p));
        if (wanted && may && !request->read_only) {
            page->access[p] = FAKE_WRITE;
            page->written = page->dirty = true;
        } else if (wanted && page->access[p] == FAKE_NONE) {
            page->access[p] = FAKE_READ;
        }
        page->away[p] = page->away[p] && !wanted;
        writable += page->access[p] == FAKE_WRITE;
    }
    block->own[p] = request->whole && writable == HUMI_PAGES && !model.refuse_own;
}

/* It leads, or led, to another's frame. */
static bool comes_writable(const struct page *page, unsigned p)
{
    return page->away[p] || (p == 0 && page->remote[p]);
}

static enum hum_status model_serve(struct model_block *block, const struct humi_request *asked)
{
    struct hum_pages remote, copied = humi_mask_none();
    const struct humi_request split = model_split(block, asked, &remote), *request = &split;
    struct hum_pages write = request->write;
    unsigned p = request->processor;
    bool missing = false;

    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        struct page *page = &block->page[i];
        bool brought = humi_mask_has(&request->bring, i);
        if ((!model.shared_read || (comes_writable(page, p) && !request->read_only)) &&
            humi_mask_has(&request->map, i) && (brought || page->resident[p]))
            humi_mask_set(&write, i);
        missing = missing || (brought && !page->resident[p]);
        if (brought && !page->resident[p] && page->written)
            humi_mask_set(&copied, i);
    }
    if (missing && !model_has_room(block, p))
        return HUM_AGAIN;
    block->held[p] = block->held[p] || missing;
    for (unsigned i = 0; i < HUMI_PAGES; i++)
        if (humi_mask_has(&remote, i))
            model_map_remote(&block->page[i], p);
    for (unsigned q = 0; q < PROCESSORS; q++)
        if (q != p) {
            model_limit(block, q, &write, FAKE_NONE);
            model_limit(block, q, &copied, FAKE_READ);
        }
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        struct page *page = &block->page[i];
        if (humi_mask_has(&request->bring, i) && !page->resident[p])
            model_bring(page, p);
        for (unsigned q = 0; q < PROCESSORS; q++)
            page->resident[q] = page->resident[q] && (q == p || !humi_mask_has(&write, i));
        if (humi_mask_has(&copied, i) && !humi_mask_has(&write, i))
            page->dirty = false;
    }
    model_give(block, request, &write);
    return HUM_OK;
}

static enum hum_status model_evict(struct model_block *block, unsigned p, struct hum_pages *left,
                                   struct hum_pages *home)
{
    *left = *home = humi_mask_none();
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        struct page *page = &block->page[i];
        if (page->resident[p])
            humi_mask_set(left, i);
        if (page->resident[p] && page->written && sole(page, p))
            humi_mask_set(home, i);
    }
    if (!humi_mask_empty(home)) {
        if (p == 0)
            return HUM_ERR_BUSY;
        if (!model_has_room(block, 0))
            return HUM_AGAIN;
        block->held[0] = true;
    }
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        struct page *page = &block->page[i];
        if (humi_mask_has(home, i)) {
            model_end_remote(page);
            page->resident[0] = true;
            page->dirty = false;
        }
        page->resident[p] = false;
    }
    model_lose_access(block, p);
    block->held[p] = false;
    return HUM_OK;
}

static void model_forget(struct model_block *block, const struct hum_pages *pages)
{
    for (unsigned p = 0; p < PROCESSORS; p++) {
        model_limit(block, p, pages, FAKE_NONE);
        for (unsigned i = 0; i < HUMI_PAGES; i++)
            if (humi_mask_has(pages, i))
                block->page[i].resident[p] = false;
    }
    for (unsigned i = 0; i < HUMI_PAGES; i++)
        if (humi_mask_has(pages, i))
            model_end_remote(&block->page[i]);
    for (unsigned i = 0; i < HUMI_PAGES; i++)
        if (humi_mask_has(pages, i)) {
            block->page[i].written = block->page[i].dirty = false;
            block->page[i].value = 0;
        }
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void expect_page_content(const char *frame, uint64_t value, unsigned p, unsigned i)
{
    uint64_t words[PAGE / sizeof value], wrong = 0;

    memcpy(words, frame, PAGE);
    for (size_t w = 0; w < COUNT_OF(words); w++)
        wrong |= words[w] ^ value;
    if (wrong)
        fail_msg("page %u of processor %u holds %#llx, not %#llx", i, p,
                 (unsigned long long)words[0], (unsigned long long)value);
}

static void compare_page(struct humi_block *block, const struct model_block *mine, unsigned p,
                         unsigned i)
{
    const struct humi_hold *hold = &block->hold[p];
    const struct page *page = &mine->page[i];
    size_t offset = humi_block_offset(block) + i * PAGE;

    if (humi_mask_has(&hold->resident, i) != page->resident[p] ||
        humi_mask_has(&hold->mapped, i) != (page->access[p] >= FAKE_READ) ||
        humi_mask_has(&hold->writable, i) != (page->access[p] >= FAKE_WRITE))
        fail_msg("page %u of processor %u: resident %d mapped %d writable %d, model %d access %d",
                 i, p, humi_mask_has(&hold->resident, i), humi_mask_has(&hold->mapped, i),
                 humi_mask_has(&hold->writable, i), page->resident[p], (int)page->access[p]);
    assert_int_equal(humi_mask_has(&hold->remote, i), page->remote[p]);
    struct hum_pages away = *humi_block_away(block, p);
    assert_int_equal(humi_mask_has(&away, i), page->away[p]);
    if (page->resident[p])
        expect_page_content(fake_frame(world->fake[p], offset), page->value, p, i);
}

static void compare_block(unsigned b)
{
    struct humi_block *block = block_at(world, b);
    const struct model_block *mine = &model.block[b];

    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        assert_int_equal(humi_mask_has(&block->written, i), mine->page[i].written);
        assert_int_equal(humi_mask_has(&block->dirty, i), mine->page[i].dirty);
        for (unsigned p = 0; p < PROCESSORS; p++)
            compare_page(block, mine, p, i);
    }
    for (unsigned p = 0; p < PROCESSORS; p++) {
        assert_int_equal(block->hold[p].own, mine->own[p]);
        assert_int_equal(block->hold[p].ordered, mine->held[p]);
    }
}

static void compare_all(void)
{
    struct hum_counters now = counters(world);

    for (unsigned b = 0; b < BLOCKS; b++)
        compare_block(b);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        assert_int_equal(now.bytes[d], model.bytes[d]);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct hum_pages random_pages(void)
{
    struct hum_pages pages = humi_mask_none();
    unsigned kind = (unsigned)random_below(&dice, 8);

    if (kind == 0)
        return humi_mask_all();
    for (uint64_t runs = 1 + random_below(&dice, kind); runs; runs--) {
        unsigned first = (unsigned)random_below(&dice, HUMI_PAGES);
        unsigned most = kind < 5 ? 8 : 200;
        unsigned end = first + 1 + (unsigned)random_below(&dice, most);
        struct hum_pages run = humi_mask_range(first, end < HUMI_PAGES ? end : HUMI_PAGES);
        humi_mask_add(&pages, &run);
    }
    return pages;
}

static void step_serve(struct humi_block *block, struct model_block *mine, unsigned p)
{
    struct humi_request request = {.processor = p, .bring = random_pages()};
    struct hum_pages more = random_pages(), here;
    uint64_t kind = random_below(&dice, 8);

    request.read_only = model.read_only[p];
    request.whole = random_below(&dice, 2);
    request.cause = HUM_CAUSE_PREFETCH_USER;
    if (kind) { /* a fault or going ahead, else a prefetch */
        here = humi_mask_or(&request.bring, &block->hold[p].resident);
        request.map = humi_mask_or(&request.bring, &more);
        if (kind < 4 && !request.read_only)
            request.write = humi_mask_and(&request.map, &here);
        request.cause = p ? HUM_CAUSE_DEVICE_FAULT : HUM_CAUSE_HOST_FAULT;
        if (kind < 7)
            request.faulted = humi_mask_and(&request.bring, &more);
    }
    if (kind > 1 && random_below(&dice, 2)) {
        request.remote = random_pages();
        humi_mask_remove(&request.remote, &request.bring);
        request.stores = random_pages();
        request.faulted = humi_mask_or(&request.faulted, &request.remote);
    }
    enum hum_status status = serve(world, block, &request);
    assert_int_equal(status, model_serve(mine, &request));
}

/* p's threads write wherever they may, one value. */
static void step_write(struct humi_block *block, struct model_block *mine, unsigned p)
{
    struct hum_pages pages = random_pages();
    uint64_t value = random_next(&dice), words[PAGE / sizeof value];

    for (size_t w = 0; w < COUNT_OF(words); w++)
        words[w] = value;
    for (unsigned i = 0; i < HUMI_PAGES; i++) {
        const struct page *page = &mine->page[i];
        size_t offset = humi_block_offset(block) + i * PAGE;
        if (!humi_mask_has(&pages, i) || (page->access[p] < FAKE_WRITE && !page->remote[p]))
            continue;
        unsigned at = page->remote[p] ? first_holder(page) : p; /* whose frame it is */
        assert_true(fake_access(world->fake[p], offset) >= FAKE_WRITE);
        memcpy(fake_frame(world->fake[at], offset), words, PAGE);
        mine->page[i].value = value;
    }
}

static void step_evict(struct humi_block *block, struct model_block *mine, unsigned p)
{
    struct humi_evicted evicted;
    struct hum_pages left, home;
    enum hum_status status = evict(world, block, p, &evicted);

    assert_int_equal(status, model_evict(mine, p, &left, &home));
    if (status == HUM_OK) {
        assert_true(humi_mask_equal(&evicted.left, &left));
        assert_true(humi_mask_equal(&evicted.home, &home));
    }
}

static void step_forget(struct humi_block *block, struct model_block *mine)
{
    struct hum_pages pages = random_pages();

    humi_lock(&block->lock);
    humi_residency_forget(&world->hum, block, pages, NULL, HUM_CAUSE_DISCARD);
    humi_unlock(&block->lock);
    model_forget(mine, &pages);
}

static void step_unmap(struct humi_block *block, struct model_block *mine, unsigned p)
{
    struct hum_pages pages = random_pages();
    bool write_only = random_below(&dice, 2), any = false;

    for (unsigned i = 0; i < HUMI_PAGES; i++)
        any = any || (humi_mask_has(&pages, i) && mine->page[i].access[p] != FAKE_NONE);
    humi_lock(&block->lock);
    humi_grant_take(&world->hum, block, p, pages, write_only);
    humi_unlock(&block->lock);
    if (any)
        model_limit(mine, p, &pages, write_only ? FAKE_READ : FAKE_NONE);
}

static void step_take_remote(struct humi_block *block, struct model_block *mine, unsigned p)
{
    struct hum_pages pages = random_pages();

    humi_lock(&block->lock);
    humi_remote_take(&world->hum, block, p, pages);
    humi_unlock(&block->lock);
    for (unsigned i = 0; i < HUMI_PAGES; i++)
        if (humi_mask_has(&pages, i)) {
            mine->page[i].away[p] = mine->page[i].away[p] || (p == 0 && mine->page[i].remote[p]);
            mine->page[i].remote[p] = false;
        }
}

static void step_lose(unsigned p)
{
    fake_die(world->fake[p]);
    for (unsigned b = 0; b < BLOCKS; b++) {
        struct humi_block *block = block_at(world, b);
        humi_lock(&block->lock);
        humi_residency_lost(&world->hum, block, p);
        humi_unlock(&block->lock);
        model_lose_access(&model.block[b], p);
        for (unsigned i = 0; i < HUMI_PAGES; i++)
            model.block[b].page[i].remote[p] = false;
    }
}

/* All write access of p goes and stays away until the next such step, as hum_protect() does it. */
static void step_protect(unsigned p)
{
    struct hum_pages all = humi_mask_all();

    if (!model.shared_read)
        return;
    model.read_only[p] = !model.read_only[p];
    for (unsigned b = 0; model.read_only[p] && b < BLOCKS; b++) {
        struct humi_block *block = block_at(world, b);
        humi_lock(&block->lock);
        humi_remote_take(&world->hum, block, p, all);
        humi_grant_take(&world->hum, block, p, all, true);
        humi_unlock(&block->lock);
        model_limit(&model.block[b], p, &all, FAKE_READ);
        for (unsigned i = 0; i < HUMI_PAGES; i++) {
            struct page *page = &model.block[b].page[i];
            page->away[p] = page->away[p] || (p == 0 && page->remote[p]);
            page->remote[p] = false;
        }
    }
}

static void step(void)
{
    unsigned b = (unsigned)random_below(&dice, BLOCKS);
    unsigned p = (unsigned)random_below(&dice, PROCESSORS);
    struct humi_block *block = block_at(world, b);
    struct model_block *mine = &model.block[b];
    uint64_t kind = random_below(&dice, 64);

    if (kind < 34)
        step_serve(block, mine, p);
    else if (kind < 48)
        step_write(block, mine, p);
    else if (kind < 56)
        step_evict(block, mine, p);
    else if (kind < 59)
        step_forget(block, mine);
    else if (kind < 61)
        step_unmap(block, mine, p);
    else if (kind < 62)
        step_take_remote(block, mine, p);
    else if (kind < 63)
        step_protect(p);
    else if (p)
        step_lose(p);
    compare_block(b);
    check_world(world);
}

static void run(const char *name, const struct fake_params *params, bool refuse_own)
{
    dice = random_make(random_seed(name), 0);
    memset(&model, 0, sizeof model);
    memcpy(model.capacity, params->capacity, sizeof model.capacity);
    model.shared_read = !params->no_shared_read;
    model.refuse_own = refuse_own;
    world = world_open(params);
    for (unsigned p = 0; p < PROCESSORS; p++)
        world->fake[p]->refuse_own = refuse_own;
    uint64_t steps = random_steps(1200);
    for (uint64_t i = 0; i < steps; i++) {
        step();
        if (i % 64 == 0)
            compare_all();
    }
    compare_all();
    fake_world_close(world);
}

/* ---- worlds ---------------------------------------------------------------------------------- */

#define WORLD(name, own, ...)                                                                      \
    static void name(void **state)                                                                 \
    {                                                                                              \
        static const struct fake_params params = {                                                 \
            .processors = PROCESSORS, .blocks = BLOCKS, __VA_ARGS__};                              \
        (void)state;                                                                               \
        run(#name, &params, !(own));                                                               \
    }

WORLD(pages_agree_with_the_model, true, .capacity = {0})
WORLD(tiny_devices_agree_with_the_model, true, .capacity = {0, 1, 2})
WORLD(tiny_host_agrees_with_the_model, true, .capacity = {2, 2, 1})
WORLD(huge_frames_agree_with_the_model, true, .capacity = {0, 2, 1}, .huge = true)
WORLD(exclusive_access_agrees_with_the_model, true, .capacity = {0, 2, 2}, .no_shared_read = true)
WORLD(refused_own_agrees_with_the_model, false, .capacity = {0, 2, 2})

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_agree_with_the_model),
        cmocka_unit_test(tiny_devices_agree_with_the_model),
        cmocka_unit_test(tiny_host_agrees_with_the_model),
        cmocka_unit_test(huge_frames_agree_with_the_model),
        cmocka_unit_test(exclusive_access_agrees_with_the_model),
        cmocka_unit_test(refused_own_agrees_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
