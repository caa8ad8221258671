/* SPDX-License-Identifier: MIT */
/*
 * page_machine.c - the page machine of runtime/replay against a slow model: every figure is equal,
 * on random touches of a host and two devices; and what must hold between figures.
 */
#include "support/test.h"

#include <string.h>

#include "policy/evict/registry.h"
#include "property/page_model.h"
#include "replay/bounds.h"
#include "support/random.h"
#include "unit/replay/touches.h"

static uint64_t seed;
static struct page_model model;

static const char *const orders[] = {"lru", "fifo", "min"}; /* as in the model */

/* A few pages often, some more, around the border of two blocks. */
static int draw_page(struct random *random)
{
    int span = random_below(random, 3) == 0 ? 80 : 20;

    return 500 + (int)random_below(random, (uint64_t)span);
}

/* The record to the source, and its touches to the model. */
static void add_record(struct humi_source *source, const struct touches *record)
{
    int number = model.touches ? model.touch[model.touches - 1].record + 1 : 1;

    touches_add(source, record, 1);
    for (uint32_t i = 0; i < record->pages; i++)
        model.touch[model.touches++] = (struct page_model_touch){
            .processor = record->processor + 1,
            .page = (int)record->page + (int)i,
            .count = (int)record->count,
            .record = number,
            .write = record->write};
}

/* A region of its own begins and ends between two records: all its pages are new. */
static void add_end(struct humi_source *source, struct random *random)
{
    int first = 495 + (int)random_below(random, 80), pages = 1 + (int)random_below(random, 20);
    const struct hum_trace_record end = {.kind = HUM_TRACE_REGION_END, .region_end = {.region = 9}};
    const struct hum_trace_record region = {
        .kind = HUM_TRACE_REGION,
        .region = {.region = 9, .first_page = (uint64_t)first,
                   .bytes = (uint64_t)pages * HUM_PAGE_SIZE}};

    assert_int_equal(humi_source_add(source, &region), HUM_OK);
    assert_int_equal(humi_source_add(source, &end), HUM_OK);
    assert_int_equal(humi_source_add(source, &end), HUM_OK); /* of nothing */
    for (int i = first; i < first + pages; i++)
        model.exists[i] = true;
    model.ended[model.ends].first = first;
    model.ended[model.ends].end = first + pages;
    model.ended[model.ends++].before = model.touches;
}

static void add_touches(struct humi_source *source, struct random *random, bool host)
{
    bool ends = random_below(random, 3) == 0;
    int records = 1 + (int)random_below(random, 250);
    int writes = (int)random_below(random, 60);

    for (int i = 0; i < records; i++) {
        struct touches record = {
            .processor = (int)random_below(random, 2),
            .page = (uint64_t)draw_page(random),
            .pages = random_below(random, 4) == 0 ? 1 + (uint32_t)random_below(random, 12) : 1,
            .count = random_below(random, 8) == 0 ? 1 + (uint32_t)random_below(random, 300) : 1,
            .agent = (uint32_t)random_below(random, 3),
            .write = (int)random_below(random, 100) < writes};

        if (host && random_below(random, 4) == 0)
            record.processor = HUM_HOST;
        add_record(source, &record);
        if (ends && random_below(random, 12) == 0)
            add_end(source, random);
    }
}

static void add_regions(struct humi_source *source, struct random *random)
{
    for (int i = 0; i < 3; i++) {
        uint64_t first = 490 + random_below(random, 60), pages = 1 + random_below(random, 60);

        touches_add_region(source, first, pages);
        for (uint64_t page = first; page < first + pages; page++)
            model.exists[page] = true;
    }
}

static void set_up(struct humi_replay_setup *setup, struct random *random)
{
    model.order = (int)random_below(random, 3);
    model.place = (enum humi_place)random_below(random, HUMI_PLACE_COUNT);
    model.chunks = model.order != MODEL_MIN && random_below(random, 2) == 0;
    model.capacity = 1 + (int)random_below(random, 40);
    model.cost.serial = random_below(random, 4) == 0;
    assert_int_equal(humi_link_parse("pcie3x16", &model.cost.link), HUM_OK);
    *setup = (struct humi_replay_setup){
        .parts = {.evict = humi_evict_find(orders[model.order]),
                  .prefetch = model.chunks ? HUMI_PREFETCH_CHUNK : HUMI_PREFETCH_NONE,
                  .place = model.place},
        .capacity = (uint64_t)model.capacity,
        .cost = model.cost};
}

