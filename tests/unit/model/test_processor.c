/* SPDX-License-Identifier: MIT */
/* test_processor.c - the page table of a processor without memory. */
#include <string.h>

#include "model/processor.h"
#include "support/random.h"
#include "support/test.h"

static void open_one(struct humi_model_processor *processor, const struct humi_model_traits *traits)
{
    assert_int_equal(humi_model_processor_init(processor, 1, HUM_BLOCK_SIZE, traits), HUM_OK);
}

static struct hum_pages some_pages(struct random *random)
{
    struct hum_pages pages = random_below(random, 6) ? humi_mask_none() : humi_mask_all();
    for (uint64_t runs = random_below(random, 5); runs; runs--) {
        unsigned first = (unsigned)random_below(random, HUMI_PAGES);
        humi_mask_add_range(&pages, first,
                            first + 1 + (unsigned)random_below(random, HUMI_PAGES - first));
    }
    return pages;
}

/* Run by run, as the core does where a processor has no map_pages(). */
static void map_runs(struct humi_processor *p, const struct hum_pages *pages,
                     enum humi_map_access access)
{
    bool own;
    humi_for_each_run (run, pages)
        assert_int_equal(p->ops->map(p, run.first * HUM_PAGE_SIZE,
                                     (run.end - run.first) * HUM_PAGE_SIZE, access, &own),
                         HUM_OK);
}

/* What happens between two mappings of a set, to both in the same way. */
static void change(struct random *random, struct humi_model_processor *const both[2])
{
    const uint64_t what = random_below(random, 5), how = random_below(random, 2);
    const struct hum_pages pages = some_pages(random);
    for (unsigned i = 0; i < 2; i++) {
        struct humi_processor *p = &both[i]->base;
        bool own;
        if (what == 0)
            assert_int_equal(p->ops->map(p, 0, HUM_BLOCK_SIZE,
                                         how ? HUMI_MAP_OWN : HUMI_MAP_READ, &own), HUM_OK);
        else if (what == 1)
            map_runs(p, &pages, HUMI_MAP_UPGRADE);
        else if (what == 2)
            humi_for_each_run (run, &pages)
                p->ops->unmap(p, run.first * HUM_PAGE_SIZE,
                              (run.end - run.first) * HUM_PAGE_SIZE);
        else if (what == 3)
            humi_model_processor_store(both[i], 0);
    }
}

static void mapping_a_set_is_mapping_its_runs(void **state)
{
    struct random random = random_make(random_seed("mapping_a_set_is_mapping_its_runs"), 0);
    (void)state;
    for (uint64_t step = 0; step < random_steps(200); step++) {
        const struct humi_model_traits traits = {.huge = random_below(&random, 2),
                                                 .opens_reads = random_below(&random, 2)};
        struct humi_model_processor set, runs;
        struct humi_model_processor *const both[2] = {&set, &runs};
        open_one(&set, &traits);
        open_one(&runs, &traits);
        for (unsigned i = 0; i < 20; i++) {
            struct hum_pages pages = some_pages(&random);
            enum humi_map_access access =
                random_below(&random, 2) ? HUMI_MAP_READ : HUMI_MAP_WRITE;
            change(&random, both);
            if (humi_mask_empty(&pages))
                continue;
            assert_int_equal(set.base.ops->map_pages(&set.base, 0, &pages, access), HUM_OK);
            map_runs(&runs.base, &pages, access);
            assert_memory_equal(humi_model_entry(&set, 0), humi_model_entry(&runs, 0),
                                sizeof(struct humi_model_entry));
        }
        humi_model_processor_fini(&set);
        humi_model_processor_fini(&runs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapping_a_set_is_mapping_its_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
