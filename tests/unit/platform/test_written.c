/* SPDX-License-Identifier: MIT */
/* test_written.c - the pieces against a flag for each byte. */
#include "platform/written.h"

#include <string.h>

#include "support/random.h"
#include "support/test.h"

#define BYTES 64u

static size_t naive_gap(const bool *flags, size_t start, size_t end)
{
    while (start < end && flags[start])
        start++;
    return start;
}

static bool naive_any(const bool *flags, size_t start, size_t end)
{
    for (; start < end; start++)
        if (flags[start])
            return true;
    return false;
}

static void check_pieces(const struct humi_written *written)
{
    for (size_t i = 0; i < written->count; i++) {
        assert_true(written->pieces[i].start < written->pieces[i].end);
        assert_true(!i || written->pieces[i - 1].end < written->pieces[i].start);
    }
}

static void pieces_agree_with_flags(void **state)
{
    struct random random = random_make(random_seed("written"), 0);

    (void)state;
    for (uint64_t round = 0; round < random_steps(40); round++) {
        struct humi_written written = {0};
        bool flags[BYTES] = {false};

        for (unsigned step = 0; step < 24; step++) {
            size_t start = random_below(&random, BYTES);
            size_t end = start + random_below(&random, step % 3 ? 4 : BYTES - start + 1);

            if (end > BYTES)
                end = BYTES;
            humi_written_add(&written, start, end);
            memset(flags + start, true, end - start);
            check_pieces(&written);
            for (size_t from = 0; from < BYTES; from++)
                for (size_t to = from + 1; to <= BYTES; to++) {
                    assert_int_equal(humi_written_gap(&written, from, to),
                                     naive_gap(flags, from, to));
                    assert_int_equal(humi_written_any(&written, from, to),
                                     naive_any(flags, from, to));
                }
        }
        humi_written_fini(&written);
    }
}

static void all_is_all(void **state)
{
    struct humi_written written = {.all = true};

    (void)state;
    humi_written_add(&written, 3, 5);
    assert_int_equal(humi_written_gap(&written, 0, 100), 100);
    assert_true(humi_written_any(&written, 7, 8));
    humi_written_fini(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_agree_with_flags),
        cmocka_unit_test(all_is_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
