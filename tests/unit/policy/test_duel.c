/* SPDX-License-Identifier: MIT */
/* test_duel.c - candidates judged by what was used: costs, the sample, who becomes live. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "base/mask.h"
#include "policy/chunks.h"
#include "policy/compose.h"
#include "policy/duel.h"
#include "policy/parts.h"
#include "policy/prefetch/rivals.h"
#include "policy/stream.h"
#include "support/random.h"

static struct random randoms;
static const struct hum_heat no_heat;

#define FAULT_NS UINT64_C(65000)
#define PAGE_NS UINT64_C(163) /* 4 KiB at 25 GB/s, rounded down */

/* Device 0 reads the first page of a chunk of a block that only the host has. */
static struct hum_view view_at(uint32_t block, unsigned chunk)
{
    unsigned first = chunk * HUM_PAGES_PER_CHUNK;

    return (struct hum_view){.processor = 0,
                             .valid = humi_mask_all(),
                             .read = humi_mask_range(first, first + 1),
                             .elsewhere = humi_mask_all(),
                             .written = humi_mask_all(),
                             .free_blocks = 1,
                             .capacity_blocks = 100,
                             .region_blocks = 32,
                             .block = block,
                             .can_share = true,
                             .can_remote = true,
                             .heat = &no_heat};
}

static struct humi_duellist duellist_of(const struct hum_part *part)
{
    static const uint64_t tree_percent[] = {51};

    return (struct humi_duellist){.part = part, .context = {.tunables = tree_percent}};
}

/* ---- costs ----------------------------------------------------------------------------------- */

static const struct {
    const char *says;
    const struct hum_part *part;
    uint32_t chunks;
    unsigned want_faults, want_pages;
} costs[] = {
    {"nothing was used", &humi_prefetch_block, 0, 0, 0},
    {"a block is one fault", &humi_prefetch_block, UINT32_MAX, 1, 512},
    {"whatever is used of it", &humi_prefetch_block, 1u << 7, 1, 512},
    {"a chunk is one", &humi_prefetch_chunk, 1u << 7, 1, 16},
    {"chunks are as many", &humi_prefetch_chunk, UINT32_MAX, 32, 512},
    {"pages alone", &humi_prefetch_none, 0x80000001u, 2, 2},
    {"a tree is one far from all others", &humi_prefetch_tree, 0x80000001u, 2, 32},
    {"and few where all is used", &humi_prefetch_tree, UINT32_MAX, 6, 512},
};

static void costs_are_as_in_the_table(void **state)
{
    struct hum_view view = view_at(3, 0);

    (void)state;
    for (unsigned i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        struct humi_duellist duellist = duellist_of(costs[i].part);
        uint64_t ns = humi_duel_cost_ns(&duellist, &view, costs[i].chunks);
        uint64_t want = costs[i].want_faults * FAULT_NS + costs[i].want_pages * PAGE_NS;
        if (ns != want)
            fail_msg("%s: %llu ns, wanted %llu", costs[i].says, (unsigned long long)ns,
                     (unsigned long long)want);
    }
}

/* From the definition: a fault for each chunk that is used, and all of its pages. */
static void chunks_cost_what_was_used(void **state)
{
    struct humi_duellist duellist = duellist_of(&humi_prefetch_chunk);

    (void)state;
    for (unsigned i = 0; i < random_steps(500); i++) {
        uint32_t chunks = (uint32_t)random_next(&randoms);
        struct hum_view view = view_at((uint32_t)(random_next(&randoms) % 32), 0);
        unsigned used = (unsigned)__builtin_popcount(chunks);
        assert_int_equal(humi_duel_cost_ns(&duellist, &view, chunks),
                         used * (FAULT_NS + 16 * PAGE_NS));
    }
}

/* ---- the sample ------------------------------------------------------------------------------ */

static struct hum_pages some_pages(void)
{
    struct hum_pages pages;

