/* SPDX-License-Identifier: MIT */
/*
 * test_tree.c - the density tree: cases by eye, and random masks against a naive tree that walks
 * leaf to root page by page, as the algorithm is described.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/tree.h"
#include "support/random.h"

static struct random randoms;

/* ---- the naive tree -------------------------------------------------------------------------- */

static unsigned naive_count(const struct hum_pages *m, unsigned first, unsigned size)
{
    unsigned n = 0;

    for (unsigned i = first; i < first + size; i++)
        n += humi_mask_has(m, i);
    return n;
}

static struct hum_pages naive_grow(const struct hum_pages *resident,
                                   const struct hum_pages *faulted, const struct hum_pages *valid,
                                   unsigned percent)
{
    struct hum_pages mask = humi_mask_none(), grown = humi_mask_none();

    for (unsigned i = 0; i < 512; i++) {
        bool filled = false;
        for (unsigned k = i / 16 * 16; k < i / 16 * 16 + 16; k++)
            filled |= humi_mask_has(faulted, k) && humi_mask_has(valid, k);
        if ((filled || humi_mask_has(resident, i)) && humi_mask_has(valid, i))
            humi_mask_set(&mask, i);
    }
    for (unsigned i = 0; i < 512; i++) {
        unsigned best = 1;
        if (!humi_mask_has(faulted, i) || !humi_mask_has(valid, i))
            continue;
        for (unsigned size = 1; size <= 512; size *= 2) {
            unsigned first = i / size * size;
            if (size <= 16 ||
                naive_count(&mask, first, size) * 100 > naive_count(valid, first, size) * percent)
                best = size;
        }
        for (unsigned k = i / best * best; k < i / best * best + best; k++)
            if (humi_mask_has(valid, k))
                humi_mask_set(&grown, k);
    }
    return grown;
}

/* ---- cases by eye ---------------------------------------------------------------------------- */

/* Up to four half-open runs of pages; the first run with first == end ends the list. */
struct runs {
    unsigned pair[4][2];
};

static struct hum_pages mask_of(const struct runs *runs)
{
    struct hum_pages mask = humi_mask_none();

    for (unsigned i = 0; i < 4 && runs->pair[i][0] < runs->pair[i][1]; i++) {
        struct hum_pages range = humi_mask_range(runs->pair[i][0], runs->pair[i][1]);
        humi_mask_add(&mask, &range);
    }
    return mask;
}

static const struct {
    const char *says;
    struct runs resident, faulted, valid, want;
} cases[] = {
    {"one fault fills its chunk", {{{0}}}, {{{3, 4}}}, {{{0, 512}}}, {{{0, 16}}}},
    {"the last page too", {{{0}}}, {{{511, 512}}}, {{{0, 512}}}, {{{496, 512}}}},
    {"half is not enough", {{{0, 16}}}, {{{32, 33}}}, {{{0, 512}}}, {{{32, 48}, {0, 0}}}},
    {"two chunks of a pair", {{{0, 16}}}, {{{16, 17}}}, {{{0, 512}}}, {{{0, 32}}}},
    {"three chunks of four", {{{0, 32}}}, {{{40, 41}}}, {{{0, 512}}}, {{{0, 64}}}},
    {"five chunks of eight", {{{0, 64}}}, {{{127, 128}}}, {{{0, 512}}}, {{{0, 128}}}},
    {"nine of sixteen", {{{0, 128}}}, {{{128, 129}}}, {{{0, 512}}}, {{{0, 256}}}},
    {"seventeen of thirty-two", {{{0, 256}}}, {{{300, 301}}}, {{{0, 512}}}, {{{0, 512}}}},
    {"a level that fails is no stop",
     {{{64, 128}, {256, 512}}}, {{{0, 1}}}, {{{0, 512}}}, {{{0, 512}}}},
    {"dense elsewhere does not matter",
     {{{256, 384}}}, {{{0, 1}}}, {{{0, 512}}}, {{{0, 16}}}},
    {"only valid pages count and are taken",
     {{{0}}}, {{{5, 6}}}, {{{4, 20}}}, {{{4, 20}}}},
    {"a fault outside valid takes nothing", {{{0}}}, {{{5, 6}}}, {{{16, 512}}}, {{{0}}}},
    {"no fault takes nothing", {{{0, 400}}}, {{{0}}}, {{{0, 512}}}, {{{0}}}},
    {"two far faults", {{{0}}}, {{{0, 1}, {500, 501}}}, {{{0, 512}}}, {{{0, 16}, {496, 512}}}},
};

