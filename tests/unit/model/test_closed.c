/* SPDX-License-Identifier: MIT */
/* test_closed.c - the closed loop: times by hand, and counts that are those of the open loop. */
#include "made_trace.h"
#include "replay/cost.h"
#include "support/random.h"

/* Copying a page takes 2 us: 1 us to start, 1 us for 4096 bytes. */
static const struct humi_link_model link_of_pages = {.alpha_ns = 1000,
                                                     .ns_per_byte = 1000.0 / 4096,
                                                     .name = "alpha=1us,beta=4.096G"};
#define COPY UINT64_C(2000)
#define TOUCH 10

static struct humi_model_params closed(void)
{
    return (struct humi_model_params){.closed = true, .link = &link_of_pages, .touch_ns = TOUCH};
}

static struct made_access by(uint32_t worker, uint64_t launch, uint64_t page, uint32_t pages)
{
    return (struct made_access){
        .worker = worker, .launch = launch, .first_page = page, .pages = pages};
}

/* ---- times by hand --------------------------------------------------------------------------- */

static void a_fault_makes_its_agent_wait_for_the_batch(void **state)
{
    struct humi_model_params params = closed();
    struct made_access access = by(0, 0, 0, 2);
    (void)state;
    access.count = 3;
    made_begin("ondemand");
    made_region(1, 0, PAGES);
    made_access(&access);
    made_end();
    struct humi_model_result result = made_result(&params);
    uint64_t first = HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS + HUMI_COST_TAKEN_NS + COPY;
    uint64_t second = HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS + COPY;
    assert_int_equal(result.modelled_ns, first + second + 6 * TOUCH);
    assert_int_equal(result.modelled_service_ns, first + second);
    assert_int_equal(result.modelled_link_ns[HUM_H2D], 2 * COPY);
    assert_int_equal(result.modelled_link_ns[HUM_D2H], 0);
    assert_int_equal(result.touches, 2);
    assert_int_equal(result.hits, 0);
    made_remove();
}

static void faults_of_one_time_are_one_batch(void **state)
{
    struct humi_model_params params = closed();
    struct made_access accesses[] = {by(0, 0, 0, 1), by(1, 0, PAGES, 1), by(2, 0, PAGES, 1)};
    (void)state;
    made_begin("ondemand");
    made_region(1, 0, 2 * PAGES);
    for (unsigned i = 0; i < 3; i++)
        made_access(&accesses[i]);
    made_end();
    struct humi_model_result result = made_result(&params);
    assert_int_equal(result.counters.batches, 1);
    assert_int_equal(result.counters.faults_device, 3);
    assert_int_equal(result.counters.faults_duplicate, 1);
    assert_int_equal(result.modelled_ns,
                     HUMI_COST_BATCH_NS + HUMI_COST_DUPLICATE_NS + 2 * HUMI_COST_BLOCK_NS +
                         2 * HUMI_COST_TAKEN_NS + 2 * COPY + TOUCH);
    made_remove();
}

/* What comes while a batch is served waits for the next. */
static void a_later_fault_waits_for_the_service(void **state)
{
    struct humi_model_params params = closed();
    struct made_access early = by(0, 0, 0, 1), hit = by(1, 0, 1, 1), late = by(1, 0, PAGES, 1);
    (void)state;
    made_begin("ondemand");
    made_region(1, 0, 2 * PAGES);
    made_access(&early);
    made_access(&hit);
    made_access(&late);
    made_end();
    struct humi_model_result result = made_result(&params);
    uint64_t first = HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS + HUMI_COST_TAKEN_NS + 2 * COPY - 1000;
    uint64_t second = HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS + HUMI_COST_TAKEN_NS + COPY;
    assert_int_equal(result.counters.batches, 2);
    assert_int_equal(result.modelled_ns, first + TOUCH + second + TOUCH);
    made_remove();
}

