/* SPDX-License-Identifier: MIT */
/*
 * remote.c - pages that a processor touches where they are: one frame, several who map it, and
 * nothing moves.
 */
#include "flow/flow.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define WORDS (3 * MIB / sizeof(uint64_t)) /* a block and a half */

static struct hum *hum;

/* What comes because its touches were counted comes at any time; here bytes are expected. */
static int setup(void **state)
{
    (void)state;
    if (setenv("HUM_SAMPLE", "off", 1) != 0)
        return -1;
    hum = flow_open(TWO_DEVICES, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static void run_words(int device, const char *kernel, uint64_t *words, size_t n, uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    flow_status(HUM_OK, flow_try(hum, device, kernel, &args, sizeof args, n), kernel, __FILE__,
                __LINE__);
}

/* Words on the host, that the device is to touch there. */
static uint64_t *advised(size_t bytes, int processor)
{
    uint64_t *words = flow_alloc(hum, bytes);

    ok(hum_advise(hum, words, bytes, HUM_ADVISE_REMOTE, processor));
    return words;
}

static void write_all(uint64_t *words, size_t n, uint64_t first)
{
    for (size_t i = 0; i < n; i++)
        words[i] = first + i;
}

static void expect_all(const uint64_t *words, size_t n, uint64_t first)
{
    for (size_t i = 0; i < n; i++)
        if (words[i] != first + i)
            fail_msg("word %zu is %llu, not %llu", i, (unsigned long long)words[i],
                     (unsigned long long)(first + i));
}

static uint64_t remote_pages(const struct hum_stats *start)
{
    return flow_stats(hum).total.pages[HUM_CAUSE_REMOTE_MAP] -
           start->total.pages[HUM_CAUSE_REMOTE_MAP];
}

/* ---- one frame ------------------------------------------------------------------------------- */

static void a_device_works_on_what_stays_with_the_host(void **state)
{
    uint64_t *words = advised(WORDS * 8, 0);
    struct hum_stats start;

    (void)state;
    write_all(words, WORDS, 5);
    start = flow_stats(hum);
    for (int round = 0; round < 3; round++)
        run_words(0, "add", words, WORDS, 10);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    expect_all(words, WORDS, 35);
    write_all(words, WORDS, 100);
    run_words(0, "add", words, WORDS, 1);
    expect_all(words, WORDS, 101);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_int_equal(remote_pages(&start), WORDS * 8 / PAGE);
    assert_int_equal(flow_page(hum, words).resident, HUM_BIT(HUM_HOST));
    assert_int_equal(flow_page(hum, words).remote, HUM_BIT(0));
    assert_int_equal(flow_page(hum, words).remote_by, HUM_BIT(0));
    ok(hum_free(hum, words));
}

static void the_host_works_on_what_stays_with_a_device(void **state)
{
    uint64_t *words = advised(WORDS * 8, HUM_HOST);
    struct hum_stats start;

    (void)state;
    run_words(0, "fill", words, WORDS, 7);
    start = flow_stats(hum);
    expect_all(words, WORDS, 7);
    write_all(words, WORDS, 50);
    run_words(0, "add", words, WORDS, 3);
    expect_all(words, WORDS, 53);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_int_equal(remote_pages(&start), WORDS * 8 / PAGE);
    assert_int_equal(flow_page(hum, words).resident, HUM_BIT(0));
    assert_int_equal(flow_page(hum, words).remote, HUM_BIT(HUM_HOST));
    ok(hum_free(hum, words));
}

static void a_device_works_on_what_stays_with_another(void **state)
{
    uint64_t *words = advised(WORDS * 8, 1);
    struct hum_stats start;

    (void)state;
    run_words(0, "fill", words, WORDS, 7);
    start = flow_stats(hum);
    run_words(1, "add", words, WORDS, 1);
    run_words(0, "add", words, WORDS, 1);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_int_equal(flow_page(hum, words).resident, HUM_BIT(0));
    assert_int_equal(flow_page(hum, words).remote, HUM_BIT(1));
    expect_all(words, WORDS, 9); /* the host was not advised: now they move */
    assert_int_equal(flow_page(hum, words).remote, 0);
    ok(hum_free(hum, words));
}

static void a_preferred_location_keeps_what_others_access(void **state)
{
    uint64_t *words = flow_alloc(hum, WORDS * 8);
    struct hum_stats start;

    (void)state;
    ok(hum_advise(hum, words, WORDS * 8, HUM_ADVISE_PREFERRED, HUM_HOST));
    ok(hum_advise(hum, words, WORDS * 8, HUM_ADVISE_ACCESSED_BY, 0));
    write_all(words, WORDS, 5);
    start = flow_stats(hum);
    run_words(0, "add", words, WORDS, 10);
    expect_all(words, WORDS, 15);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    run_words(1, "add", words, WORDS, 10); /* nobody said anything about this one */
    assert_true(flow_moved(hum, &start, HUM_H2D) >= WORDS * 8);
    ok(hum_free(hum, words));
}

static void *count_on_host(void *context)
{
    for (unsigned i = 0; i < 20000; i++)
        __atomic_fetch_add((uint64_t *)context, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void atomics_meet_in_one_place_and_nothing_bounces(void **state)
{
    uint64_t *word = advised(PAGE, 0);
    struct flow_words args = {.words = word, .n = 20000, .value = 1};
    struct hum_stats start;
    pthread_t thread;

    (void)state;
    ok(hum_advise(hum, word, PAGE, HUM_ADVISE_REMOTE, 1));
    *word = 0;
    start = flow_stats(hum);
    assert_int_equal(pthread_create(&thread, NULL, count_on_host, word), 0);
    for (int device = 0; device < 2; device++)
        ok(hum_launch(hum_stream(hum, device), flow_kernel(hum, device, "count"), args.n, &args,
                      sizeof args));
    ok(hum_wait(hum, HUM_ALL));
    pthread_join(thread, NULL);
    assert_int_equal(*word, 60000);
    assert_int_equal(flow_moved_any(hum, &start), 0);
    assert_int_equal(remote_pages(&start), 2);
    assert_int_equal(flow_page(hum, word).remote, HUM_BIT(0) | HUM_BIT(1));
    ok(hum_free(hum, word));
}

/* The kernel waits for the host's store, and the host for the kernel's. */
static void a_running_kernel_sees_the_hosts_stores(void **state)
{
    uint64_t *words = advised(2 * PAGE, 0);
    volatile uint64_t *gate = words, *out = words + WORDS_PER_PAGE;
    struct flow_gate args = {words, words + WORDS_PER_PAGE, 1, 99};
    struct hum_stats start;

    (void)state;
    *gate = *out = 0;
    start = flow_stats(hum);
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "gate"), 1, &args, sizeof args));
    while (!(flow_page(hum, words).remote & HUM_BIT(0)))
        usleep(100);
    *gate = 1;
    while (*out != 99)
        usleep(100);
    ok(hum_wait(hum, 0));
    assert_int_equal(flow_moved_any(hum, &start), 0);
    ok(hum_free(hum, words));
}

/* ---- it ends --------------------------------------------------------------------------------- */

static void a_prefetch_moves_it_after_all(void **state)
{
    uint64_t *words = advised(WORDS * 8, 0);

    (void)state;
    write_all(words, WORDS, 1);
    run_words(0, "add", words, WORDS, 1);
    ok(hum_prefetch(hum, words, WORDS * 8, 0, NULL));
    assert_int_equal(flow_page(hum, words).resident & HUM_BIT(0), HUM_BIT(0));
    assert_int_equal(flow_page(hum, words).remote, 0);
    run_words(0, "add", words, WORDS, 1);
    expect_all(words, WORDS, 3);
    run_words(0, "add", words, WORDS, 1);
    expect_all(words, WORDS, 4);
    ok(hum_free(hum, words));
}

static void advice_that_is_taken_back_lets_it_move(void **state)
{
    uint64_t *words = advised(WORDS * 8, 0);
    struct hum_stats start;

    (void)state;
    write_all(words, WORDS, 1);
    run_words(0, "add", words, WORDS, 1);
    ok(hum_advise(hum, words, WORDS * 8, HUM_ADVISE_UNSET_REMOTE, 0));
    assert_int_equal(flow_page(hum, words).remote, 0);
    assert_int_equal(flow_page(hum, words).remote_by, 0);
    start = flow_stats(hum);
    run_words(0, "add", words, WORDS, 1);
    assert_int_equal(flow_moved(hum, &start, HUM_H2D), WORDS * 8);
    expect_all(words, WORDS, 3);
    ok(hum_free(hum, words));
}

static void eviction_of_the_frames_ends_it(void **state)
{
    size_t n = 32 * MIB / sizeof(uint64_t);
    uint64_t *words = advised(n * 8, HUM_HOST), *more = flow_alloc(hum, 60 * MIB);

    (void)state;
    ok(hum_policy_set(hum, NULL, "ahead,evict=lru")); /* so that `words` leaves for `more` */
    run_words(0, "fill", words, n, 7);
    for (size_t i = 0; i < n; i += WORDS_PER_PAGE)
        words[i] += 1000;
    assert_int_equal(flow_page(hum, words).remote, HUM_BIT(HUM_HOST));
    run_words(0, "fill", more, 60 * MIB / 8, 1);
    assert_int_equal(flow_page(hum, words).resident, HUM_BIT(HUM_HOST));
    assert_int_equal(flow_page(hum, words).remote, 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 7 + i + (i % WORDS_PER_PAGE ? 0 : 1000));
    run_words(0, "add", words, n, 1);
    for (size_t i = 0; i < n; i += 7)
        assert_int_equal(words[i], 8 + i + (i % WORDS_PER_PAGE ? 0 : 1000));
    ok(hum_free(hum, words));
    ok(hum_free(hum, more));
}

static void freed_and_discarded_pages_come_back_empty(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        uint64_t *words = advised(WORDS * 8, round % 2 ? 0 : HUM_HOST);
        if (round % 2)
            write_all(words, WORDS, 1);
        else
            run_words(0, "fill", words, WORDS, 1);
        expect_all(words, WORDS, 1);
        run_words(0, "add", words, WORDS, 1);
        expect_all(words, WORDS, 2);
        ok(hum_discard(hum, words, WORDS * 8, NULL));
        assert_int_equal(flow_page(hum, words).remote, 0);
        for (size_t i = 0; i < WORDS; i += 64)
            assert_int_equal(words[i], 0);
        run_words(0, "add", words, WORDS, 1);
        ok(hum_free(hum, words));
    }
}

