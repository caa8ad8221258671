/* SPDX-License-Identifier: MIT */
/* test_compat_values.c - the porting kit's numbers are CUDA's. */
#include "compat_values.h"

#include "support/test.h"

static void every_value_is_that_of_cuda(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; compat_ours[i].name; i++) {
        assert_string_equal(compat_ours[i].name, compat_theirs[i].name);
        if (compat_ours[i].value != compat_theirs[i].value)
            fail_msg("%s is %ld, CUDA's is %ld", compat_ours[i].name, compat_ours[i].value,
                     compat_theirs[i].value);
    }
    assert_true(i > 100);
    assert_null(compat_theirs[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_value_is_that_of_cuda)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