static void serial_faults_cost_the_same_each(void **state)
{
    struct humi_model_params params = closed();
    struct made_access access = by(0, 0, 0, 5);
    (void)state;
    params.serial = true;
    made_begin("ondemand");
    made_region(1, 0, PAGES);
    made_access(&access);
    made_end();
    assert_int_equal(made_result(&params).modelled_ns,
                     5 * (HUMI_COST_SERIAL_FAULT_NS + COPY + TOUCH));
    made_remove();
}

/* ---- the link and going ahead ---------------------------------------------------------------- */

#define US UINT64_C(1000)
#define FAULT (HUMI_COST_BATCH_NS + HUMI_COST_BLOCK_NS) /* before the first byte moves */
#define ROOM 16u                 /* blocks on the device */

/*
 * A page of each of so many blocks is written, with room for 16, and `more` neighbours of that of
 * the second block.
 */
static struct humi_model_result write_blocks(const char *policy, unsigned blocks, unsigned more,
                                             const struct humi_link_model *link)
{
    struct humi_model_params params = closed();
    params.link = link;
    params.device_bytes = ROOM * HUM_BLOCK_SIZE;
    made_begin(policy);
    made_region(1, 0, blocks * (uint64_t)PAGES);
    for (unsigned i = 0; i < blocks; i++) {
        struct made_access access = by(0, 0, i * (uint64_t)PAGES, i == 1 ? 1 + more : 1);
        access.write = true;
        made_access(&access);
    }
    made_end();
    struct humi_model_result result = made_result(&params);
    made_remove();
    return result;
}

static void an_eviction_that_a_fault_needs_takes_its_time(void **state)
{
    uint64_t each = FAULT + HUMI_COST_TAKEN_NS + COPY + TOUCH;
    struct humi_model_result result =
        write_blocks("ondemand,evict.reserve=0", ROOM + 3, 0, &link_of_pages);
    (void)state;
    assert_int_equal(result.counters.evictions_dirty, 3);
    assert_int_equal(result.modelled_ns, (ROOM + 3) * each + 3 * (HUMI_COST_EVICTION_NS + COPY));
    assert_int_equal(result.modelled_link_ns[HUM_D2H], 3 * COPY);
}

/* Only the first waits: 37 + 2 us of an eviction end before the next 65 us before its copy. */
static void a_room_that_is_free_in_time_costs_nothing(void **state)
{
    uint64_t each = FAULT + HUMI_COST_TAKEN_NS + COPY + TOUCH;
    struct humi_model_result result =
        write_blocks("ondemand,evict.reserve=1", ROOM + 3, 0, &link_of_pages);
    (void)state;
    assert_int_equal(result.counters.evictions_dirty, 4);
    assert_int_equal(result.modelled_ns, (ROOM + 3) * each + HUMI_COST_EVICTION_NS + COPY);
    assert_int_equal(result.modelled_link_ns[HUM_D2H], 4 * COPY);
}

/*
 * A page takes 100 us, and the block that leaves for the reserve has three.  It begins to leave at
 * t, when the fault before has a room, and has left at t + 37 + 300.
 *
 *     t + 220        the fault before has ended: 120 + 100
 *     t + 285        the next wants the room, 45 + 20 later, and waits
 *     t + 337        it takes it
 *     t + 557        it has ended, 337 after the one before
 */
static void a_block_that_is_leaving_is_waited_for(void **state)
{
    const struct humi_link_model slow = {.ns_per_byte = 100000.0 / HUM_PAGE_SIZE};
    const uint64_t copy = 100 * US, each = FAULT + HUMI_COST_TAKEN_NS + copy + TOUCH;
    const uint64_t before = (ROOM + 1) * each + 2 * (each - HUMI_COST_TAKEN_NS) +
                            HUMI_COST_EVICTION_NS + copy;
    (void)state;
    assert_int_equal(
        write_blocks("ondemand,evict.reserve=1", ROOM + 2, 2, &slow).modelled_ns,
        before + 337 * US);
    assert_int_equal(
        write_blocks("ondemand,evict.reserve=0", ROOM + 2, 2, &slow).modelled_ns,
        before + each + HUMI_COST_EVICTION_NS + 3 * copy);
}

