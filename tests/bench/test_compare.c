/* SPDX-License-Identifier: MIT */
/*
 * test_compare.c - hum compare without replays: lists, dealing, processes, the table, sentences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comparison/output.h"
#include "comparison/pool.h"
#include "comparison/progress.h"

static const char *const every[] = {"a", "b", NULL};

/* ---- lists ----------------------------------------------------------------------------------- */

static void lists_are_read(void **state)
{
    static const struct {
        const char *text, *want; /* joined by '|'; NULL: refused */
    } cases[] = {
        {"a", "a"},
        {"a,b", "a|b"},
        {"a;b;a", "a|b"},
        {"all", "a|b"},
        {"b,all", "b|a"},
        {"prefetch=tree,evict=lfu", "prefetch=tree,evict=lfu"},
        {"a;driver,prefetch.threshold=75; c", "a|driver,prefetch.threshold=75|c"},
        {"", NULL},
        {"a,,b", NULL},
        {"a;;b", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct compare_grid grid = {0};
        struct compare_problem problem = {""};
        char got[256] = "";
        bool good = compare_grid_add_policies(&grid, cases[i].text, every, &problem);

        for (unsigned p = 0; p < grid.policy_count; p++)
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", p ? "|" : "",
                     grid.policies[p]);
        assert_int_equal(good, cases[i].want != NULL);
        if (good)
            assert_string_equal(got, cases[i].want);
        else
            assert_int_not_equal(problem.text[0], '\0');
        compare_grid_fini(&grid);
    }
}

static void ratios_are_read(void **state)
{
    static const char *const bad[] = {"", "x", "1,", ",1", "0", "-1", "nan", "inf", "1;2", "1e9"};
    struct compare_grid grid = {0};
    struct compare_problem problem = {""};

    (void)state;
    assert_true(compare_grid_add_ratios(&grid, "1.0,1.25,3,1.25", &problem));
    assert_int_equal(grid.ratio_count, 3);
    assert_true(grid.ratios[1] == 1.25);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        problem.text[0] = '\0';
        assert_false(compare_grid_add_ratios(&grid, bad[i], &problem));
        assert_int_not_equal(problem.text[0], '\0');
    }
    compare_grid_fini(&grid);
}

/* ---- a grid of made-up costs ----------------------------------------------------------------- */

static struct compare_grid make_grid(const char *traces, const char *policies, const char *ratios)
{
    struct compare_grid grid = {0};
    struct compare_problem problem;
    char name[2] = "";

    for (; *traces; traces++) {
        name[0] = *traces;
        assert_true(compare_grid_add_trace(&grid, name, &problem));
    }
    assert_true(compare_grid_add_policies(&grid, policies, every, &problem));
    assert_true(compare_grid_add_ratios(&grid, ratios, &problem));
    assert_true(compare_grid_make(&grid, &problem));
    return grid;
}

static void *fake_load(void *context, const char *path, char *why, size_t why_bytes)
{
    (void)context;
    if (*path == 'x') {
        snprintf(why, why_bytes, "x cannot be read");
        return NULL;
    }
    return (void *)(uintptr_t)*path;
}

static void fake_unload(void *context, void *trace)
{
    (void)context;
    assert_non_null(trace);
}

/* Costs that name their cell; trace 'k' kills the worker, policy "slow" takes its time. */
static void fake_run(void *context, void *trace, const struct compare_grid *grid,
                     struct compare_cell *cell)
{
    (void)context;
    assert_int_equal((uintptr_t)trace, (uintptr_t)grid->traces[cell->trace][0]);
    if ((uintptr_t)trace == 'k' && cell->policy == 1)
        raise(SIGKILL);
    cell->figures.modelled_ns = 1 + cell->trace * 100 + cell->ratio * 10 + cell->policy;
    cell->figures.misses = (uint64_t)getpid();
}

static const struct compare_engine fake = {NULL, fake_load, fake_unload, fake_run};

