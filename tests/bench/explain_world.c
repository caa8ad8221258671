/* SPDX-License-Identifier: MIT */
/* explain_world.c - records in an array, and what hum explain says of them. */
#include "bench/explain_world.h"

struct hum_trace_record records[RECORDS_MAX];
size_t count;
uint64_t now;

int start(void **state)
{
    (void)state;
    memset(records, 0, sizeof(records));
    count = 0;
    now = 0;
    return 0;
}

/* ---- making traces -------------------------------------------------------------------------- */

struct hum_trace_record *add(enum hum_trace_kind kind)
{
    struct hum_trace_record *record = &records[count++];

    assert_true(count <= RECORDS_MAX);
    record->kind = kind;
    record->time_ns = now += 10;
    return record;
}

struct hum_trace_event *add_event(enum hum_cause cause, int processor, unsigned first,
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

void add_access(int processor, uint64_t page, bool write, uint64_t lines, uint64_t launch)
{
    struct hum_trace_access *access = &add(HUM_TRACE_ACCESS)->access;

    access->processor = processor;
    access->first_page = page;
    access->pages = access->count = 1;
    access->write = write;
    access->lines = lines;
    access->launch = launch;
}

void add_region(uint32_t region, uint64_t first_page, uint64_t pages)
{
    struct hum_trace_region *record = &add(HUM_TRACE_REGION)->region;

    record->region = region;
    record->first_page = first_page;
    record->bytes = pages * HUM_PAGE_SIZE;
}

int fault_of(int processor)
{
    return processor == HUM_HOST ? HUM_CAUSE_HOST_FAULT : HUM_CAUSE_DEVICE_FAULT;
}

/* The page comes to the processor, which reads and writes these lines. */
void visit(int processor, unsigned page, uint64_t read, uint64_t write)
{
    add_event((enum hum_cause)fault_of(processor), processor, page, page + 1, true);
    if (read)
        add_access(processor, page, false, read, 0);
    if (write)
        add_access(processor, page, true, write, 0);
}

/* ---- explaining them ------------------------------------------------------------------------ */

struct explained explain(uint32_t region, uint64_t first_page, uint64_t end_page,
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

void done(struct explained *e)
{
    sharing_destroy(e->sharing);
    book_free(&e->book);
}

/* The kind of page 0, which is the only group or at rest. */
enum sharing_kind kind_of_page(void)
{
    struct explained e = explain(0, 0, 1, 2);
    enum sharing_kind kind = e.result.groups ? e.result.group[0].kind : SHARING_REST;

    assert_in_range(e.result.groups, 0, 1);
    done(&e);
    return kind;
}

const char *advice_of_page(char *room, size_t bytes)
{
    struct explained e = explain(0, 0, HUM_PAGES_PER_BLOCK, 2);

    assert_int_equal(e.result.groups, 1);
    advice_of(&e.book, &e.result.group[0], room, bytes);
    done(&e);
    return room;
}