/* The first `blocks` blocks of a region of four, read whole, one after the other. */
static struct humi_model_result read_blocks(const char *policy, unsigned blocks)
{
    struct humi_model_params params = closed();
    struct made_access access = by(0, 0, 0, blocks * PAGES);
    params.device_bytes = UINT64_MAX;
    made_begin(policy);
    made_region(1, 0, 4 * (uint64_t)PAGES);
    made_access(&access);
    made_end();
    struct humi_model_result result = made_result(&params);
    made_remove();
    return result;
}

/*
 * The fault on the second block brings it, and two further ones ahead: each behind the one before
 * on the link, after 140 us of work for which the link does not wait in the first case only.
 *
 *     b + 185        the copy of block 1 begins: 45 + 20 + 120
 *     b + 699        it has come, 1 + 1 us for the faulted page, 1 + 511 for the others; block 2
 *                    follows on the link at once
 *     b + 1212       block 2 has come, 1 + 512; it was wanted from b + 704 on
 *     b + 1352       block 3 begins to be copied: 20 + 120 later
 *     b + 1865       it has come; it was wanted from b + 1217 on
 */
static void what_comes_ahead_comes_at_its_own_time(void **state)
{
    const uint64_t touches = PAGES * TOUCH;
    uint64_t begin = read_blocks("ahead,prefetch.blocks=2", 1).modelled_ns;
    struct humi_model_result two = read_blocks("ahead,prefetch.blocks=2", 2);
    struct humi_model_result all = read_blocks("ahead,prefetch.blocks=2", 4);
    struct humi_model_result none = read_blocks("ahead,prefetch.blocks=0", 4);
    (void)state;
    assert_int_equal(all.late_prefetches, 2);
    assert_int_equal(two.late_prefetches, 0);
    assert_int_equal(two.modelled_ns, begin + 699 * US + touches);
    assert_int_equal(all.modelled_ns, begin + 1865 * US + touches);
    assert_int_equal(none.late_prefetches, 0);
    assert_int_equal(none.modelled_ns, begin + 3 * (699 * US + touches));
}

/* A page that two devices write in turn: who faults waits, as thrashing control says. */
static void throttled_faults_cost_their_wait(void **state)
{
    struct humi_model_params params = closed();
    uint64_t times[2];
    (void)state;
    for (unsigned on = 0; on < 2; on++) {
        made_begin(on ? "driver" : "driver,thrash=off");
        made_region(1, 0, PAGES);
        made_host(0, 1, true);
        for (uint64_t launch = 1; launch <= 8; launch++) {
            struct made_access access = by(0, launch, 0, 1);
            made_epoch(launch);
            access.processor = launch % 2;
            access.write = true;
            made_access(&access);
            made_launch(launch, access.processor, 0);
            made_epoch(0);
        }
        made_end();
        struct humi_model_result result = made_result(&params);
        times[on] = result.modelled_throttled_ns;
        assert_true(result.modelled_ns >= result.modelled_service_ns + times[on]);
        made_remove();
    }
    assert_int_equal(times[0], 0);
    assert_true(times[1] > 0);
    assert_true(times[1] < 8 * 500 * US);
}

/* ---- order of work --------------------------------------------------------------------------- */

/* Launches that only hit: `touches` each, of a page that is there. */
static uint64_t two_launches(int second_device, uint32_t second_stream)
{
    struct humi_model_params params = closed();
    struct made_access access = by(0, 0, 0, 1);
    made_begin("ondemand");
    made_region(1, 0, PAGES);
    made_region(2, PAGES, PAGES);
    made_host(0, 1, true);
    made_host(PAGES, 1, true);
    for (uint64_t launch = 1; launch <= 2; launch++)
        made_epoch(launch);
    for (uint64_t launch = 1; launch <= 2; launch++) {
        access = by(0, launch, (launch - 1) * PAGES, 1);
        access.processor = launch == 1 ? 0 : second_device;
        access.count = 1000000;
        made_access(&access);
    }
    made_launch(1, 0, 0);
    made_launch(2, second_device, second_stream);
    made_end();
    uint64_t ns = made_result(&params).modelled_ns;
    made_remove();
    return ns;
}