    for (unsigned w = 0; w < HUM_PAGES_PER_BLOCK / 64; w++)
        pages.word[w] = random_next(&randoms) & random_next(&randoms) & random_next(&randoms);
    return pages;
}

static struct humi_rivals some_rivals(void)
{
    return (struct humi_rivals){
        .chunks = {(uint32_t)(random_next(&randoms) & random_next(&randoms)),
                   UINT32_C(1) << random_next(&randoms) % 32}};
}

/* A fault that begins a stay, where nothing need fit together. */
static struct hum_view some_view(void)
{
    struct hum_view view = view_at((uint32_t)(random_next(&randoms) % 32), 0);

    view.valid = random_next(&randoms) % 2 ? humi_mask_all() : some_pages();
    view.written = random_next(&randoms) % 2 ? humi_mask_all() : some_pages();
    if (random_next(&randoms) % 3 == 0) {
        view.write = view.read;
        view.read = humi_mask_none();
    }
    view.advice = random_next(&randoms) % 2 ? 0 : (uint32_t)(random_next(&randoms) % 8);
    view.preferred = (int)(random_next(&randoms) % 2);
    view.accessed_by = (uint32_t)(random_next(&randoms) % 4);
    for (unsigned side = 0; side < 2; side++) {
        view.neighbour_pages[side] = (unsigned)(random_next(&randoms) % 513);
        view.neighbour_pages[side] *= random_next(&randoms) % 4 == 0;
        view.neighbour_writable[side] = (unsigned)(random_next(&randoms) % 513);
    }
    view.neighbour_guesses = (unsigned)(random_next(&randoms) % 10);
    view.free_blocks = random_next(&randoms) % 40;
    view.others_idle = random_next(&randoms) % 2;
    view.opens_whole = random_next(&randoms) % 2;
    return view;
}

/* One of the parts, and how it says that it walks; false: it does not. */
static bool some_walk(unsigned which, const struct hum_view *view, struct humi_duellist *duellist)
{
    const struct humi_walk walks[] = {{.percent = HUMI_WALK_CHUNK, .rest = HUMI_WALK_NEVER},
                                      {.percent = HUMI_WALK_BLOCK, .rest = HUMI_WALK_NEVER},
                                      {.percent = 50, .rest = HUMI_WALK_NEVER}};

    if (which == 3)
        return humi_walk_of_stride(view, &duellist->context, &duellist->walk);
    if (which == 4)
        return humi_walk_of_ahead(view, &duellist->context, &duellist->walk);
    duellist->walk = walks[which];
    return true;
}

/* What is known beforehand costs what it costs when each fault is asked about. */
static void what_is_known_costs_what_is_asked(void **state)
{
    static const struct hum_part *const parts[] = {&humi_prefetch_chunk, &humi_prefetch_block,
                                                   &humi_prefetch_tree, &humi_prefetch_stride,
                                                   &humi_prefetch_ahead};
    static const uint64_t values[][3] = {{0}, {0}, {50}, {51, 3, 16}, {51, 8}};
    unsigned known = 0, runs = (unsigned)random_steps(4000);

    (void)state;
    for (unsigned i = 0; i < runs; i++) {
        unsigned which = i % COUNT_OF(parts);
        uint32_t chunks = (uint32_t)(random_next(&randoms) & random_next(&randoms));
        struct hum_view view = some_view();
        struct humi_rivals rivals = some_rivals();
        struct humi_streams streams;
        struct humi_duellist duellist = duellist_of(parts[which]);
        memset(&streams, 0, sizeof streams);
        for (unsigned s = 0; s < HUMI_STREAMS; s++) {
            streams.of[s].steps = (uint16_t)(random_next(&randoms) % 6);
            streams.of[s].depth = (uint16_t)(random_next(&randoms) % 17);
        }
        duellist.context.tunables = values[which];
        duellist.context.memory[HUM_MEMORY_REGION] = &streams;
        duellist.context.memory[HUM_MEMORY_BLOCK] = &rivals;
        uint64_t asked = humi_duel_cost_ns(&duellist, &view, chunks);
        duellist.known = some_walk(which, &view, &duellist);
        known += duellist.known;
        assert_int_equal(humi_duel_cost_ns(&duellist, &view, chunks), asked);
    }
    assert_true(known > runs * 4 / 5);
}