static void the_program_may_read_what_it_mapped_before(void **state)
{
    uint64_t *words = advised(WORDS * 8, HUM_HOST);

    (void)state;
    for (uint64_t round = 0; round < 4; round++) {
        run_words(0, "fill", words, WORDS, round);
        expect_all(words, WORDS, round); /* there */
        run_words(1, "read_words", words, WORDS, 0); /* it leaves, and there are two copies */
        ok(hum_advise(hum, words, WORDS * 8, HUM_ADVISE_UNSET_REMOTE, HUM_HOST));
        expect_all(words, WORDS, round); /* here */
        run_words(1, "read_words", words, WORDS, 0);
        run_words(0, "add", words, WORDS, 1);
        expect_all(words, WORDS, round + 1);
        ok(hum_advise(hum, words, WORDS * 8, HUM_ADVISE_REMOTE, HUM_HOST));
    }
    ok(hum_free(hum, words));
}

/* ---- isolation ------------------------------------------------------------------------------- */

static void neighbours_in_the_block_are_not_reached(void **state)
{
    uint64_t *words = advised(16 * PAGE, 0), *other = flow_alloc(hum, 16 * PAGE);
    struct flow_poke args = {.address = other + 5, .value = 666};

    (void)state;
    write_all(words, 16 * WORDS_PER_PAGE, 1);
    write_all(other, 16 * WORDS_PER_PAGE, 1000);
    ok(hum_protect(hum, other, 0, HUM_NONE));
    run_words(0, "add", words, 16 * WORDS_PER_PAGE, 1);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "poke", &args, sizeof args, 1));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "peek", &args, sizeof args, 1));
    args.address = words + 16 * WORDS_PER_PAGE - 1;
    ok(flow_try(hum, 0, "poke", &args, sizeof args, 1));
    assert_int_equal(words[16 * WORDS_PER_PAGE - 1], 666);
    expect_all(words, 16 * WORDS_PER_PAGE - 1, 2);
    expect_all(other, 16 * WORDS_PER_PAGE, 1000);
    ok(hum_free(hum, words));
    ok(hum_free(hum, other));
}

