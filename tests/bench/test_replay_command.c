/* SPDX-License-Identifier: MIT */
/*
 * test_replay_command.c - hum replay as a user runs it: random oracleGeneral files against slow
 * models of the algorithms, what its JSON holds, whole blocks, and what is refused.
 */
#include "bench/replay_line.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hum/hum.h>

#include "command/trace/oracle.h"
#include "property/eviction_models.h"
#include "support/random.h"

enum { LENGTH = 3000 };

static const char *command;
static char folder[] = "/tmp/hum-replay-XXXXXX";
static uint64_t seed;

static int64_t bound(json_t *root, const char *name, const char *field)
{
    return number(json_object_get(json_object_get(root, "bounds"), name), field);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void)
{
    return run_line("rm -r %s", folder)->status;
}

/* ---- against the models --------------------------------------------------------------------- */

/* Skewed with scans, so that the algorithms differ. */
static void draw(struct random *random, int *pages)
{
    for (int i = 0; i < LENGTH; i++) {
        uint64_t any = random_below(random, MODEL_PAGES);

        pages[i] = i / 50 % 7 == 0 ? i % MODEL_PAGES
                                   : (int)random_below(random, 1 + random_below(random, any + 1));
    }
}

/* Objects are large numbers, not pages in order. */
static void write_oracle(const int *pages)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "%s/r.oracle", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < LENGTH; i++) {
        const struct oracle oracle = {.time_s = (uint32_t)i, .size = 1, .next = -1,
                                      .object = UINT64_C(0x123456789) * (unsigned)(pages[i] + 1)};
        unsigned char bytes[ORACLE_BYTES];

        oracle_store(&oracle, bytes);
        assert_int_equal(fwrite(bytes, sizeof(bytes), 1, file), 1);
    }
    assert_int_equal(fclose(file), 0);
}

static int model_misses(const int *pages, const char *name, int capacity)
{
    struct model model = {.capacity = capacity, .pages = MODEL_PAGES, .trace = pages,
                          .length = LENGTH};
    struct model_outcome outcome;
    int misses = 0;

    for (int i = 0; i < LENGTH; i++) {
        assert_true(model_access(&model, name, pages[i], &outcome));
        misses += !outcome.hit;
    }
    return misses;
}

static void misses_of_an_imported_trace_are_those_of_the_models(void **state)
{
    /* those of which libCacheSim has the definition, or everybody */
    static const char *const names[] = {"fifo", "lru", "mru", "clock", "lfu", "arc", "s3fifo",
                                        "min"};
    struct random random = random_make(seed, 1);
    int pages[LENGTH];

    (void)state;
    for (int round = 0; round < 8; round++) {
        int capacity = 1 + (int)random_below(&random, MODEL_PAGES);

        draw(&random, pages);
        write_oracle(pages);
        run_well("hum trace import --format oracle -o r.trace r.oracle");
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            char arguments[128];
            json_t *root;

            snprintf(arguments, sizeof(arguments),
                     "r.trace --policy prefetch=none,evict=%s --capacity pages=%d --page-only",
                     names[i], capacity);
            root = replay(arguments);
            assert_int_equal(number(root, "accesses"), LENGTH);
            assert_int_equal(number(root, "misses"), model_misses(pages, names[i], capacity));
            assert_int_equal(bound(root, "min", "misses"), model_misses(pages, "min", capacity));
            json_decref(root);
        }
    }
}

/* ---- what is printed ------------------------------------------------------------------------ */

