/* SPDX-License-Identifier: MIT */
/* test_measure.c - measures done in a replay: what they change, by hand, and what they cost. */
#include "made_trace.h"
#include "replay/cost.h"

/* Copying a page takes 2 us: 1 us to start, 1 us for 4096 bytes. */
static const struct humi_link_model link_of_pages = {.alpha_ns = 1000,
                                                     .ns_per_byte = 1000.0 / 4096,
                                                     .name = "alpha=1us,beta=4.096G"};
#define TOUCH 10
#define ROUNDS 4

static struct humi_model_params closed(const struct humi_measure *list, size_t count)
{
    return (struct humi_model_params){
        .closed = true, .link = &link_of_pages, .touch_ns = TOUCH, .measures = {list, count}};
}

static void name_region(uint32_t id, const char *name)
{
    struct hum_trace_record record = {.kind = HUM_TRACE_REGION, .region = {.region = id}};
    record.region.bytes = PAGES * HUM_PAGE_SIZE;
    snprintf(record.region.name, sizeof record.region.name, "%s", name);
    made_put(&record);
}

static void device_touches(uint64_t launch, uint64_t page, uint32_t pages, uint32_t count,
                           bool write)
{
    made_access(&(struct made_access){.launch = launch,
                                      .first_page = page,
                                      .pages = pages,
                                      .count = count,
                                      .write = write});
}

/* With a device that maps what it is given whole, as emulated ones do. */
static void begin(void)
{
    made_begin("ondemand");
    made_setting(HUMI_RECORD_ABILITIES "0", "huge shares opens");
}

/* The host writes a block, the device uses it: as often as that. */
static void make_turns(unsigned rounds, uint32_t host_pages, bool write)
{
    begin();
    made_region(7, 0, PAGES);
    name_region(7, "shared");
    for (uint64_t launch = 1; launch <= rounds; launch++) {
        made_host(0, host_pages, true);
        made_epoch(launch);
        device_touches(launch, 0, PAGES, 1, write);
        made_launch(launch, 0, 0);
        made_epoch(0);
    }
    made_end();
}

/* ---- advice ---------------------------------------------------------------------------------- */

static void remote_touches_cost_the_link_and_one_wait(void **state)
{
    const struct humi_measure remote = {.kind = HUMI_MEASURE_ADVICE,
                                        .region = 1,
                                        .advice = HUM_ADVISE_REMOTE,
                                        .processor = 0};
    struct humi_model_params params = closed(&remote, 1);
    uint64_t times[2];
    (void)state;
    for (unsigned with = 0; with < 2; with++) {
        made_begin("ondemand");
        made_region(1, 0, PAGES);
        made_region(2, PAGES, PAGES);
        made_host(0, 1, true);
        made_epoch(1);
        device_touches(1, PAGES, 1, 1, true);
        if (with)
            device_touches(1, 0, 1, 400, false);
        made_launch(1, 0, 0);
        made_epoch(0);
        made_end();
        struct humi_model_result result = made_result(&params);
        times[with] = result.modelled_ns;
        assert_int_equal(result.remote, with ? 400 : 0);
        assert_int_equal(result.reaches, with);
        assert_int_equal(result.counters.bytes[HUM_H2D], 0);
        assert_int_equal(result.modelled_link_ns[HUM_H2D], with ? 400 * 128 * 1000 / 4096 : 0);
        params.closed = false;
        assert_int_equal(made_result(&params).remote, result.remote);
        assert_int_equal(made_result(&params).reaches, result.reaches);
        params.closed = true;
        made_remove();
    }
    assert_int_equal(times[1] - times[0], HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS +
                                              400 * TOUCH + 400 * 128 * 1000 / 4096 +
                                              HUMI_COST_REMOTE_NS);
}

/* Two workers share the link, but each waits for itself. */
static void remote_touches_queue_behind_each_other(void **state)
{
    const struct humi_measure remote = {.kind = HUMI_MEASURE_ADVICE,
                                        .region = 1,
                                        .advice = HUM_ADVISE_REMOTE,
                                        .processor = 0};
    struct humi_model_params params = closed(&remote, 1);
    uint64_t times[3] = {0};
    (void)state;
    for (unsigned workers = 1; workers <= 2; workers++) {
        made_begin("ondemand");
        made_region(1, 0, PAGES);
        made_host(0, 2, true);
        made_epoch(1);
        for (uint32_t w = 0; w < workers; w++)
            made_access(&(struct made_access){
                .worker = w, .launch = 1, .first_page = w, .pages = 1, .count = 100000});
        made_launch(1, 0, 0);
        made_epoch(0);
        made_end();
        times[workers] = made_result(&params).modelled_ns;
        made_remove();
    }
    /* one worker's share of the link more, but for the work of a second fault in the batch */
    uint64_t share = UINT64_C(100000) * 128 * 1000 / 4096;
    assert_in_range(times[2] - times[1], share - 1000, share + 1000);
}