static void launches_of_one_stream_follow_each_other(void **state)
{
    uint64_t each = 1000000 * TOUCH;
    (void)state;
    assert_true(two_launches(0, 0) > 2 * each);
    assert_true(two_launches(0, 1) > each);
    assert_true(two_launches(0, 1) < 3 * each / 2);
    assert_true(two_launches(1, 0) < 3 * each / 2);
}

static void the_program_waits_where_it_waited(void **state)
{
    struct humi_model_params params = closed();
    struct made_access access = by(0, 1, 0, 1);
    (void)state;
    access.count = 1000000;
    uint64_t times[2];
    for (unsigned waits = 0; waits < 2; waits++) {
        made_begin("ondemand");
        made_region(1, 0, PAGES);
        made_host(0, PAGES, true);
        made_epoch(1);
        made_access(&access);
        made_launch(1, 0, 0);
        if (waits)
            made_epoch(0);
        made_access(&(struct made_access){.processor = HUM_HOST,
                                          .first_page = 7,
                                          .pages = 1,
                                          .count = 1000000,
                                          .write = true});
        made_end();
        times[waits] = made_result(&params).modelled_ns;
        made_remove();
    }
    assert_true(times[1] > times[0] + 900000 * TOUCH);
}

/* ---- against the open loop ------------------------------------------------------------------- */

/* One agent at a time, so both loops have one order; nothing here decides by the time. */
static void make_random(struct random *random)
{
    uint64_t launch = 0;
    static const char *const policies[] = {"ahead,thrash=off", "driver,thrash=off",
                                           "ondemand,thrash=off"};
    made_begin(policies[random_below(random, 3)]);
    made_region(1, 0, 3 * PAGES);
    made_region(2, 3 * PAGES + 5, 2 * PAGES);
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 0; i < 20; i++)
            made_host(random_below(random, 3 * PAGES - 64), 1 + (uint32_t)random_below(random, 64),
                      random_below(random, 2));
        made_epoch(++launch);
        for (unsigned i = 0; i < 40; i++) {
            struct made_access access =
                by(0, launch, 3 * PAGES + 5 + random_below(random, 2 * PAGES - 64),
                   1 + (uint32_t)random_below(random, 64));
            if (random_below(random, 2))
                access.first_page = random_below(random, 3 * PAGES - 64);
            access.write = random_below(random, 2);
            made_access(&access);
        }
        made_launch(launch, 0, 0);
        made_epoch(0);
    }
    made_region_end(1);
    made_end();
}

static void one_agent_counts_what_the_open_loop_counts(void **state)
{
    struct random random = random_make(random_seed("one_agent_counts_what_the_open_loop_counts"),
                                       0);
    (void)state;
    for (uint64_t i = 0; i < random_steps(40); i++) {
        struct humi_model_params params = closed();
        make_random(&random);
        params.device_bytes = (1 + random_below(&random, 5)) * HUM_BLOCK_SIZE;
        struct humi_model_result in_time = made_result(&params), again = made_result(&params);
        params.closed = false;
        struct humi_model_result in_order = made_result(&params);
        assert_int_equal(in_time.touches, in_order.touches);
        assert_int_equal(in_time.hits, in_order.hits);
        assert_memory_equal(&in_time.counters, &in_order.counters, sizeof in_time.counters);
        assert_int_equal(in_time.modelled_ns, again.modelled_ns);
        assert_true(in_time.modelled_ns > in_time.modelled_service_ns);
        made_remove();
    }
}

