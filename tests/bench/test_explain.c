/* SPDX-License-Identifier: MIT */
/* test_explain.c - who shares what, in traces made by hand, and against a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/advice.h"
#include "explain/event.h"
#include "explain/read.h"
#include "support/random.h"

enum { RECORDS_MAX = 4096 };

static struct hum_trace_record records[RECORDS_MAX];
static size_t count;
static uint64_t now;

static int start(void **state)
{
    (void)state;
    memset(records, 0, sizeof(records));
    count = 0;
    now = 0;
    return 0;
}

/* ---- making traces -------------------------------------------------------------------------- */

static struct hum_trace_record *add(enum hum_trace_kind kind)
{
    struct hum_trace_record *record = &records[count++];

    assert_true(count <= RECORDS_MAX);
    record->kind = kind;
    record->time_ns = now += 10;
    return record;
}

static struct hum_trace_event *add_event(enum hum_cause cause, int processor, unsigned first,
                                         unsigned end, bool moves)
{
    struct hum_trace_event *event = &add(HUM_TRACE_EVENT)->event;
    bool home = processor == HUM_HOST || cause == HUM_CAUSE_EVICTION;

    event->cause = cause;
    event->processor = processor;
    event->region = 1;
    event->evicted = cause == HUM_CAUSE_EVICTION;
    for (unsigned page = first; page < end; page++)
        event->pages.word[page / 64] |= UINT64_C(1) << page % 64;
    if (moves) {
        event->moved = event->pages;
        event->bytes[home ? HUM_D2H : HUM_H2D] = (end - first) * (uint64_t)HUM_PAGE_SIZE;
        event->move_ns = 100 * (end - first);
        event->modelled_ns = 10 * (end - first);
    }
    return event;
}

static void add_access(int processor, uint64_t page, bool write, uint64_t lines, uint64_t launch)
{
    struct hum_trace_access *access = &add(HUM_TRACE_ACCESS)->access;

    access->processor = processor;
    access->first_page = page;
    access->pages = access->count = 1;
    access->write = write;
    access->lines = lines;
    access->launch = launch;
}

static void add_region(uint32_t region, uint64_t first_page, uint64_t pages)
{
    struct hum_trace_region *record = &add(HUM_TRACE_REGION)->region;

    record->region = region;
    record->first_page = first_page;
    record->bytes = pages * HUM_PAGE_SIZE;
}

static int fault_of(int processor)
{
    return processor == HUM_HOST ? HUM_CAUSE_HOST_FAULT : HUM_CAUSE_DEVICE_FAULT;
}

/* The page comes to the processor, which reads and writes these lines. */
static void visit(int processor, unsigned page, uint64_t read, uint64_t write)
{
    add_event((enum hum_cause)fault_of(processor), processor, page, page + 1, true);
    if (read)
        add_access(processor, page, false, read, 0);
    if (write)
        add_access(processor, page, true, write, 0);
}

/* ---- explaining them ------------------------------------------------------------------------ */

struct explained {
    struct book book;
    struct sharing *sharing;
    struct sharing_result result;
};

static struct explained explain(uint32_t region, uint64_t first_page, uint64_t end_page,
                                uint32_t trips)
{
    struct report_array array = {records, count, 0};
    struct report_source source = report_source_array(&array);
    struct sharing_range range = {first_page, end_page, region, trips};
    struct explained e;

    assert_int_equal(book_read(&source, &e.book), HUM_OK);
    assert_int_equal(sharing_create(&e.book, &range, &e.sharing), HUM_OK);
    assert_int_equal(explain_read(&source, &e.book, e.sharing, NULL), HUM_OK);
    e.result = sharing_result(e.sharing);
    return e;
}

static void done(struct explained *e)
{
    sharing_destroy(e->sharing);
    book_free(&e->book);
}

/* The kind of page 0, which is the only group or at rest. */
static enum sharing_kind kind_of_page(void)
{
    struct explained e = explain(0, 0, 1, 2);
    enum sharing_kind kind = e.result.groups ? e.result.group[0].kind : SHARING_REST;

    assert_in_range(e.result.groups, 0, 1);
    done(&e);
    return kind;
}

static const char *advice_of_page(char *room, size_t bytes)
{
    struct explained e = explain(0, 0, HUM_PAGES_PER_BLOCK, 2);

    assert_int_equal(e.result.groups, 1);
    advice_of(&e.book, &e.result.group[0], room, bytes);
    done(&e);
    return room;
}

#define expect_advice(part)                                                                        \
    do {                                                                                           \
        char room_[1024];                                                                          \
        if (!strstr(advice_of_page(room_, sizeof(room_)), part))                                   \
            fail_msg("no \"%s\" in: %s", part, room_);                                             \
    } while (0)

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

/* ---- against a naive model ------------------------------------------------------------------ */

