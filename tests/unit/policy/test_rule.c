/* SPDX-License-Identifier: MIT */
/* test_rule.c - rules for regions behind a policy, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "policy/rule.h"

#define NAME_63 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static void expect_slice(const char *text, const struct humi_slice *slice, const char *wanted)
{
    if (!humi_slice_is(slice, wanted))
        fail_msg("'%s' gives '%.*s', not '%s'", text, (int)slice->bytes, slice->text, wanted);
}

static void the_space_comes_first(void **state)
{
    static const struct {
        const char *text, *space;
        const char *rules; /* NULL: there are none */
    } cases[] = {
        {"driver", "driver", NULL},
        {"", "", NULL},
        {" driver,evict=lru ", "driver,evict=lru", NULL},
        {"driver;region:a=tree", "driver", "region:a=tree"},
        {"driver ; region:a=tree;region:b=lfu", "driver", " region:a=tree;region:b=lfu"},
        {"region:a=tree;region:b=lfu", "", "region:a=tree;region:b=lfu"},
        {" region : a=tree", "", " region : a=tree"},
        {";region:a=tree", "", "region:a=tree"},
        {"driver;", "driver", ""},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct humi_slice space, rules;
        bool any = humi_rules_cut(humi_slice_of(cases[i].text), &space, &rules);

        assert_int_equal(any, cases[i].rules != NULL);
        expect_slice(cases[i].text, &space, cases[i].space);
        if (any)
            expect_slice(cases[i].text, &rules, cases[i].rules);
    }
}

static void a_rule_is_a_name_and_a_policy(void **state)
{
    static const char *const cases[][3] = {
        {"region:graph=tree", "graph", "tree"},
        {"region: graph = tree ", "graph", "tree"},
        {"region:two words=chunk", "two words", "chunk"},
        {"region:a=prefetch=none,place=share", "a", "prefetch=none,place=share"},
        {"region:region:a=tree", "region:a", "tree"},
        {"region:a=", "a", ""},
        {"region:" NAME_63 "=tree", NAME_63, "tree"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct humi_slice rule = humi_slice_of(cases[i][0]), policy;
        char name[HUMI_RULE_NAME_BYTES];

        assert_int_equal(humi_rule_read("HUM_POLICY", &rule, name, &policy), HUM_OK);
        assert_string_equal(name, cases[i][1]);
        expect_slice(cases[i][0], &policy, cases[i][2]);
    }
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const cases[][2] = {
        {"", "HUM_POLICY: '' is no rule for a region (write region:NAME=POLICY)"},
        {"region:graph", "is no rule"},
        {"region:=tree", "is no rule"},
        {"region: =tree", "is no rule"},
        {"graph=tree", "is no rule"},
        {"REGION:graph=tree", "is no rule"},
        {"regions:graph=tree", "is no rule"},
        {"region:n" NAME_63 "=tree", "names have at most 63 bytes"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct humi_slice rule = humi_slice_of(cases[i][0]), policy;
        char name[HUMI_RULE_NAME_BYTES];

        assert_int_equal(humi_rule_read("HUM_POLICY", &rule, name, &policy), HUM_ERR_INVALID);
        if (!strstr(hum_error_text(), cases[i][1]))
            fail_msg("'%s': says '%s'", cases[i][0], hum_error_text());
    }
    assert_int_equal(humi_rule_refuse_twice("HUM_POLICY", "graph"), HUM_ERR_INVALID);
    assert_string_equal(hum_error_text(), "HUM_POLICY: region 'graph' is given two rules");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_space_comes_first),
        cmocka_unit_test(a_rule_is_a_name_and_a_policy),
        cmocka_unit_test(what_is_no_rule_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
