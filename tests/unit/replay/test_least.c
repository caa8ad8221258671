/* SPDX-License-Identifier: MIT */
/* test_least.c - the fewest bytes over the link, counted by hand. */
#include "replay/least.h"
#include "touches.h"

#define LINE UINT64_C(128) /* bytes of a touch over the link */
#define BYTES UINT64_C(4096)

static struct humi_least least_of(const struct touches *touches, size_t count, uint64_t capacity)
{
    struct humi_source source;
    struct humi_least least;

    touches_source(&source, touches, count);
    assert_int_equal(humi_least_find(&source, capacity, &least), HUM_OK);
    humi_source_fini(&source);
    return least;
}

#define HOST_READS(at, n) {.processor = HUM_HOST, .page = (at), .count = (n)}
#define HOST_WRITES(at, n) {.processor = HUM_HOST, .page = (at), .count = (n), .write = true}
#define READS(at, n) {.page = (at), .count = (n)}
#define WRITES(at, n) {.page = (at), .count = (n), .write = true}

static void what_one_side_wrote_and_the_other_reads_crosses(void **state)
{
    static const struct {
        struct touches touches[4];
        unsigned count;
        uint64_t in, out;
    } cases[] = {
        /* nobody writes it: no bytes */
        {{HOST_READS(1, 9), READS(0, 100)}, 2, 0, 0},
        /* the host's own, and the device's own */
        {{HOST_WRITES(0, 9), HOST_READS(0, 100), WRITES(1, 9), READS(1, 100)}, 4, 0, 0},
        /* with each read, as a page, with each write */
        {{HOST_WRITES(0, 1000), READS(0, 7)}, 2, 7 * LINE, 0},
        {{HOST_WRITES(0, 1000), READS(0, 31), READS(0, 1)}, 3, BYTES, 0},
        {{HOST_WRITES(0, 1000), READS(0, 3000)}, 2, BYTES, 0},
        {{HOST_WRITES(0, 3), HOST_WRITES(0, 2), READS(0, 3000)}, 3, 5 * LINE, 0},
        /* each time that it is written anew */
        {{HOST_WRITES(0, 50), READS(0, 50), HOST_WRITES(0, 50), READS(0, 2)}, 4,
         BYTES + 2 * LINE, 0},
        /* the other way round */
        {{WRITES(0, 50), HOST_READS(0, 6), WRITES(0, 4), HOST_READS(0, 60)}, 4, 0, 10 * LINE},
        /* both ways: the page, then what the device made of it */
        {{HOST_WRITES(0, 40), READS(0, 40), WRITES(0, 40), HOST_READS(0, 40)}, 4, BYTES, BYTES},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct humi_least least = least_of(cases[i].touches, cases[i].count, 100);
        if (least.bytes_in != cases[i].in || least.bytes_out != cases[i].out)
            fail_msg("case %u: %llu in, %llu out", i, (unsigned long long)least.bytes_in,
                     (unsigned long long)least.bytes_out);
    }
}

/* Ten pages read again and again: Belady with one page more than fits misses the rest. */
static void what_does_not_fit_crosses_again(void **state)
{
    static const struct {
        uint32_t count;
        uint64_t capacity, pages;
        uint64_t price;
    } cases[] = {
        {100, 10, 10, BYTES},
        {100, 9, 10, BYTES},          /* the tenth page could be passed by, one of them each time */
        {100, 8, 10 + 2, BYTES},      /* with 9: one miss in each further pass of nine */
        {100, 7, 10 + 4, BYTES},      /* with 8: two of every nine: 7, 8, 16, 17 */
        {32, 7, 10 + 4, BYTES},
        {20, 7, 10, BYTES},           /* 14 x 20 touches are less than 10 pages: each read twice */
    };

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct touches touches[3];
        for (unsigned t = 0; t < 3; t++)
            touches[t] = (struct touches){.pages = 10, .count = cases[i].count};
        struct humi_least least = least_of(touches, 3, cases[i].capacity);
        if (least.bytes_in != cases[i].pages * cases[i].price)
            fail_msg("case %u: %llu bytes", i, (unsigned long long)least.bytes_in);
    }
}

/* Of the accesses that may find nothing the cheapest do. */
static void the_cheapest_accesses_find_nothing(void **state)
{
    static const struct touches touches[] = {
        READS(0, 100), READS(1, 100), READS(2, 100), READS(0, 100), READS(1, 3), READS(2, 100)};

    (void)state;
    assert_int_equal(least_of(touches, COUNT_OF(touches), 3).bytes_in, 3 * BYTES);
    /* with two pages Belady misses one access behind the first three; this one costs three lines */
    assert_int_equal(least_of(touches, COUNT_OF(touches), 1).bytes_in, 3 * BYTES + 3 * LINE);
}

static void a_page_of_an_ended_region_is_a_new_one(void **state)
{
    static const struct touches before[] = {HOST_WRITES(0, 40), READS(0, 40)};
    static const struct touches after[] = {READS(0, 40)};
    struct humi_source source;
    struct humi_least least;

    (void)state;
    humi_source_init(&source, 100, 100);
    touches_begin(&source, 1, 0, 4);
    touches_add(&source, before, 2);
    touches_end(&source, 1);
    touches_begin(&source, 2, 0, 4);
    touches_add(&source, after, 1);
    assert_int_equal(humi_source_finish(&source, false), HUM_OK);
    assert_int_equal(humi_least_find(&source, 10, &least), HUM_OK);
    assert_int_equal(least.bytes_in, BYTES);
    assert_int_equal(least.bytes_out, 0);
    humi_source_fini(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_side_wrote_and_the_other_reads_crosses),
        cmocka_unit_test(what_does_not_fit_crosses_again),
        cmocka_unit_test(the_cheapest_accesses_find_nothing),
        cmocka_unit_test(a_page_of_an_ended_region_is_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
