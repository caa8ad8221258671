/* SPDX-License-Identifier: MIT */
/*
 * thrash.c - a page that host and device write in turn, with thrashing control and without.
 *
 * The spaces are deterministic: a batch of faults takes a tenth of a millisecond of the time that
 * policies decide by, and nothing else takes any.  So each turn is one fault, 100 us after the one
 * before, and when it is pinned follows from the table in policy/thrash/driver.h.  In these spaces
 * a wait is counted and no time passes by it.
 */
#include "flow/flow.h"

#define TURN_US 100u
#define TURNS_MAX 120u
#define NEVER 0u

static struct hum *hum;
static uint64_t *word; /* of the page that both write */
static unsigned turns; /* taken: the host has the even ones */

static void begin(const char *policy)
{
    struct hum_options options = HUM_OPTIONS_INIT;

    options.devices = ONE_DEVICE;
    options.policy = policy;
    options.sample = "off";
    options.deterministic = true;
    ok(hum_open(&options, &hum));
    word = flow_alloc(hum, PAGE);
    *word = 0; /* turn 0, the first touch, takes it from nobody */
    turns = 0;
}

static void end(void)
{
    assert_int_equal(*word, turns);
    hum_close(hum);
}

/* The next one writes; the counters of what that did. */
static struct hum_counters take_turn(void)
{
    struct hum_counters before = flow_stats(hum).total, after;

    turns++;
    if (turns % 2)
        flow_words(hum, "fill", word, 1, turns);
    else
        *word = turns;
    after = flow_stats(hum).total;
    hum_counters_subtract(&after, &before, &after);
    return after;
}

static uint64_t moved(const struct hum_counters *c)
{
    return c->bytes[HUM_H2D] + c->bytes[HUM_D2H];
}

/* The turn at which the page is mapped where it is; each before has moved it, by one fault. */
static unsigned turn_of_pin(void)
{
    while (turns < TURNS_MAX) {
        struct hum_counters c = take_turn();

        assert_int_equal(c.faults_host + c.faults_device, 1);
        if (c.events[HUM_CAUSE_REMOTE_MAP]) {
            assert_int_equal(c.pages[HUM_CAUSE_REMOTE_MAP], 1);
            assert_int_equal(moved(&c), 0);
            return turns;
        }
        assert_int_equal(moved(&c), PAGE);
    }
    return NEVER;
}

/* Others' faults: time passes. */
static void let_pass_us(unsigned us)
{
    size_t pages = us / TURN_US;
    char *other = flow_alloc(hum, pages * PAGE);

    for (size_t i = 0; i < pages; i++)
        other[i * PAGE] = 1;
    ok(hum_free(hum, other));
}

/* ---- the definition, for turns that are equally far apart ------------------------------------ */

struct setting {
    unsigned events, lapse_us, waits;
};

/* Who took it last goes on until `until`; a turn of the other before that is a wait. */
static unsigned turn_by_definition(const struct setting *s)
{
    unsigned in_a_row = 0, waits = 0, until = 0, owner = 2;

    for (unsigned turn = 1; turn <= TURNS_MAX; turn++) {
        unsigned now = turn * TURN_US, who = turn % 2;

        in_a_row = turn > 1 && TURN_US <= s->lapse_us ? in_a_row + 1 : 1;
        if (in_a_row < s->events)
            continue;
        if (owner == 2 || now >= until) {
            owner = who;
            until = now + s->lapse_us;
        } else if (owner != who && ++waits == s->waits) {
            return turn;
        }
    }
    return NEVER;
}

/* ---- stories --------------------------------------------------------------------------------- */

static void without_control_every_turn_moves_it(void **state)
{
    (void)state;
    begin("ondemand,thrash=off");
    assert_int_equal(turn_of_pin(), NEVER);
    end();
}

/*
 * Turns 1, 2, 3 are three events within 500 us each: it thrashes.  The device took turn 3 and goes
 * on for 500 us, so the host waits at 4 and 6; at 8 it is the host's, and the device waits at 9 and
 * 11; so on: waits at 4 6, 9 11, 14 16, 19 21, 24 26.  The tenth pins it.
 */
static void the_tenth_wait_pins_it(void **state)
{
    (void)state;
    begin("ondemand,thrash=driver");
    assert_int_equal(turn_of_pin(), 26);
    end();
}

/* Who gets the addresses of a region that ended begins anew. */
static void what_was_freed_is_forgotten(void **state)
{
    uint64_t *before;

    (void)state;
    begin("ondemand,thrash=driver");
    assert_int_equal(turn_of_pin(), 26);
    before = word;
    ok(hum_free(hum, word));
    word = flow_alloc(hum, PAGE);
    assert_ptr_equal(word, before);
    *word = 0;
    turns = 0;
    assert_int_equal(turn_of_pin(), 26);
    end();
}

static void numbers_decide_when_it_is_pinned(void **state)
{
    static const struct setting settings[] = {
        {3, 500, 10},  {2, 500, 10}, {15, 500, 10}, {3, 500, 1}, {1, 200, 3},
        {3, 1000, 10}, {3, 100, 1},  {5, 300, 7},   {3, 99, 1},  {15, 10000, 40},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const struct setting *s = &settings[i];
        char policy[128];

        snprintf(policy, sizeof(policy),
                 "ondemand,thrash=driver,thrash.events=%u,thrash.lapse=%u,thrash.waits=%u",
                 s->events, s->lapse_us, s->waits);
        begin(policy);
        unsigned got = turn_of_pin(), want = turn_by_definition(s);
        if (got != want)
            fail_msg("%s: pinned at turn %u, not %u", policy, got, want);
        end();
    }
}

static void pauses_longer_than_the_lapse_are_no_thrashing(void **state)
{
    (void)state;
    begin("ondemand,thrash=driver");
    for (int i = 0; i < 40; i++) {
        struct hum_counters c = take_turn();

        assert_int_equal(moved(&c), PAGE);
        let_pass_us(500);
    }
    end();
}

static void what_is_pinned_costs_nothing_and_stays_for_both(void **state)
{
    (void)state;
    begin("ondemand,thrash=driver");
    assert_int_not_equal(turn_of_pin(), NEVER);
    for (int i = 0; i < 20; i++) {
        struct hum_counters c = take_turn();

        assert_int_equal(c.faults_host + c.faults_device, 0);
        assert_int_equal(moved(&c), 0);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_control_every_turn_moves_it),
        cmocka_unit_test(the_tenth_wait_pins_it),
        cmocka_unit_test(what_was_freed_is_forgotten),
        cmocka_unit_test(numbers_decide_when_it_is_pinned),
        cmocka_unit_test(pauses_longer_than_the_lapse_are_no_thrashing),
        cmocka_unit_test(what_is_pinned_costs_nothing_and_stays_for_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