static void a_chunk_lacks_what_is_wanted_and_not_there(void **state)
{
    (void)state;
    for (unsigned i = 0; i < random_steps(200); i++) {
        struct hum_pages wanted = some_pages(), has = some_pages(), more = some_pages();

        humi_mask_add(&has, &more);
        humi_mask_add(&has, &wanted);
        humi_mask_clear(&has, (unsigned)(random_next(&randoms) % HUM_PAGES_PER_BLOCK));
        for (unsigned c = 0; c < HUM_CHUNKS_PER_BLOCK; c++) {
            unsigned first = HUM_PAGES_PER_BLOCK, got = HUM_PAGES_PER_BLOCK;
            bool lacks = false;

            for (unsigned p = (c + 1) * HUM_PAGES_PER_CHUNK; p-- > c * HUM_PAGES_PER_CHUNK;) {
                first = humi_mask_has(&wanted, p) ? p : first;
                lacks |= humi_mask_has(&wanted, p) && !humi_mask_has(&has, p);
            }
            assert_int_equal(humi_chunk_lacks(&wanted, &has, c, &got), lacks);
            if (lacks)
                assert_int_equal(got, first);
        }
    }
}

static void one_block_in_eight_is_sampled(void **state)
{
    struct hum_view view = view_at(0, 0);
    unsigned sampled = 0;

    (void)state;
    for (view.block = 0; view.block < 64; view.block++)
        assert_true(humi_duel_samples(&view));
    view.region_blocks = 8000;
    for (view.block = 0; view.block < 8000; view.block++)
        sampled += humi_duel_samples(&view);
    assert_in_range(sampled, 900, 1100);
}

/* ---- the policy ------------------------------------------------------------------------------ */

static uint64_t space_memory[8], region_memory[8192], blocks_memory[32][16];

static struct humi_policy read_policy(const char *text)
{
    struct humi_policy policy;

    assert_int_equal(humi_policy_read("test", humi_slice_of(text), &policy), HUM_OK);
    return policy;
}

static struct humi_policy auto_policy(void)
{
    struct humi_policy policy;

    memset(space_memory, 0, sizeof space_memory);
    memset(region_memory, 0, sizeof region_memory);
    memset(blocks_memory, 0, sizeof blocks_memory);
    assert_int_equal(humi_policy_read("test", humi_slice_of("auto"), &policy), HUM_OK);
    assert_true(policy.bytes[HUM_MEMORY_SPACE] <= sizeof space_memory);
    assert_true(policy.bytes[HUM_MEMORY_REGION] <= sizeof region_memory);
    assert_true(policy.bytes[HUM_MEMORY_BLOCK] <= sizeof blocks_memory[0]);
    return policy;
}

static struct hum_plan ask(struct humi_policy *policy, const struct hum_view *view)
{
    void *memory[HUM_MEMORY_COUNT] = {[HUM_MEMORY_SPACE] = space_memory,
                                      [HUM_MEMORY_REGION] = region_memory,
                                      [HUM_MEMORY_BLOCK] = blocks_memory[view->block]};
    struct hum_plan plan;

    humi_policy_plan(policy, view, memory, &plan);
    assert_false(atomic_load(&policy->broken));
    return plan;
}

