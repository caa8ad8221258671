/* SPDX-License-Identifier: MIT */
/*
 * test_replay_figures.c - what hum replay counts, on random traces of host and devices: the sums
 * that result.h promises hold whatever engine replays, and no bound is below the least.
 */
#include "bench/replay_line.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"

#define REGIONS 3u
#define REGION_PAGES 700u

static uint64_t seed;

/* What the trace says by itself. */
struct told {
    int64_t touches, device_touches;
};

static void put_access(FILE *out, struct random *random, int devices, struct told *told)
{
    int processor = (int)random_below(random, (uint64_t)devices + 1) - 1;
    unsigned at = (unsigned)random_below(random, REGION_PAGES);
    unsigned pages = 1 + (unsigned)random_below(random, random_below(random, 4) ? 3 : 200);
    unsigned touches = random_below(random, 3) ? 1 : 1 + (unsigned)random_below(random, 50);

    pages = pages > REGION_PAGES - at ? REGION_PAGES - at : pages;
    fprintf(out, "access,%d,0,%u,0,%d,%u,%u,%u\n", processor,
            1024 * (unsigned)random_below(random, REGIONS) + at, processor + 1, pages, touches,
            (unsigned)random_below(random, 2));
    told->touches += (int64_t)pages * touches;
    told->device_touches += processor < 0 ? 0 : (int64_t)pages * touches;
}

static struct told make_trace(struct random *random, int devices)
{
    struct told told = {0, 0};
    char path[128];
    FILE *out;

    snprintf(path, sizeof(path), "%s/figures.csv", command_line_folder);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs("kind,processor,region,first_page,bytes,agent,pages,touches,write\n", out);
    for (unsigned i = 0; i < REGIONS; i++)
        fprintf(out, "region,0,%u,%u,%u,0,0,0,0\n", i + 1, 1024 * i, REGION_PAGES * 4096);
    for (unsigned i = 0; i < 400; i++)
        put_access(out, random, devices, &told);
    assert_int_equal(fclose(out), 0);
    run_well("hum trace import -F csv -o figures.trace figures.csv");
    return told;
}

static void check_bounds(json_t *root)
{
    json_t *bounds = json_object_get(root, "bounds"), *bound;
    int64_t least = number(json_object_get(bounds, "least"), "modelled_ns");
    const char *name;

    json_object_foreach(bounds, name, bound)
        if (strcmp(name, "resident") != 0 && number(bound, "modelled_ns") < least)
            fail_msg("%s takes less than the least", name);
    assert_true(number(root, "modelled_ns") >= least);
}

static void check(const char *arguments, const struct told *told)
{
    json_t *root = replay(arguments);
    int64_t misses = number(root, "misses"), in = number(root, "pages_in");
    int64_t bytes = number(root, "bytes_h2d") + number(root, "bytes_d2d");
    int64_t faults = misses + number(root, "host_faults");

    assert_int_equal(number(root, "accesses"), told->touches);
    assert_int_equal(number(root, "accesses_device"), told->device_touches);
    assert_true(misses <= told->device_touches);
    assert_int_equal(in * 4096, bytes + 4096 * number(root, "first_touches"));
    assert_int_equal(number(root, "pages_out") * 4096, number(root, "bytes_d2h"));
    assert_int_equal(number(root, "bytes_demand") + number(root, "bytes_prefetch") +
                         number(root, "bytes_eviction"),
                     bytes + number(root, "bytes_d2h"));
    assert_true(misses + number(root, "pages_prefetched") <= in);
    if (json_is_true(json_object_get(root, "page_only")))
        assert_int_equal(number(root, "far_faults"), faults);
    else
        assert_true(number(root, "far_faults") >= faults);
    check_bounds(root);
    json_decref(root);
}

static void sums_hold_whatever_engine_replays(void **state)
{
    static const char *const arguments[] = {
        "-c 4M -p ondemand", "-c 4M -p tree", "-c 64M -p driver --loop open", "-c 4M -p auto",
        "-c 16M -p counter", "-c r=1.5 -P -p prefetch=tree", "-c pages=1 -p ondemand",
        "-c r=1 -P -p place=share"};
    struct random random = random_make(seed, 0);

    (void)state;
    for (int devices = 1; devices <= 3; devices++) {
        struct told told = make_trace(&random, devices);

        for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
            char line[128];

            snprintf(line, sizeof(line), "figures.trace %s", arguments[i]);
            check(line, &told);
        }
    }
}

/* The host's first touches are faults, and no device missed anything by them. */
static void what_the_host_fills_no_device_misses(void **state)
{
    json_t *root;

    (void)state;
    run_well("printf 'kind,processor,region,first_page,bytes,pages,touches,write\\n"
             "region,0,1,0,4096000,0,0,0\\naccess,-1,0,0,0,100,1,1\\naccess,0,0,90,0,20,1,1\\n' "
             "| hum trace import -F csv -o fill.trace -");
    root = replay("fill.trace -c 64M -p ondemand --loop open");
    assert_int_equal(number(root, "misses"), 20);
    assert_int_equal(number(root, "first_touches"), 10);
    assert_int_equal(number(root, "pages_in"), 20);
    assert_int_equal(number(root, "far_faults"), 120);
    json_decref(root);
}

/* Only results cross the link: just in time is no sooner than that. */
static void what_only_goes_home_takes_time_in_every_bound(void **state)
{
    json_t *root, *bounds;

    (void)state;
    run_well("printf 'kind,processor,region,first_page,bytes,pages,touches,write\\n"
             "region,0,1,0,4096000,0,0,0\\naccess,0,0,0,0,100,9,1\\naccess,-1,0,0,0,100,99,0\\n' "
             "| hum trace import -F csv -o home.trace -");
    root = replay("home.trace -c pages=200 -p ondemand");
    bounds = json_object_get(root, "bounds");
    assert_int_equal(number(root, "bytes_h2d"), 0);
    assert_true(number(json_object_get(bounds, "least"), "modelled_ns") > 0);
    check_bounds(root);
    json_decref(root);
}

/* A file that was asked for is written, or the replay fails. */
static void a_record_of_single_pages_is_refused(void **state)
{
    struct output *out;

    (void)state;
    out = run_line("hum replay fill.trace -c r=1 --record no.trace");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "give a capacity of whole blocks"));
    out = run_line("hum replay fill.trace -c 64M --page-only --record no.trace");
    assert_int_equal(out->status, 2);
    assert_non_null(strstr(out->text, "leave out --page-only"));
    assert_int_equal(run_line("test -e no.trace")->status, 1);
}

static void an_empty_file_is_no_trace_without_accesses(void **state)
{
    static const char *const commands[] = {"replay -c r=2", "advise", "compare -q -p driver -r 2"};

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        struct output *out = run_line(": >empty.trace; hum %s empty.trace", commands[i]);

        if (out->status != 1 || !strstr(out->text, "there is no whole record in it"))
            fail_msg("%s: %d, %s", commands[i], out->status, out->text);
    }
}

int replay_figures(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_hold_whatever_engine_replays),
        cmocka_unit_test(what_the_host_fills_no_device_misses),
        cmocka_unit_test(what_only_goes_home_takes_time_in_every_bound),
        cmocka_unit_test(a_record_of_single_pages_is_refused),
        cmocka_unit_test(an_empty_file_is_no_trace_without_accesses),
    };

    seed = random_seed("replay_figures");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
