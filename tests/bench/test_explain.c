/* SPDX-License-Identifier: MIT */
/* test_explain.c - who shares what, in traces made by hand. */
#include "bench/explain_world.h"

/* ---- turns ---------------------------------------------------------------------------------- */

#define KNOWN(at, who, r, w)                                                                       \
    {                                                                                              \
        .start_ns = at, .read = r, .write = w, .processor = who, .known = true                     \
    }
#define TOUCH(at, who) {.start_ns = at, .processor = who}
#define MAYBE(at, who) {.start_ns = at, .processor = who, .maybe = true}

struct judged {
    struct use use[4];
    size_t count;
    uint32_t is_true, is_false, is_read, is_unknown;
};

static void turns_are_judged_by_lines(void **state)
{
    static const struct judged cases[] = {
        {{KNOWN(1, 0, 0, 1)}, 1, 0, 0, 0, 0},
        {{KNOWN(1, 0, 0, 1), KNOWN(2, 0, 0, 2)}, 2, 0, 0, 0, 0}, /* one turn */
        {{KNOWN(1, 0, 0, 1), KNOWN(2, 1, 0, 2)}, 2, 0, 1, 0, 0},
        {{KNOWN(1, 0, 0, 1), KNOWN(2, 1, 1, 0)}, 2, 1, 0, 0, 0},
        {{KNOWN(1, 0, 1, 0), KNOWN(2, 1, 0, 1)}, 2, 1, 0, 0, 0},
        {{KNOWN(1, 0, 0, 1), KNOWN(2, 1, 0, 1)}, 2, 1, 0, 0, 0},
        {{KNOWN(1, 0, 1, 0), KNOWN(2, 1, 1, 0)}, 2, 0, 0, 1, 0},
        {{KNOWN(1, 0, 4, 1), KNOWN(2, 1, 4, 2)}, 2, 0, 1, 0, 0}, /* 4 is only read */
        {{KNOWN(1, 0, 0, 1), TOUCH(2, 1)}, 2, 0, 0, 0, 1},
        {{KNOWN(1, 0, 0, USE_ALL_LINES), TOUCH(2, 1)}, 2, 1, 0, 0, 0}, /* it must meet a line */
        {{TOUCH(1, 1), KNOWN(2, 0, 0, USE_ALL_LINES)}, 2, 1, 0, 0, 0},
        {{KNOWN(1, 0, USE_ALL_LINES, 0), TOUCH(2, 1)}, 2, 0, 0, 0, 1}, /* both may only read */
        {{KNOWN(1, 0, 0, USE_ALL_LINES), MAYBE(2, 1)}, 2, 0, 0, 0, 0}, /* perhaps no turn at all */
        {{KNOWN(1, 0, 0, 1), MAYBE(2, 2), KNOWN(3, 1, 0, 2)}, 3, 0, 0, 0, 1},
        {{KNOWN(1, 0, 0, 1), MAYBE(2, 2), KNOWN(3, 1, 0, 1)}, 3, 1, 0, 0, 0},
        {{KNOWN(1, 0, 0, 1), MAYBE(2, 0), KNOWN(3, 1, 0, 2)}, 3, 0, 0, 0, 1},
        {{KNOWN(1, 0, 0, 1), MAYBE(2, 2), KNOWN(3, 0, 0, 2)}, 3, 0, 0, 0, 0}, /* one turn */
        {{KNOWN(1, 0, 0, 1), MAYBE(2, 2), KNOWN(3, 1, 0, 2), KNOWN(4, 0, 0, 1)}, 4, 0, 0, 0, 2},
        {{MAYBE(1, 2), KNOWN(2, 0, 0, 1), KNOWN(3, 1, 0, 2)}, 3, 0, 0, 0, 1},
        /* C is judged against A, too, which was before B */
        {{KNOWN(1, 0, 0, 1), KNOWN(2, 1, 0, 2), KNOWN(3, 2, 1, 0)}, 3, 1, 1, 0, 0},
        /* A's second turn against B alone: A's own line is no other's */
        {{KNOWN(1, 0, 0, 1), KNOWN(2, 1, 0, 2), KNOWN(3, 0, 1, 1)}, 3, 0, 2, 0, 0},
        /* order of time, not of records */
        {{KNOWN(3, 0, 0, 1), KNOWN(1, 0, 0, 1), KNOWN(2, 1, 0, 2)}, 3, 0, 2, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct judged c = cases[i];
        struct turns t = turns_of(c.use, c.count);

        if (t.is_true != c.is_true || t.is_false != c.is_false || t.is_read != c.is_read ||
            t.is_unknown != c.is_unknown)
            fail_msg("case %zu: %u true, %u false, %u read, %u unknown", i, t.is_true, t.is_false,
                     t.is_read, t.is_unknown);
    }
    assert_int_equal(turns_of(NULL, 0).count, 0);
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static void different_lines_are_false_sharing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 0, UINT64_C(1) << 63);
    }
    assert_int_equal(kind_of_page(), SHARING_FALSE);
    expect_advice("pad or align");
}