/* One stay: chunks first to end - 1 of a block are touched in order. */
static unsigned stay(struct humi_policy *policy, uint32_t block, unsigned first, unsigned end)
{
    struct hum_pages resident = humi_mask_none();
    unsigned faults = 0;

    for (unsigned c = first; c < end; c++) {
        struct hum_view view = view_at(block, c);
        struct hum_plan plan;
        if (humi_mask_has(&resident, c * HUM_PAGES_PER_CHUNK))
            continue;
        view.can_remote = false; /* whether the block comes at all is another matter */
        view.resident = resident;
        humi_mask_remove(&view.elsewhere, &resident);
        plan = ask(policy, &view);
        humi_mask_add(&resident, &plan.bring);
        humi_mask_add(&resident, &view.read);
        faults++;
    }
    return faults;
}

static void what_is_used_whole_comes_whole(void **state)
{
    struct humi_policy policy = auto_policy();

    (void)state;
    assert_int_equal(stay(&policy, 9, 0, 32), 6);
    for (unsigned i = 0; i < 8; i++)
        stay(&policy, 9, 0, 32);
    assert_int_equal(stay(&policy, 9, 0, 32), 1);
}

static void what_is_used_little_comes_by_chunks(void **state)
{
    struct humi_policy policy = auto_policy();
    struct hum_view view = view_at(9, 5);

    (void)state;
    view.can_remote = false;
    view.free_blocks = 1;
    for (unsigned i = 0; i < 8; i++)
        stay(&policy, 9, 5, 6);
    struct hum_plan plan = ask(&policy, &view);
    assert_int_equal(humi_mask_count(&plan.bring), 15);
    assert_int_equal(plan.ahead_blocks, 0);
}

/* Counted touches of a block that is mapped far are no stays of one chunk each. */
static void what_stays_far_teaches_nothing(void **state)
{
    struct humi_policy near = read_policy("place=share,prefetch=auto");
    struct humi_policy far = read_policy("place=remote,prefetch=auto");

    (void)state;
    auto_policy();
    for (unsigned i = 0; i < 9; i++)
        stay(&near, 9, 0, 32);
    for (unsigned i = 0; i < 100; i++) {
        struct hum_view view = view_at(9, i % 32);
        struct hum_plan plan = ask(&far, &view);
        assert_false(humi_mask_empty(&plan.remote));
        assert_true(humi_mask_empty(&plan.bring));
    }
    assert_int_equal(stay(&near, 9, 0, 32), 1);
}

/* What using all of a block taught: it comes whole, which `ahead` would not do here. */
static struct humi_policy block_policy(void)
{
    struct humi_policy policy = read_policy("place=share,prefetch=auto");

    auto_policy();
    for (unsigned i = 0; i < 9; i++)
        stay(&policy, 9, 0, 32);
    assert_int_equal(stay(&policy, 9, 0, 32), 1);
    return policy;
}

static void what_comes_by_counted_touches_is_no_stay(void **state)
{
    static uint64_t region_before[8192], block_before[16];
    struct humi_policy policy = block_policy();
    struct hum_view view = view_at(9, 0);

    (void)state;
    memcpy(region_before, region_memory, sizeof region_memory);
    memcpy(block_before, blocks_memory[9], sizeof block_before);
    view.remote = view.read = humi_mask_all();
    for (unsigned i = 0; i < 100; i++) {
        struct hum_plan plan = ask(&policy, &view);
        assert_int_equal(plan.ahead_blocks, 0);
    }
    assert_memory_equal(region_before, region_memory, sizeof region_memory);
    assert_memory_equal(block_before, blocks_memory[9], sizeof block_before);
}

/* Candidates differ in what comes; of what is here `block` would open the chunk alone. */
static void what_is_here_is_opened_as_ahead_does(void **state)
{
    struct humi_policy policy = block_policy();
    struct hum_view view = view_at(9, 5);
    struct hum_plan plan;

    (void)state;
    view.opens_whole = true;
    plan = ask(&policy, &view);
    assert_int_equal(humi_mask_count(&plan.bring), HUM_PAGES_PER_BLOCK - 1);
    view.resident = humi_mask_all();
    view.elsewhere = humi_mask_none();
    plan = ask(&policy, &view);
    assert_int_equal(humi_mask_count(&plan.map), HUM_PAGES_PER_BLOCK - 1);
    assert_true(humi_mask_empty(&plan.bring));
}