/* What happened to one page, written down plainly. */
struct naive {
    struct use use[RECORDS_MAX];
    size_t uses;
    uint32_t trips, returns;
    uint64_t moves, prefetched;
};

static bool meets(const struct use *a, const struct use *b)
{
    return (a->write & (b->read | b->write)) || (a->read & b->write);
}

/* Turn i begins at use `first`, ends before `end`; others back to the same processor's turn. */
static void naive_judge(const struct naive *n, size_t first, size_t end, struct turns *t)
{
    struct use own = n->use[first], other = {0};
    bool any = false, own_all = false, unknown = false;

    for (size_t i = first; i < end; i++) {
        own.read |= n->use[i].read;
        own.write |= n->use[i].write;
    }
    own_all = own.write == UINT64_MAX;
    for (size_t i = first; i-- > 0 && n->use[i].processor != own.processor;) {
        other.read |= n->use[i].read;
        other.write |= n->use[i].write;
        unknown |= !n->use[i].known;
        any = true;
    }
    bool own_unknown = false;
    for (size_t i = first; i < end; i++)
        own_unknown |= !n->use[i].known;
    if (!any)
        return;
    if (meets(&own, &other) || (own_all && unknown) || (other.write == UINT64_MAX && own_unknown))
        t->is_true++;
    else if (unknown || own_unknown)
        t->is_unknown++;
    else if (own.write || other.write)
        t->is_false++;
    else
        t->is_read++;
}

static struct turns naive_turns(const struct naive *n)
{
    struct turns t = {0};

    for (size_t i = 0; i < n->uses;) {
        size_t end = i;
        while (end < n->uses && n->use[end].processor == n->use[i].processor)
            end++;
        naive_judge(n, i, end, &t);
        t.count++;
        i = end;
    }
    return t;
}

/* Every place since the last round trip, as a list. */
static void naive_moves(struct naive *n, unsigned page)
{
    int places[RECORDS_MAX], length = 0, here = -2;
    bool gone[HUM_PROCESSORS_MAX] = {false};

    for (size_t i = 0; i < count; i++) {
        const struct hum_trace_event *event = &records[i].event;
        bool moved, back = false;
        int to;

        if (records[i].kind != HUM_TRACE_EVENT || !event_has(&event->pages, page))
            continue;
        moved = event_has(&event->moved, page);
        n->moves += moved;
        n->prefetched += moved && event->cause == HUM_CAUSE_PREFETCH_POLICY;
        if (event->cause == HUM_CAUSE_DISCARD) {
            length = 0;
            here = -2;
            memset(gone, 0, sizeof(gone));
            continue;
        }
        to = event->processor;
        if (event->cause == HUM_CAUSE_EVICTION) {
            gone[to + 1] = true;
            if (moved || here == to) {
                here = places[0] = HUM_HOST;
                length = 1;
            }
            continue;
        }
        if (moved && gone[to + 1]) {
            n->returns++;
            gone[to + 1] = false;
        }
        if (!moved && event->cause != HUM_CAUSE_UPGRADE &&
            !(event->cause == HUM_CAUSE_FIRST_TOUCH && here == -2))
            continue;
        for (int k = 0; k < length; k++)
            back |= places[k] == to;
        if (back && here != to) {
            n->trips++;
            length = 0;
        }
        places[length++] = here = to;
    }
}

/* Devices tell lines, the host does not; every record has a time of its own. */
static void naive_uses(struct naive *n, unsigned page)
{
    for (size_t i = 0; i < count; i++) {
        const struct hum_trace_record *r = &records[i];
        struct use use = {.start_ns = r->time_ns, .known = true};

        if (r->kind == HUM_TRACE_ACCESS && r->access.first_page <= page &&
            page < r->access.first_page + r->access.pages) {
            use.processor = r->access.processor;
            *(r->access.write ? &use.write : &use.read) = r->access.lines;
        } else if (r->kind == HUM_TRACE_EVENT && event_has(&r->event.pages, page) &&
                   r->event.processor == HUM_HOST && event_is_demand(&r->event)) {
            use.processor = HUM_HOST;
            use.known = false;
        } else {
            continue;
        }
        n->use[n->uses++] = use;
    }
}