static void the_tree_decides_as_drawn(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hum_pages resident = mask_of(&cases[i].resident), valid = mask_of(&cases[i].valid);
        struct hum_pages faulted = mask_of(&cases[i].faulted), want = mask_of(&cases[i].want);
        struct hum_pages got = humi_tree_grow(&resident, &faulted, &valid, HUMI_TREE_PERCENT);

        if (!humi_mask_equal(&got, &want))
            fail_msg("%s: %u pages instead of %u", cases[i].says, humi_mask_count(&got),
                     humi_mask_count(&want));
    }
}

static void sequential_first_touches_double(void **state)
{
    static const unsigned want[] = {16, 32, 64, 128, 256, 512};
    struct hum_pages resident = humi_mask_none(), valid = humi_mask_all();
    unsigned faults = 0;

    (void)state;
    for (unsigned page = 0; page < 512; page++) {
        struct hum_pages faulted = humi_mask_range(page, page + 1), grown;
        if (humi_mask_has(&resident, page))
            continue;
        grown = humi_tree_grow(&resident, &faulted, &valid, HUMI_TREE_PERCENT);
        humi_mask_add(&resident, &grown);
        assert_true(faults < sizeof want / sizeof want[0]);
        assert_int_equal(humi_mask_count(&resident), want[faults++]);
    }
    assert_int_equal(faults, 6);
}

static void chunks_are_filled_whole(void **state)
{
    (void)state;
    for (unsigned page = 0; page < 512; page++) {
        struct hum_pages one = humi_mask_range(page, page + 1);
        struct hum_pages want = humi_mask_range(page / 16 * 16, page / 16 * 16 + 16);
        struct hum_pages got = humi_tree_chunks(&one);

        assert_true(humi_mask_equal(&got, &want));
    }
}

/* ---- random masks ---------------------------------------------------------------------------- */

/* From nearly empty to nearly full, as single pages or as runs. */
static struct hum_pages random_mask(void)
{
    struct hum_pages mask = humi_mask_none();
    unsigned ones = (unsigned)(random_next(&randoms) % 513), run = 1u << random_next(&randoms) % 7;

    if (random_next(&randoms) % 8 == 0)
        return humi_mask_all();
    while (ones > 0) {
        unsigned first = (unsigned)(random_next(&randoms) % 512) / run * run;
        for (unsigned i = first; i < first + run; i++)
            humi_mask_set(&mask, i);
        ones -= ones < run ? ones : run;
    }
    return mask;
}

static void random_masks_agree_with_the_naive_tree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < random_steps(20000); i++) {
        struct hum_pages resident = random_mask(), faulted = random_mask(), valid = random_mask();
        unsigned percent =
            random_next(&randoms) % 2 ? HUMI_TREE_PERCENT : (unsigned)(random_next(&randoms) % 101);
        struct hum_pages got, want;

        unsigned page = (unsigned)(random_next(&randoms) % 512), few = random_next(&randoms) % 4;
        if (few == 0)
            faulted = humi_mask_range(page, 512);
        else if (few > 1) /* of one chunk, mostly */
            faulted = humi_mask_range(page, page + few < 512 ? page + few : 512);
        got = humi_tree_grow(&resident, &faulted, &valid, percent);
        want = naive_grow(&resident, &faulted, &valid, percent);
        if (!humi_mask_equal(&got, &want))
            fail_msg("round %u: %u pages instead of %u", i, humi_mask_count(&got),
                     humi_mask_count(&want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_decides_as_drawn),
        cmocka_unit_test(sequential_first_touches_double),
        cmocka_unit_test(chunks_are_filled_whole),
        cmocka_unit_test(random_masks_agree_with_the_naive_tree),
    };

    randoms = random_make(random_seed("policy_tree"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
