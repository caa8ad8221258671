/* SPDX-License-Identifier: MIT */
/* test_bounds.c - no replay is below the least that the link must carry, whatever its policy. */
#include "made_trace.h"
#include "replay/bounds.h"
#include "support/random.h"

static const char *const policies[] = {
    "ahead", "driver", "ondemand", "place=remote", "place=remote,prefetch=none", "counter",
    "adaptive", "pattern", "auto", "counter,place.threshold=4", "place=move,prefetch=block",
    "second-chance"};

static void make_host_part(struct random *random, uint64_t pages)
{
    for (unsigned i = 0; i < 12; i++)
        made_access(&(struct made_access){.processor = HUM_HOST,
                                          .first_page = random_below(random, pages - 200),
                                          .pages = 1 + (uint32_t)random_below(random, 200),
                                          .count = 1 + (uint32_t)random_below(random, 40),
                                          .write = random_below(random, 2)});
}

static void make_launch(struct random *random, uint64_t launch, uint64_t pages, int devices)
{
    int device = (int)random_below(random, (uint64_t)devices);

    made_epoch(launch);
    for (unsigned i = 0; i < 16; i++)
        made_access(&(struct made_access){.processor = device,
                                          .worker = (uint32_t)random_below(random, 2),
                                          .launch = launch,
                                          .first_page = random_below(random, pages - 300),
                                          .pages = 1 + (uint32_t)random_below(random, 300),
                                          .count = random_below(random, 2) ? 1 : 50,
                                          .write = random_below(random, 4) == 0});
    made_launch(launch, device, 0);
    made_epoch(0);
}

static void make_random(struct random *random, uint64_t blocks)
{
    bool host = random_below(random, 3) > 0;
    int devices = 1 + (random_below(random, 4) == 0);

    made_begin("ahead");
    made_region(1, 0, blocks * PAGES);
    for (uint64_t launch = 1; launch <= 5; launch++) {
        if (host)
            make_host_part(random, blocks * PAGES);
        make_launch(random, launch, blocks * PAGES, devices);
    }
    made_end();
}

static struct humi_bounds bounds_of(uint64_t device_bytes, const struct humi_link_model *link)
{
    const struct humi_replay_setup setup = {.capacity = device_bytes / HUM_PAGE_SIZE,
                                            .cost.link = *link};
    struct hum_trace_record record;
    struct humi_source source;
    struct humi_bounds bounds;
    struct hum_trace *trace;

    humi_source_init(&source, 1u << 20, 1u << 20);
    assert_int_equal(hum_trace_open(made_path, &trace), HUM_OK);
    while (hum_trace_next(trace, &record) == HUM_OK)
        assert_int_equal(humi_source_add(&source, &record), HUM_OK);
    hum_trace_close(trace);
    assert_int_equal(humi_source_finish(&source, false), HUM_OK);
    assert_int_equal(humi_bounds_find(&source, &setup, &bounds), HUM_OK);
    humi_source_fini(&source);
    return bounds;
}

/* What is touched once is far cheaper to touch where it is than to bring. */
static void touching_where_it_is_can_beat_moving(void **state)
{
    struct humi_link_model link;

    (void)state;
    assert_int_equal(humi_link_parse("pcie3x16", &link), HUM_OK);
    made_begin("ahead");
    made_region(1, 0, 3 * PAGES);
    made_access(&(struct made_access){.pages = 3 * PAGES});
    made_end();
    struct humi_bounds bounds = bounds_of(HUM_BLOCK_SIZE, &link);
    assert_true(bounds.remote_all.modelled_ns < bounds.min_oracle_prefetch.modelled_ns);
    assert_true(bounds.remote_all.modelled_ns >= bounds.least.modelled_ns);
    assert_int_equal(bounds.least.bytes, 3 * PAGES * HUMI_COST_REMOTE_BYTES);
    made_remove();
}

static void no_policy_is_below_the_least(void **state)
{
    struct random random = random_make(random_seed("no_policy_is_below_the_least"), 0);
    struct humi_link_model link;

    (void)state;
    assert_int_equal(humi_link_parse("pcie3x16", &link), HUM_OK);
    for (uint64_t i = 0; i < random_steps(8); i++) {
        uint64_t blocks = 3 + random_below(&random, 6);
        struct humi_model_params params = {.closed = true, .link = &link, .touch_ns = 0.001};
        params.device_bytes = (1 + random_below(&random, blocks)) * HUM_BLOCK_SIZE;
        make_random(&random, blocks);
        struct humi_bounds bounds = bounds_of(params.device_bytes, &link);
        assert_true(bounds.least.modelled_ns <= bounds.remote_all.modelled_ns);
        for (unsigned p = 0; p < COUNT_OF(policies); p++) {
            params.policy = policies[p];
            struct humi_model_result result = made_result(&params);
            if (result.modelled_ns < bounds.least.modelled_ns)
                fail_msg("%s takes %llu ns, less than %llu", policies[p],
                         (unsigned long long)result.modelled_ns,
                         (unsigned long long)bounds.least.modelled_ns);
        }
        made_remove();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(touching_where_it_is_can_beat_moving),
        cmocka_unit_test(no_policy_is_below_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
