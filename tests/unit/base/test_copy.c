/* SPDX-License-Identifier: MIT */
/* test_copy.c - every byte arrives, none beside them is touched. */
#include <string.h>

#include "base/copy.h"
#include "support/test.h"

#define ROOM 9000

static void copy_moves_exactly_its_bytes(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 63, 64, 65, 4095, 4096, 8192};
    static unsigned char from[ROOM], to[ROOM];

    (void)state;
    for (size_t i = 0; i < ROOM; i++)
        from[i] = (unsigned char)(i * 7 + 1);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t shift = 1; shift < 66; shift += 13) {
            memset(to, 0xee, sizeof to);
            humi_copy(to + shift, from + 3, sizes[i]);
            assert_memory_equal(to + shift, from + 3, sizes[i]);
            assert_int_equal(to[shift - 1], 0xee);
            assert_int_equal(to[shift + sizes[i]], 0xee);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_moves_exactly_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
