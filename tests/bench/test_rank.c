/* SPDX-License-Identifier: MIT */
/*
 * test_rank.c - places, pairs and coefficients of hum rank, by known examples and against naive
 * definitions; the order of live runs; the table's sums.
 */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "rank/correlation.h"
#include "rank/table.h"
#include "support/random.h"

#define MOST 12u

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void assert_places(const double *value, const double *spread, double part,
                          const double *expected, unsigned n)
{
    double place[MOST];

    rank_places(value, spread, n, part, place);
    for (unsigned i = 0; i < n; i++)
        if (place[i] != expected[i])
            fail_msg("place %u is %g, not %g", i, place[i], expected[i]);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void equal_values_share_the_mean_of_their_places(void **state)
{
    (void)state;
    assert_places((double[]){3, 1, 2}, NULL, 0, (double[]){3, 1, 2}, 3);
    assert_places((double[]){2, 1, 2, 5}, NULL, 0, (double[]){2.5, 1, 2.5, 4}, 4);
    assert_places((double[]){7, 7, 7}, NULL, 0, (double[]){2, 2, 2}, 3);
    assert_places((double[]){0, 0, 4}, NULL, 0, (double[]){1.5, 1.5, 3}, 3);
}

static void a_chain_of_small_steps_is_no_tie(void **state)
{
    (void)state;
    assert_places((double[]){100, 101, 102, 103}, NULL, 0.01, (double[]){1.5, 1.5, 3.5, 3.5}, 4);
    assert_places((double[]){103, 100, 102, 101}, NULL, 0.02, (double[]){4, 2, 2, 2}, 4);
}

static void the_spread_of_either_ties(void **state)
{
    (void)state;
    assert_places((double[]){10, 12}, (double[]){2, 0}, 0, (double[]){1.5, 1.5}, 2);
    assert_places((double[]){10, 12}, (double[]){0, 2}, 0, (double[]){1.5, 1.5}, 2);
    assert_places((double[]){10, 12}, (double[]){1.5, 1.5}, 0, (double[]){1, 2}, 2);
    /* One that does not belong ends the group, however wide the spread of one behind it. */
    assert_places((double[]){10, 11, 12}, (double[]){0, 0, 9}, 0, (double[]){1, 2.5, 2.5}, 3);
}

/* As a sum over comparisons: places of those before, and half of those beside. */
static void places_without_room_are_those_of_the_definition(void **state)
{
    struct random random = random_make(random_seed("rank places"), 0);

    (void)state;
    for (unsigned long step = 0; step < random_steps(500); step++) {
        unsigned n = 1 + (unsigned)random_below(&random, MOST);
        double value[MOST], expected[MOST];

        for (unsigned i = 0; i < n; i++)
            value[i] = (double)random_below(&random, 6);
        for (unsigned i = 0; i < n; i++) {
            expected[i] = 0.5;
            for (unsigned j = 0; j < n; j++)
                expected[i] += value[j] < value[i] ? 1 : value[j] == value[i] ? 0.5 : 0;
        }
        assert_places(value, NULL, 0, expected, n);
    }
}

/* ---- coefficients ---------------------------------------------------------------------------- */

static double tau_of(const double *a, const double *b, unsigned n)
{
    struct rank_pairs pairs = rank_pairs_of(a, b, n);

    return rank_tau(&pairs);
}

static void known_examples(void **state)
{
    static const double up[] = {1, 2, 3, 4, 5}, down[] = {5, 4, 3, 2, 1};
    static const double swapped[] = {2, 1, 3, 4, 5};
    /* Worked by hand: 4 pairs agree, none disagrees, one is tied in each. */
    static const double first[] = {1, 2.5, 2.5, 4}, second[] = {1.5, 1.5, 3, 4};

    (void)state;
    assert_near(rank_rho(up, up, 5), 1);
    assert_near(tau_of(up, up, 5), 1);
    assert_near(rank_rho(up, down, 5), -1);
    assert_near(tau_of(up, down, 5), -1);
    assert_near(rank_rho(up, swapped, 5), 1 - 6.0 * 2 / (5 * 24));
    assert_near(tau_of(up, swapped, 5), 0.8);
    assert_near(tau_of(first, second, 4), 4.0 / 5);
    assert_near(rank_rho(first, second, 4), 3.75 / 4.5);
}

static void what_is_all_tied_has_no_coefficient(void **state)
{
    static const double tied[] = {2, 2, 2}, up[] = {1, 2, 3};

    (void)state;
    assert_true(isnan(rank_rho(tied, up, 3)));
    assert_true(isnan(rank_rho(up, tied, 3)));
    assert_true(isnan(tau_of(tied, up, 3)));
    assert_true(isnan(tau_of(up, tied, 3)));
    assert_true(isnan(tau_of(up, up, 1)));
}

static int sign(double x)
{
    return (x > 0) - (x < 0);
}

/* tau-b as Kendall writes it: signs of all ordered pairs; rho from the plain sums. */
static void check_definitions(const double *a, const double *b, unsigned n)
{
    double both = 0, aa = 0, bb = 0, sum_a = 0, sum_b = 0, sum_ab = 0, sum_a2 = 0, sum_b2 = 0;
    struct rank_pairs p = rank_pairs_of(a, b, n);

    for (unsigned i = 0; i < n; i++) {
        sum_a += a[i], sum_b += b[i];
        sum_ab += a[i] * b[i], sum_a2 += a[i] * a[i], sum_b2 += b[i] * b[i];
        for (unsigned j = 0; j < n; j++) {
            both += sign(a[i] - a[j]) * sign(b[i] - b[j]);
            aa += sign(a[i] - a[j]) != 0;
            bb += sign(b[i] - b[j]) != 0;
        }
    }
    assert_int_equal(p.agree + p.disagree + p.tied_first + p.tied_second + p.tied_both,
                     n * (n - 1) / 2);
    if (aa == 0 || bb == 0) {
        assert_true(isnan(rank_tau(&p)) && isnan(rank_rho(a, b, n)));
        return;
    }
    assert_near(rank_tau(&p), both / sqrt(aa * bb));
    assert_near(rank_rho(a, b, n), (n * sum_ab - sum_a * sum_b) /
                                       sqrt((n * sum_a2 - sum_a * sum_a) *
                                            (n * sum_b2 - sum_b * sum_b)));
}

static void coefficients_are_those_of_the_definitions(void **state)
{
    struct random random = random_make(random_seed("rank coefficients"), 0);

    (void)state;
    for (unsigned long step = 0; step < random_steps(500); step++) {
        unsigned n = 2 + (unsigned)random_below(&random, MOST - 1);
        double value[2][MOST], place[2][MOST];

        for (unsigned side = 0; side < 2; side++) {
            for (unsigned i = 0; i < n; i++)
                value[side][i] = (double)random_below(&random, 1 + random_below(&random, 9));
            rank_places(value[side], NULL, n, 0, place[side]);
        }
        check_definitions(place[0], place[1], n);
    }
}

/* ---- runs and the table ---------------------------------------------------------------------- */

static void a_round_runs_every_policy_once(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= MOST; n++)
        for (unsigned round = 0; round < 2 * n; round++) {
            unsigned seen = 0;

            for (unsigned turn = 0; turn < n; turn++)
                seen |= 1u << rank_table_turn(round, turn, n);
            assert_int_equal(seen, (1u << n) - 1);
        }
    assert_int_not_equal(rank_table_turn(0, 0, 3), rank_table_turn(1, 0, 3));
}