static void the_same_lines_are_true_sharing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 1, 1);
    }
    assert_int_equal(kind_of_page(), SHARING_TRUE);
    expect_advice("change the same lines");
}

static void a_few_moves_are_rest(void **state)
{
    (void)state;
    visit(0, 0, 1, 1);
    visit(1, 0, 2, 2);
    visit(0, 0, 1, 1);
    assert_int_equal(kind_of_page(), SHARING_REST);
}

static void one_true_turn_of_many_does_not_hide_false_sharing(void **state)
{
    (void)state;
    visit(0, 0, 0, USE_ALL_LINES);
    for (unsigned i = 0; i < 4; i++) {
        visit(1, 0, 2, 2);
        visit(0, 0, 1, 1);
    }
    assert_int_equal(kind_of_page(), SHARING_FALSE);
}

static void turns_of_both_sorts_are_both(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, i % 2 ? 1 : 2, 2);
    }
    assert_int_equal(kind_of_page(), SHARING_BOTH);
    expect_advice("turns share no line");
}

static void a_reader_of_other_lines_gets_its_own_advice(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 0, 1);
        visit(1, 0, 2, 0);
    }
    assert_int_equal(kind_of_page(), SHARING_FALSE);
    expect_advice("READ_MOSTLY");
}

static void a_page_that_is_overwritten_wants_discard(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 0, USE_ALL_LINES);
        visit(1, 0, 0, USE_ALL_LINES);
    }
    assert_int_equal(kind_of_page(), SHARING_TRUE);
    expect_advice("hum_discard");
}

static void a_producer_wants_prefetch(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 0, 1);
        visit(1, 0, 1, 0);
    }
    expect_advice("hum_prefetch");
}

/* Written in place while the other has a copy for reading: no bytes move one way, and yet. */
static void a_write_upgrade_is_a_way_back(void **state)
{
    (void)state;
    visit(0, 0, 1, 1);
    for (unsigned i = 0; i < 4; i++) {
        visit(1, 0, 1, 0);
        add_event(HUM_CAUSE_UPGRADE, 0, 0, 1, false);
        add_access(0, 0, true, 1, 0);
    }
    assert_int_equal(kind_of_page(), SHARING_TRUE);
}

static void only_reading_is_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 0);
        visit(1, 0, 1, 0);
    }
    assert_int_equal(kind_of_page(), SHARING_READ);
    expect_advice("READ_MOSTLY");
}

static void a_host_known_by_page_is_no_proof(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(HUM_HOST, 0, 0, 0);
    }
    assert_int_equal(kind_of_page(), SHARING_UNKNOWN);
    expect_advice("neither be told nor ruled out");
}

static void a_host_known_by_line_is(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(HUM_HOST, 0, 2, 2);
    }
    assert_int_equal(kind_of_page(), SHARING_FALSE);
}

