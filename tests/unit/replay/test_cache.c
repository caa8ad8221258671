/* SPDX-License-Identifier: MIT */
/*
 * test_cache.c - the algorithms by name, wrong sizes, and cases that can be checked by eye.
 *
 * A case is a string: each letter accesses a page.  Expected is what left at each access: '-' a
 * hit, '.' a miss that found room, a letter the page that left.
 */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/evict/registry.h"
#include "replay/cache.h"
#include "replay/next_use.h"

#define LETTERS 128u
#define LENGTH_MAX 64u

static void run(const char *name, uint32_t capacity, const char *accesses, char *out)
{
    const struct humi_cache_size size = {.capacity = capacity, .objects = LETTERS};
    uint32_t objects[LENGTH_MAX];
    uint64_t next[LENGTH_MAX];
    struct humi_accesses all = {objects, strlen(accesses), LETTERS};
    struct humi_cache cache;

    assert_true(all.count <= LENGTH_MAX && humi_evict_find(name) != NULL);
    for (size_t i = 0; i < all.count; i++)
        objects[i] = (uint32_t)accesses[i];
    assert_int_equal(humi_next_use(&all, next), HUM_OK);
    assert_int_equal(humi_cache_create(humi_evict_find(name), &size, &cache), HUM_OK);
    for (size_t i = 0; i < all.count; i++) {
        struct humi_cache_outcome outcome = humi_cache_access(&cache, objects[i], next[i]);

        assert_false(outcome.hit && outcome.victim != HUMI_OBJECT_NONE);
        out[i] = (char)outcome.victim;
        if (outcome.victim == HUMI_OBJECT_NONE)
            out[i] = outcome.hit ? '-' : '.';
    }
    out[all.count] = '\0';
    humi_cache_destroy(&cache);
}

static unsigned misses_of(const char *name, uint32_t capacity, const char *accesses)
{
    char out[LENGTH_MAX + 1];
    unsigned misses = 0;

    run(name, capacity, accesses, out);
    for (const char *c = out; *c; c++)
        misses += *c != '-';
    return misses;
}

static void each_case_leaves_as_written(void **state)
{
    static const struct {
        const char *name;
        uint32_t capacity;
        const char *accesses, *left;
    } cases[] = {
        {"fifo", 2, "abacb", "..-a-"},
        {"lru", 2, "abacb", "..-ba"},
        {"mru", 2, "abacb", "..-a-"},
        {"clock", 3, "abcadeb", "...-bca"},
        /* a and b have two uses, what comes has one and leaves again */
        {"lfu", 3, "abcbadce", "...--cdc"},
        {"lfu", 2, "aabbcc", ".-.-a-"},
        /* a count is forgotten: a comes back with 1 and leaves again */
        {"lfu", 2, "aabbbcac", ".-.--aca"},
        /* at d, b is used last; then nothing is again, and the lowest leaves */
        {"min", 3, "abcdacbe", "...b--ab"},
        /* a and b were used twice, a scan passes by: of RECENT only */
        {"arc", 4, "ababcdefgab", "..--..cde--"},
        /* b comes back and gives RECENT a share of one page: so a leaves; a takes it again */
        {"arc", 2, "abacba", "..-bac"},
        /* SMALL has 1 page, a; b and c fill MAIN.  At d, a moves up, it was used twice, and b
           leaves; at e, d leaves SMALL */
        {"s3fifo", 3, "aaabcdea", ".--..bd-"},
        /* no hit is a move or a fault, and no page is dirty or known to be hot */
        {"lrm", 2, "abacb", "..-a-"},
        {"second-chance", 2, "abacb", "..-a-"},
        {"clean", 2, "abacb", "..-ba"},
        /* a and b fit, so both are hot and the older leaves; from then on b is hot, while c and d
           are not, though used later */
        {"hotset", 2, "aaaaaaaabbbbcdcdb", ".-------.---acdc-"},
        /* b and c leave; then more than half of a .. d is gone, and a leaves though used last */
        {"tree", 4, "abcdadefga", "....--bcad"},
        /* turns: lru gives up a, lfu b, mru d */
        {"tournament", 3, "abcdecf", "...ab-c"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[LENGTH_MAX + 1];

        run(cases[i].name, cases[i].capacity, cases[i].accesses, out);
        if (strcmp(out, cases[i].left) != 0)
            print_error("%s, capacity %u, %s: %s instead of %s\n", cases[i].name,
                        cases[i].capacity, cases[i].accesses, out, cases[i].left);
        assert_string_equal(out, cases[i].left);
    }
}

/* The two reference strings of every textbook on operating systems. */
static void textbook_strings_have_their_faults(void **state)
{
    const char *anomaly = "123412512345", *book = "70120304230321201701";

    (void)state;
    assert_int_equal(misses_of("fifo", 3, anomaly), 9);
    assert_int_equal(misses_of("fifo", 4, anomaly), 10); /* Belady's anomaly */
    assert_int_equal(misses_of("lru", 3, anomaly), 10);
    assert_int_equal(misses_of("lru", 4, anomaly), 8);
    assert_int_equal(misses_of("min", 3, anomaly), 7);
    assert_int_equal(misses_of("min", 4, anomaly), 6);
    assert_int_equal(misses_of("fifo", 3, book), 15);
    assert_int_equal(misses_of("lru", 3, book), 12);
    assert_int_equal(misses_of("min", 3, book), 9);
}

static void each_algorithm_is_found_by_its_name(void **state)
{
    unsigned count = 0;

    (void)state;
    for (; humi_evict_at(count); count++) {
        assert_ptr_equal(humi_evict_find(humi_evict_at(count)->name), humi_evict_at(count));
        assert_true(strlen(humi_evict_at(count)->description) > 0);
        assert_int_equal(humi_evict_at(count)->needs_next_use,
                         strcmp(humi_evict_at(count)->name, "min") == 0);
    }
    assert_int_equal(count, 15);
    assert_null(humi_evict_find("belady"));
    assert_null(humi_evict_find(""));
}

static void a_size_out_of_range_is_refused(void **state)
{
    static const struct humi_cache_size wrong[] = {
        {.capacity = 0, .objects = 1},
        {.capacity = 1, .objects = 0},
        {.capacity = 1, .objects = HUMI_OBJECTS_MAX + 1},
        {.capacity = 1, .objects = UINT32_MAX},
    };

    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++)
        for (size_t k = 0; k < COUNT_OF(wrong); k++) {
            struct humi_cache cache = {0};

            assert_int_equal(humi_cache_create(humi_evict_at(i), &wrong[k], &cache),
                             HUM_ERR_INVALID);
            assert_null(cache.state);
            humi_cache_destroy(&cache);
        }
}

