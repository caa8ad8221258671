/* SPDX-License-Identifier: MIT */
/* check.c - the checker of declared uses finds what is planted, and nothing in clean programs. */
#include "flow/flow.h"

static struct hum *hum;
static uint64_t *one, *two;

#define BYTES (2 * BLOCK)
#define WORDS (BYTES / 8)

static int open_with(const char *check)
{
    struct hum_options options = HUM_OPTIONS_INIT;

    options.devices = "emu:mem=64M,workers=1";
    options.check = check;
    ok(hum_open(&options, &hum));
    one = flow_alloc(hum, BYTES);
    two = flow_alloc(hum, BYTES);
    ok(hum_name(hum, one, "one"));
    ok(hum_name(hum, two, "two"));
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return open_with("uses");
}

static int setup_released(void **state)
{
    (void)state;
    return open_with("released");
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static void use(uint64_t *words, size_t bytes, unsigned access)
{
    ok(hum_use(hum_stream(hum, 0), words, bytes, access));
}

static void run_copy(uint64_t *to, const uint64_t *from, size_t n)
{
    struct flow_copy args = {.to = to, .from = from, .n = n};

    flow_run(hum, 0, "copy", &args, n);
}

static struct hum_violation the_only_one(void)
{
    struct hum_violation v;

    assert_int_equal(hum_violations(hum, NULL, 0), 1);
    assert_int_equal(hum_violations(hum, &v, 1), 1);
    return v;
}

static void clean_programs_are_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORDS; i++)
        one[i] = i;
    for (int round = 0; round < 3; round++) {
        use(one, BYTES, HUM_READ);
        use(two, BYTES, HUM_WRITE);
        run_copy(two, one, WORDS);
        run_copy(one, two, WORDS); /* by its arguments */
        for (size_t i = 0; i < WORDS; i += 300) {
            assert_int_equal(two[i], i + (size_t)round);
            assert_int_equal(one[i]++, i + (size_t)round);
        }
    }
    assert_int_equal(hum_violations(hum, NULL, 0), 0);
}

static void an_undeclared_read_is_found(void **state)
{
    (void)state;
    one[300 * WORDS_PER_PAGE] = 5;
    use(two, BYTES, HUM_READ | HUM_WRITE);
    use(one, 300 * PAGE, HUM_READ);
    run_copy(two, one, 301 * WORDS_PER_PAGE);
    assert_int_equal(two[300 * WORDS_PER_PAGE], 5); /* the program goes on */

    struct hum_violation v = the_only_one();
    assert_int_equal(v.kind, HUM_VIOLATION_UNDECLARED);
    assert_int_equal(v.processor, 0);
    assert_string_equal(v.kernel, "copy");
    assert_string_equal(v.region, "one");
    assert_int_equal(v.region_start, (uintptr_t)one);
    assert_int_equal(v.address & ~(PAGE - 1), (uintptr_t)one + 300 * PAGE);
    assert_false(v.write);
    assert_int_equal(v.touches, 1);
}

static void an_undeclared_write_is_found(void **state)
{
    (void)state;
    use(one, BYTES, HUM_READ);
    use(two, BYTES, HUM_READ);
    run_copy(two, one, WORDS_PER_PAGE);

    struct hum_violation v = the_only_one();
    assert_int_equal(v.kind, HUM_VIOLATION_UNDECLARED);
    assert_string_equal(v.region, "two");
    assert_string_equal(v.kernel, "copy");
    assert_true(v.write);
    assert_int_equal(v.address & ~(PAGE - 1), (uintptr_t)two);
}

/* What an earlier launch had may be there still, and is found all the same. */
static void what_was_declared_earlier_does_not_count(void **state)
{
    (void)state;
    use(one, BYTES, HUM_READ);
    use(two, BYTES, HUM_WRITE);
    run_copy(two, one, WORDS);
    assert_int_equal(hum_violations(hum, NULL, 0), 0);
    use(one, BYTES, HUM_READ);
    run_copy(two, one, WORDS_PER_PAGE);
    assert_string_equal(the_only_one().region, "two");
}

static void each_page_of_each_launch_counts(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        use(two, BYTES, HUM_WRITE);
        run_copy(two, one, 7 * WORDS_PER_PAGE);
    }
    assert_int_equal(the_only_one().touches, 14);
}