static void random_record(struct random *random)
{
    static const enum hum_cause causes[] = {HUM_CAUSE_FIRST_TOUCH, HUM_CAUSE_DEVICE_FAULT,
                                            HUM_CAUSE_DEVICE_FAULT, HUM_CAUSE_UPGRADE,
                                            HUM_CAUSE_EVICTION, HUM_CAUSE_PREFETCH_POLICY};
    unsigned first = (unsigned)random_below(random, 6), kind = (unsigned)random_below(random, 20);
    unsigned end = first + 1 + (unsigned)random_below(random, 2);
    int processor = (int)random_below(random, 2);
    uint64_t lines = UINT64_C(1) << random_below(random, 2 + first);

    if (kind < 9) {
        add_access(processor, first, random_below(random, 2), lines, 0);
        records[count - 1].access.pages = end - first;
        if (random_below(random, 8) == 0)
            records[count - 1].access.lines = UINT64_MAX;
    } else if (kind < 10) {
        add_event(HUM_CAUSE_HOST_FAULT, HUM_HOST, first, end, random_below(random, 4));
    } else if (kind < 11 && random_below(random, 4) == 0) {
        add_event(HUM_CAUSE_DISCARD, HUM_HOST, first, end, false);
    } else {
        enum hum_cause cause = causes[random_below(random, 6)];
        add_event(cause, processor, first, end,
                  cause == HUM_CAUSE_DEVICE_FAULT || cause == HUM_CAUSE_PREFETCH_POLICY ||
                      (cause == HUM_CAUSE_EVICTION && random_below(random, 2)));
    }
}

static enum sharing_kind naive_kind(const struct naive *n, const struct turns *t)
{
    if (n->trips < 2)
        return n->returns < 2 ? SHARING_REST : SHARING_CAPACITY;
    if (t->count < 4 && 2 * n->prefetched >= n->moves)
        return SHARING_DRAGGED;
    if (t->count >= 2 && t->is_true >= 0.75 * (t->count - 1))
        return SHARING_TRUE;
    if (t->count < 2 || t->is_unknown)
        return SHARING_UNKNOWN;
    if (t->is_false >= 0.75 * (t->count - 1))
        return SHARING_FALSE;
    return t->is_false + t->is_true ? SHARING_BOTH : SHARING_READ;
}

static enum sharing_kind check_page(unsigned page)
{
    struct naive *n = calloc(1, sizeof(*n));
    struct explained e = explain(0, page, page + 1, 2);
    const struct sharing_group *group = e.result.group;
    struct turns t;
    enum sharing_kind kind;

    assert_non_null(n);
    naive_moves(n, page);
    naive_uses(n, page);
    t = naive_turns(n);
    kind = naive_kind(n, &t);
    assert_int_equal(e.result.groups, kind != SHARING_REST);
    if (e.result.groups) {
        assert_int_equal(group->kind, kind);
        assert_int_equal(group->trips_min, kind == SHARING_CAPACITY ? n->returns : n->trips);
        assert_int_equal(group->moves.to_host + group->moves.to_device, n->moves);
    }
    if (e.result.groups && kind != SHARING_CAPACITY && !group->uses_cut) {
        assert_int_equal(group->turns.count, t.count);
        assert_int_equal(group->turns.is_true, t.is_true);
        assert_int_equal(group->turns.is_false, t.is_false);
        assert_int_equal(group->turns.is_read, t.is_read);
        assert_int_equal(group->turns.is_unknown, t.is_unknown);
    }
    free(n);
    done(&e);
    return kind;
}

/* All pages at once give what each gives alone. */
static void check_together(const enum sharing_kind *kinds, unsigned pages)
{
    struct explained e = explain(0, 0, pages, 2);

    for (uint32_t i = 0; i < e.result.groups; i++)
        for (uint32_t k = 0; k < e.result.group[i].pages; k++)
            assert_int_equal(e.result.group[i].kind, kinds[e.result.group[i].first_page + k]);
    for (unsigned kind = SHARING_REST + 1; kind < SHARING_KIND_COUNT; kind++) {
        uint32_t want = 0;
        for (unsigned page = 0; page < pages; page++)
            want += kinds[page] == kind;
        assert_int_equal(e.result.pages[kind], want);
    }
    done(&e);
}

static void random_traces_agree_with_a_naive_model(void **state)
{
    uint64_t seed = random_seed("bench_explain"), steps = random_steps(60);
    uint32_t seen[SHARING_KIND_COUNT] = {0};

    (void)state;
    for (uint64_t step = 0; step < steps; step++) {
        struct random random = random_make(seed, step);
        enum sharing_kind kinds[8];
        size_t wanted = 20 + random_below(&random, 200);

        start(NULL);
        add_access(0, 100, false, 1, 0); /* so that the devices are known by line */
        add_access(1, 100, false, 1, 0);
        while (count < wanted)
            random_record(&random);
        for (unsigned page = 0; page < 8; page++)
            seen[kinds[page] = check_page(page)]++;
        check_together(kinds, 8);
    }
    for (unsigned kind = 0; kind < SHARING_KIND_COUNT; kind++)
        print_message("%s %u, ", sharing_kind_key((enum sharing_kind)kind), seen[kind]);
    print_message("pages\n");
    assert_true(seen[SHARING_REST] && seen[SHARING_TRUE] && seen[SHARING_BOTH]);
}