static void json_has_every_field_and_they_sum_up(void **state)
{
    static const char *const fields[] = {
        "accesses", "misses", "pages_in", "pages_out", "pages_prefetched", "evictions",
        "evictions_clean", "bytes_h2d", "bytes_d2h", "far_faults", "batches", "thrashed_pages",
        "remote_accesses", "modelled_ns", "first_touches", "replay_ns", "footprint_pages",
        "capacity_pages"};
    static const char *const bounds[] = {"infinite", "resident", "min", "min_oracle_prefetch",
                                         "remote_all"};
    json_t *root;

    (void)state;
    run_well("hum trace generate random --pages 300 --accesses 5000 --writes 0.3 -o w.trace");
    root = replay("w.trace --policy lru --capacity r=1.5 --page-only --link pcie4x16");
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        assert_true(number(root, fields[i]) >= 0);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        assert_true(bound(root, bounds[i], "misses") >= 0);
        assert_true(bound(root, bounds[i], "bytes") >= 0);
        assert_true(bound(root, bounds[i], "modelled_ns") >= 0);
    }
    assert_true(json_is_real(json_object_get(root, "accesses_per_s")));
    assert_true(json_is_true(json_object_get(root, "page_only")));
    assert_true(json_is_false(json_object_get(root, "truncated")));
    assert_string_equal(json_string_value(json_object_get(root, "recorded")), "exact");
    assert_string_equal(json_string_value(json_object_get(root, "link")), "pcie4x16");
    assert_string_equal(json_string_value(json_object_get(root, "parts")),
                        "prefetch=none,evict=lru,place=move,thrash=off");
    assert_int_equal(number(root, "dropped_accesses"), 0);
    assert_int_equal(number(root, "accesses"), 5000);
    assert_int_equal(number(root, "footprint_pages"), 300);
    assert_int_equal(number(root, "capacity_pages"), 200);
    assert_int_equal(number(root, "first_touches"), 0);
    assert_int_equal(number(root, "pages_in") * 4096, number(root, "bytes_h2d"));
    assert_int_equal(number(root, "pages_out") * 4096, number(root, "bytes_d2h"));
    assert_int_equal(number(root, "pages_in"), number(root, "misses"));
    assert_int_equal(number(root, "misses") - number(root, "evictions"), 200);
    assert_int_equal(number(root, "evictions") - number(root, "evictions_clean"),
                     number(root, "pages_out"));
    assert_true(number(root, "pages_out") > 0);
    assert_int_equal(bound(root, "infinite", "misses"), 300);
    assert_int_equal(bound(root, "resident", "bytes"), 0);
    assert_true(bound(root, "min", "misses") < number(root, "misses"));
    assert_int_equal(bound(root, "remote_all", "bytes"), 5000 * 128);
    json_decref(root);
}

static void prefetching_and_placing_change_what_they_should(void **state)
{
    json_t *none, *chunk, *remote, *serial;

    (void)state;
    run_well("hum trace generate strided --stride 1 --pages 4096 --passes 3 -o s.trace");
    none = replay("s.trace --capacity 8M --page-only");
    chunk = replay("s.trace --capacity 8M --page-only --policy prefetch=chunk,evict=fifo");
    remote = replay("s.trace --capacity 8M --page-only --policy place=remote");
    serial = replay("s.trace --capacity 8M --page-only --fault serial --link none");
    assert_int_equal(number(none, "pages_prefetched"), 0);
    assert_int_equal(number(chunk, "misses") * 16, number(none, "misses"));
    assert_int_equal(number(chunk, "pages_prefetched") + number(chunk, "misses"),
                     number(none, "misses"));
    assert_true(json_number_value(json_object_get(chunk, "prefetch_accuracy")) == 1.0);
    assert_int_equal(number(remote, "remote_accesses"), number(none, "accesses"));
    assert_int_equal(number(remote, "bytes_h2d"), 0);
    assert_int_equal(number(serial, "modelled_ns"), 45000 * number(serial, "far_faults"));
    json_decref(none);
    json_decref(chunk);
    json_decref(remote);
    json_decref(serial);
}