static void add_runs(struct rank_entry *entry, double a, double b, double c, double modelled)
{
    series_add(&entry->live_s, a);
    series_add(&entry->live_s, b);
    series_add(&entry->live_s, c);
    entry->modelled_s = modelled;
}

static void the_table_leaves_out_what_touches_over_the_link(void **state)
{
    char *policies[] = {"a", "b", "c"};
    struct rank_table table = {.policies = policies, .policies_count = 3, .workloads_count = 2};
    struct rank_workload *w;

    (void)state;
    table.workload = w = calloc(RANK_WORKLOADS_MAX, sizeof(*w));
    assert_non_null(w);
    add_runs(&w[0].entry[0], 3, 1, 2, 10);
    add_runs(&w[0].entry[1], 8, 9, 7, 30);
    add_runs(&w[0].entry[2], 4, 4, 4, 50);
    w[0].entry[2].remote_touches = 1;
    for (unsigned p = 0; p < 3; p++)
        add_runs(&w[1].entry[p], 1, 1, 1, p + 1.0);
    rank_table_finish(&table);

    assert_near(w[0].entry[0].median_s, 2);
    assert_near(w[0].entry[0].spread_s, 1);
    assert_near(w[0].entry[1].live_place, 3);
    assert_near(w[0].entry[2].live_place, 2);
    assert_near(w[0].entry[2].modelled_place, 3);
    assert_int_equal(w[0].pairs.agree, 2);
    assert_int_equal(w[0].pairs.disagree, 1);
    assert_near(w[0].tau, 1.0 / 3);
    assert_near(w[0].rho, 0.5);
    assert_int_equal(w[0].paced_pairs.agree, 1);
    assert_near(w[0].paced_tau, 1);
    assert_true(isnan(w[1].tau));
    assert_near(table.tau, 1.0 / 3); /* the mean of those that are numbers */
    assert_int_equal(table.pairs.tied_first, 3);
    assert_int_equal(table.paced_pairs.agree, 1);
    rank_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_share_the_mean_of_their_places),
        cmocka_unit_test(a_chain_of_small_steps_is_no_tie),
        cmocka_unit_test(the_spread_of_either_ties),
        cmocka_unit_test(places_without_room_are_those_of_the_definition),
        cmocka_unit_test(known_examples),
        cmocka_unit_test(what_is_all_tied_has_no_coefficient),
        cmocka_unit_test(coefficients_are_those_of_the_definitions),
        cmocka_unit_test(a_round_runs_every_policy_once),
        cmocka_unit_test(the_table_leaves_out_what_touches_over_the_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