/* A capacity beyond all objects costs no memory for what can never come. */
static void metadata_follows_the_objects(void **state)
{
    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        const struct humi_cache_size huge = {.capacity = UINT32_MAX, .objects = 1000};
        struct humi_cache cache;

        assert_int_equal(humi_cache_create(humi_evict_at(i), &huge, &cache), HUM_OK);
        assert_in_range(cache.bytes, 1000 * sizeof(uint32_t), 1000 * 70);
        for (uint32_t k = 0; k < huge.objects; k++)
            assert_false(humi_cache_access(&cache, k, HUMI_NEVER - 1).hit);
        for (uint32_t k = 0; k < huge.objects; k++)
            assert_true(humi_cache_access(&cache, k, HUMI_NEVER).hit);
        humi_cache_destroy(&cache);
        assert_null(cache.state);
    }
}

/* ---- speed ----------------------------------------------------------------------------------- */

enum { MANY = 1000000, PAGES = 100000 };

/* Skewed: of two random pages the lower one, and one access in four to the first hundredth. */
static void fill(uint32_t *objects)
{
    uint64_t random = 1;

    for (size_t i = 0; i < MANY; i++) {
        uint32_t a, b;

        random = random * 6364136223846793005u + 1442695040888963407u;
        a = (uint32_t)(random >> 44) % PAGES;
        b = (uint32_t)(random >> 24 & 0xfffff) % PAGES;
        objects[i] = (a < b ? a : b) / (a % 4 == 0 ? 100 : 1);
    }
}

/* Times are only reported; the counts must add up. */
static void each_is_run_over_a_million_accesses(void **state)
{
    const struct humi_cache_size size = {.capacity = PAGES / 2, .objects = PAGES};
    uint32_t *objects = malloc(MANY * sizeof *objects);
    uint64_t *next = malloc(MANY * sizeof *next);
    const struct humi_accesses all = {objects, MANY, PAGES};

    (void)state;
    assert_true(objects && next);
    fill(objects);
    assert_int_equal(humi_next_use(&all, next), HUM_OK);
    for (unsigned i = 0; humi_evict_at(i); i++) {
        uint32_t misses = 0, evictions = 0;
        struct humi_cache cache;
        clock_t started = clock();

        assert_int_equal(humi_cache_create(humi_evict_at(i), &size, &cache), HUM_OK);
        for (size_t k = 0; k < MANY; k++) {
            struct humi_cache_outcome outcome = humi_cache_access(&cache, objects[k], next[k]);

            misses += !outcome.hit;
            evictions += outcome.victim != HUMI_OBJECT_NONE;
        }
        print_message("%-14s %6.1f M accesses a second of the processor, %u misses\n",
                      humi_evict_at(i)->name,
                      (double)MANY / 1e6 * CLOCKS_PER_SEC / (double)(clock() - started + 1),
                      misses);
        assert_int_equal(cache.used, size.capacity);
        assert_int_equal(misses, evictions + cache.used);
        humi_cache_destroy(&cache);
    }
    free(objects);
    free(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_leaves_as_written),
        cmocka_unit_test(textbook_strings_have_their_faults),
        cmocka_unit_test(each_algorithm_is_found_by_its_name),
        cmocka_unit_test(a_size_out_of_range_is_refused),
        cmocka_unit_test(metadata_follows_the_objects),
        cmocka_unit_test(each_is_run_over_a_million_accesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