/* The host could have used what came unasked, so two devices are not alone with the page. */
static void what_the_host_may_have_used_unseen_is_no_proof(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 2, 2);
        add_event(HUM_CAUSE_PREFETCH_POLICY, HUM_HOST, 0, 1, true);
    }
    assert_int_equal(kind_of_page(), SHARING_UNKNOWN);
    expect_advice("falsely shared, unless");
}

/* Which of several pages was touched, an upgrade does not tell. */
static void an_upgrade_of_several_pages_is_no_proof(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 0, USE_ALL_LINES);
        add_event(HUM_CAUSE_UPGRADE, HUM_HOST, 0, 2, false);
    }
    assert_int_equal(kind_of_page(), SHARING_UNKNOWN);
    start(NULL);
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 0, USE_ALL_LINES);
        add_event(HUM_CAUSE_UPGRADE, HUM_HOST, 0, 1, false);
    }
    assert_int_equal(kind_of_page(), SHARING_TRUE);
}

static void a_kernel_without_accesses_is_no_proof(void **state)
{
    struct hum_trace_kernel *kernel = &add(HUM_TRACE_KERNEL)->kernel;
    struct hum_trace_launch *launch;

    (void)state;
    kernel->kernel = 9;
    kernel->device = 1;
    launch = &add(HUM_TRACE_LAUNCH)->launch;
    launch->launch = 5;
    launch->kernel = 9;
    launch->device = 1;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 2, 2);
    }
    assert_int_equal(kind_of_page(), SHARING_UNKNOWN);
}

static void without_accesses_advice_is_to_record_them(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 0, 0);
        visit(1, 0, 0, 0);
    }
    assert_int_equal(kind_of_page(), SHARING_UNKNOWN);
    expect_advice("HUM_ACCESSES=exact");
}

static void dropped_accesses_prove_nothing(void **state)
{
    struct hum_trace_dropped *dropped = &add(HUM_TRACE_DROPPED)->dropped;

    (void)state;
    dropped->kind = HUM_TRACE_ACCESS;
    dropped->count = 1;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 2, 2);
    }
    assert_int_equal(kind_of_page(), SHARING_UNKNOWN);
}

static void a_page_that_one_uses_is_dragged_along(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 7, 1, 1);
        add_event(HUM_CAUSE_PREFETCH_POLICY, 1, 0, 1, true);
    }
    assert_int_equal(kind_of_page(), SHARING_DRAGGED);
}

static void evictions_are_no_ping_pong(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        add_event(HUM_CAUSE_EVICTION, 0, 0, 1, true);
    }
    assert_int_equal(kind_of_page(), SHARING_CAPACITY);
    expect_advice("hum_discard");
    start(NULL);
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 0);
        add_event(HUM_CAUSE_EVICTION, 0, 0, 1, false);
    }
    assert_int_equal(kind_of_page(), SHARING_CAPACITY);
    expect_advice("PREFERRED");
}

/* Accesses are recorded after the moves that they caused, perhaps all of them at the end. */
static void late_accesses_count_when_their_launch_ran(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct hum_trace_launch *launch;

        add_event(HUM_CAUSE_DEVICE_FAULT, (int)(i % 2), 0, 1, true);
        launch = &add(HUM_TRACE_LAUNCH)->launch;
        launch->launch = i + 1;
        launch->device = (int)(i % 2);
        launch->end_ns = now + 1;
    }
    for (unsigned device = 0; device < 2; device++)
        for (unsigned i = device; i < 8; i += 2)
            add_access((int)device, 0, true, device ? 1 : 2, i + 1);
    struct explained e = explain(0, 0, 1, 2);
    assert_int_equal(e.result.groups, 1);
    assert_int_equal(e.result.group[0].kind, SHARING_FALSE);
    assert_int_equal(e.result.group[0].turns.count, 8);
    assert_int_equal(e.result.group[0].turns.is_false, 7);
    done(&e);
}

