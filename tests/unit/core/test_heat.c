/* SPDX-License-Identifier: MIT */
/* test_heat.c - access counters: counted, halved, kept in order, beside a naive model. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/heat.h"
#include "core_test.h"
#include "support/random.h"

#define CHUNKS HUM_CHUNKS_PER_BLOCK

static uint64_t reads(const struct humi_heat *heat, unsigned chunk)
{
    return humi_heat_touches(heat, chunk, false);
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void a_counter_is_exact_up_to_255(void **state)
{
    struct humi_heat heat = {0};

    (void)state;
    for (unsigned i = 1; i <= 255; i++) {
        humi_heat_count(&heat, 3, false, 1);
        assert_int_equal(reads(&heat, 3), i);
    }
    assert_int_equal(heat.counts.scale, 0);
    assert_int_equal(humi_heat_touches(&heat, 3, true), 0);
    assert_int_equal(reads(&heat, 2), 0);
}

static void before_a_counter_passes_255_all_are_halved(void **state)
{
    struct humi_heat heat = {0};

    (void)state;
    humi_heat_count(&heat, 0, false, 254);
    humi_heat_count(&heat, 1, true, 100);
    humi_heat_count(&heat, 2, false, 40);
    humi_heat_count(&heat, 0, false, 2);
    assert_int_equal(heat.counts.scale, 1);
    assert_int_equal(heat.counts.reads[0], 128);
    assert_int_equal(heat.counts.writes[1], 50);
    assert_int_equal(heat.counts.reads[2], 20);
    assert_int_equal(reads(&heat, 0), 256);
}

static void the_largest_number_of_touches_is_kept(void **state)
{
    struct humi_heat heat = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        humi_heat_count(&heat, 31, true, UINT64_MAX);
    assert_int_equal(heat.counts.scale, 63);
    assert_int_equal(heat.counts.writes[31], 255);
    assert_true(humi_heat_touches(&heat, 31, true) == UINT64_MAX);
    assert_int_equal(reads(&heat, 31), 0);
}

/* The rest of a division by the unit is not lost. */
static void single_touches_count_at_any_scale(void **state)
{
    struct humi_heat heat = {0};

    (void)state;
    humi_heat_count(&heat, 0, false, 200 * 1024);
    assert_int_equal(heat.counts.scale, 10);
    for (unsigned i = 0; i < 20 * 1024; i++)
        humi_heat_count(&heat, 1, false, 1);
    assert_in_range(heat.counts.reads[1], 19, 21);
}

static void only_whole_chunks_are_forgotten(void **state)
{
    struct humi_heat heat = {0};
    struct hum_pages pages = humi_mask_range(8, 40);

    (void)state;
    for (unsigned c = 0; c < CHUNKS; c++)
        humi_heat_count(&heat, c, c % 2, 9);
    humi_heat_forget(&heat, &pages);
    for (unsigned c = 0; c < CHUNKS; c++)
        assert_int_equal(humi_heat_touches(&heat, c, c % 2), c == 1 ? 0 : 9);
    humi_heat_forget(NULL, &pages);
}

/* ---- beside a naive model -------------------------------------------------------------------- */

/* Of the size that is asked for; the caller frees it. */
static struct humi_heat *make_heat(bool fractions)
{
    struct humi_heat *heat = calloc(1, humi_heat_bytes(fractions));

    assert_non_null(heat);
    heat->is_fine = fractions;
    return heat;
}

static void check_against(const struct humi_heat *heat, uint64_t naive[2][CHUNKS], uint64_t seed)
{
    double part = (double)(UINT64_C(1) << heat->counts.scale) / (heat->is_fine ? 256 : 1);

    for (unsigned c = 0; c < 2 * CHUNKS; c++) {
        uint64_t truth = naive[c / CHUNKS][c % CHUNKS];
        uint64_t found = humi_heat_touches(heat, c % CHUNKS, c / CHUNKS);
        double wrong = fabs((double)found - (double)truth) / part;

        if (wrong > 4 * sqrt((double)truth / part) + 2)
            fail_msg("seed %llu, chunk %u: %llu instead of %llu, scale %u",
                     (unsigned long long)seed, c, (unsigned long long)found,
                     (unsigned long long)truth, heat->counts.scale);
    }
}