static void protection_takes_it_away(void **state)
{
    uint64_t *words = advised(16 * PAGE, 0);
    struct flow_poke args = {.address = words, .value = 666};

    (void)state;
    write_all(words, 16 * WORDS_PER_PAGE, 1);
    run_words(0, "add", words, 16 * WORDS_PER_PAGE, 1);
    ok(hum_protect(hum, words, 0, HUM_NONE));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "peek", &args, sizeof args, 1));
    if (flow_can_share(hum)) {
        ok(hum_protect(hum, words, 0, HUM_READ));
        run_words(0, "read_words", words, 16 * WORDS_PER_PAGE, 0);
        status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "poke", &args, sizeof args, 1));
    }
    ok(hum_protect(hum, words, 0, HUM_READ | HUM_WRITE));
    expect_all(words, 16 * WORDS_PER_PAGE, 2);
    write_all(words, 16 * WORDS_PER_PAGE, 5);
    run_words(0, "add", words, 16 * WORDS_PER_PAGE, 1);
    expect_all(words, 16 * WORDS_PER_PAGE, 6);
    ok(hum_free(hum, words));
}

/* ---- processes that die ---------------------------------------------------------------------- */

static void await_new_process(int device, int old)
{
    while (flow_device(hum, device).pid == old || flow_device(hum, device).lost)
        usleep(1000);
}

