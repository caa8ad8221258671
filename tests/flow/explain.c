/* SPDX-License-Identifier: MIT */
/* explain.c - why a page is where it is, asked while a program runs. */
#include <pthread.h>
#include <stdatomic.h>

#include "flow/flow.h"

#define SMALL_DEVICE "emu:mem=8M,workers=1"

static struct hum *open_linked(const char *devices, const char *link)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = devices;
    options.policy = "ondemand"; /* so that each page is an event of its own */
    options.link = link;
    ok(hum_open(&options, &hum));
    return hum;
}

static struct hum_explanation explain(struct hum *hum, const void *pointer)
{
    struct hum_explanation e;

    ok(hum_explain(hum, pointer, &e));
    return e;
}

static const struct hum_explained_event *arrival(const struct hum_explanation *e)
{
    assert_in_range(e->arrival, 0, e->events - 1);
    return &e->event[e->arrival];
}

/* Times run backwards from the time of the question. */
static void check_order(const struct hum_explanation *e)
{
    uint64_t last = e->now_ns;

    for (unsigned i = 0; i < e->events; i++) {
        assert_true(e->event[i].start_ns <= last);
        last = e->event[i].start_ns;
    }
}

static void expect_text(const struct hum_explanation *e, const char *part)
{
    char text[4096];

    assert_true(hum_explain_text(e, text, sizeof text) < sizeof text);
    if (!strstr(text, part))
        fail_msg("no \"%s\" in: %s", part, text);
}

static void a_page_tells_its_whole_life(void **state)
{
    struct hum *hum = open_linked(TWO_DEVICES, NULL);
    uint64_t *words = flow_alloc(hum, 4 * PAGE), *page = words + 2 * WORDS_PER_PAGE;
    struct hum_explanation e;

    (void)state;
    ok(hum_name(hum, words, "life"));
    e = explain(hum, page + 3);
    assert_ptr_equal((void *)e.page, page);
    assert_ptr_equal((void *)e.region_start, words);
    assert_int_equal(e.region_bytes, 4 * PAGE);
    assert_string_equal(e.region_name, "life");
    assert_string_equal(e.processor_name[0], "host");
    assert_int_equal(e.processors, 3);
    assert_int_equal(e.events, 0);
    assert_int_equal(e.arrival, -1);
    assert_false(e.older_lost);
    expect_text(&e, "resident nowhere");
    expect_text(&e, "Nobody has touched it");

    page[0] = 1;
    e = explain(hum, page);
    assert_int_equal(arrival(&e)->cause, HUM_CAUSE_FIRST_TOUCH);
    assert_int_equal(arrival(&e)->processor, HUM_HOST);
    assert_false(arrival(&e)->copied);
    assert_string_equal(arrival(&e)->kernel, "");
    assert_true(e.state.dirty == HUM_BIT(HUM_HOST));
    expect_text(&e, "brought to host by: first touch");

    flow_words(hum, "add", page, 1, 5);
    e = explain(hum, page);
    check_order(&e);
    assert_int_equal(e.state.resident, HUM_BIT(0));
    const struct hum_explained_event *came = arrival(&e);
    assert_int_equal(came->cause, HUM_CAUSE_DEVICE_FAULT);
    assert_int_equal(came->processor, 0);
    assert_string_equal(came->kernel, "add");
    assert_true(came->copied && came->brought);
    assert_int_equal(came->bytes[HUM_H2D], PAGE);
    assert_int_equal(came->pages, 1);
    assert_true(came->move_ns > 0);
    assert_int_equal(came->modelled_ns, 0);
    assert_int_equal(e.event[e.events - 1].cause, HUM_CAUSE_FIRST_TOUCH);
    assert_int_equal(e.block_moves[HUM_H2D], 1);
    assert_int_equal(e.block_bytes[HUM_H2D], PAGE);
    assert_true(e.block_faults_device > 0 && e.block_faults_host > 0);
    expect_text(&e, "kernel add touched");
    expect_text(&e, "brought to emu0 by: device fault");
    expect_text(&e, "Before that: first touch for host");

    ok(hum_prefetch(hum, page, PAGE, 1, NULL));
    e = explain(hum, page);
    assert_true(e.state.resident & HUM_BIT(1));
    assert_int_equal(arrival(&e)->cause, HUM_CAUSE_PREFETCH_USER);
    assert_int_equal(arrival(&e)->processor, 1);
    assert_int_equal(arrival(&e)->bytes[HUM_D2D], PAGE);

    ok(hum_discard(hum, page, PAGE, NULL));
    e = explain(hum, page);
    assert_int_equal(e.state.resident, 0);
    assert_int_equal(e.arrival, -1);
    assert_int_equal(e.event[0].cause, HUM_CAUSE_DISCARD);
    expect_text(&e, "resident nowhere");
    expect_text(&e, "Lately: discard");
    hum_close(hum);
}

