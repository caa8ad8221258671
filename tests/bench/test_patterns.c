/* SPDX-License-Identifier: MIT */
/*
 * test_patterns.c - the patterns of hum trace generate against their definitions.
 */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/trace/patterns.h"
#include "zipf.h"

static struct pattern_spec spec_of(const char *name, uint64_t pages, uint64_t passes)
{
    return (struct pattern_spec){
        .name = name, .pages = pages, .passes = passes, .seed = 7, .devices = 1, .agents = 1};
}

static void give(struct pattern_spec *spec, enum pattern_option option, uint64_t value)
{
    spec->values[option] = value;
    spec->given |= 1u << option;
}

static struct pattern *create(const struct pattern_spec *spec)
{
    char why[256] = "";
    struct pattern *pattern = pattern_create(spec, why, sizeof(why));

    if (!pattern)
        fail_msg("%s: %s", spec->name, why);
    return pattern;
}

static struct pattern_touch next(struct pattern *pattern)
{
    struct pattern_touch touch;

    assert_true(pattern_next(pattern, &touch));
    return touch;
}

static void at_end(struct pattern *pattern)
{
    struct pattern_touch touch;

    assert_false(pattern_next(pattern, &touch));
    pattern_destroy(pattern);
}

/* ---- walks ---------------------------------------------------------------------------------- */

static void cyclic_visits_all_in_order_each_pass(void **state)
{
    struct pattern_spec spec = spec_of("cyclic", 37, 3);
    struct pattern *pattern = create(&spec);

    (void)state;
    for (uint64_t i = 0; i < 3 * 37; i++) {
        struct pattern_touch touch = next(pattern);

        assert_int_equal(touch.page, i % 37);
        assert_int_equal(touch.turn, i / 37);
        assert_int_equal(touch.processor, 0);
        assert_false(touch.write);
    }
    at_end(pattern);
}

static void sequential_is_one_pass_with_its_share_of_writes(void **state)
{
    struct pattern_spec spec = spec_of("sequential", 100000, 0);
    struct pattern *pattern;
    uint64_t writes = 0;

    (void)state;
    give(&spec, PATTERN_WRITES, PATTERN_ONE / 4);
    pattern = create(&spec);
    for (uint64_t i = 0; i < 100000; i++) {
        struct pattern_touch touch = next(pattern);

        assert_int_equal(touch.page, i);
        writes += touch.write;
    }
    at_end(pattern);
    assert_in_range(writes, 24315, 25685); /* 5 sigma */
}

static void strided_walks_each_rest(void **state)
{
    static const uint64_t strides[] = {1, 2, 7, 16, 99, 100};

    (void)state;
    for (size_t s = 0; s < COUNT_OF(strides); s++) {
        struct pattern_spec spec = spec_of("strided", 100, 2);
        struct pattern *pattern;

        give(&spec, PATTERN_STRIDE, strides[s]);
        pattern = create(&spec);
        for (unsigned pass = 0; pass < 2; pass++)
            for (uint64_t first = 0; first < strides[s]; first++)
                for (uint64_t page = first; page < 100; page += strides[s])
                    assert_int_equal(next(pattern).page, page);
        at_end(pattern);
    }
}

static void chase_is_one_cycle_through_all_pages(void **state)
{
    enum { PAGES = 1000 };
    struct pattern_spec spec = spec_of("chase", PAGES, 3);
    struct pattern *pattern = create(&spec);
    uint64_t order[PAGES];

    (void)state;
    for (unsigned pass = 0; pass < 3; pass++) {
        bool seen[PAGES] = {false};

        for (unsigned i = 0; i < PAGES; i++) {
            uint64_t page = next(pattern).page;

            assert_in_range(page, 0, PAGES - 1);
            assert_false(seen[page]);
            seen[page] = true;
            if (pass == 0)
                order[i] = page;
            assert_int_equal(page, order[i]);
        }
    }
    at_end(pattern);
}

static void pingpong_is_the_host_then_a_device(void **state)
{
    struct pattern_spec spec = spec_of("pingpong", 5, 4);
    struct pattern *pattern;

    (void)state;
    spec.devices = 3;
    pattern = create(&spec);
    for (int pass = 0; pass < 4; pass++)
        for (int side = 0; side < 2; side++)
            for (uint64_t page = 0; page < 5; page++) {
                struct pattern_touch touch = next(pattern);

                assert_int_equal(touch.page, page);
                assert_int_equal(touch.processor, side ? pass % 3 : -1);
                assert_int_equal(touch.agent, side ? 1 + pass % 3 : 0);
                assert_int_equal(touch.turn, 2 * pass + side);
                assert_true(touch.write);
            }
    at_end(pattern);
}