static void whoever_is_live_a_stream_of_writes_takes_what_it_reads(void **state)
{
    struct humi_policy policy = block_policy();
    struct hum_view view = view_at(9, 5);

    (void)state;
    view.neighbour_writable[0] = 383; /* of 512: a page less than three quarters */
    assert_false(ask(&policy, &view).exclusive);
    view.neighbour_writable[0]++;
    struct hum_plan plan = ask(&policy, &view);
    assert_true(plan.exclusive);
    assert_int_equal(humi_mask_count(&plan.bring), HUM_PAGES_PER_BLOCK - 1);
    view.neighbour_guesses = 8;
    assert_false(ask(&policy, &view).exclusive);
}

static void the_same_calls_get_the_same_answers(void **state)
{
    static struct hum_view views[400];
    static struct hum_plan plans[400];

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        views[i] = view_at((uint32_t)(random_next(&randoms) % 32),
                           (unsigned)(random_next(&randoms) % 32));
        views[i].evictions = (unsigned)(random_next(&randoms) % 3);
        views[i].agent = (uint32_t)(random_next(&randoms) % 3);
    }
    for (int round = 0; round < 2; round++) {
        struct humi_policy policy = auto_policy();
        for (unsigned i = 0; i < 400; i++) {
            struct hum_plan plan = ask(&policy, &views[i]);
            if (round)
                assert_memory_equal(&plan, &plans[i], sizeof plan);
            plans[i] = plan;
        }
    }
}

/* ---- far ------------------------------------------------------------------------------------- */

/* Pages that stay far after n fetches of evicted blocks, random or in order. */
static unsigned far_after(unsigned n, uint64_t capacity, bool random)
{
    struct humi_policy policy = auto_policy();
    struct hum_plan plan = {.ahead_blocks = 0};

    for (unsigned i = 0; i < n; i++) {
        struct hum_view view = view_at(random ? i * 11 % 32 : i % 32, 0);
        view.evictions = 1;
        view.capacity_blocks = capacity;
        plan = ask(&policy, &view);
    }
    return humi_mask_count(&plan.remote);
}

static void what_is_jumped_about_in_stays_once_that_was_paid_for(void **state)
{
    (void)state;
    /* 24 x 32 blocks x 512 us is 1457 fetches of 270 us, behind the 15 that tell the order. */
    assert_int_equal(far_after(1471, 30, true), 0);
    assert_int_equal(far_after(1472, 30, true), 512);
    assert_int_equal(far_after(1600, 64, true), 0);
    assert_int_equal(far_after(1600, 30, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_as_in_the_table),
        cmocka_unit_test(chunks_cost_what_was_used),
        cmocka_unit_test(what_is_known_costs_what_is_asked),
        cmocka_unit_test(a_chunk_lacks_what_is_wanted_and_not_there),
        cmocka_unit_test(one_block_in_eight_is_sampled),
        cmocka_unit_test(what_is_used_whole_comes_whole),
        cmocka_unit_test(what_is_used_little_comes_by_chunks),
        cmocka_unit_test(what_stays_far_teaches_nothing),
        cmocka_unit_test(what_comes_by_counted_touches_is_no_stay),
        cmocka_unit_test(what_is_here_is_opened_as_ahead_does),
        cmocka_unit_test(whoever_is_live_a_stream_of_writes_takes_what_it_reads),
        cmocka_unit_test(the_same_calls_get_the_same_answers),
        cmocka_unit_test(what_is_jumped_about_in_stays_once_that_was_paid_for),
    };

    randoms = random_make(random_seed("policy_duel"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
