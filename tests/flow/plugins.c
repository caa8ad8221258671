/* SPDX-License-Identifier: MIT */
/*
 * plugins.c - policies of users at work: what they say is done if it may be, and nothing else is,
 * whatever they answer.
 */
#include "flow/flow.h"
#include "support/child.h"

#define SECOND_FAULT PLUGINS_EXAMPLE
#define HOSTILE TEST_PLUGINS "/hostile.so"

static const char *policy_of(struct hum *hum, const void *ptr)
{
    static char text[HUM_POLICY_TEXT_MAX];

    ok(hum_policy_get(hum, ptr, text, sizeof text));
    return text;
}

/* ---- an example ------------------------------------------------------------------------------ */

/* Pages that come when the device reads this word. */
static uint64_t pages_at_touch(struct hum *hum, uint64_t *word)
{
    struct hum_stats start = flow_stats(hum);

    flow_words(hum, "read_words", word, 1, 0);
    return flow_moved(hum, &start, HUM_H2D) / PAGE;
}

static void a_block_comes_whole_at_the_second_fault(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, SECOND_FAULT);
    uint64_t *words = flow_alloc(hum, 4 * MIB);

    (void)state;
    memset(words, 1, 4 * MIB);
    assert_string_equal(policy_of(hum, NULL), SECOND_FAULT);
    assert_string_equal(flow_system(hum).policy, SECOND_FAULT);
    assert_int_equal(pages_at_touch(hum, words), 16);
    assert_int_equal(pages_at_touch(hum, words + 15 * PAGE / 8), 0);
    assert_int_equal(pages_at_touch(hum, words + 300 * PAGE / 8), 496);
    assert_int_equal(pages_at_touch(hum, words + 511 * PAGE / 8), 0);
    assert_int_equal(pages_at_touch(hum, words + 512 * PAGE / 8), 16);
    hum_close(hum);
}

static void a_number_of_a_plugin_can_be_turned_while_it_runs(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand");
    uint64_t *words = flow_alloc(hum, 2 * MIB);

    (void)state;
    memset(words, 1, 2 * MIB);
    ok(hum_policy_set(hum, NULL, SECOND_FAULT ",prefetch.pages=17,evict=lru"));
    assert_string_equal(policy_of(hum, words), "place=intent,prefetch=" SECOND_FAULT
                                               ",thrash=off,evict=lru,prefetch.pages=17");
    assert_int_equal(pages_at_touch(hum, words), 16);
    assert_int_equal(pages_at_touch(hum, words + 100 * PAGE / 8), 16); /* 16 are not enough */
    assert_int_equal(pages_at_touch(hum, words + 200 * PAGE / 8), 480);
    ok(hum_policy_set(hum, NULL, "ondemand"));
    assert_string_equal(policy_of(hum, words), "ondemand");
    hum_close(hum);
}

static void a_region_has_a_plugin_of_its_own(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, "ondemand;region:mine=" SECOND_FAULT);
    uint64_t *mine = flow_alloc(hum, 2 * MIB), *other = flow_alloc(hum, 2 * MIB);

    (void)state;
    ok(hum_name(hum, mine, "mine"));
    memset(mine, 1, 2 * MIB);
    memset(other, 1, 2 * MIB);
    assert_int_equal(pages_at_touch(hum, mine), 16);
    assert_int_equal(pages_at_touch(hum, other), 1);
    ok(hum_policy_set(hum, other, "prefetch=" SECOND_FAULT));
    assert_int_equal(pages_at_touch(hum, other + 100 * PAGE / 8), 16);
    hum_close(hum);
}