/* The host's touches are recorded at once: what came between them may still follow. */
static void touches_are_kept_apart_until_late_accesses_are_in(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct hum_trace_launch *launch;

        add_event((enum hum_cause)fault_of(i % 2 ? HUM_HOST : 0), i % 2 ? HUM_HOST : 0, 0, 1, true);
        if (i % 2)
            continue;
        launch = &add(HUM_TRACE_LAUNCH)->launch;
        launch->launch = i + 1;
        launch->end_ns = now + 1;
    }
    for (unsigned i = 0; i < 8; i += 2)
        add_access(0, 0, true, USE_ALL_LINES, i + 1);
    struct explained e = explain(0, 0, 1, 2);
    assert_int_equal(e.result.groups, 1);
    assert_int_equal(e.result.group[0].turns.count, 8);
    assert_int_equal(e.result.group[0].turns.is_true, 7);
    done(&e);
}

static void a_region_is_judged_by_its_own_life(void **state)
{
    (void)state;
    add_region(1, 0, 1);
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 2, 2);
    }
    add(HUM_TRACE_REGION_END)->region_end.region = 1;
    add_region(2, 0, 1);
    visit(0, 0, 1, 1);
    visit(1, 0, 1, 1);
    struct explained e = explain(2, 0, 1, 2);
    assert_int_equal(e.result.groups, 0);
    assert_int_equal(e.result.pages[SHARING_REST], 1);
    done(&e);
    e = explain(1, 0, 1, 2);
    assert_int_equal(e.result.group[0].kind, SHARING_FALSE);
    done(&e);
}

static void neighbours_of_one_kind_are_one_group(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned page = 10; page < 14; page++) {
            visit(0, page, 1, 1);
            visit(1, page, page == 13 ? 1 : 2, 2);
        }
    struct explained e = explain(0, 0, HUM_PAGES_PER_BLOCK, 2);
    assert_int_equal(e.result.groups, 2);
    const struct sharing_group *group = &e.result.group[0];
    assert_int_equal(group->first_page, 10);
    assert_int_equal(group->pages, 3);
    assert_int_equal(group->kind, SHARING_FALSE);
    assert_int_equal(group->trips_min, 3);
    assert_int_equal(group->moves.to_device, 3 * 8);
    assert_int_equal(group->moves.by_fault, 3 * 8);
    assert_int_equal(group->moves.copy_ns, 3 * 8 * 100);
    assert_int_equal(group->moves.modelled_ns, 3 * 8 * 10);
    assert_int_equal(e.result.group[1].kind, SHARING_TRUE);
    assert_int_equal(e.result.pages[SHARING_FALSE], 3);
    done(&e);
}

static void uses_beyond_the_limit_are_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SHARING_USES_MAX; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 2, 2);
    }
    struct explained e = explain(0, 0, 1, 2);
    assert_true(e.result.group[0].uses_cut);
    assert_int_equal(e.result.group[0].kind, SHARING_FALSE);
    assert_int_equal(e.result.group[0].turns.count, SHARING_USES_MAX);
    done(&e);
}

/* Records that a reader lets pass must not cost more than the blocks that are known. */
static void huge_accesses_are_cheap(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        visit(0, 0, 1, 1);
        visit(1, 0, 2, 2);
    }
    for (unsigned i = 0; i < 1000; i++) {
        struct hum_trace_access *access = &add(HUM_TRACE_ACCESS)->access;
        access->processor = (int)(i % 2);
        access->pages = UINT32_MAX;
        access->first_page = i % 3 ? 0 : HUM_TRACE_PAGES_MAX - UINT32_MAX;
        access->count = 1;
        access->write = true;
        access->lines = 1;
    }
    assert_int_equal(kind_of_page(), SHARING_TRUE);
}

/* ---- the story of a page -------------------------------------------------------------------- */

