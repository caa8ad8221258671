/* SPDX-License-Identifier: MIT */
/*
 * test_memory.c - a replay for which memory is out says so, or counts what it counts with enough.
 *
 * Every allocation of a replay fails once, each in a replay of its own.
 */
#include "made_trace.h"
#include "support/fail_call.h"
#include "support/random.h"

#define BLOCKS 24u
#define CALLS_MAX 100000

static void made_prefetch(uint64_t first_page, uint64_t pages)
{
    const struct hum_trace_record record = {.kind = HUM_TRACE_CALL,
                                            .call = {.call = HUM_TRACE_CALL_PREFETCH,
                                                     .region = 1,
                                                     .device = HUM_HOST,
                                                     .offset = first_page * HUM_PAGE_SIZE,
                                                     .bytes = pages * HUM_PAGE_SIZE}};
    made_put(&record);
}

/* Two launches on two streams of more than the device holds, the host in between, two regions. */
static void make(void)
{
    struct random random = random_make(random_seed("replays without memory"), 0);

    made_begin("driver");
    made_region(1, 0, UINT64_C(16) * PAGES);
    made_region(2, UINT64_C(16) * PAGES, UINT64_C(8) * PAGES);
    made_host(0, BLOCKS * PAGES, true);
    for (uint64_t launch = 1; launch <= 2; launch++) {
        made_prefetch(launch * 3 * PAGES, PAGES);
        for (unsigned i = 0; i < 400; i++)
            made_access(&(struct made_access){.processor = 0,
                                              .worker = i % 3,
                                              .launch = launch,
                                              .first_page = random_below(&random, BLOCKS * PAGES),
                                              .pages = 1,
                                              .write = i % 4 == 0});
        made_launch(launch, 0, (uint32_t)launch);
        made_host(launch * PAGES, 40, false);
    }
    made_region_end(2);
    made_region_end(1);
    made_end();
}

struct replay {
    struct hum_trace *trace;
    struct humi_survey survey;
    struct humi_model_params params;
};

/* False: it has no n-th allocation. */
static bool fail_one(struct replay *replay, int n, const struct humi_model_result *whole)
{
    struct humi_model_result result;
    long pieces = fail_call_pieces();

    fail_call_arm(FAIL_IN_PROGRAM, FAIL_ALLOC, n);
    enum hum_status status =
        humi_model_replay(replay->trace, &replay->survey, &replay->params, &result);
    bool failed = fail_call_disarm();
    if (status == HUM_OK ? memcmp(&result.counters, &whole->counters, sizeof result.counters)
                         : status != HUM_ERR_NO_MEMORY)
        fail_msg("%s, %s, allocation %d at +0x%lx: %s, %s", replay->params.policy,
                 replay->params.closed ? "closed" : "open", n, fail_call_where(),
                 hum_status_text(status), status == HUM_OK ? "counts differ" : hum_error_text());
    if (fail_call_pieces() != pieces)
        fail_msg("%s, allocation %d at +0x%lx: memory is lost", replay->params.policy, n,
                 fail_call_where());
    return failed;
}

static void every_allocation_fails_once(void **state)
{
    static const char *const policies[] = {"driver", "auto", "pattern", "tournament", "hotset",
                                           "prefetch=tree,evict=arc,thrash=on"};
    struct replay replay = {.params = {.device_bytes = 10 * HUM_BLOCK_SIZE}};

    (void)state;
    make();
    assert_int_equal(hum_trace_open(made_path, &replay.trace), HUM_OK);
    assert_int_equal(humi_survey_read(&replay.survey, replay.trace), HUM_OK);
    for (unsigned i = 0; i < 2 * sizeof policies / sizeof *policies; i++) {
        struct humi_model_result whole;
        int n = 1;
        replay.params.policy = policies[i / 2];
        replay.params.closed = i % 2;
        assert_int_equal(humi_model_replay(replay.trace, &replay.survey, &replay.params, &whole),
                         HUM_OK);
        while (n < CALLS_MAX && fail_one(&replay, n, &whole))
            n++;
        assert_in_range(n, 20, CALLS_MAX - 1);
    }
    humi_survey_fini(&replay.survey);
    hum_trace_close(replay.trace);
    made_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_once),
    };

    if (!fail_call_init())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