static void killed_while_it_maps_the_host(void **state)
{
    uint64_t *words = advised(WORDS * 8, 0);
    struct flow_poke args = {.address = words, .value = 0};

    (void)state;
    for (int round = 0; round < 5; round++) {
        int pid = flow_device(hum, 0).pid;
        write_all(words, WORDS, 1);
        ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "poke_on"), 1, &args, sizeof args));
        while (__atomic_load_n(words, __ATOMIC_SEQ_CST) < 1000)
            usleep(100);
        kill(pid, SIGKILL);
        status_is(HUM_ERR_DEVICE_LOST, hum_wait(hum, 0));
        await_new_process(0, pid);
        assert_int_equal(flow_page(hum, words).remote, 0);
        expect_all(words + 1, WORDS - 1, 2);
        words[0] = 1;
        run_words(0, "add", words, WORDS, 1);
        expect_all(words, WORDS, 2);
        assert_int_equal(flow_page(hum, words).remote, HUM_BIT(0));
    }
    ok(hum_free(hum, words));
}

static void the_frames_outlive_their_device(void **state)
{
    uint64_t *words = advised(WORDS * 8, HUM_HOST);
    int pid = flow_device(hum, 0).pid;

    (void)state;
    ok(hum_advise(hum, words, WORDS * 8, HUM_ADVISE_REMOTE, 1));
    run_words(0, "fill", words, WORDS, 7);
    expect_all(words, WORDS, 7);
    run_words(1, "add", words, WORDS, 1);
    kill(pid, SIGKILL);
    await_new_process(0, pid);
    expect_all(words, WORDS, 8);
    run_words(1, "add", words, WORDS, 1);
    expect_all(words, WORDS, 9);
    run_words(0, "add", words, WORDS, 1);
    expect_all(words, WORDS, 10);
    ok(hum_free(hum, words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_works_on_what_stays_with_the_host),
        cmocka_unit_test(the_host_works_on_what_stays_with_a_device),
        cmocka_unit_test(a_device_works_on_what_stays_with_another),
        cmocka_unit_test(a_preferred_location_keeps_what_others_access),
        cmocka_unit_test(atomics_meet_in_one_place_and_nothing_bounces),
        cmocka_unit_test(a_running_kernel_sees_the_hosts_stores),
        cmocka_unit_test(a_prefetch_moves_it_after_all),
        cmocka_unit_test(advice_that_is_taken_back_lets_it_move),
        cmocka_unit_test(eviction_of_the_frames_ends_it),
        cmocka_unit_test(freed_and_discarded_pages_come_back_empty),
        cmocka_unit_test(the_program_may_read_what_it_mapped_before),
        cmocka_unit_test(neighbours_in_the_block_are_not_reached),
        cmocka_unit_test(protection_takes_it_away),
        cmocka_unit_test(killed_while_it_maps_the_host),
        cmocka_unit_test(the_frames_outlive_their_device),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