/* ---- anything ------------------------------------------------------------------------------- */

/* Small numbers that meet each other, and now and then any. */
static uint64_t some(struct random *random, uint64_t small)
{
    return random_below(random, 6) ? random_below(random, small) : random_next(random);
}

static int some_processor(struct random *random)
{
    return (int)random_below(random, HUM_PROCESSORS_MAX) - 1;
}

static void any_event(struct random *random, struct hum_trace_event *event)
{
    event->cause = (uint32_t)random_below(random, HUM_CAUSE_COUNT);
    event->processor = some_processor(random);
    event->kernel = (uint32_t)some(random, 4);
    event->block = (uint32_t)some(random, 3);
    event->move_ns = (uint32_t)some(random, 100);
    event->modelled_ns = (uint32_t)some(random, 100);
    event->evicted = random_below(random, 8) == 0;
    for (unsigned i = 0; i < HUM_PAGES_PER_BLOCK / 64; i++) {
        event->pages.word[i] = random_next(random) & random_next(random);
        event->moved.word[i] = event->pages.word[i] & random_next(random);
    }
    for (unsigned d = 0; d < HUM_DIRECTION_COUNT; d++)
        event->bytes[d] = some(random, 8192);
}

static void any_access(struct random *random, struct hum_trace_access *access)
{
    access->processor = some_processor(random);
    access->kernel = (uint32_t)some(random, 4);
    access->launch = some(random, 8);
    access->first_page = some(random, 1500) % HUM_TRACE_PAGES_MAX;
    access->pages = 1 + (uint32_t)some(random, 600) % (UINT32_MAX - 1);
    if (access->first_page + access->pages > HUM_TRACE_PAGES_MAX)
        access->first_page -= access->pages;
    access->count = 1 + (uint32_t)some(random, 10) % 1000;
    access->write = random_below(random, 2);
    access->lines = random_below(random, 4) ? random_next(random) & random_next(random) : 0;
}

/* What a reader would let pass, in any order and at any time. */
static void any_record(struct random *random)
{
    struct hum_trace_record *record = add(HUM_TRACE_EVENT);

    record->time_ns = some(random, 5000);
    switch (random_below(random, 16)) {
    case 0:
        record->kind = HUM_TRACE_REGION;
        record->region.region = (uint32_t)some(random, 3);
        record->region.first_page = some(random, 600) % HUM_TRACE_PAGES_MAX;
        record->region.bytes = some(random, 1 << 22);
        break;
    case 1:
        record->kind = HUM_TRACE_REGION_END;
        record->region_end.region = (uint32_t)some(random, 3);
        break;
    case 2:
        record->kind = HUM_TRACE_LAUNCH;
        record->launch.launch = some(random, 8);
        record->launch.kernel = (uint32_t)some(random, 4);
        record->launch.device = (int32_t)random_below(random, HUM_DEVICES_MAX);
        record->launch.end_ns = some(random, 5000);
        break;
    case 3:
        record->kind = HUM_TRACE_KERNEL;
        record->kernel.kernel = (uint32_t)some(random, 4);
        record->kernel.device = (int32_t)random_below(random, HUM_DEVICES_MAX);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        record->kind = HUM_TRACE_ACCESS;
        any_access(random, &record->access);
        break;
    default:
        any_event(random, &record->event);
    }
}

static void check_group(const struct explained *e, const struct sharing_group *group)
{
    const struct turns *t = &group->turns;
    char advice[1024];

    assert_true(group->pages > 0 && group->kind != SHARING_REST);
    assert_true(group->trips_min >= 1 && group->trips_min <= group->trips_max);
    assert_true(t->is_true + t->is_false + t->is_read + t->is_unknown <= t->count);
    assert_true(strlen(advice_of(&e->book, group, advice, sizeof(advice))) > 20);
    if (group->kind == SHARING_FALSE)
        assert_int_equal(t->is_unknown, 0);
}

static void any_records_are_survived(void **state)
{
    uint64_t seed = random_seed("bench_explain_any"), steps = random_steps(20);

    (void)state;
    for (uint64_t step = 0; step < steps; step++) {
        struct random random = random_make(seed, step);
        struct explained e;

        start(NULL);
        while (count < 300)
            any_record(&random);
        e = explain((uint32_t)random_below(&random, 3), random_below(&random, 100),
                    some(&random, 2000), 1 + (uint32_t)random_below(&random, 3));
        for (uint32_t i = 0; i < e.result.groups; i++)
            check_group(&e, &e.result.group[i]);
        for (uint32_t i = 1; i < e.result.groups; i++)
            assert_true(copies_of(&e.result.group[i - 1].moves) >=
                        copies_of(&e.result.group[i].moves));
        done(&e);
    }
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
        CASE(random_traces_agree_with_a_naive_model),
        CASE(any_records_are_survived),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