/* Off by four deviations at most: with the seeds below every chunk of every block. */
static void check_seed(uint64_t seed, bool fractions)
{
    struct random random;
    struct humi_heat *heat = make_heat(fractions);
    uint64_t naive[2][CHUNKS] = {{0}}, most = 0;

    random = random_make(seed, 0);
    for (unsigned i = 0; i < 40000; i++) {
        unsigned chunk = (unsigned)random_below(&random, CHUNKS);
        bool write = random_below(&random, 3) == 0;
        uint64_t touches = random_below(&random, (chunk + 1) * 20) * (1 + (i >> 12));

        humi_heat_count(heat, chunk, write, touches);
        naive[write][chunk] += touches;
    }
    for (unsigned c = 0; c < 2 * CHUNKS; c++)
        most = naive[c / CHUNKS][c % CHUNKS] > most ? naive[c / CHUNKS][c % CHUNKS] : most;
    /* The largest fills more than 7 of its 8 bits. */
    assert_true(most >> heat->counts.scale >= 100 && most >> heat->counts.scale <= 280);
    check_against(heat, naive, seed);
    free(heat);
}

static void counters_stay_near_the_truth(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        check_seed(seed, false);
        check_seed(seed, true);
    }
}

/* Counts of which 8 bits would say the same. */
static void fractions_tell_apart_what_units_do_not(void **state)
{
    struct humi_heat *heat = make_heat(true);

    (void)state;
    humi_heat_count(heat, 0, false, 1000000);
    humi_heat_count(heat, 1, false, 8200);
    humi_heat_count(heat, 2, false, 8300);
    assert_int_equal(heat->counts.scale, 12);
    assert_int_equal(heat->counts.reads[1], heat->counts.reads[2]);
    assert_in_range(reads(heat, 1), 8184, 8200);
    assert_in_range(reads(heat, 2), 8284, 8300 + 16);
    humi_heat_forget(heat, &(struct hum_pages){{UINT64_MAX}});
    for (unsigned c = 0; c < 4; c++)
        assert_int_equal(reads(heat, c), 0);
    humi_heat_count(heat, 5, true, UINT64_MAX);
    assert_true(humi_heat_touches(heat, 5, true) >= UINT64_MAX - (UINT64_C(1) << 50));
    free(heat);
}

/* Faults are counted in units; what is sampled later is told apart, and nothing was lost. */
static void refining_keeps_what_was_counted(void **state)
{
    const struct fake_params params = {.processors = 2, .blocks = 1};
    struct fake_world *world = world_open(&params);
    struct humi_table *table = &world->hum.table;
    struct humi_block *block = block_at(world, 0);
    size_t bytes = atomic_load(&table->bytes), coarse;

    (void)state;
    humi_lock(&block->lock);
    humi_heat_count(humi_heat_get(table, block, 1), 3, true, 77);
    coarse = atomic_load(&table->bytes) - bytes;
    struct humi_heat *heat = humi_heat_refine(table, block, 1);
    assert_ptr_equal(heat, humi_heat_get(table, block, 1));
    assert_ptr_equal(heat, humi_heat_refine(table, block, 1));
    assert_int_equal(atomic_load(&table->bytes) - bytes - coarse, sizeof(struct humi_heat_fine));
    assert_int_equal(humi_heat_touches(heat, 3, true), 77);
    assert_false(humi_heat_is_armed(heat));
    assert_int_equal(heat->fine->wait, HUMI_HEAT_WAIT_UNKNOWN);
    humi_heat_count(heat, 0, false, 1000000);
    humi_heat_count(heat, 1, false, 8200);
    assert_in_range(reads(heat, 1), 8184, 8200);
    humi_unlock(&block->lock);
    fake_world_close(world);
}