/* ---- chance --------------------------------------------------------------------------------- */

#define BINS 200

/*
 * Chi-square of counts against probabilities that sum up to 1: within 5 deviations of its mean,
 * and not so small that the counts were no chance.
 */
static void fits(const uint64_t counts[BINS], const double law[BINS], uint64_t draws)
{
    double sum = 0, mean = BINS - 1, spread = 5 * sqrt(2.0 * mean);

    for (unsigned i = 0; i < BINS; i++) {
        double expected = law[i] * (double)draws, off = (double)counts[i] - expected;

        sum += off * off / expected;
    }
    if (sum < mean - spread || sum > mean + spread)
        fail_msg("chi-square is %.1f, expected %.0f +- %.0f", sum, mean, spread);
}

static void count(struct pattern *pattern, uint64_t counts[BINS], uint64_t draws)
{
    memset(counts, 0, BINS * sizeof(*counts));
    for (uint64_t i = 0; i < draws; i++) {
        uint64_t page = next(pattern).page;

        assert_in_range(page, 0, BINS - 1);
        counts[page]++;
    }
}

static void random_is_even(void **state)
{
    struct pattern_spec spec = spec_of("random", BINS, 1000);
    struct pattern *pattern = create(&spec);
    uint64_t counts[BINS];
    double law[BINS];

    (void)state;
    for (unsigned i = 0; i < BINS; i++)
        law[i] = 1.0 / BINS;
    count(pattern, counts, BINS * 1000);
    at_end(pattern);
    fits(counts, law, BINS * 1000);
}

static void zipf_follows_its_law(void **state)
{
    static const uint64_t thetas[] = {1000000, 500000000, 800000000,  990000000,
                                      PATTERN_ONE, 1200000000, 1999999999};

    (void)state;
    for (size_t t = 0; t < COUNT_OF(thetas); t++) {
        struct pattern_spec spec = spec_of("zipf", BINS, 2500);
        struct pattern *pattern;
        uint64_t counts[BINS];
        double law[BINS], sum = 0;

        give(&spec, PATTERN_THETA, thetas[t]);
        pattern = create(&spec);
        for (unsigned i = 0; i < BINS; i++)
            sum += law[i] = pow(i + 1, -(double)thetas[t] / PATTERN_ONE);
        for (unsigned i = 0; i < BINS; i++)
            law[i] /= sum;
        count(pattern, counts, BINS * 2500);
        at_end(pattern);
        fits(counts, law, BINS * 2500);
    }
}

/* The table that decides nearly all draws holds m^-theta. */
static void zipf_computes_powers(void **state)
{
    struct zipf zipf;

    (void)state;
    zipf_init(&zipf, UINT32_MAX, 1200000000);
    assert_int_equal(zipf.octaves, 32);
    for (unsigned i = 0; i <= 1u << ZIPF_CELL_BITS; i++) {
        double m = 1 + (double)i / (1 << ZIPF_CELL_BITS);

        assert_true(fabs((double)zipf.kept[i] * 0x1p-62 - pow(m, -1.2)) < 1e-9);
    }
}

static void scattering_gives_popular_pages_other_places(void **state)
{
    struct pattern_spec spec = spec_of("zipf", BINS, 100);
    uint64_t near[BINS], far[BINS];
    struct pattern *pattern = create(&spec), *scattered;

    (void)state;
    give(&spec, PATTERN_SCATTER, 1);
    scattered = create(&spec);
    count(pattern, near, BINS * 100);
    count(scattered, far, BINS * 100);
    at_end(pattern);
    at_end(scattered);
    assert_true(near[0] > 2500 && near[1] > 1200);
    assert_memory_not_equal(near, far, sizeof(near));
    for (unsigned i = 0, most = 0; i < BINS; i++) {
        most += far[i] > 2500;
        if (i == BINS - 1)
            assert_int_equal(most, 1);
    }
}

static void hot_pages_change_in_the_middle(void **state)
{
    struct pattern_spec spec = spec_of("hotcold", BINS, 2000);
    struct pattern *pattern = create(&spec);

    (void)state;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t counts[BINS];
        double law[BINS];

        for (unsigned i = 0; i < BINS; i++) {
            bool hot = i >= half * BINS / 2 && i < half * BINS / 2 + BINS / 10;

            law[i] = hot ? 0.9 / (BINS / 10.0) : 0.1 / (BINS - BINS / 10.0);
        }
        count(pattern, counts, BINS * 1000);
        fits(counts, law, BINS * 1000);
    }
    at_end(pattern);
}

