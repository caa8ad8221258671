/* SPDX-License-Identifier: MIT */
/* watches.c - tools in the process are told what a trace holds and what the counters say. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#include "flow.h"
#include "sums.h"

static char path[] = "/tmp/hum-watch-XXXXXX";

static struct hum *open_space(const char *trace)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum;

    options.devices = ONE_DEVICE;
    options.trace = trace;
    ok(hum_open(&options, &hum));
    return hum;
}

/* What one tool was told. */
struct told {
    struct sums sums;
    uint64_t records[HUM_TRACE_KIND_COUNT], lost;
    enum hum_trace_kind first, last;
    bool any;
};

static void listen(void *user, const struct hum_trace_record *record)
{
    struct told *told = user;

    if (!told->any)
        told->first = record->kind;
    told->any = true;
    told->last = record->kind;
    told->records[record->kind]++;
    if (record->kind == HUM_TRACE_DROPPED)
        told->lost += record->dropped.count;
    sums_add(&told->sums, record);
}

static void two_watches_and_a_trace_are_told_the_same(void **state)
{
    struct hum *hum = open_space(path);
    struct told told[2] = {{.any = false}, {.any = false}};
    struct hum_trace_record record;
    struct hum_watch *watch[2];
    struct sums sums = {0};
    struct hum_trace *trace;

    (void)state;
    for (int i = 0; i < 2; i++)
        ok(hum_watch(hum, listen, &told[i], &watch[i]));
    sums_story(hum);
    hum_close(hum);
    ok(hum_trace_open(path, &trace));
    while (hum_trace_next(trace, &record) == HUM_OK)
        sums_add(&sums, &record);
    hum_trace_close(trace);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(told[i].first, HUM_TRACE_SPACE);
        assert_int_equal(told[i].last, HUM_TRACE_TOTALS);
        assert_int_equal(told[i].lost, 0);
        assert_int_equal(told[i].records[HUM_TRACE_PROCESSOR], 2);
        assert_true(told[i].records[HUM_TRACE_SETTING] > 3);
        assert_true(told[i].sums.totals.evictions_dirty > 0);
        assert_int_equal(told[i].sums.launches, 2);
        sums_agree(&told[i].sums);
        assert_memory_equal(&told[i].sums.counters, &sums.counters, sizeof sums.counters);
    }
}

static void without_a_trace_the_counters_are_told(void **state)
{
    struct hum *hum = open_space(NULL);
    struct told told = {.any = false};
    struct hum_counters before;
    struct hum_watch *watch;

    (void)state;
    ok(hum_watch(hum, listen, &told, &watch));
    sums_story(hum);
    ok(hum_unwatch(watch)); /* what was put before it is told */
    before = flow_stats(hum).total;
    assert_true(before.evictions_dirty > 0);
    assert_memory_equal(told.sums.counters.bytes, before.bytes, sizeof before.bytes);
    assert_memory_equal(told.sums.counters.events, before.events, sizeof before.events);
    assert_int_equal(told.sums.counters.faults_device, before.faults_device);
    assert_int_equal(told.records[HUM_TRACE_TOTALS], 0);
    sums_story(hum);
    assert_memory_equal(told.sums.counters.bytes, before.bytes, sizeof before.bytes);
    hum_close(hum);
}

static void a_late_watch_is_told_what_lives(void **state)
{
    struct hum *hum = open_space(NULL);
    struct told told = {.any = false};
    struct hum_watch *watch;
    uint64_t *words;

    (void)state;
    words = flow_alloc(hum, 4 * PAGE);
    ok(hum_name(hum, words, "words"));
    (void)flow_alloc(hum, PAGE);
    ok(hum_free(hum, flow_alloc(hum, PAGE)));
    flow_words(hum, "fill", words, 4, 1);
    ok(hum_watch(hum, listen, &told, &watch));
    ok(hum_unwatch(watch));
    assert_int_equal(told.first, HUM_TRACE_SPACE);
    assert_int_equal(told.records[HUM_TRACE_REGION], 2);
    assert_int_equal(told.records[HUM_TRACE_KERNEL], 1);
    assert_true(told.sums.region_named && told.sums.kernel_named);
    assert_int_equal(told.records[HUM_TRACE_EVENT], 0);
    hum_close(hum);
}

/* ---- a slow callback ------------------------------------------------------------------------- */

struct slow {
    struct told told;
    sem_t go_on;
    atomic_bool stopped;
};

static void stop_at_the_first_region(void *user, const struct hum_trace_record *record)
{
    struct slow *slow = user;

    if (record->kind == HUM_TRACE_REGION && !atomic_exchange(&slow->stopped, true))
        while (sem_wait(&slow->go_on) != 0)
            continue;
    listen(&slow->told, record);
}

static void what_a_slow_callback_loses_is_counted(void **state)
{
    enum { NAMES = 20000 };
    struct slow slow = {.told.any = false};
    struct hum *hum = open_space(NULL);
    struct hum_watch *watch;
    void *region;

    (void)state;
    sem_init(&slow.go_on, 0, 0);
    ok(hum_watch(hum, stop_at_the_first_region, &slow, &watch));
    region = flow_alloc(hum, PAGE);
    for (int i = 0; i < NAMES; i++)
        ok(hum_name(hum, region, "again")); /* a record each, and nobody is held up */
    sem_post(&slow.go_on);
    ok(hum_unwatch(watch));
    assert_true(slow.told.lost >= NAMES - 8192 - 1);
    assert_true(slow.told.records[HUM_TRACE_DROPPED] > 0);
    assert_int_equal(slow.told.records[HUM_TRACE_REGION] + slow.told.lost, NAMES + 1);
    sem_destroy(&slow.go_on);
    hum_close(hum);
}