/* Counts do not depend on the link here, times only rise with what it takes. */
static void a_faster_link_is_never_slower(void **state)
{
    struct random random = random_make(random_seed("a_faster_link_is_never_slower"), 0);
    (void)state;
    for (uint64_t i = 0; i < random_steps(25); i++) {
        struct humi_model_params params = closed();
        struct humi_link_model link = link_of_pages;
        params.link = &link;
        make_random(&random);
        params.device_bytes = (1 + random_below(&random, 20)) * HUM_BLOCK_SIZE;
        struct humi_model_result before = made_result(&params), now;
        for (unsigned faster = 0; faster < 4; faster++, before = now) {
            link.ns_per_byte /= 1.0 + (double)random_below(&random, 4);
            link.alpha_ns /= 1.0 + (double)random_below(&random, 2);
            now = made_result(&params);
            assert_memory_equal(now.counters.events, before.counters.events,
                                sizeof now.counters.events);
            assert_memory_equal(now.counters.bytes, before.counters.bytes,
                                sizeof now.counters.bytes);
            assert_true(now.modelled_ns <= before.modelled_ns);
            for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
                assert_true(now.modelled_ns >= now.modelled_link_ns[d]);
            assert_true(now.modelled_ns >= now.touches * TOUCH);
        }
        made_remove();
    }
}

/* ---- hostile --------------------------------------------------------------------------------- */

static void touches_of_nothing_are_passed_over(void **state)
{
    struct humi_model_params params = closed();
    struct made_access access = by(0, 3, 12, 8);
    (void)state;
    made_begin("ahead");
    made_region(1, 0, 16);
    made_host(0, 1, true);
    made_access(&access);
    access.launch = UINT64_C(1) << 60;
    made_access(&access);
    made_epoch(UINT64_C(1) << 61);
    made_epoch(3);
    made_epoch(3);
    made_end();
    struct humi_model_result result = made_result(&params);
    assert_int_equal(result.failed, 8);
    assert_int_equal(result.touches, 17);
    made_remove();
}

/* In the run the touch ended the launch; the next of its stream begins behind it. */
static void an_illegal_touch_ends_its_launch(void **state)
{
    struct humi_model_params params = closed();
    const struct hum_trace_record ended = {.kind = HUM_TRACE_LAUNCH,
                                           .launch = {.launch = 1,
                                                      .status = HUM_ERR_ILLEGAL_ADDRESS,
                                                      .count = 1}};
    (void)state;
    made_begin("ahead");
    made_region(1, 0, 16);
    made_host(0, 16, true);
    for (uint32_t worker = 0; worker < 2; worker++) {
        made_access(&(struct made_access){
            .worker = worker, .launch = 1, .first_page = worker, .pages = 1});
        made_access(&(struct made_access){
            .worker = worker, .launch = 1, .first_page = 100, .pages = 30});
        made_access(&(struct made_access){.worker = worker, .launch = 1, .pages = 16});
    }
    made_put(&ended);
    made_access(&(struct made_access){.launch = 2, .first_page = 3, .pages = 4});
    made_launch(2, 0, 0);
    made_end();
    struct humi_model_result result = made_result(&params);
    assert_int_equal(result.failed, 1);
    assert_int_equal(result.touches, 16 + 2 + 1 + 4);
    params.closed = false;
    result = made_result(&params);
    assert_int_equal(result.failed, 1);
    assert_int_equal(result.touches, 16 + 1 + 1 + 4); /* in order: the other worker never began */
    made_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_makes_its_agent_wait_for_the_batch),
        cmocka_unit_test(faults_of_one_time_are_one_batch),
        cmocka_unit_test(a_later_fault_waits_for_the_service),
        cmocka_unit_test(serial_faults_cost_the_same_each),
        cmocka_unit_test(an_eviction_that_a_fault_needs_takes_its_time),
        cmocka_unit_test(a_room_that_is_free_in_time_costs_nothing),
        cmocka_unit_test(a_block_that_is_leaving_is_waited_for),
        cmocka_unit_test(what_comes_ahead_comes_at_its_own_time),
        cmocka_unit_test(throttled_faults_cost_their_wait),
        cmocka_unit_test(launches_of_one_stream_follow_each_other),
        cmocka_unit_test(the_program_waits_where_it_waited),
        cmocka_unit_test(one_agent_counts_what_the_open_loop_counts),
        cmocka_unit_test(a_faster_link_is_never_slower),
        cmocka_unit_test(touches_of_nothing_are_passed_over),
        cmocka_unit_test(an_illegal_touch_ends_its_launch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