static void what_cannot_be_loaded_refuses_the_space(void **state)
{
    static const char *const policies[][2] = {
        {"./none.so", "there is no plug-in at './none.so'"},
        {TEST_PLUGINS "/version.so", "another version of hum/policy.h"},
        {TEST_PLUGINS "/huge_state.so", "evict=mine wants"},
        {"ahead;region:a=./none.so", "there is no plug-in"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct hum_options options = HUM_OPTIONS_INIT;
        struct hum *hum = NULL;
        options.policy = policies[i][0];
        flow_status(HUM_ERR_INVALID, hum_open(&options, &hum), options.policy, __FILE__, __LINE__);
        assert_null(hum);
        if (!strstr(hum_error_text(), policies[i][1]))
            fail_msg("no '%s' in: %s", policies[i][1], hum_error_text());
    }
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    assert_int_equal(hum_policy_set(hum, NULL, TEST_PLUGINS "/huge_state.so"), HUM_ERR_INVALID);
    assert_string_equal(policy_of(hum, NULL), "auto");
    hum_close(hum);
}

/* ---- hostile ones ---------------------------------------------------------------------------- */

struct hostile {
    char policy[512];
    size_t bytes;                /* worked on by a device of 8 MiB */
    unsigned turns;              /* changes to another order and back */
};

/* In a child: cmocka's assertions are not for it. */
static void must_kernel(struct hum *hum, const char *kernel, uint64_t *words, size_t n,
                        uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    must(flow_try(hum, 0, kernel, &args, sizeof args, n) == HUM_OK);
}

/* Both sides change every word in turn, and every change must be there. */
static void work(void *context)
{
    const struct hostile *hostile = context;
    struct hum_options options = HUM_OPTIONS_INIT;
    size_t n = hostile->bytes / sizeof(uint64_t);
    struct hum *hum;
    void *ptr;

    options.devices = "emu:mem=8M,workers=2";
    options.policy = hostile->policy;
    must(hum_open(&options, &hum) == HUM_OK);
    must(hum_alloc(hum, hostile->bytes - PAGE, 0, &ptr) == HUM_OK); /* a last block with a hole */
    uint64_t *words = ptr;
    n -= PAGE / sizeof *words;
    for (size_t i = 0; i < n; i++)
        words[i] = i;
    must_kernel(hum, "add", words, n, 5);
    for (unsigned i = 0; i < hostile->turns; i++) {
        must(hum_policy_set(hum, NULL, i % 2 ? hostile->policy : "evict=lfu") == HUM_OK);
        must_kernel(hum, "add", words, n, 1);
    }
    for (size_t i = 0; i < n; i += 7)
        words[i]++;
    must_kernel(hum, "add", words, n, 1);
    for (size_t i = 0; i < n; i++)
        must(words[i] == i + 6 + hostile->turns + (i % 7 == 0));
    must(hum_policy_set(hum, NULL, "driver") == HUM_OK);
    hum_close(hum);
}

static unsigned lines_with(const char *text, const char *word)
{
    unsigned count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

static void run_hostile(const struct hostile *hostile, struct child *child)
{
    struct hostile copy = *hostile;

    assert_true(child_run(work, &copy, child));
    if (!child->exited || child->code != 0)
        fail_msg("%s: %s %d: %s", hostile->policy, child->exited ? "exit" : "signal", child->code,
                 child->text);
}

static void plans_that_break_the_rules_are_never_done(void **state)
{
    static const char *const words[] = {
        NULL,
        "a plan brings pages outside the region",
        "a plan maps pages that are not here",
        "a plan maps",
        "a plan goes more than 16 blocks ahead",
        "a plan throttles for more than 10 ms",
        NULL, /* far ahead and behind, but by the rules */
        "a plan ",
    };

    (void)state;
    for (unsigned how = 0; how < sizeof words / sizeof words[0]; how++) {
        struct hostile hostile = {.bytes = 4 * MIB};
        struct child child;
        snprintf(hostile.policy, sizeof hostile.policy, "ondemand,prefetch=%s,prefetch.how=%u",
                 HOSTILE, how);
        run_hostile(&hostile, &child);
        assert_int_equal(lines_with(child.text, "such plans are replaced"), words[how] != NULL);
        if (words[how] && !strstr(child.text, words[how]))
            fail_msg("no '%s' in: %s", words[how], child.text);
    }
}

static void orders_that_answer_nonsense_lose_their_place(void **state)
{
    static const char *const words[] = {
        NULL,
        "names something that it does not have",
        "names something that it does not have",
        "names something that it does not have",
        "names nothing, though it has something",
        "names the same again",
        "goes round and round",
        NULL, /* only the last that came, which can always leave */
    };

    (void)state;
    for (unsigned how = 0; how < sizeof words / sizeof words[0]; how++) {
        struct hostile hostile = {.bytes = 14 * MIB};
        struct child child;
        snprintf(hostile.policy, sizeof hostile.policy, "driver,evict=%s,evict.how=%u", HOSTILE,
                 how);
        run_hostile(&hostile, &child);
        unsigned lines = lines_with(child.text, "decides from here on");
        assert_int_equal(lines > 0, words[how] != NULL);
        if (words[how] && !strstr(child.text, words[how]))
            fail_msg("%u: no '%s' in: %s", how, words[how], child.text);
        assert_true(lines <= 2); /* one a processor: the host has an order of its own */
    }
}

static void nonsense_can_be_left_and_taken_again(void **state)
{
    (void)state;
    for (unsigned how = 0; how <= 6; how += 2) {
        struct hostile hostile = {.bytes = 12 * MIB, .turns = 2};
        struct child child;
        snprintf(hostile.policy, sizeof hostile.policy, "%s,evict.how=%u", HOSTILE, how);
        run_hostile(&hostile, &child);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_that_break_the_rules_are_never_done),
        cmocka_unit_test(orders_that_answer_nonsense_lose_their_place),
        cmocka_unit_test(nonsense_can_be_left_and_taken_again),
        cmocka_unit_test(a_block_comes_whole_at_the_second_fault),
        cmocka_unit_test(a_number_of_a_plugin_can_be_turned_while_it_runs),
        cmocka_unit_test(a_region_has_a_plugin_of_its_own),
        cmocka_unit_test(what_cannot_be_loaded_refuses_the_space),
    };

    setenv("HUM_LOG", "warn", 1); /* the lines are counted */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