/* Copies are rounded to nanoseconds at other places: one each batch and direction may differ. */
static void expect_near(uint64_t got, uint64_t want, uint64_t batches)
{
    assert_in_range(got, want - want / 1000000 - 2 * batches - 1,
                    want + want / 1000000 + 2 * batches + 1);
}

static void expect_equal(const struct humi_replay_result *got,
                         const struct humi_replay_result *want, const char *parts)
{
#define EQUAL(name)                                                                                \
    if (strcmp(#name, "modelled_ns") != 0 && got->name != want->name)                              \
        fail_msg("%s, capacity %d: " #name " is %llu, the model says %llu", parts,                 \
                 model.capacity, (unsigned long long)got->name, (unsigned long long)want->name);
    HUMI_REPLAY_COUNT_LIST(EQUAL)
#undef EQUAL
    expect_near(got->modelled_ns, want->modelled_ns, want->batches);
}

static void expect_sums(const struct humi_replay_result *r)
{
    assert_int_equal(r->far_faults, r->misses + r->host_faults);
    assert_int_equal(r->pages_in, r->misses + r->pages_prefetched);
    assert_int_equal((r->pages_in - r->first_touches) * 4096, r->bytes_h2d + r->bytes_d2d);
    assert_int_equal(r->pages_out * 4096, r->bytes_d2h);
    assert_int_equal(r->bytes_demand + r->bytes_prefetch + r->bytes_eviction,
                     r->bytes_h2d + r->bytes_d2h + r->bytes_d2d);
    assert_true(r->evictions_clean <= r->evictions);
    assert_true(r->evictions - r->evictions_clean <= r->pages_out);
    assert_true(r->prefetched_used <= r->pages_prefetched);
    assert_true(r->thrashed_pages <= r->evictions);
}

/* Nor whatever else the machine can do. */
static void expect_bound(const struct humi_source *source, const struct humi_replay_setup *setup,
                         const struct humi_replay_result *r)
{
    struct humi_bounds bounds;

    assert_int_equal(humi_bounds_find(source, setup, &bounds), HUM_OK);
    assert_true(r->modelled_ns >= bounds.least.modelled_ns);
    assert_true(r->bytes_h2d + r->bytes_d2h + r->remote_accesses * HUMI_COST_REMOTE_BYTES >=
                bounds.least.bytes);
    assert_true(bounds.remote_all.bytes >= bounds.least.bytes);
}

static void one_round(struct random *random)
{
    bool host = random_below(random, 3) > 0, regions = random_below(random, 2) == 0;
    struct humi_replay_setup setup;
    struct humi_replay_result result;
    struct humi_source source;
    char parts[96];

    memset(&model, 0, sizeof(model));
    humi_source_init(&source, 100000, 10000);
    set_up(&setup, random);
    if (regions)
        add_regions(&source, random);
    add_touches(&source, random, host);
    for (int i = 0; i < model.touches; i++)
        model.exists[model.touch[i].page] = true;
    assert_int_equal(humi_source_finish(&source, model.chunks), HUM_OK);
    model.from_host = source.from_host;
    if (source.devices == 0 || (source.devices == 1 && source.from_host))
        for (int i = 0; i < model.touches; i++)
            model.touch[i].processor = 1;
    page_model_run(&model);
    assert_int_equal(humi_machine_run(&source, &setup, &result), HUM_OK);
    humi_parts_print(&setup.parts, parts, sizeof(parts));
    expect_equal(&result, &model.result, parts);
    expect_sums(&result);
    expect_bound(&source, &setup, &result);
    humi_source_fini(&source);
}

static void every_figure_is_that_of_the_model(void **state)
{
    struct random random = random_make(seed, 1);

    (void)state;
    for (uint64_t round = 0, rounds = random_steps(400); round < rounds; round++)
        one_round(&random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_figure_is_that_of_the_model)};

    seed = random_seed("property_page_machine");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
