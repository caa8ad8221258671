/* SPDX-License-Identifier: MIT */
/* test_intent.c - reads that are followed by writes take their pages; others leave a copy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/compose.h"
#include "policy/place/intent.h"

static const struct hum_heat no_heat;

static struct hum_view view_of(int processor)
{
    return (struct hum_view){.processor = processor,
                             .valid = humi_mask_all(),
                             .written = humi_mask_all(),
                             .free_blocks = UINT64_MAX,
                             .capacity_blocks = UINT64_MAX,
                             .can_share = true,
                             .heat = &no_heat};
}

/*
 * Letters are faults on page 7 of one block; lower case is the host's, upper case device 0's:
 *     r  a read of what is elsewhere      w  a write to what both have
 *     s  a write to what is elsewhere     m  a read of what is here: about access only
 */
static struct hum_view view_for(char fault)
{
    bool host = fault >= 'a';
    struct hum_view view = view_of(host ? HUM_HOST : 0);
    struct hum_pages page = humi_mask_range(7, 8);

    switch (host ? fault : fault - 'A' + 'a') {
    case 'r':
        view.read = page;
        view.elsewhere = humi_mask_all();
        break;
    case 'w':
        view.write = page;
        view.resident = view.elsewhere = humi_mask_all();
        break;
    case 's':
        view.write = page;
        view.elsewhere = humi_mask_all();
        break;
    default:
        view.read = page;
        view.resident = view.elsewhere = humi_mask_all();
    }
    return view;
}

static const struct {
    const char *says, *faults;
    const char *takes;           /* as long: 'x' where the read takes */
} cases[] = {
    {"the first read leaves a copy", "R", "."},
    {"and so do others", "RRRR", "...."},
    {"until a copy was written", "RWR", "..x"},
    {"taken reads go on taking", "RWRRRR", "..xxxx"},
    {"after eight one proves it: it leaves a copy", "RWRRRRRRRRR", "..xxxxxxxx."},
    {"which is written: eight more", "RWRRRRRRRRRWR", "..xxxxxxxx..x"},
    {"which is not: no more", "RWRRRRRRRRRRR", "..xxxxxxxx..."},
    {"twice written bears one that is not", "RWRRRRRRRRRWRRRRRRRRRR", "..xxxxxxxx..xxxxxxxx.x"},
    {"what is written at once tells nothing", "RSRSR", "....."},
    {"nor does access alone", "RMRMR", "....."},
    {"the sides are told apart", "RWrRr", "...x."},
    {"the host, too", "rwr", "..x"},
};

static void reads_take_as_in_the_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct humi_intent intent = {0};
        for (unsigned f = 0; cases[i].faults[f]; f++) {
            struct hum_view view = view_for(cases[i].faults[f]);
            bool takes = humi_intent_takes(&intent, &view);
            if (takes != (cases[i].takes[f] == 'x'))
                fail_msg("%s: fault %u of %s", cases[i].says, f, cases[i].faults);
        }
    }
}

static void a_fault_seen_again_gets_the_same_answer(void **state)
{
    struct humi_intent intent = {0};

    (void)state;
    for (const char *fault = "RWRRRRRRRRRWRRSRMRRRRRRRRRRRrwrr"; *fault; fault++) {
        struct hum_view view = view_for(*fault);
        bool takes = humi_intent_takes(&intent, &view);
        struct humi_intent before = intent;
        view.again = true;
        assert_int_equal(humi_intent_takes(&intent, &view), takes);
        assert_memory_equal(&intent, &before, sizeof intent);
    }
}

/* A region advised as read mostly, or a host whose memory has a limit. */
static void what_may_not_be_taken_is_not(void **state)
{
    struct humi_intent intent = {0};
    struct hum_view read = view_for('r'), write = view_for('w');

    (void)state;
    humi_intent_takes(&intent, &read);
    humi_intent_takes(&intent, &write);
    read.advice = HUM_ADVISE_READ_MOSTLY;
    assert_false(humi_intent_takes(&intent, &read));
    read.advice = 0;
    read.capacity_blocks = 100;
    assert_false(humi_intent_takes(&intent, &read));
    read.capacity_blocks = UINT64_MAX;
    assert_true(humi_intent_takes(&intent, &read));
}

/* Read, then written, again and again on both sides: what the default policy pays for. */
static unsigned faults_of(const char *text, unsigned rounds)
{
    static uint64_t memory_of[HUM_MEMORY_COUNT][512];
    void *memory[HUM_MEMORY_COUNT] = {memory_of[0], memory_of[1], memory_of[2]};
    struct humi_policy policy;
    unsigned faults = 0;

    memset(memory_of, 0, sizeof memory_of);
    assert_int_equal(humi_policy_read("test", humi_slice_of(text), &policy), HUM_OK);
    for (unsigned i = 0; i < rounds; i++) {
        struct hum_view view = view_for(i % 2 ? 'R' : 'r');
        struct hum_plan plan;
        humi_policy_plan(&policy, &view, memory, &plan);
        faults++;
        if (plan.exclusive)
            continue;
        view = view_for(i % 2 ? 'W' : 'w');
        humi_policy_plan(&policy, &view, memory, &plan);
        faults++;
    }
    return faults;
}

static void what_is_read_and_written_in_turns_costs_little_more_than_moving(void **state)
{
    (void)state;
    assert_int_equal(faults_of("ondemand", 90), 180);
    assert_int_equal(faults_of("ondemand,place=move", 90), 90);
    assert_int_equal(faults_of("ondemand,place=intent", 90), 100); /* 1 in 9 is a proof */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_take_as_in_the_table),
        cmocka_unit_test(a_fault_seen_again_gets_the_same_answer),
        cmocka_unit_test(what_may_not_be_taken_is_not),
        cmocka_unit_test(what_is_read_and_written_in_turns_costs_little_more_than_moving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
