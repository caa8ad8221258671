/* SPDX-License-Identifier: MIT */
/*
 * test_cyclic.c - scans of N pages again and again, which tell algorithms apart exactly.
 *
 * With N > C, what leaves in order of coming or of use always leaves just before it is needed.
 * What keeps the pages needed soonest hits C - 1 times, misses N - C times, and so on: a period of
 * N - 1 accesses from the second pass on, (N - C)/(N - 1) misses in the long run.
 */
#include "support/test.h"

#include "policy/evict/registry.h"
#include "replay/cache.h"

enum { PAGES_MAX = 24, PASSES = 7 };

typedef void judge_access(const char *name, unsigned n, unsigned c, unsigned i, bool hit);

/* Scan with every N and C of the grid that `wanted` takes, and judge each access. */
static void scan(const char *name, bool (*wanted)(unsigned n, unsigned c), judge_access *judge)
{
    const struct hum_evict *algorithm = humi_evict_find(name);

    assert_non_null(algorithm);
    for (unsigned n = 1; n <= PAGES_MAX; n++) {
        for (unsigned c = 1; c <= PAGES_MAX; c++) {
            const struct humi_cache_size size = {.capacity = c, .objects = n};
            struct humi_cache cache;

            if (!wanted(n, c))
                continue;
            assert_int_equal(humi_cache_create(algorithm, &size, &cache), HUM_OK);
            for (unsigned i = 0; i < PASSES * n; i++) {
                uint64_t next_use = i + n < PASSES * n ? i + n : HUMI_NEVER;

                judge(name, n, c, i, humi_cache_access(&cache, i % n, next_use).hit);
            }
            humi_cache_destroy(&cache);
        }
    }
}

static bool too_large(unsigned n, unsigned c)
{
    return n > c;
}

static bool fits(unsigned n, unsigned c)
{
    return n <= c;
}

static void expect(const char *name, unsigned n, unsigned c, unsigned i, bool hit, bool expected)
{
    if (hit != expected)
        print_error("%s, N = %u, C = %u: access %u was a %s\n", name, n, c, i,
                    hit ? "hit" : "miss");
    assert_int_equal(hit, expected);
}

static void never_hits(const char *name, unsigned n, unsigned c, unsigned i, bool hit)
{
    expect(name, n, c, i, hit, false);
}

static void hits_as_often_as_can_be(const char *name, unsigned n, unsigned c, unsigned i, bool hit)
{
    expect(name, n, c, i, hit, i >= n && (i - n) % (n - 1) < c - 1);
}

static void hits_from_the_second_pass(const char *name, unsigned n, unsigned c, unsigned i,
                                      bool hit)
{
    expect(name, n, c, i, hit, i >= n);
}

static void order_of_coming_or_use_misses_all(void **state)
{
    (void)state;
    scan("fifo", too_large, never_hits);
    scan("lru", too_large, never_hits);
    scan("clock", too_large, never_hits);
}

static void min_and_mru_miss_n_minus_c_of_n_minus_1(void **state)
{
    (void)state;
    scan("min", too_large, hits_as_often_as_can_be);
    scan("mru", too_large, hits_as_often_as_can_be);
}

static void what_fits_misses_once_a_page(void **state)
{
    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++)
        scan(humi_evict_at(i)->name, fits, hits_from_the_second_pass);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_coming_or_use_misses_all),
        cmocka_unit_test(min_and_mru_miss_n_minus_c_of_n_minus_1),
        cmocka_unit_test(what_fits_misses_once_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
