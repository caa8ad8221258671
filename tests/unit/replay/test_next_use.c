/* SPDX-License-Identifier: MIT */
/* test_next_use.c - when each access's object is accessed again: by eye, and against a search. */
#include "support/test.h"

#include "replay/cache.h"
#include "replay/next_use.h"
#include "support/random.h"

static void the_drawing_of_the_header_holds(void **state)
{
    const uint32_t objects[] = {0, 1, 0, 2, 1};
    const uint64_t expected[] = {2, 4, HUMI_NEVER, HUMI_NEVER, HUMI_NEVER};
    const struct humi_accesses accesses = {objects, 5, 3};
    uint64_t next[5];

    (void)state;
    assert_int_equal(humi_next_use(&accesses, next), HUM_OK);
    assert_memory_equal(next, expected, sizeof next);
}

static void no_accesses_have_no_next_uses(void **state)
{
    const struct humi_accesses accesses = {NULL, 0, 0};

    (void)state;
    assert_int_equal(humi_next_use(&accesses, NULL), HUM_OK);
}

static void random_accesses_agree_with_a_search(void **state)
{
    enum { COUNT = 300 };
    struct random random = random_make(random_seed("next_use"), 0);

    (void)state;
    for (uint32_t n = 1; n < 60; n++) {
        uint32_t objects[COUNT];
        uint64_t next[COUNT];
        const struct humi_accesses accesses = {objects, COUNT, n};

        for (unsigned i = 0; i < COUNT; i++)
            objects[i] = (uint32_t)random_below(&random, n);
        assert_int_equal(humi_next_use(&accesses, next), HUM_OK);
        for (unsigned i = 0; i < COUNT; i++) {
            unsigned k = i + 1;

            while (k < COUNT && objects[k] != objects[i])
                k++;
            assert_true(next[i] == (k < COUNT ? k : HUMI_NEVER));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drawing_of_the_header_holds),
        cmocka_unit_test(no_accesses_have_no_next_uses),
        cmocka_unit_test(random_accesses_agree_with_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