static void a_story_keeps_its_first_and_last_events(void **state)
{
    struct report_array array = {records, 0, 0};
    struct report_source source = report_source_array(&array);
    struct story story;
    struct book book;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        visit((int)(i % 2), i % 5 == 4, 1, i % 2);
    array.count = count;
    assert_int_equal(book_read(&source, &book), HUM_OK);
    story_init(&story, &book, 0, 10);
    for (size_t i = 0; i < count; i++)
        assert_true(story_note(&story, &records[i]));
    assert_int_equal(story.events, 80);
    assert_int_equal(story.moves, 80);
    assert_int_equal(story.share_ns, 80 * 100);
    assert_int_equal(story_left_out(&story), 60);
    uint64_t seen = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].kind != HUM_TRACE_EVENT || !event_has(&records[i].event.pages, 0))
            continue;
        if (seen < 10 || seen >= 70)
            assert_int_equal(story_event(&story, kept++)->time_ns, records[i].time_ns);
        seen++;
    }
    assert_int_equal(kept, 20);
    assert_null(story_event(&story, kept));
    assert_true(story.has_arrival);
    assert_int_equal(story.arrival.time_ns, story_event(&story, 19)->time_ns);
    add_event(HUM_CAUSE_DISCARD, HUM_HOST, 0, 1, false);
    assert_true(story_note(&story, &records[count - 1]));
    assert_false(story.has_arrival);
    assert_int_equal(story.touches, 2);
    assert_int_equal(story.touch[0].reads, 40);
    assert_int_equal(story.touch[0].writes, 0);
    assert_int_equal(story.touch[1].write_lines, 1);
    story_fini(&story);
    book_free(&book);
}

/* Two threads' accesses of the same launches, one thread's after the other's. */
static void a_launch_counts_once(void **state)
{
    struct report_array array = {records, 0, 0};
    struct report_source source = report_source_array(&array);
    struct story story;
    struct book book;

    (void)state;
    for (unsigned thread = 0; thread < 2; thread++)
        for (unsigned launch = 1; launch <= 5; launch++)
            add_access(0, 3, thread, 1, launch);
    array.count = count;
    assert_int_equal(book_read(&source, &book), HUM_OK);
    story_init(&story, &book, 3, 10);
    for (size_t i = 0; i < count; i++)
        assert_true(story_note(&story, &records[i]));
    assert_int_equal(story.touch[0].launch.count, 5);
    story_fini(&story);
    book_free(&book);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        CASE(turns_are_judged_by_lines),
        CASE(different_lines_are_false_sharing),
        CASE(the_same_lines_are_true_sharing),
        CASE(a_few_moves_are_rest),
        CASE(one_true_turn_of_many_does_not_hide_false_sharing),
        CASE(turns_of_both_sorts_are_both),
        CASE(a_reader_of_other_lines_gets_its_own_advice),
        CASE(a_page_that_is_overwritten_wants_discard),
        CASE(a_producer_wants_prefetch),
        CASE(a_write_upgrade_is_a_way_back),
        CASE(only_reading_is_told),
        CASE(a_host_known_by_page_is_no_proof),
        CASE(a_host_known_by_line_is),
        CASE(what_the_host_may_have_used_unseen_is_no_proof),
        CASE(an_upgrade_of_several_pages_is_no_proof),
        CASE(a_kernel_without_accesses_is_no_proof),
        CASE(without_accesses_advice_is_to_record_them),
        CASE(dropped_accesses_prove_nothing),
        CASE(a_page_that_one_uses_is_dragged_along),
        CASE(evictions_are_no_ping_pong),
        CASE(late_accesses_count_when_their_launch_ran),
        CASE(touches_are_kept_apart_until_late_accesses_are_in),
        CASE(a_region_is_judged_by_its_own_life),
        CASE(neighbours_of_one_kind_are_one_group),
        CASE(uses_beyond_the_limit_are_told),
        CASE(huge_accesses_are_cheap),
        CASE(a_story_keeps_its_first_and_last_events),
        CASE(a_launch_counts_once),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