static void every_cell_is_dealt_once(void **state)
{
    struct compare_grid grid = make_grid("abcde", "a,b,c", "1,2");
    struct compare_deal *deal = compare_deal_create(&grid);
    size_t count = compare_grid_count(&grid), number;
    unsigned *seen = calloc(count, sizeof(*seen));
    long held[3] = {-1, -1, -1};

    (void)state;
    assert_non_null(deal);
    assert_non_null(seen);
    for (size_t i = 0; i < count; i++) {
        number = compare_deal_next(deal, held[i % 3]);
        assert_true(number < count);
        seen[number]++;
        held[i % 3] = grid.cells[number].trace;
    }
    assert_true(compare_deal_next(deal, 0) == SIZE_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(seen[i], 1);
    free(seen);
    compare_deal_destroy(deal);
    compare_grid_fini(&grid);
}

/* A worker keeps its trace while there are cells of it. */
static void a_worker_keeps_its_trace(void **state)
{
    struct compare_grid grid = make_grid("abc", "a,b", "1,2");
    struct compare_deal *deal = compare_deal_create(&grid);
    long held[2] = {-1, -1};
    unsigned changes = 0;

    (void)state;
    for (size_t i = 0; i < compare_grid_count(&grid); i++) {
        size_t number = compare_deal_next(deal, held[i % 2]);
        long trace = grid.cells[number].trace;

        changes += held[i % 2] != trace;
        held[i % 2] = trace;
    }
    assert_in_range(changes, 3, 4); /* each trace once, and help with the last one */
    compare_deal_destroy(deal);
    compare_grid_fini(&grid);
}

static void check_cells(const struct compare_grid *grid)
{
    for (size_t i = 0; i < compare_grid_count(grid); i++) {
        const struct compare_cell *cell = &grid->cells[i];
        char trace = grid->traces[cell->trace][0];
        bool fails = trace == 'x' || (trace == 'k' && cell->policy == 1);

        assert_int_equal(cell->missing, fails);
        if (!fails)
            assert_int_equal(cell->figures.modelled_ns,
                             1 + cell->trace * 100 + cell->ratio * 10 + cell->policy);
        else
            assert_non_null(strstr(cell->why, trace == 'x' ? "x cannot be read" : "signal 9"));
    }
}

static void processes_fill_the_grid(void **state)
{
    static const unsigned jobs[] = {1, 2, 5, 64};

    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct compare_grid grid = make_grid("axkb", "a,b,c", "1,2,3");
        struct compare_progress progress;
        struct compare_problem problem;

        compare_progress_init(&progress, NULL, compare_grid_count(&grid));
        assert_true(compare_pool_run(&fake, &grid, jobs[i], &progress, &problem));
        check_cells(&grid);
        assert_int_equal(progress.done, compare_grid_count(&grid));
        assert_int_equal(progress.failed, 9 + 3);
        compare_grid_fini(&grid);
    }
}