static void advice_by_name_comes_with_the_name(void **state)
{
    const struct humi_measure named = {.kind = HUMI_MEASURE_ADVICE,
                                       .name = "shared",
                                       .advice = HUM_ADVISE_REMOTE,
                                       .processor = HUM_HOST};
    const struct humi_measure numbered = {.kind = HUMI_MEASURE_ADVICE,
                                          .region = 7,
                                          .advice = HUM_ADVISE_REMOTE,
                                          .processor = HUM_HOST};
    const struct humi_measure other = {.kind = HUMI_MEASURE_ADVICE,
                                       .name = "share",
                                       .advice = HUM_ADVISE_REMOTE,
                                       .processor = HUM_HOST};
    struct humi_model_params by_name = closed(&named, 1), by_number = closed(&numbered, 1);
    struct humi_model_params by_other = closed(&other, 1), none = closed(NULL, 0);
    (void)state;
    make_turns(ROUNDS, 1, true);
    struct humi_model_result a = made_result(&by_name), b = made_result(&by_number);
    struct humi_model_result c = made_result(&by_other), base = made_result(&none);
    assert_int_equal(a.remote, ROUNDS - 1);
    assert_memory_equal(&a.counters, &b.counters, sizeof a.counters);
    assert_int_equal(a.modelled_ns, b.modelled_ns);
    assert_int_equal(c.modelled_ns, base.modelled_ns);
    assert_true(a.modelled_ns < base.modelled_ns);
    assert_int_equal(base.counters.bytes[HUM_D2H], (ROUNDS - 1) * HUM_PAGE_SIZE);
    assert_int_equal(a.counters.bytes[HUM_D2H], 0);
    made_remove();
}

/* ---- policies -------------------------------------------------------------------------------- */

static void a_policy_for_the_only_region_is_that_of_the_space(void **state)
{
    static const char *const policies[] = {"ondemand", "chunk", "tree", "stride", "ahead"};
    (void)state;
    make_turns(ROUNDS, PAGES, false);
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        const struct humi_measure set = {
            .kind = HUMI_MEASURE_POLICY, .region = 7, .policy = policies[i]};
        struct humi_model_params mine = closed(&set, 1), all = closed(NULL, 0);
        all.policy = policies[i];
        struct humi_model_result a = made_result(&mine), b = made_result(&all);
        assert_memory_equal(&a.counters, &b.counters, sizeof a.counters);
        assert_int_equal(a.modelled_ns, b.modelled_ns);
    }
    made_remove();
}

/* ---- prefetches ------------------------------------------------------------------------------ */

static void a_prefetch_comes_before_its_launches_only(void **state)
{
    static const uint64_t launches[] = {2, 4};
    const struct humi_measure before[] = {{.kind = HUMI_MEASURE_PREFETCH,
                                           .name = "shared",
                                           .launches = launches,
                                           .launch_count = 2},
                                          {.kind = HUMI_MEASURE_PREFETCH,
                                           .region = 7,
                                           .launches = launches,
                                           .launch_count = 2}};
    (void)state;
    make_turns(ROUNDS, PAGES, false);
    for (unsigned loop = 0; loop < 2; loop++)
        for (unsigned by = 0; by < 2; by++) {
            struct humi_model_params params = closed(&before[by], 1), none = closed(NULL, 0);
            params.closed = none.closed = loop == 0;
            struct humi_model_result with = made_result(&params), base = made_result(&none);
            assert_int_equal(with.counters.bytes[HUM_H2D], base.counters.bytes[HUM_H2D]);
            assert_int_equal(with.counters.bytes_by_cause[HUM_CAUSE_PREFETCH_USER],
                             2 * HUM_BLOCK_SIZE);
            assert_int_equal(base.counters.faults_device, ROUNDS * PAGES);
            assert_int_equal(with.counters.faults_device, (ROUNDS - 2) * PAGES + 2);
            /* what is brought is mapped at the first touch */
        }
    made_remove();
}

/* The host writes a block, the device reads the first pages of it. */
static void make_launch(uint32_t pages)
{
    begin();
    made_region(7, 0, PAGES);
    made_host(0, PAGES, true);
    made_epoch(1);
    device_touches(1, 0, pages, 1, false);
    made_launch(1, 0, 0);
    made_epoch(0);
    made_end();
}