/* Halving never turns two counters round. */
static void order_is_kept(void **state)
{
    struct random random;

    (void)state;
    random = random_make(7, 0);
    for (unsigned round = 0; round < 200; round++) {
        struct humi_heat heat = {0};
        uint8_t before[CHUNKS];

        for (unsigned c = 1; c < CHUNKS; c++)
            humi_heat_count(&heat, c, false, random_below(&random, 256));
        memcpy(before, heat.counts.reads, sizeof before);
        humi_heat_count(&heat, 0, false, 256 << random_below(&random, 4));
        assert_true(heat.counts.scale > 0);
        for (unsigned a = 1; a < CHUNKS; a++)
            for (unsigned b = 1; b < CHUNKS; b++)
                if (before[a] > before[b])
                    assert_true(heat.counts.reads[a] >= heat.counts.reads[b]);
    }
}

/* ---- of a block ------------------------------------------------------------------------------ */

static void faults_count_their_pages(void **state)
{
    struct fake_world *world = world_open(&(struct fake_params){.processors = 2, .blocks = 2});
    struct humi_block *block = block_at(world, 1);
    struct hum_pages read = humi_mask_range(14, 18), write = humi_mask_range(511, 512);
    size_t before = atomic_load(&world->hum.table.bytes);
    const struct hum_heat *heat;

    (void)state;
    assert_int_equal(humi_heat_of(block, DEV0)->scale, 0);
    humi_heat_faults(&world->hum, block, DEV0, &read, &write);
    heat = humi_heat_of(block, DEV0);
    assert_int_equal(heat->reads[0], 2);
    assert_int_equal(heat->reads[1], 2);
    assert_int_equal(heat->writes[31], 1);
    assert_int_equal(humi_heat_of(block, HOST)->reads[0], 0);
    assert_int_equal(atomic_load(&world->hum.table.bytes), before + sizeof(struct humi_heat));
    world->hum.params.exact = true; /* then kernels tell, and the host still faults */
    humi_heat_faults(&world->hum, block, DEV0, &read, &write);
    humi_heat_faults(&world->hum, block, HOST, &read, &write);
    assert_int_equal(heat->reads[0], 2);
    assert_int_equal(humi_heat_of(block, HOST)->reads[0], 2);
    fake_world_close(world);
}

static void exact_touches_go_to_every_block_of_their_range(void **state)
{
    struct fake_world *world = world_open(&(struct fake_params){.processors = 2, .blocks = 3});
    const struct humi_touch touch = {.page = 500, .pages = 526, .count = 3, .write = true};

    (void)state;
    block_at(world, 0);
    world->hum.params.exact = true;
    block_at(world, 1); /* of block 2 nothing is known: it is left out */
    humi_heat_touch(&world->hum, DEV0, &touch);
    const struct hum_heat *first = humi_heat_of(block_at(world, 0), DEV0);
    const struct hum_heat *second = humi_heat_of(block_at(world, 1), DEV0);
    assert_int_equal(first->writes[30], 0);
    assert_int_equal(first->writes[31], 12 * 3);
    for (unsigned c = 0; c < CHUNKS; c++)
        assert_int_equal(second->writes[c], 16 * 3);
    assert_int_equal(humi_heat_of(block_at(world, 2), DEV0)->writes[0], 0);
    fake_world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_exact_up_to_255),
        cmocka_unit_test(before_a_counter_passes_255_all_are_halved),
        cmocka_unit_test(the_largest_number_of_touches_is_kept),
        cmocka_unit_test(single_touches_count_at_any_scale),
        cmocka_unit_test(only_whole_chunks_are_forgotten),
        cmocka_unit_test(counters_stay_near_the_truth),
        cmocka_unit_test(fractions_tell_apart_what_units_do_not),
        cmocka_unit_test(refining_keeps_what_was_counted),
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(faults_count_their_pages),
        cmocka_unit_test(exact_touches_go_to_every_block_of_their_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