static void a_page_that_never_rests_says_that_older_events_are_gone(void **state)
{
    struct hum *hum = open_linked(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_explanation e;

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        words[0] = i;
        flow_words(hum, "add", words, 1, 1);
    }
    e = explain(hum, words);
    check_order(&e);
    assert_int_equal(e.events, HUM_EXPLAIN_EVENTS_MAX);
    assert_true(e.older_lost);
    assert_int_equal(arrival(&e)->processor, 0);
    assert_int_equal(e.block_moves[HUM_H2D], 10);
    assert_int_equal(e.block_moves[HUM_D2H], 9);
    assert_true(e.block_events >= 20);
    expect_text(&e, "Older events of this page are not kept");
    hum_close(hum);
}

static void an_evicted_page_says_who_lost_it(void **state)
{
    struct hum *hum = open_linked(SMALL_DEVICE, NULL);
    size_t n = 16 * MIB / sizeof(uint64_t);
    uint64_t *words = flow_alloc(hum, 16 * MIB);
    struct hum_explanation e;

    (void)state;
    flow_words(hum, "fill", words, n, 1); /* written there: leaving needs a copy */
    e = explain(hum, words);
    check_order(&e);
    assert_int_equal(e.state.resident, HUM_BIT(HUM_HOST));
    assert_int_equal(arrival(&e)->cause, HUM_CAUSE_EVICTION);
    assert_int_equal(arrival(&e)->processor, 0);
    assert_true(arrival(&e)->evicted && arrival(&e)->copied);
    assert_true(arrival(&e)->bytes[HUM_D2H] > 0);
    assert_int_equal(e.block_evictions, 1);
    expect_text(&e, "brought to host by: eviction from emu0");
    hum_close(hum);
}

static void a_link_gives_a_modelled_cost_beside_the_measured_one(void **state)
{
    struct hum *hum = open_linked(ONE_DEVICE, "alpha=1us,beta=1G");
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_explanation e;

    (void)state;
    words[0] = 1;
    flow_words(hum, "add", words, 1, 1);
    e = explain(hum, words);
    assert_int_equal(arrival(&e)->modelled_ns, 1000 + PAGE);
    expect_text(&e, "modelled 5.1 us");
    hum_close(hum);
}

/* Another region at the same addresses begins with an empty past. */
static void a_new_region_does_not_inherit_events(void **state)
{
    struct hum *hum = open_linked(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, PAGE), *again;
    struct hum_explanation e;

    (void)state;
    words[0] = 1;
    flow_words(hum, "add", words, 1, 1);
    ok(hum_discard(hum, words, PAGE, NULL));
    ok(hum_free(hum, words));
    again = flow_alloc(hum, PAGE);
    assert_ptr_equal(again, words);
    e = explain(hum, again);
    assert_int_equal(e.events, 0);
    assert_false(e.older_lost);
    assert_true(e.block_events >= 2);
    hum_close(hum);
}