static void a_prefetch_takes_the_time_of_its_copy(void **state)
{
    static const uint64_t launches[] = {1};
    const struct humi_measure before = {
        .kind = HUMI_MEASURE_PREFETCH, .region = 7, .launches = launches, .launch_count = 1};
    struct humi_model_params params = closed(&before, 1);
    uint64_t times[2];
    (void)state;
    for (uint32_t with = 0; with < 2; with++) {
        make_launch(with ? PAGES : 1);
        times[with] = made_result(&params).modelled_ns;
        made_remove();
    }
    assert_int_equal(times[1] - times[0], (PAGES - 1) * TOUCH);
    params.measures.count = 0;
    make_launch(1);
    /* one page by a fault is what the block is by prefetch, but for bytes and the first touch */
    assert_int_equal(times[0] - made_result(&params).modelled_ns,
                     (HUM_BLOCK_SIZE - HUM_PAGE_SIZE) * 1000 / 4096 + HUMI_COST_BATCH_NS +
                         HUMI_COST_BLOCK_NS);
    made_remove();
}

static void what_does_not_live_is_not_prefetched(void **state)
{
    static const uint64_t launches[] = {1, 2};
    const struct humi_measure before[] = {
        {.kind = HUMI_MEASURE_PREFETCH, .region = 3, .launches = launches, .launch_count = 2},
        {.kind = HUMI_MEASURE_PREFETCH, .region = 99999, .launches = launches, .launch_count = 2},
        {.kind = HUMI_MEASURE_PREFETCH, .name = "gone", .launches = launches, .launch_count = 2}};
    struct humi_model_params params = closed(before, 3);
    (void)state;
    made_begin("ondemand");
    made_region(3, 0, PAGES);
    name_region(3, "gone");
    made_host(0, PAGES, true);
    made_region_end(3);
    made_region(4, PAGES, PAGES);
    made_host(PAGES, PAGES, true);
    for (uint64_t launch = 1; launch <= 2; launch++) {
        made_epoch(launch);
        device_touches(launch, PAGES, PAGES, 1, false);
        made_launch(launch, 0, 0);
        made_epoch(0);
    }
    made_end();
    assert_int_equal(made_result(&params).counters.bytes_by_cause[HUM_CAUSE_PREFETCH_USER], 0);
    made_remove();
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* The region around all accesses of a trace without regions has number 1. */
static void a_trace_without_regions_has_one(void **state)
{
    const struct humi_measure set = {
        .kind = HUMI_MEASURE_POLICY, .region = 1, .policy = "prefetch=none"};
    struct humi_model_params params = closed(&set, 1);
    (void)state;
    made_begin("tree");
    made_region_end(1); /* of no region that the trace began */
    device_touches(1, 0, PAGES, 1, false);
    made_launch(1, 0, 0);
    made_end();
    assert_int_equal(made_result(&params).counters.faults_device, PAGES);
    made_remove();
}

static void what_cannot_be_done_is_said(void **state)
{
    static const uint64_t launches[] = {1};
    const struct humi_measure wrong[] = {
        {.kind = HUMI_MEASURE_ADVICE, .region = 7, .advice = HUM_ADVISE_PREFERRED, .processor = 9},
        {.kind = HUMI_MEASURE_POLICY, .region = 7, .policy = "nonesuch"},
        {.kind = HUMI_MEASURE_POLICY, .name = "shared", .policy = "evict=lru"},
        {.kind = HUMI_MEASURE_PREFETCH,
         .region = 7,
         .processor = 9,
         .launches = launches,
         .launch_count = 1}};
    (void)state;
    make_turns(2, PAGES, false);
    for (unsigned i = 0; i < 8; i++) {
        struct humi_model_params params = closed(&wrong[i / 2], 1);
        struct humi_model_result result;
        params.closed = i % 2;
        assert_int_equal(made_replay(&params, &result), HUM_ERR_INVALID);
        assert_true(*hum_error_text());
    }
    made_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remote_touches_cost_the_link_and_one_wait),
        cmocka_unit_test(remote_touches_queue_behind_each_other),
        cmocka_unit_test(advice_by_name_comes_with_the_name),
        cmocka_unit_test(a_policy_for_the_only_region_is_that_of_the_space),
        cmocka_unit_test(a_prefetch_comes_before_its_launches_only),
        cmocka_unit_test(a_prefetch_takes_the_time_of_its_copy),
        cmocka_unit_test(what_does_not_live_is_not_prefetched),
        cmocka_unit_test(a_trace_without_regions_has_one),
        cmocka_unit_test(what_cannot_be_done_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