static void stored_pointers_are_found(void **state)
{
    struct flow_node *head = flow_alloc(hum, sizeof *head);
    struct flow_node *next = (struct flow_node *)(void *)two;
    struct flow_list args = {.head = head, .sum = one};

    (void)state;
    *head = (struct flow_node){.next = next, .value = 1};
    *next = (struct flow_node){.next = NULL, .value = 2};
    flow_run(hum, 0, "walk", &args, 1);
    assert_int_equal(*one, 3);
    for (size_t i = 0; i < hum_violations(hum, NULL, 0); i++) {
        struct hum_violation v[4];
        assert_true(hum_violations(hum, v, 4) <= 2); /* read, then written */
        assert_string_equal(v[i].region, "two");
        assert_string_equal(v[i].kernel, "walk");
    }
    assert_true(hum_violations(hum, NULL, 0) >= 1);
}

static void reachable_regions_are_declared(void **state)
{
    struct flow_node *head = flow_alloc(hum, sizeof *head);
    struct flow_node *next = (struct flow_node *)(void *)two;
    struct flow_list args = {.head = head, .sum = one};

    (void)state;
    ok(hum_reachable(hum, two, true));
    *head = (struct flow_node){.next = next, .value = 1};
    *next = (struct flow_node){.next = NULL, .value = 2};
    flow_run(hum, 0, "walk", &args, 1);
    assert_int_equal(*one, 3);
    assert_int_equal(hum_violations(hum, NULL, 0), 0);
}

static void the_host_in_the_way_is_found(void **state)
{
    uint64_t *gate = flow_alloc(hum, PAGE);
    struct flow_gate args = {.gate = gate, .out = one, .until = 1, .value = 5};

    (void)state;
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "gate"), 1, &args, sizeof args));
    while (flow_page(hum, gate).resident != HUM_BIT(0)) {
    }
    __atomic_store_n(gate, 1, __ATOMIC_SEQ_CST); /* it waits for this: fine only where both fault */
    ok(hum_wait(hum, 0));

    struct hum_violation v[4];
    size_t count = hum_violations(hum, v, 4);
    assert_in_range(count, 1, 4); /* the kernel may have to fetch its page again */
    assert_int_equal(v[0].kind, HUM_VIOLATION_HOST_DURING_LAUNCH);
    assert_int_equal(v[0].processor, HUM_HOST);
    assert_true(v[0].write);
    assert_string_equal(v[0].kernel, "");
    assert_int_equal(v[0].address & ~(PAGE - 1), (uintptr_t)gate);
}

static void touching_after_release_is_found(void **state)
{
    (void)state;
    ok(hum_acquire(hum, one, BYTES, HUM_READ | HUM_WRITE));
    one[0] = 1;
    ok(hum_release(hum, one));
    ok(hum_acquire(hum, one, BYTES, HUM_READ | HUM_WRITE));
    one[1] = 1;
    assert_int_equal(hum_violations(hum, NULL, 0), 0);
    ok(hum_release(hum, one));
    one[2 * WORDS_PER_PAGE] = 1;

    struct hum_violation v = the_only_one();
    assert_int_equal(v.kind, HUM_VIOLATION_HOST_AFTER_RELEASE);
    assert_string_equal(v.region, "one");
    assert_true(v.write);
    assert_non_null(strstr(hum_violation_text(v.kind), "released"));
}

/* Launches go on as ever: what they declare is not looked at. */
static void released_alone_is_found_alone(void **state)
{
    (void)state;
    one[0] = 7;
    use(one, PAGE, HUM_READ);
    run_copy(two, one, WORDS);
    assert_int_equal(hum_violations(hum, NULL, 0), 0);
    touching_after_release_is_found(state);
    ok(hum_wait(hum, 0));
    run_copy(two, one, WORDS); /* a device's touch of it is none of the host's */
    assert_int_equal(hum_violations(hum, NULL, 0), 1);
    assert_int_equal(two[2 * WORDS_PER_PAGE], 1);
}

static void bad_settings_are_refused(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *other;

    (void)state;
    options.check = "everything";
    status_is(HUM_ERR_INVALID, hum_open(&options, &other));
    options.check = "uses";
    options.sample = "on";
    status_is(HUM_ERR_INVALID, hum_open(&options, &other));
    assert_int_equal(hum_violations(NULL, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        STORY(clean_programs_are_clean),
        STORY(an_undeclared_read_is_found),
        STORY(an_undeclared_write_is_found),
        STORY(what_was_declared_earlier_does_not_count),
        STORY(each_page_of_each_launch_counts),
        STORY(stored_pointers_are_found),
        STORY(reachable_regions_are_declared),
        STORY(the_host_in_the_way_is_found),
        STORY(touching_after_release_is_found),
        cmocka_unit_test_setup_teardown(released_alone_is_found_alone, setup_released, teardown),
        STORY(bad_settings_are_refused),
#undef STORY
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
