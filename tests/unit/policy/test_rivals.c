/* SPDX-License-Identifier: MIT */
/*
 * test_rivals.c - turfs in blocks on which host and devices work at once: against a model written
 * from the definition, and what two walkers through one block pay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mask.h"
#include "policy/chunks.h"
#include "policy/compose.h"
#include "policy/prefetch/rivals.h"
#include "support/random.h"

static struct random randoms;
static const struct hum_heat no_heat;

enum { PAGES = HUM_PAGES_PER_BLOCK, CHUNK = HUM_PAGES_PER_CHUNK };

/* A fault on one page; the host's while no kernel runs, if idle. */
struct fault {
    bool device, idle;
    unsigned page;
};

static struct hum_view view_of(const struct fault *fault)
{
    return (struct hum_view){.processor = fault->device ? 0 : HUM_HOST,
                             .valid = humi_mask_all(),
                             .read = humi_mask_range(fault->page, fault->page + 1),
                             .elsewhere = humi_mask_all(),
                             .written = humi_mask_all(),
                             .others_idle = fault->idle,
                             .free_blocks = UINT64_MAX,
                             .capacity_blocks = UINT64_MAX,
                             .can_share = true,
                             .heat = &no_heat};
}

/* ---- the definition, from the whole story each time ----------------------------------------*/

/* 1: the host faulted last on it, 2: a device; 0: neither, as far as that counts still. */
static unsigned last_side(const struct fault *story, unsigned count, unsigned chunk)
{
    unsigned last = count, row = 0;

    while (last > 0 && story[last - 1].page / CHUNK != chunk)
        last--;
    if (last == 0)
        return 0;
    bool device = story[last - 1].device;
    for (unsigned i = last - 1; i < count; i++) {
        row = story[i].device != device ? row + 1 : 0;
        if (row == HUMI_RIVALS_ROW || (!story[i].device && story[i].idle))
            return 0;
    }
    return device ? 2 : 1;
}

static struct hum_pages turf_of(const struct fault *story, unsigned count)
{
    const struct fault *now = &story[count - 1];
    unsigned side[HUM_CHUNKS_PER_BLOCK], other = now->device ? 1 : 2, seen[3] = {0};
    unsigned first = now->page / CHUNK, size = 1;

    for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++)
        seen[side[c] = last_side(story, count, c)]++;
    if (!seen[1] || !seen[other] || (!now->device && now->idle))
        return humi_mask_all();
    while (size < HUM_CHUNKS_PER_BLOCK) {
        unsigned wider = first / (size * 2) * (size * 2);
        for (unsigned c = wider; c < wider + size * 2; c++)
            if (side[c] == other)
                return humi_mask_range(first * CHUNK, (first + size) * CHUNK);
        first = wider;
        size *= 2;
    }
    return humi_mask_all();
}

static void turfs_are_those_of_the_definition(void **state)
{
    static struct fault story[200];

    (void)state;
    for (unsigned round = 0; round < random_steps(200); round++) {
        struct humi_rivals rivals = {.row = 0};
        for (unsigned i = 0; i < 200; i++) {
            story[i] = (struct fault){.device = random_next(&randoms) % 3 != 0,
                                      .idle = random_next(&randoms) % 32 == 0,
                                      .page = (unsigned)(random_next(&randoms) % PAGES)};
            struct hum_view view = view_of(&story[i]);
            uint32_t chunk = UINT32_C(1) << story[i].page / CHUNK;
            humi_rivals_learn(&rivals, &view, chunk);
            struct hum_pages turf = humi_chunks_pages(humi_rivals_turf(&rivals, &view, chunk)),
                             want = turf_of(story, i + 1);
            if (memcmp(&turf, &want, sizeof turf) != 0)
                fail_msg("round %u, fault %u on page %u: %u pages, wanted %u", round, i,
                         story[i].page, humi_mask_count(&turf), humi_mask_count(&want));
        }
    }
}

static void a_fault_seen_again_teaches_nothing(void **state)
{
    struct humi_rivals rivals = {.row = 0}, before;
    struct fault host = {.page = 0}, device = {.device = true, .page = 300};
    struct hum_view view = view_of(&host);

    (void)state;
    humi_rivals_learn(&rivals, &view, 1);
    before = rivals;
    view = view_of(&device);
    view.again = true;
    humi_rivals_learn(&rivals, &view, UINT32_C(1) << device.page / CHUNK);
    assert_memory_equal(&rivals, &before, sizeof rivals);
}

/* ---- what it is for ------------------------------------------------------------------------*/

static uint64_t memory_of[HUM_MEMORY_COUNT][512];

/* Pages moved while both sides write through a half each of one block, page by page in turns. */
static unsigned pages_moved(const char *text, bool idle)
{
    void *memory[HUM_MEMORY_COUNT] = {memory_of[0], memory_of[1], memory_of[2]};
    struct hum_pages has[2] = {humi_mask_all(), humi_mask_none()};
    struct humi_policy policy;
    unsigned moved = 0;

    memset(memory_of, 0, sizeof memory_of);
    assert_int_equal(humi_policy_read("test", humi_slice_of(text), &policy), HUM_OK);
    for (unsigned i = 0; i < PAGES; i++) {
        struct fault fault = {.device = i % 2, .idle = idle && i % 2 == 0,
                              .page = i / 2 + (i % 2 ? PAGES / 2 : 0)};
        struct hum_view view = view_of(&fault);
        struct hum_plan plan;
        unsigned side = fault.device;
        if (humi_mask_has(&has[side], fault.page))
            continue;
        view.write = view.read;
        view.read = humi_mask_none();
        view.resident = has[side];
        view.elsewhere = has[!side];
        humi_policy_plan(&policy, &view, memory, &plan);
        struct hum_pages come = humi_mask_or(&plan.bring, &view.write);
        moved += humi_mask_count(&come);
        humi_mask_add(&has[side], &come);
        humi_mask_remove(&has[!side], &come);
    }
    return moved;
}

static void two_walkers_take_little_from_each_other(void **state)
{
    (void)state;
    /* The device takes all once; the host then its half, and both are alone. */
    assert_in_range(pages_moved("ahead,prefetch.threshold=0", false), PAGES / 2, 2 * PAGES);
    /* Turns of whole phases are no contest: each takes all. */
    assert_true(pages_moved("ahead,prefetch.threshold=0", true) > 50 * PAGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turfs_are_those_of_the_definition),
        cmocka_unit_test(a_fault_seen_again_teaches_nothing),
        cmocka_unit_test(two_walkers_take_little_from_each_other),
    };

    randoms = random_make(random_seed("policy_rivals"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