static void time_left_follows_what_was_done(void **state)
{
    (void)state;
    assert_true(compare_progress_left(0, 10, 5) < 0);
    assert_true(compare_progress_left(5, 10, 5) == 5);
    assert_true(compare_progress_left(10, 10, 5) == 0);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Costs point by point, policy by policy; 0: failed. */
static struct compare_grid grid_of(const char *policies, const char *ratios, const uint64_t *costs,
                                   uint64_t bound)
{
    struct compare_grid grid = make_grid("t", policies, ratios);

    for (size_t i = 0; i < compare_grid_count(&grid); i++) {
        grid.cells[i].missing = costs[i] == 0;
        grid.cells[i].figures.modelled_ns = costs[i];
        grid.cells[i].figures.bounds.least_ns = bound;
        grid.cells[i].figures.bytes_h2d = 100;
        grid.cells[i].figures.bytes_prefetch = 25;
    }
    return grid;
}

static void the_table_is_what_its_definition_says(void **state)
{
    /* driver 100 200, p 50 400, q 80 failed */
    static const uint64_t costs[] = {100, 50, 80, 200, 400, 0};
    struct compare_grid grid = grid_of("driver,p,q", "1,2", costs, 25);
    struct compare_table table;
    const struct compare_standing *s;

    (void)state;
    assert_true(compare_table_make(&grid, "driver", &table));
    assert_int_equal(table.points[0].best, 1);
    assert_int_equal(table.points[1].best, 0);
    assert_true(fabs(compare_table_regret(&table, &table.points[0], 0) - 1.0) < 1e-12);
    assert_true(compare_table_regret(&table, &table.points[1], 0) == 0);
    assert_true(isnan(compare_table_regret(&table, &table.points[1], 2)));
    s = &table.standings[0]; /* q: 0.8 at its only point */
    assert_int_equal(s->policy, 2);
    assert_int_equal(s->points, 1);
    assert_int_equal(s->failed, 1);
    assert_true(fabs(s->to_baseline - 0.8) < 1e-12);
    assert_true(fabs(s->regret_worst - 0.6) < 1e-12);
    s = &table.standings[1]; /* driver and p both have 1: the order of the grid */
    assert_int_equal(s->policy, 0);
    assert_true(fabs(s->to_baseline - 1.0) < 1e-12);
    assert_true(fabs(s->to_bound - sqrt(4.0 * 8.0)) < 1e-9);
    assert_true(fabs(s->regret_mean - 0.5) < 1e-12);
    assert_int_equal(s->worst_point, 0);
    s = &table.standings[2];
    assert_int_equal(s->wins, 1);
    assert_true(fabs(s->regret_worst - 1.0) < 1e-12);
    assert_int_equal(s->worst_point, 1);
    compare_table_fini(&table);
    compare_grid_fini(&grid);
}

static void what_is_left_out_is_no_failure(void **state)
{
    static const uint64_t costs[] = {100, 50, 80, 200, 400, 0};
    struct compare_grid grid = grid_of("driver,p,q", "1,2", costs, 25);
    struct compare_table table;
    char *text;

    (void)state;
    grid.cells[5].missing = COMPARE_LEFT_OUT;
    assert_int_equal(compare_grid_missing(&grid, COMPARE_FAILED), 0);
    assert_int_equal(compare_grid_missing(&grid, COMPARE_LEFT_OUT), 1);
    assert_true(compare_table_make(&grid, "driver", &table));
    assert_int_equal(table.standings[0].policy, 2); /* at its only point */
    assert_int_equal(table.standings[0].points, 1);
    assert_int_equal(table.standings[0].failed, 0);
    assert_int_equal(table.standings[0].left_out, 1);
    text = compare_findings(&table);
    assert_non_null(text);
    assert_non_null(strstr(text, "1 of 6 replays are left out"));
    assert_null(strstr(text, "failed"));
    free(text);
    compare_table_fini(&table);
    compare_grid_fini(&grid);
}

/* q is fastest, but was replayed at one point alone. */
static void findings_over_all_points_are_of_who_was_at_all_of_them(void **state)
{
    static const uint64_t costs[] = {100, 200, 50, 100, 300, 0, 100, 200, 0};
    struct compare_grid grid = grid_of("driver,p,q", "1,2,3", costs, 25);
    struct compare_table table;
    char *text;

    (void)state;
    grid.cells[0].figures.bytes_d2d = 300;
    assert_true(compare_table_make(&grid, "driver", &table));
    assert_int_equal(table.standings[0].policy, 2);
    text = compare_findings(&table);
    assert_non_null(strstr(text, "No policy beats driver over all points."));
    assert_null(strstr(text, "Over all points"));
    assert_non_null(strstr(text, "The smallest worst regret is that of driver: 100.0 %"));
    assert_non_null(strstr(text, "12 % are brought by prefetch")); /* 75 of 600 */
    assert_non_null(strstr(text, "2 of 9 replays failed; they count for nothing."));
    free(text);
    compare_table_fini(&table);
    grid.cells[0].missing = COMPARE_FAILED; /* now the baseline is not everywhere, either */
    assert_true(compare_table_make(&grid, "driver", &table));
    text = compare_findings(&table);
    assert_null(strstr(text, "driver over all points"));
    assert_null(strstr(text, "Over all points"));
    assert_null(strstr(text, "The smallest worst regret")); /* p alone is no choice */
    free(text);
    compare_table_fini(&table);
    compare_grid_fini(&grid);
}

static void traces_of_one_name_are_told_apart(void **state)
{
    static const char *const paths[] = {"x/a.hum", "x/b.hum", "y/a.hum"};
    static const char *const names[] = {"x/a", "b", "y/a"};
    struct compare_grid grid = {0};
    struct compare_problem problem;
    char name[8];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(compare_grid_add_trace(&grid, paths[i], &problem));
    for (unsigned i = 0; i < 3; i++) {
        compare_trace_name(&grid, i, name, sizeof(name));
        assert_string_equal(name, names[i]);
    }
    compare_grid_fini(&grid);
}

static void without_the_baseline_regret_decides(void **state)
{
    static const uint64_t costs[] = {100, 50};
    struct compare_grid grid = grid_of("p,q", "1", costs, 0);
    struct compare_table table;

    (void)state;
    assert_true(compare_table_make(&grid, "driver", &table));
    assert_int_equal(table.baseline, COMPARE_NONE);
    assert_int_equal(table.standings[0].policy, 1);
    assert_true(isnan(table.standings[0].to_baseline));
    assert_true(isnan(table.standings[0].to_bound));
    compare_table_fini(&table);
    compare_grid_fini(&grid);
}

static void check_findings(const char *policies, const char *ratios, const uint64_t *costs,
                           const char *const *wants)
{
    struct compare_grid grid = grid_of(policies, ratios, costs, 25);
    struct compare_table table;
    char *text;

    assert_true(compare_table_make(&grid, "driver", &table));
    text = compare_findings(&table);
    assert_non_null(text);
    for (; *wants; wants++)
        if (!strstr(text, *wants))
            fail_msg("no '%s' in:\n%s", *wants, text);
    free(text);
    compare_table_fini(&table);
    compare_grid_fini(&grid);
}

static void findings_follow_from_the_numbers(void **state)
{
    static const uint64_t split[] = {100, 50, 100, 400};
    static const uint64_t one[] = {100, 50, 200, 100};
    static const uint64_t same[] = {100, 101, 100, 101};
    static const uint64_t none[] = {0, 0, 0, 0};
    static const char *const split_says[] = {
        "No policy is best everywhere: driver at 1, p at 1 of 2 points.",
        "No policy beats driver",
        "t at r = 2: p takes 4.00 times as long as driver",
        "prefetch and 0 % go home by eviction", NULL};
    static const char *const one_says[] = {
        "p is best, or within 0.1 % of it, at all 2 points.",
        "Over all points p needs 0.50 of the modelled time of driver",
        "The smallest worst regret is that of p: 0.0 %",
        "4.00 times the bound in the median, 4.00 at worst", "25 % are brought by prefetch", NULL};
    static const char *const same_says[] = {"The choice hardly matters", NULL};
    static const char *const none_says[] = {"4 of 4 replays failed", NULL};

    (void)state;
    check_findings("driver,p", "1,2", split, split_says);
    check_findings("driver,p", "1,2", one, one_says);
    check_findings("driver,p", "1,2", same, same_says);
    check_findings("driver,p", "1,2", none, none_says);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(ratios_are_read),
        cmocka_unit_test(every_cell_is_dealt_once),
        cmocka_unit_test(a_worker_keeps_its_trace),
        cmocka_unit_test(processes_fill_the_grid),
        cmocka_unit_test(time_left_follows_what_was_done),
        cmocka_unit_test(the_table_is_what_its_definition_says),
        cmocka_unit_test(what_is_left_out_is_no_failure),
        cmocka_unit_test(findings_over_all_points_are_of_who_was_at_all_of_them),
        cmocka_unit_test(traces_of_one_name_are_told_apart),
        cmocka_unit_test(without_the_baseline_regret_decides),
        cmocka_unit_test(findings_follow_from_the_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