/* ---- watching comes and goes ----------------------------------------------------------------- */

struct churn {
    struct hum *hum;
    atomic_bool stop;
    uint64_t watches;
};

static void *come_and_go(void *argument)
{
    struct churn *churn = argument;

    while (!atomic_load(&churn->stop)) {
        struct told told = {.any = false};
        struct hum_watch *watch;

        must(hum_watch(churn->hum, listen, &told, &watch) == HUM_OK);
        must(hum_unwatch(watch) == HUM_OK);
        must(told.any && told.first == HUM_TRACE_SPACE); /* and nobody is told afterwards */
        churn->watches++;
    }
    return NULL;
}

static void watches_come_and_go_while_events_flow(void **state)
{
    struct churn churn[2] = {{.watches = 0}, {.watches = 0}};
    struct told told = {.any = false};
    struct hum *hum = open_space(NULL);
    struct hum_watch *watch;
    pthread_t thread[2];

    (void)state;
    ok(hum_watch(hum, listen, &told, &watch));
    for (int i = 0; i < 2; i++) {
        churn[i].hum = hum;
        assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, &churn[i]), 0);
    }
    for (int i = 0; i < 3; i++)
        sums_story(hum);
    for (int i = 0; i < 2; i++) {
        atomic_store(&churn[i].stop, true);
        pthread_join(thread[i], NULL);
        assert_true(churn[i].watches > 0);
    }
    hum_close(hum);
    assert_int_equal(told.lost, 0);
    sums_agree(&told.sums);
}

/* ---- what a callback may do ------------------------------------------------------------------ */

struct busy {
    struct hum *hum;
    struct hum_watch *watch;
    uint64_t *words;
    sem_t known;                 /* that `watch` is */
    enum hum_status ended, asked;
    uint64_t word, calls;
};

static void do_everything(void *user, const struct hum_trace_record *record)
{
    struct busy *busy = user;
    struct hum_page_info page;
    struct hum_stats stats;

    if (record->kind != HUM_TRACE_LAUNCH || busy->calls++)
        return;
    while (sem_wait(&busy->known) != 0)
        continue;
    busy->ended = hum_unwatch(busy->watch);
    hum_close(busy->hum); /* does nothing here */
    busy->asked = hum_stats(busy->hum, &stats);
    if (busy->asked == HUM_OK)
        busy->asked = hum_query(busy->hum, busy->words, PAGE, &page, 1);
    busy->word = *busy->words; /* the device wrote it: a fault that moves it here */
}

static void a_callback_may_touch_managed_memory(void **state)
{
    struct hum *hum = open_space(NULL);
    struct busy busy = {.hum = hum};

    (void)state;
    sem_init(&busy.known, 0, 0);
    busy.words = flow_alloc(hum, PAGE);
    ok(hum_watch(hum, do_everything, &busy, &busy.watch));
    sem_post(&busy.known);
    flow_words(hum, "fill", busy.words, WORDS_PER_PAGE, 42);
    ok(hum_unwatch(busy.watch));
    assert_int_equal(busy.calls, 1);
    assert_int_equal(busy.ended, HUM_ERR_BUSY);
    assert_int_equal(busy.asked, HUM_OK);
    assert_int_equal(busy.word, 42);
    sem_destroy(&busy.known);
    hum_close(hum);
}

static void a_space_has_eight_watches(void **state)
{
    struct hum *hum = open_space(NULL);
    struct told told[8] = {{.any = false}}, none;
    struct hum_watch *watch[8], *more = NULL;

    (void)state;
    for (int i = 0; i < 8; i++)
        ok(hum_watch(hum, listen, &told[i], &watch[i]));
    status_is(HUM_ERR_BUSY, hum_watch(hum, listen, &none, &more));
    assert_null(more);
    ok(hum_unwatch(watch[3]));
    ok(hum_watch(hum, listen, &told[3], &watch[3]));
    status_is(HUM_ERR_INVALID, hum_watch(NULL, listen, NULL, &more));
    status_is(HUM_ERR_INVALID, hum_watch(hum, NULL, NULL, &more));
    status_is(HUM_ERR_INVALID, hum_watch(hum, listen, NULL, NULL));
    ok(hum_unwatch(NULL));
    hum_close(hum);
    for (int i = 0; i < 8; i++)
        assert_int_equal(told[i].last, HUM_TRACE_TOTALS);
}

static int remove_trace(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_watches_and_a_trace_are_told_the_same),
        cmocka_unit_test(without_a_trace_the_counters_are_told),
        cmocka_unit_test(a_late_watch_is_told_what_lives),
        cmocka_unit_test(what_a_slow_callback_loses_is_counted),
        cmocka_unit_test(watches_come_and_go_while_events_flow),
        cmocka_unit_test(a_callback_may_touch_managed_memory),
        cmocka_unit_test(a_space_has_eight_watches),
    };
    int file = mkstemp(path);

    if (file < 0)
        return 1;
    close(file);
    return cmocka_run_group_tests(tests, NULL, remove_trace);
}
