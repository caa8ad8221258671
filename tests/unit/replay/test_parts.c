/* SPDX-License-Identifier: MIT */
/* test_parts.c - policies and capacities as users write them, and what is refused. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "policy/evict/registry.h"
#include "replay/capacity.h"
#include "replay/parts.h"

static void policies_are_read_and_printed(void **state)
{
    static const struct {
        const char *text, *parts;
    } cases[] = {
        {"evict=lru", "prefetch=none,evict=lru,place=move,thrash=off"},
        {"lru", "prefetch=none,evict=lru,place=move,thrash=off"},
        {"min", "prefetch=none,evict=min,place=move,thrash=off"},
        {"lrm", "prefetch=none,evict=lrm,place=move,thrash=off"},
        {"evict=lrm", "prefetch=none,evict=lrm,place=move,thrash=off"},
        {"thrash=on,place=share,evict=s3fifo,prefetch=stride",
         "prefetch=stride,evict=s3fifo,place=share,thrash=on"},
        {"place=remote", "prefetch=none,evict=lru,place=remote,thrash=off"},
        /* the policy, which is not the order of the same name */
        {"tree", "prefetch=tree,evict=lru,place=move,thrash=off"},
        {"evict=tree", "prefetch=none,evict=tree,place=move,thrash=off"},
        {"ondemand", "prefetch=none,evict=lru,place=move,thrash=off"},
        {"driver", "prefetch=tree,evict=lrm,place=move,thrash=off"},
        {"chunk", "prefetch=chunk,evict=lru,place=move,thrash=off"},
        {"counter", "prefetch=none,evict=lru,place=counter,thrash=off"},
        /* a name first, then what differs */
        {"driver,evict=lfu", "prefetch=tree,evict=lfu,place=move,thrash=off"},
        {"mru,place=share", "prefetch=none,evict=mru,place=share,thrash=off"},
        /* the last one counts */
        {"evict=lru,evict=arc", "prefetch=none,evict=arc,place=move,thrash=off"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_parts parts, again;
        char text[96];

        assert_int_equal(humi_parts_parse(cases[i].text, &parts), HUM_OK);
        humi_parts_print(&parts, text, sizeof(text));
        assert_string_equal(text, cases[i].parts);
        assert_int_equal(humi_parts_parse(text, &again), HUM_OK);
        assert_memory_equal(&parts, &again, sizeof(parts));
    }
}

static void a_wrong_policy_is_told_what_there_is(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "empty"},
        {"belady", "s3fifo"},
        {"evict=belady", "there is no evict=belady: fifo, lru, lrm"},
        {"evict=", "there is no evict="},
        {"prefetch=all", "none, chunk, tree, stride"},
        {"place=here", "move, share, remote, counter"},
        {"thrash=1", "off, on"},
        {"order=lru", "prefetch, evict, place, thrash"},
        {"evict=lru,", "is no part"},
        {"evict=lru,tree", "'tree' is no part"},
        {"tree,driver", "'driver' is no part"},
        {"nothing,evict=lru", "there is no policy 'nothing'"},
        {",evict=lru", "there is no policy ''"},
        {"=lru", "has no part ''"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_parts parts = {.prefetch = HUMI_PREFETCH_STRIDE};

        assert_int_equal(humi_parts_parse(cases[i].text, &parts), HUM_ERR_INVALID);
        assert_int_equal(parts.prefetch, HUMI_PREFETCH_STRIDE);
        if (!strstr(hum_error_text(), cases[i].said))
            fail_msg("%s: %s", cases[i].text, hum_error_text());
    }
}

/* Help lists every order and every value, each once; policies and values can be written so. */
static void help_names_what_can_be_written(void **state)
{
    const char *part, *value, *about;
    unsigned orders = 0, lines = 0;

    (void)state;
    for (; humi_parts_at(lines, &part, &value, &about); lines++) {
        struct humi_parts parts;
        char text[64];

        snprintf(text, sizeof(text), "%s=%s", part, value);
        assert_int_equal(
            humi_parts_parse(strcmp(part, "policy") == 0 ? value : text, &parts), HUM_OK);
        assert_true(strlen(about) > 0);
        orders += strcmp(part, "evict") == 0 && humi_evict_find(value) != NULL;
    }
    for (unsigned i = 0; humi_evict_at(i); i++)
        orders--;
    assert_int_equal(orders, 0);
    assert_true(lines > 20);
}

static void capacities_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t footprint, pages;
    } cases[] = {
        {"64M", 1, 16384},
        {"64MiB", 1, 16384},
        {"4096", 1, 1},
        {"10000", 1, 2},
        {"pages=100", 7, 100},
        {"r=1", 1000, 1000},
        {"r=1.25", 1000, 800},
        {"r=1.5", 1000, 666},
        {"r=0.5", 1000, 2000},
        {"r=100", 10, 1}, /* at least a page */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct humi_capacity capacity;

        assert_int_equal(humi_capacity_parse(cases[i].text, &capacity), HUM_OK);
        assert_int_equal(humi_capacity_pages(&capacity, cases[i].footprint), cases[i].pages);
    }
    assert_true(humi_capacity_is_whole(1024));
    assert_false(humi_capacity_is_whole(1000));
}

static void wrong_capacities_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",   "0",  "4095",   "-1",    "64X",  "pages=",   "pages=0", "pages=-3", "pages=1.5",
        "r=", "r=0", "r=-1.25", "r=nan", "r=inf", "r=1e400", "r=1.2.5", "r=1,25",  "pages=1K"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct humi_capacity capacity = {.pages = 77};

        if (humi_capacity_parse(wrong[i], &capacity) != HUM_ERR_INVALID)
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(capacity.pages, 77);
        assert_non_null(strstr(hum_error_text(), "pages=100"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_read_and_printed),
        cmocka_unit_test(a_wrong_policy_is_told_what_there_is),
        cmocka_unit_test(help_names_what_can_be_written),
        cmocka_unit_test(capacities_are_read),
        cmocka_unit_test(wrong_capacities_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
