/* SPDX-License-Identifier: MIT */
/* test_explain_random.c - random traces against a naive model, and any records at all. */
#include "bench/explain_world.h"

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
        CASE(random_traces_agree_with_a_naive_model),
        CASE(any_records_are_survived),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