/* ---- programs ------------------------------------------------------------------------------- */

static void gemm_is_the_triple_loop(void **state)
{
    enum { TILES = 5, TILE = 3 };
    struct pattern_spec spec = spec_of("gemm", 3 * TILES * TILES * TILE + 8, 2);
    struct pattern_array arrays[PATTERN_ARRAYS_MAX];
    struct pattern *pattern;

    (void)state;
    spec.devices = 2;
    give(&spec, PATTERN_TILE, TILE);
    pattern = create(&spec);
    assert_int_equal(pattern_arrays(pattern, arrays), 3);
    assert_int_equal(arrays[2].pages, TILES * TILES * TILE);
    for (uint64_t pass = 0; pass < 2; pass++)
        for (uint64_t i = 0; i < TILES; i++)
            for (uint64_t j = 0; j < TILES; j++)
                for (uint64_t step = 0; step <= 2 * TILES; step++)
                    for (uint64_t page = 0; page < TILE; page++) {
                        uint64_t k = step / 2;
                        uint64_t tile = step == 2 * TILES ? i * TILES + j
                                        : step % 2        ? k * TILES + j
                                                          : i * TILES + k;
                        struct pattern_touch touch = next(pattern);

                        assert_int_equal(touch.array, step == 2 * TILES ? 2 : step % 2);
                        assert_int_equal(touch.page, tile * TILE + page);
                        assert_int_equal(touch.write, step == 2 * TILES);
                        assert_int_equal(touch.turn, pass * TILES + i);
                        assert_int_equal(touch.processor, (pass * TILES + i) % 2);
                    }
    at_end(pattern);
}

static void stencil_reads_three_rows_and_writes_one(void **state)
{
    enum { ROW = 4, ROWS = 6 };
    struct pattern_spec spec = spec_of("stencil", 2 * ROW * ROWS + 3, 2);
    struct pattern *pattern;

    (void)state;
    give(&spec, PATTERN_ROW, ROW);
    pattern = create(&spec);
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint64_t y = 1; y < ROWS - 1; y++) {
            for (uint64_t i = 0; i < 3 * ROW; i++) {
                struct pattern_touch touch = next(pattern);

                assert_int_equal(touch.array, pass);
                assert_int_equal(touch.page, (y - 1) * ROW + i);
                assert_false(touch.write);
            }
            for (uint64_t x = 0; x < ROW; x++) {
                struct pattern_touch touch = next(pattern);

                assert_int_equal(touch.array, 1 - pass);
                assert_int_equal(touch.page, y * ROW + x);
                assert_true(touch.write);
            }
        }
    at_end(pattern);
}

