/* SPDX-License-Identifier: MIT */
/* test_door.c - the replay that runs alone says what the plain one says, record by record. */
#include "made_trace.h"
#include "model/door.h"
#include "support/random.h"

typedef enum hum_status replay_function(struct hum_trace *trace, const struct humi_survey *survey,
                                        const struct humi_model_params *params,
                                        struct humi_model_result *result_out);

static const char *const policies[] = {
    "driver",
    "ahead",
    "auto",
    "adaptive",
    "pattern",
    "tournament",
    "second-chance",
    "counter,evict=arc,thrash=driver",
    "stride,evict=hotset,place=share",
    "driver,evict.reserve=2",
};

/* ---- what a replay tells --------------------------------------------------------------------- */

/* All that was told, folded into a number (FNV-1a over words), and what metrics make of it. */
struct fold {
    uint64_t value, records;
    struct hum_metering *metering;
};

static void fold_word(struct fold *fold, uint64_t word)
{
    fold->value = (fold->value ^ word) * UINT64_C(0x100000001b3);
}

static void fold_event(struct fold *fold, const struct hum_trace_event *event)
{
    const uint64_t words[] = {event->cause,  (uint64_t)event->processor, event->region,
                              event->kernel, event->thread,              event->block,
                              event->bytes[HUM_H2D], event->bytes[HUM_D2H], event->bytes[HUM_D2D],
                              event->move_ns, event->modelled_ns, event->evicted};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        fold_word(fold, words[i]);
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        fold_word(fold, event->pages.word[i]);
        fold_word(fold, event->moved.word[i]);
    }
}

static void take(void *self, const struct hum_trace_record *record)
{
    struct fold *fold = self;
    fold->records++;
    fold_word(fold, record->kind);
    if (record->kind == HUM_TRACE_EVENT)
        fold_event(fold, &record->event);
    if (record->kind == HUM_TRACE_BATCH)
        fold_word(fold, record->time_ns);
    if (record->kind == HUM_TRACE_FAULTS)
        fold_word(fold, (uint64_t)record->faults.faults << 32 | record->faults.duplicates);
    assert_int_equal(hum_metering_feed(fold->metering, record), HUM_OK);
}

/* Pages that came back, as the replay counted them, are those that its records tell. */
static void check_returns(const struct fold *fold, const struct humi_model_result *result)
{
    struct hum_metrics metrics;
    hum_metering_read(fold->metering, &metrics);
    assert_int_equal(result->returned, metrics.thrashed_pages);
}

/* ---- traces ---------------------------------------------------------------------------------- */

#define BLOCKS 24u

/* The host and workers of two devices, reading and writing, near and far. */
static void make_trace(struct random *random)
{
    const uint64_t regions[] = {0, 9 * (uint64_t)PAGES + 100};
    made_begin("driver");
    made_region(1, regions[0], 9 * PAGES);
    made_region(2, regions[1], (BLOCKS - 10) * (uint64_t)PAGES);
    for (uint64_t launch = 1; launch <= 6; launch++) {
        made_launch(launch, (int)(launch % 2), 0);
        for (unsigned i = 0; i < 60; i++) {
            uint32_t pages = 1 + (uint32_t)random_below(random, random_below(random, 4) ? 3 : 64);
            bool second = random_below(random, 2);
            uint64_t room = (second ? (BLOCKS - 10) : 9) * (uint64_t)PAGES - pages;
            made_access(&(struct made_access){.processor = (int)(launch % 2),
                                              .worker = (uint32_t)random_below(random, 4),
                                              .launch = launch,
                                              .first_page = regions[second] +
                                                            random_below(random, room),
                                              .pages = pages,
                                              .count = 1 + (uint32_t)random_below(random, 9),
                                              .write = random_below(random, 2)});
        }
        made_host(random_below(random, 9 * PAGES - 64), 1 + (uint32_t)random_below(random, 64),
                  random_below(random, 2));
    }
    made_end();
}

static struct humi_model_result replay(replay_function *function,
                                       const struct humi_model_params *like, struct fold *fold)
{
    const struct humi_listener listener = {take, fold};
    struct humi_model_params params = *like;
    struct humi_model_result result;
    struct humi_survey survey;
    struct hum_trace *trace;
    params.listener = &listener;
    assert_int_equal(hum_metering_create(&fold->metering), HUM_OK);
    assert_int_equal(hum_trace_open(made_path, &trace), HUM_OK);
    assert_int_equal(humi_survey_read(&survey, trace), HUM_OK);
    if (function(trace, &survey, &params, &result) != HUM_OK)
        fail_msg("%s: %s", params.policy, hum_error_text());
    check_returns(fold, &result);
    hum_metering_destroy(fold->metering);
    humi_survey_fini(&survey);
    hum_trace_close(trace);
    result.replay_ns = 0;
    return result;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void compare(const struct humi_model_params *params)
{
    struct fold plain = {0}, alone = {0};
    struct humi_model_result said = replay(humi_model_replay_plain, params, &plain);
    struct humi_model_result again = replay(humi_model_replay_alone, params, &alone);
    assert_memory_equal(&said.counters, &again.counters, sizeof said.counters);
    assert_int_equal(said.touches, again.touches);
    assert_int_equal(said.hits, again.hits);
    assert_int_equal(said.remote, again.remote);
    assert_int_equal(said.reaches, again.reaches);
    assert_int_equal(said.returned, again.returned);
    assert_memory_equal(&said.arrivals, &again.arrivals, sizeof said.arrivals);
    assert_int_equal(said.modelled_ns, again.modelled_ns);
    assert_int_equal(said.modelled_service_ns, again.modelled_service_ns);
    assert_int_equal(said.modelled_throttled_ns, again.modelled_throttled_ns);
    assert_int_equal(said.late_prefetches, again.late_prefetches);
    assert_int_equal(plain.records, alone.records);
    assert_int_equal(plain.value, alone.value);
    assert_true(said.counters.faults_device > 100);
}

static void both_say_the_same(void **state)
{
    struct random random = random_make(random_seed("both_say_the_same"), 0);
    (void)state;
    if (!humi_model_can_alone())
        skip();
    for (uint64_t round = 0; round < random_steps(4); round++) {
        make_trace(&random);
        for (unsigned i = 0; i < 2 * sizeof policies / sizeof *policies; i++)
            compare(&(struct humi_model_params){.policy = policies[i / 2],
                                                .closed = i % 2,
                                                .device_bytes = (5 + random_below(&random, 15)) *
                                                                HUM_BLOCK_SIZE});
        made_remove();
    }
}

static void the_door_takes_either(void **state)
{
    struct humi_model_params params = {.policy = "driver", .closed = true};
    struct random random = random_make(1, 0);
    struct fold plain = {0}, taken = {0};
    (void)state;
    make_trace(&random);
    struct humi_model_result said = replay(humi_model_replay_plain, &params, &plain);
    struct humi_model_result other = replay(humi_model_replay, &params, &taken);
    assert_memory_equal(&said.counters, &other.counters, sizeof said.counters);
    assert_int_equal(plain.value, taken.value);
    made_remove();
}

static void what_was_not_built_says_so(void **state)
{
    struct humi_model_result result;
    (void)state;
    if (humi_model_has_alone())
        skip();
    const struct humi_model_params params = {.closed = true};
    enum hum_status status = humi_model_replay_alone(NULL, NULL, &params, &result);
    assert_int_equal(status, HUM_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_say_the_same),
        cmocka_unit_test(the_door_takes_either),
        cmocka_unit_test(what_was_not_built_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
