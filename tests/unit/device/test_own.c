/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "device/own.h"
#include "support/test.h"

#define BLOCKS 200u

static struct humi_own own;

static int setup(void **state)
{
    (void)state;
    return humi_own_init(&own, BLOCKS, 1000) == HUM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    humi_own_fini(&own);
    return 0;
}

static void runs_are_counted(void **state)
{
    (void)state;
    assert_true(humi_own_add(&own, 10, 20));
    assert_int_equal(own.runs, 1);
    assert_true(humi_own_add(&own, 30, 31));
    assert_int_equal(own.runs, 2);
    assert_true(humi_own_add(&own, 20, 30)); /* closes the gap */
    assert_int_equal(own.runs, 1);
    humi_own_remove(&own, 15, 16); /* splits */
    assert_int_equal(own.runs, 2);
    assert_true(humi_own_add(&own, 0, 1));
    assert_true(humi_own_add(&own, BLOCKS - 1, BLOCKS));
    assert_int_equal(own.runs, 4);
    humi_own_remove(&own, 0, BLOCKS);
    assert_int_equal(own.runs, 0);
}

static void find_gives_the_first_and_the_end(void **state)
{
    size_t first = 7, end = 7;

    (void)state;
    assert_false(humi_own_find(&own, 0, BLOCKS, &first, &end));
    assert_int_equal(first, 7);
    assert_true(humi_own_add(&own, 63, 66));
    assert_true(humi_own_add(&own, 130, 131));
    assert_true(humi_own_find(&own, 0, BLOCKS, &first, &end));
    assert_int_equal(first, 63);
    assert_int_equal(end, 131);
    assert_true(humi_own_find(&own, 64, 130, &first, &end));
    assert_int_equal(first, 64);
    assert_int_equal(end, 66);
    assert_false(humi_own_find(&own, 66, 130, &first, &end));
    assert_false(humi_own_find(&own, 0, 63, &first, &end));
}

static void run_gives_the_first_run(void **state)
{
    size_t first = 7, end = 7;

    (void)state;
    assert_false(humi_own_run(&own, 0, BLOCKS, &first, &end));
    assert_int_equal(end, 7);
    assert_true(humi_own_add(&own, 63, 66));
    assert_true(humi_own_add(&own, 130, 140));
    assert_true(humi_own_run(&own, 0, BLOCKS, &first, &end));
    assert_int_equal(first, 63);
    assert_int_equal(end, 66);
    assert_true(humi_own_run(&own, 66, 133, &first, &end));
    assert_int_equal(first, 130);
    assert_int_equal(end, 133);
    assert_true(humi_own_run(&own, 135, BLOCKS, &first, &end));
    assert_int_equal(first, 135);
    assert_int_equal(end, 140);
    assert_false(humi_own_run(&own, 66, 130, &first, &end));
}

static void no_more_runs_than_the_limit(void **state)
{
    struct humi_own small;

    (void)state;
    assert_int_equal(humi_own_init(&small, BLOCKS, 2), HUM_OK);
    assert_true(humi_own_add(&small, 0, 1));
    assert_true(humi_own_add(&small, 4, 5));
    assert_false(humi_own_add(&small, 8, 9));
    assert_int_equal(small.runs, 2);
    humi_own_remove(&small, 0, 1);
    assert_true(humi_own_add(&small, 8, 9));
    humi_own_reset(&small);
    assert_int_equal(small.runs, 0);
    humi_own_fini(&small);
    humi_own_fini(&small); /* nothing is left to free */
}

/* Against a plain array of flags. */
static void random_changes_agree_with_a_model(void **state)
{
    bool model[BLOCKS] = {false};

    (void)state;
    srand(1);
    for (int step = 0; step < 5000; step++) {
        size_t first = (size_t)rand() % BLOCKS, end = first + (size_t)rand() % (BLOCKS - first);
        bool set = rand() % 2;
        size_t runs = 0, found_first, found_end, model_first = end;

        if (set)
            assert_true(humi_own_add(&own, first, end));
        else
            humi_own_remove(&own, first, end);
        memset(model + first, set, end - first);
        for (size_t i = 0; i < BLOCKS; i++)
            runs += model[i] && (i == 0 || !model[i - 1]);
        assert_int_equal(own.runs, runs);
        end = first + (size_t)rand() % (BLOCKS - first);
        for (model_first = first; model_first < end && !model[model_first];)
            model_first++;
        assert_int_equal(humi_own_find(&own, first, end, &found_first, &found_end),
                         model_first < end);
        if (model_first < end)
            assert_int_equal(found_first, model_first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(find_gives_the_first_and_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(run_gives_the_first_run, setup, teardown),
        cmocka_unit_test(no_more_runs_than_the_limit),
        cmocka_unit_test_setup_teardown(random_changes_agree_with_a_model, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