/* What a level wrote is what the next reads; levels grow fourfold and shrink again. */
static void frontier_grows_and_shrinks_over_all_pages(void **state)
{
    enum { PAGES = 1000 };
    struct pattern_spec spec = spec_of("frontier", PAGES, 1);
    struct pattern *pattern = create(&spec);
    uint64_t wrote[PAGES], sizes[16] = {0}, writes[16] = {0}, level = 0, reads = 0;
    bool seen[PAGES] = {false};
    struct pattern_touch touch;

    (void)state;
    while (pattern_next(pattern, &touch)) {
        assert_true(touch.turn == level || touch.turn == level + 1);
        level = touch.turn;
        assert_in_range(level, 0, 15);
        if (touch.write) {
            wrote[writes[level]++] = touch.page;
            continue;
        }
        assert_int_equal(writes[level], 0);
        assert_true(level == 0 || touch.page == wrote[sizes[level]]);
        assert_false(seen[touch.page]);
        seen[touch.page] = true;
        sizes[level]++;
        reads++;
    }
    pattern_destroy(pattern);
    assert_int_equal(reads, PAGES);
    assert_int_equal(level, 10); /* 1 4 16 64 256, 318, and down again */
    for (uint64_t l = 0; l <= level; l++) {
        assert_int_equal(sizes[l], sizes[level - l]);
        if (l <= 5)
            assert_int_equal(sizes[l], l == 5 ? 318 : 1u << 2 * l);
        assert_int_equal(writes[l], l < level ? sizes[l + 1] : 0);
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

/* FNV-1a of the first 3000 touches of each pattern: the same on every machine, in every version. */
static void the_same_seed_gives_the_same_touches_everywhere(void **state)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const char *name, *about;

    (void)state;
    for (size_t i = 0; pattern_name(i, &name, &about); i++) {
        struct pattern_spec spec = spec_of(name, 700, 0);
        struct pattern *pattern;

        spec.accesses = 3000;
        spec.devices = 2;
        spec.agents = 3;
        pattern = create(&spec);
        for (unsigned n = 0; n < 3000; n++) {
            struct pattern_touch touch = next(pattern);
            uint64_t fields[] = {touch.page,  touch.turn,  touch.array, (uint64_t)touch.processor,
                                 touch.agent, touch.write};

            for (size_t f = 0; f < COUNT_OF(fields); f++)
                hash = (hash ^ fields[f]) * UINT64_C(0x100000001b3);
        }
        at_end(pattern);
    }
    assert_int_equal(hash, UINT64_C(0x684e9c80b09ff338));
}

/* Of what was not said: any footprint from three rows of two grids on has each pattern. */
static void small_footprints_have_every_pattern(void **state)
{
    const char *name, *about;

    (void)state;
    for (size_t i = 0; pattern_name(i, &name, &about); i++)
        for (uint64_t pages = 6; pages <= 49; pages++) {
            struct pattern_spec spec = spec_of(name, pages, 0);
            struct pattern *pattern;

            spec.accesses = 100;
            pattern = create(&spec);
            for (unsigned n = 0; n < 100; n++)
                assert_true(next(pattern).page < pages);
            at_end(pattern);
        }
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *name;
        uint64_t pages, accesses, passes;
        int option;
        uint64_t value;
        const char *says;
    } cases[] = {
        {"zip", 10, 0, 0, -1, 0, "known are sequential, strided"},
        {"cyclic", 0, 0, 0, -1, 0, "pages must be 1"},
        {"cyclic", (uint64_t)1 << 32, 0, 0, -1, 0, "pages must be 1"},
        {"cyclic", 10, 1, 1, -1, 0, "give one"},
        {"cyclic", 10, 0, UINT64_MAX, -1, 0, "fewer passes"},
        {"cyclic", 10, 0, 0, PATTERN_WRITES, PATTERN_ONE + 1, "0 .. 1"},
        {"gemm", 10, 0, 0, PATTERN_WRITES, 0, "--writes means nothing to gemm"},
        {"gemm", 2, 0, 0, -1, 0, "do not fit in 2 pages"},
        {"stencil", 5, 0, 0, -1, 0, "do not fit in 5 pages"},
        {"stencil", 47, 0, 0, PATTERN_ROW, 8, "do not fit in 47 pages"},
        {"strided", 10, 0, 0, PATTERN_STRIDE, 11, "1 .. 10"},
        {"zipf", 10, 0, 0, PATTERN_THETA, 0, "above 0"},
        {"zipf", 10, 0, 0, PATTERN_THETA, 2 * (uint64_t)PATTERN_ONE, "below 2"},
        {"hotcold", 10, 0, 0, PATTERN_HOT, PATTERN_ONE, "at most 0.5"},
        {"hotcold", 10, 0, 0, PATTERN_HEAT, PATTERN_ONE + 1, "0 .. 1"},
        {"hotcold", 1, 0, 0, -1, 0, "two pages"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pattern_spec spec = spec_of(cases[i].name, cases[i].pages, cases[i].passes);
        char why[256] = "";

        spec.accesses = cases[i].accesses;
        if (cases[i].option >= 0)
            give(&spec, (enum pattern_option)cases[i].option, cases[i].value);
        assert_null(pattern_create(&spec, why, sizeof(why)));
        if (!strstr(why, cases[i].says))
            fail_msg("'%s' does not say '%s'", why, cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cyclic_visits_all_in_order_each_pass),
        cmocka_unit_test(sequential_is_one_pass_with_its_share_of_writes),
        cmocka_unit_test(strided_walks_each_rest),
        cmocka_unit_test(chase_is_one_cycle_through_all_pages),
        cmocka_unit_test(pingpong_is_the_host_then_a_device),
        cmocka_unit_test(random_is_even),
        cmocka_unit_test(zipf_follows_its_law),
        cmocka_unit_test(zipf_computes_powers),
        cmocka_unit_test(scattering_gives_popular_pages_other_places),
        cmocka_unit_test(hot_pages_change_in_the_middle),
        cmocka_unit_test(gemm_is_the_triple_loop),
        cmocka_unit_test(stencil_reads_three_rows_and_writes_one),
        cmocka_unit_test(frontier_grows_and_shrinks_over_all_pages),
        cmocka_unit_test(the_same_seed_gives_the_same_touches_everywhere),
        cmocka_unit_test(small_footprints_have_every_pattern),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