struct asker {
    struct hum *hum;
    const uint64_t *words;
    atomic_bool stop;
};

/* Asks about page after page; each answer is of one moment. */
static void *ask(void *context)
{
    struct asker *asker = context;
    struct hum_explanation e;
    char text[4096];

    for (size_t i = 0; !atomic_load(&asker->stop); i++) {
        must(hum_explain(asker->hum, asker->words + i % 8 * WORDS_PER_PAGE, &e) == HUM_OK);
        must(e.events <= HUM_EXPLAIN_EVENTS_MAX);
        for (unsigned k = 1; k < e.events; k++)
            must(e.event[k].start_ns <= e.event[k - 1].start_ns);
        must(e.arrival < (int)e.events);
        must(hum_explain_text(&e, text, sizeof text) < sizeof text);
    }
    return NULL;
}

static void questions_may_be_asked_at_any_time(void **state)
{
    struct hum *hum = open_linked(TWO_DEVICES, NULL);
    struct asker asker = {.hum = hum, .words = flow_alloc(hum, 8 * PAGE)};
    uint64_t *words = (uint64_t *)asker.words;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, ask, &asker), 0);
    for (unsigned round = 0; round < 30; round++) {
        flow_words(hum, "add", words, 8 * WORDS_PER_PAGE, 1);
        for (size_t i = 0; i < 8 * WORDS_PER_PAGE; i += WORDS_PER_PAGE / 2)
            assert_int_equal(words[i]++, 2 * round + 1);
        if (round % 8 == 7)
            ok(hum_prefetch(hum, words, 8 * PAGE, 1, NULL));
    }
    atomic_store(&asker.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    hum_close(hum);
}

static void what_is_not_ours_is_refused(void **state)
{
    struct hum *hum = open_linked(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_explanation e = {.arrival = 77}, same = e;
    int outside;

    (void)state;
    status_is(HUM_ERR_INVALID, hum_explain(NULL, words, &e));
    status_is(HUM_ERR_INVALID, hum_explain(hum, words, NULL));
    status_is(HUM_ERR_INVALID, hum_explain(hum, NULL, &e));
    status_is(HUM_ERR_INVALID, hum_explain(hum, &outside, &e));
    ok(hum_free(hum, words));
    status_is(HUM_ERR_INVALID, hum_explain(hum, words, &e));
    assert_memory_equal(&e, &same, sizeof e);
    assert_int_equal(hum_explain_text(NULL, NULL, 0), 0);
    hum_close(hum);
}

static void text_is_cut_to_its_room(void **state)
{
    struct hum *hum = open_linked(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_explanation e;
    char whole[4096], part[64];
    size_t length;

    (void)state;
    words[0] = 1;
    e = explain(hum, words);
    length = hum_explain_text(&e, whole, sizeof whole);
    assert_int_equal(length, strlen(whole));
    for (size_t room = 1; room < sizeof part; room++) {
        memset(part, 'x', sizeof part);
        assert_int_equal(hum_explain_text(&e, part, room), length);
        assert_memory_equal(part, whole, room - 1);
        assert_int_equal(part[room - 1], '\0');
        assert_true(room == sizeof part || part[room] == 'x');
    }
    assert_int_equal(hum_explain_text(&e, NULL, 0), length);
    hum_close(hum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_tells_its_whole_life),
        cmocka_unit_test(a_page_that_never_rests_says_that_older_events_are_gone),
        cmocka_unit_test(an_evicted_page_says_who_lost_it),
        cmocka_unit_test(a_link_gives_a_modelled_cost_beside_the_measured_one),
        cmocka_unit_test(a_new_region_does_not_inherit_events),
        cmocka_unit_test(questions_may_be_asked_at_any_time),
        cmocka_unit_test(what_is_not_ours_is_refused),
        cmocka_unit_test(text_is_cut_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