static void text_names_the_bounds_and_what_is_implied(void **state)
{
    struct output *out;

    (void)state;
    run_well("hum trace generate cyclic --pages 1024 --passes 4 -o c.trace");
    out = run_line("hum replay c.trace --policy min --capacity r=1.25");
    assert_int_equal(out->status, 0);
    assert_non_null(strstr(out->text, "page by page, as the capacity asks, open loop"));
    assert_non_null(strstr(out->text, "min oracle prefetch"));
    assert_non_null(strstr(out->text, "accesses a second"));
    assert_non_null(strstr(out->text, "819 pages on 1 device"));
    out = run_line("hum replay c.trace -p min -c 2M -P");
    assert_null(strstr(out->text, "as the capacity asks"));
    assert_non_null(strstr(out->text, "page by page"));
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void wrong_command_lines_say_what_is_known(void **state)
{
    static const struct {
        const char *arguments, *said;
    } cases[] = {
        {"c.trace -c 64M -p evict=belady", "fifo, lru, lrm"},
        {"c.trace -c 64M -p nothing", "unknown policy 'nothing'"},
        {"c.trace -c 64M -P -p nothing", "there is no policy 'nothing'"},
        {"c.trace -c 64M -p 'driver;graph=tree'", "write region:NAME=POLICY"},
        {"c.trace -c 64M -p 'driver;region:graph=nothing'", "unknown policy 'nothing'"},
        {"c.trace -c 64M -p 'driver;region:a=tree; region: a =lfu'", "region 'a' is given two"},
        {"c.trace -c 64M -p 'driver;region:a=evict=lru'", "chosen for the whole space"},
        {"c.trace -c 64M -P -p 'lru;region:graph=fifo'", "no rules for regions"},
        {"c.trace -c 64M --loop sometimes", "closed or open"},
        {"c.trace -c 64M --touch 0", "number of nanoseconds"},
        {"c.trace -c 64M --touch 1ns", "number of nanoseconds"},
        {"c.trace -c 64M -L usb", "nvlink-c2c"},
        {"c.trace -c 64Q", "pages=100"},
        {"c.trace -c 64M -f never", "batch or serial"},
        {"c.trace", "--capacity is missing"},
        {"-c 64M", "one trace is replayed, not 0"},
        {"c.trace d.trace -c 64M", "one trace is replayed, not 2"},
        {"c.trace -c 64M --no-such-option", "Try 'hum replay --help'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct output *out = run_line("hum replay %s", cases[i].arguments);

        if (out->status != 2 || !strstr(out->text, cases[i].said))
            fail_msg("%s: %d, %s", cases[i].arguments, out->status, out->text);
    }
    assert_non_null(strstr(run_line("hum replay --help")->text, "s3fifo"));
}

static void bad_traces_are_errors_and_not_crashes(void **state)
{
    static const struct {
        const char *make, *said;
    } cases[] = {
        {"true", "there is no trace"},
        {"echo nonsense >b.trace", "not a trace"},
        {"printf 'kind,processor,first_page,pages,touches\\naccess,0,0,4294967295,1\\n' | "
         "hum trace import -F csv -o b.trace -", "hum trace cut"},
        /* a bit of the first chunk is another one */
        {"hum trace generate random -p 500 -n 5000 -o b.trace; "
         "printf '\\377' | dd of=b.trace bs=1 seek=300 conv=notrunc status=none", "is damaged"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct output *out = run_line("rm -f b.trace; %s; ! hum replay b.trace -c 1M -P",
                                      cases[i].make);

        if (out->status != 0 || !strstr(out->text, cases[i].said))
            fail_msg("%s: %d, %s", cases[i].make, out->status, out->text);
    }
}

static void a_trace_without_accesses_is_no_failure(void **state)
{
    json_t *root;

    (void)state;
    run_well("printf 'kind,processor,first_page,pages,touches\\nregion,0,0,0,0\\n' | "
             "hum trace import -F csv -o n.trace -");
    assert_non_null(strstr(run_line("hum replay n.trace -c 1M")->text, "no access"));
    root = replay("n.trace -c r=1.5");
    assert_non_null(strstr(json_string_value(json_object_get(root, "nothing")), "no access"));
    json_decref(root);
}

/* The largest page numbers are as good as others; a trace that was cut off is replayed so far. */
static void large_pages_and_truncated_traces_are_replayed(void **state)
{
    json_t *root;

    (void)state;
    run_well("printf 'kind,processor,first_page,pages,touches\\n"
             "access,0,4503599627370495,1,1\\naccess,0,0,1,1\\naccess,0,4503599627370495,1,3\\n' "
             "| hum trace import -F csv -o l.trace -");
    root = replay("l.trace -c pages=1 -p prefetch=tree,evict=lru");
    assert_int_equal(number(root, "misses"), 3);
    assert_int_equal(number(root, "accesses"), 5);
    json_decref(root);
    root = replay("l.trace -c pages=8 -p prefetch=stride,evict=lru");
    assert_int_equal(number(root, "misses"), 2);
    json_decref(root);
    run_well("hum trace generate random -p 500 -n 400000 -o t.trace; "
             "truncate -s -20000 t.trace");
    root = replay("t.trace -c pages=100");
    assert_true(json_is_true(json_object_get(root, "truncated")));
    assert_in_range(number(root, "accesses"), 1, 399999);
    json_decref(root);
}

/* ---- whole blocks --------------------------------------------------------------------------- */

/*
 * Ten blocks, read in order again and again, by a device that holds eight.  With `ondemand` every
 * page is a fault; each block that comes back pushes out the one that will be needed soonest.
 */
static void whole_blocks_are_replayed_by_the_core(void **state)
{
    json_t *root;

    (void)state;
    run_well("hum trace generate cyclic --pages 5120 --passes 3 -o blocks.trace");
    root = replay("blocks.trace -c 16M -p ondemand");
    assert_true(json_is_false(json_object_get(root, "page_only")));
    assert_string_equal(json_string_value(json_object_get(root, "loop")), "closed");
    assert_int_equal(number(root, "capacity_pages"), 8 * 512);
    assert_int_equal(number(root, "accesses"), 3 * 5120);
    assert_int_equal(number(root, "pages_in"), 3 * 5120);
    assert_int_equal(number(root, "pages_prefetched"), 0);
    assert_int_equal(number(root, "bytes_h2d"), 3 * 5120 * 4096);
    assert_int_equal(number(root, "bytes_demand"), 3 * 5120 * 4096);
    assert_int_equal(number(root, "bytes_d2h"), 0); /* clean */
    assert_int_equal(number(root, "evictions"), 3 * 10 - 8);
    assert_int_equal(number(root, "evictions"), number(root, "evictions_clean"));
    assert_int_equal(number(root, "thrashed_pages"), 2 * 5120);
    assert_true(number(root, "modelled_ns") >= bound(root, "min_oracle_prefetch", "modelled_ns"));
    json_decref(root);
    root = replay("blocks.trace -c 16M -p driver");
    assert_int_equal(number(root, "bytes_demand") + number(root, "bytes_prefetch"),
                     3 * 5120 * 4096);
    assert_true(number(root, "pages_prefetched") > 2 * 5120);
    json_decref(root);
}

/* As in HUM_POLICY; the trace's one region is called "a". */
static void rules_for_regions_hold_where_blocks_move(void **state)
{
    json_t *plain, *other, *own;

    (void)state;
    plain = replay("blocks.trace -c 16M -p driver");
    other = replay("blocks.trace -c 16M -p 'driver;region:b=ondemand'");
    own = replay("blocks.trace -c 16M -p 'driver;region:a=prefetch=none'");
    assert_int_equal(number(other, "far_faults"), number(plain, "far_faults"));
    assert_int_equal(number(other, "modelled_ns"), number(plain, "modelled_ns"));
    assert_true(number(plain, "pages_prefetched") > 0);
    assert_int_equal(number(own, "pages_prefetched"), 0);
    assert_int_equal(number(own, "far_faults"), 3 * 5120);
    assert_non_null(strstr(json_string_value(json_object_get(own, "parts")), "driver;region:a="));
    json_decref(plain);
    json_decref(other);
    json_decref(own);
    own = replay("blocks.trace -c 16M -p region:a=prefetch=none"); /* the rest is the default */
    assert_int_equal(number(own, "pages_prefetched"), 0);
    json_decref(own);
    assert_non_null(strstr(run_line("hum replay blocks.trace -c r=2 -p 'driver;region:a=tree'")
                               ->text, "no rules for regions"));
}

/* Its counts are those of empty plans, and nobody should take them for the plug-in's. */
static void a_plugin_whose_plans_are_refused_is_told(void **state)
{
    static const char line[] = "replay blocks.trace -c 16M -p " TEST_PLUGINS "/hostile.so,";
    struct output *out = run_line("unset HUM_LOG; hum %sprefetch.how=2 2>&1 >/dev/null", line);

    (void)state;
    assert_non_null(strstr(out->text, "a plan maps pages that are not here"));
    assert_string_equal(strchr(out->text, '\n'), "\n"); /* said once */
    out = run_line("unset HUM_LOG; hum %sprefetch.how=0,evict=lru 2>&1 >/dev/null", line);
    assert_string_equal(out->text, "");
    out = run_line("HUM_LOG=quiet hum %sprefetch.how=2 2>&1 >/dev/null", line);
    assert_string_equal(out->text, "");
}

/* Signals reach a replay, whatever it is at: timeout says 124 if it ended of the first, 137 not. */
static void a_replay_whose_plugin_never_comes_back_can_be_ended(void **state)
{
    static const char line[] = "timeout -k 30 1 %s replay blocks.trace -c 16M -p " TEST_PLUGINS
                               "/hostile.so,prefetch.how=8 --loop %s; echo $?";

    (void)state;
    assert_string_equal(run_line(line, command, "closed")->text, "124\n");
    assert_string_equal(run_line(line, command, "open")->text, "124\n");
}

/* What single pages have as a policy and blocks have not is said with what to write instead. */
static void an_order_alone_is_explained_where_blocks_move(void **state)
{
    struct output *out = run_line("hum replay blocks.trace -c 16M -p lru");

    (void)state;
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "evict=lru"));
    assert_non_null(strstr(out->text, "--page-only"));
    out = run_line("hum replay blocks.trace -c 16M -p min");
    assert_int_equal(out->status, 1);
    assert_non_null(strstr(out->text, "--page-only"));
    json_decref(replay("blocks.trace -c 16M -p tree")); /* an order, too, and a policy */
}

/* A ratio is rounded down to blocks, and makes pages where it makes less than eight blocks. */
static void a_ratio_means_blocks_where_there_are_eight(void **state)
{
    static const struct {
        const char *arguments;
        int capacity;
        bool page_only;
    } cases[] = {
        {"blocks.trace -c r=1.25", 8 * 512, false},  {"blocks.trace -c r=1.2", 8 * 512, false},
        {"blocks.trace -c r=1.26", 5120 * 100 / 126, true},
        {"blocks.trace -c r=1.25 -P", 8 * 512, true}, {"blocks.trace -c 2M", 512, false},
        {"blocks.trace -c 2M -P", 512, true},         {"blocks.trace -c pages=513", 513, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *root = replay(cases[i].arguments);

        if (number(root, "capacity_pages") != cases[i].capacity ||
            json_is_true(json_object_get(root, "page_only")) != cases[i].page_only)
            fail_msg("%s: %lld pages", cases[i].arguments,
                     (long long)number(root, "capacity_pages"));
        json_decref(root);
    }
}

/* Open loop moves the same, since one agent's touches are in order anyway; nothing overlaps. */
static void loops_and_touches_change_times_only(void **state)
{
    json_t *closed, *slow, *open;

    (void)state;
    closed = replay("blocks.trace -c 16M -p driver");
    slow = replay("blocks.trace -c 16M -p driver --touch 1000");
    open = replay("blocks.trace -c 16M -p driver --loop open");
    assert_string_equal(json_string_value(json_object_get(open, "loop")), "open");
    assert_int_equal(number(closed, "bytes_h2d"), number(open, "bytes_h2d"));
    assert_int_equal(number(closed, "bytes_h2d"), number(slow, "bytes_h2d"));
    assert_true(number(slow, "modelled_ns") > number(closed, "modelled_ns"));
    assert_true(number(slow, "modelled_ns") >= 3 * 5120 * 1000);
    json_decref(closed);
    json_decref(slow);
    json_decref(open);
}

/* What the replay did is a trace that other commands read, and says the same. */
static void a_replay_records_itself(void **state)
{
    char bytes[64];
    json_t *root;

    (void)state;
    root = replay("blocks.trace -c 16M -p driver --record did.trace");
    snprintf(bytes, sizeof(bytes), "%lld", (long long)number(root, "bytes_h2d"));
    json_decref(root);
    assert_non_null(strstr(run_line("hum report did.trace --json")->text, bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_of_an_imported_trace_are_those_of_the_models),
        cmocka_unit_test(json_has_every_field_and_they_sum_up),
        cmocka_unit_test(prefetching_and_placing_change_what_they_should),
        cmocka_unit_test(text_names_the_bounds_and_what_is_implied),
        cmocka_unit_test(wrong_command_lines_say_what_is_known),
        cmocka_unit_test(bad_traces_are_errors_and_not_crashes),
        cmocka_unit_test(a_trace_without_accesses_is_no_failure),
        cmocka_unit_test(large_pages_and_truncated_traces_are_replayed),
        cmocka_unit_test(whole_blocks_are_replayed_by_the_core),
        cmocka_unit_test(rules_for_regions_hold_where_blocks_move),
        cmocka_unit_test(a_plugin_whose_plans_are_refused_is_told),
        cmocka_unit_test(a_replay_whose_plugin_never_comes_back_can_be_ended),
        cmocka_unit_test(an_order_alone_is_explained_where_blocks_move),
        cmocka_unit_test(a_ratio_means_blocks_where_there_are_eight),
        cmocka_unit_test(loops_and_touches_change_times_only),
        cmocka_unit_test(a_replay_records_itself),
    };

    command = getenv("HUM_COMMAND");
    command_line_hum = command;
    command_line_folder = folder;
    if (!command || !getenv("HUM_RECORDED_SAMPLE")) {
        fputs("HUM_COMMAND or HUM_RECORDED_SAMPLE is not set\n", stderr);
        return 1;
    }
    seed = random_seed("bench_replay_command");
    int failed = cmocka_run_group_tests(tests, make_folder, NULL) + replay_as_recorded() +
                 replay_figures();
    return failed + remove_folder();
}
