/* SPDX-License-Identifier: MIT */
/* Blocks of the heap against a naive model: what each holds, where none may overlap another. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "heap/block.h"
#include "heap/large.h"
#include "heap/slab.h"
#include "support/random.h"
#include "support/test.h"

#define SPACE_BYTES ((size_t)16 << 30)
#define REGION_ALIGNMENT ((size_t)2 << 20)

/* Regions one behind the other, none used again; a few can be had. */
static char *space;
static atomic_size_t used;
static atomic_uint live;
static atomic_int left = 1 << 30;

static void *take_region(size_t bytes)
{
    size_t room = (bytes + REGION_ALIGNMENT - 1) / REGION_ALIGNMENT * REGION_ALIGNMENT;

    if (atomic_fetch_sub(&left, 1) <= 0)
        return NULL;
    atomic_fetch_add(&live, 1);
    /* Small ones at pages, no two granules apart: as a space does. */
    return space + atomic_fetch_add(&used, room) + (bytes < REGION_ALIGNMENT ? 4096 : 0);
}

static void give_region(void *start)
{
    if ((uintptr_t)start % REGION_ALIGNMENT)
        (void)madvise(start, REGION_ALIGNMENT - 4096, MADV_DONTNEED);
    atomic_fetch_sub(&live, 1);
}

static struct humi_piece *piece_of(void *block)
{
    struct humi_piece *piece = humi_piece_of(block);

    assert_non_null(piece);
    assert_true(humi_piece_has_block(piece, block));
    return piece;
}

static void give(void *block)
{
    humi_block_give(piece_of(block), block);
}

/* ---- bins ------------------------------------------------------------------------------------ */

static void each_size_has_the_smallest_bin_that_holds_it(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes <= HUMI_SMALL_BYTES; bytes++) {
        unsigned bin = humi_bin_of(bytes, 16);

        assert_true(bin < HUMI_BINS && humi_bin_bytes(bin) >= bytes);
        assert_true(bin == 0 || humi_bin_bytes(bin - 1) < bytes);
        if (bytes > 128)
            assert_true((humi_bin_bytes(bin) - bytes) * 5 <= humi_bin_bytes(bin));
    }
    assert_int_equal(humi_bin_of(HUMI_SMALL_BYTES + 1, 16), HUMI_NO_BIN);
    assert_int_equal(humi_bin_of(1, 2 * HUMI_SMALL_BYTES), HUMI_NO_BIN);
    for (size_t alignment = 16; alignment <= HUMI_SMALL_BYTES; alignment *= 2)
        for (size_t bytes = 1; bytes <= HUMI_SMALL_BYTES; bytes = bytes * 3 / 2 + 1) {
            unsigned bin = humi_bin_of(bytes, alignment);

            assert_true(bin < HUMI_BINS && humi_bin_bytes(bin) >= bytes);
            assert_int_equal(humi_bin_bytes(bin) % alignment, 0);
        }
}

/* ---- against the model ----------------------------------------------------------------------- */

/* A block that is in use, full of one byte. */
struct held {
    unsigned char *start;
    size_t bytes;
    unsigned char filling;
};

static bool is_full(const struct held *held)
{
    return held->start[0] == held->filling &&
           memcmp(held->start, held->start + 1, held->bytes - 1) == 0;
}

static size_t some_size(struct random *random)
{
    static const size_t up_to[] = {64, 1000, 9000, 66000, 300000};

    return (size_t)random_below(random, up_to[random_below(random, COUNT_OF(up_to))]) + 1;
}

static bool take_and_fill(struct random *random, struct held *held, unsigned char filling)
{
    size_t alignment = random_below(random, 4) ? 16 : (size_t)16 << random_below(random, 14);
    bool zero = random_below(random, 2) != 0;

    held->bytes = some_size(random);
    held->filling = 0;
    held->start = humi_block_take(held->bytes, alignment, zero);
    if (!held->start || (uintptr_t)held->start % alignment || (zero && !is_full(held)) ||
        humi_piece_of(held->start)->block_bytes < held->bytes)
        return false;
    held->filling = filling;
    memset(held->start, filling, held->bytes);
    return true;
}

#define HELD 300u

struct actor {
    pthread_t thread;
    uint64_t seed, number;
    bool right;
};

/* A block of another's that overlapped one of ours would change what is in it. */
static void *act(void *data)
{
    struct actor *actor = data;
    struct held *held = calloc(HELD, sizeof *held);
    struct random random = random_make(actor->seed, actor->number);

    actor->right = held != NULL;
    for (unsigned step = 0; actor->right && step < random_steps(6000); step++) {
        struct held *one = &held[random_below(&random, HELD)];

        if (one->start) {
            actor->right = is_full(one);
            humi_block_give(humi_piece_of(one->start), one->start);
            one->start = NULL;
        } else {
            actor->right = take_and_fill(&random, one, (unsigned char)(actor->number + 3 * step));
        }
    }
    for (unsigned i = 0; held && i < HELD; i++)
        if (held[i].start) {
            actor->right = actor->right && is_full(&held[i]);
            humi_block_give(humi_piece_of(held[i].start), held[i].start);
        }
    free(held);
    return NULL;
}

static void blocks_in_use_keep_what_is_in_them(void **state)
{
    uint64_t seed = random_seed("blocks");
    struct actor actors[3];
    unsigned before = 0;

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT_OF(actors); i++) {
            actors[i] = (struct actor){.seed = seed, .number = i};
            assert_int_equal(pthread_create(&actors[i].thread, NULL, act, &actors[i]), 0);
        }
        for (unsigned i = 0; i < COUNT_OF(actors); i++) {
            assert_int_equal(pthread_join(actors[i].thread, NULL), 0);
            assert_true(actors[i].right);
        }
        humi_larges_trim();
        if (round == 0)
            before = atomic_load(&live);
    }
    /* All came back, the stocks of threads that ended too: the second round found them. */
    assert_true(atomic_load(&live) <= before + 1);
}

/* ---- the edges ------------------------------------------------------------------------------- */

static void only_starts_of_blocks_are_blocks(void **state)
{
    char *small = humi_block_take(100, 16, false), *large = humi_block_take(100000, 16, false);
    struct humi_piece *piece = piece_of(large);
    size_t bytes;
    char *start;

    (void)state;
    assert_true(humi_pieces_hold(small) && humi_pieces_hold(large));
    assert_false(humi_pieces_hold(&piece) || humi_pieces_hold(space + SPACE_BYTES));
    assert_null(humi_piece_of(&piece));
    assert_false(humi_piece_has_block(piece_of(small), small + 16));
    assert_false(humi_piece_has_block(piece, large + 16));
    assert_int_equal(piece->block_bytes, 102400); /* whole pages */
    assert_true(humi_block_find(small + 99, &start, &bytes));
    assert_ptr_equal(start, small);
    assert_int_equal(bytes, 112);
    assert_true(humi_block_find(large + 102399, &start, &bytes));
    assert_ptr_equal(start, large);
    assert_int_equal(bytes, 102400);
    assert_false(humi_block_find(large + 102400, &start, &bytes));
    assert_false(humi_block_find(&piece, &start, &bytes));
    give(small);
    give(large);
    assert_null(humi_piece_of(large));
}

/* Regions given back serve the next block of about their size, and not many wait for one. */
static void a_few_large_regions_are_kept(void **state)
{
    enum { COUNT = 100 };
    void *blocks[COUNT], *again;
    unsigned before;

    (void)state;
    humi_larges_trim();
    before = atomic_load(&live);
    blocks[0] = humi_block_take(1000000, 16, false);
    memset(blocks[0], 1, 1000000);
    give(blocks[0]);
    assert_int_equal(atomic_load(&live), before + 1);
    again = humi_block_take(900000, 16, true);
    assert_ptr_equal(again, blocks[0]);
    assert_true(is_full(&(struct held){.start = again, .bytes = 900000}));
    assert_ptr_not_equal(blocks[1] = humi_block_take(900000, 16, false), again); /* it is in use */
    give(again);
    assert_ptr_not_equal(again = humi_block_take(400000, 16, false),
                         blocks[0]); /* it is too large */
    give(again);
    give(blocks[1]);
    for (size_t bytes = 100000; bytes <= 10000000; bytes *= 10) {
        for (unsigned i = 0; i < COUNT; i++)
            assert_non_null(blocks[i] = humi_block_take(bytes, 16, false));
        for (unsigned i = 0; i < COUNT; i++)
            give(blocks[i]);
        assert_true(atomic_load(&live) <= before + HUMI_SPARES_MAX);
    }
    humi_larges_trim();
    assert_int_equal(atomic_load(&live), before);
}

/* What one size does not need any more serves another. */
static void free_slabs_serve_other_sizes(void **state)
{
    enum { COUNT = 4000 };
    static void *blocks[COUNT];
    unsigned before = 0;

    (void)state;
    for (size_t bytes = 5000; bytes < 8000; bytes += 100) {
        for (unsigned i = 0; i < COUNT; i++)
            assert_non_null(blocks[i] = humi_block_take(bytes, 16, false));
        if (!before)
            before = atomic_load(&live);
        for (unsigned i = 0; i < COUNT; i++)
            give(blocks[i]);
    }
    assert_true(atomic_load(&live) <= before + 1);
}

static void without_memory_there_is_no_block(void **state)
{
    void *blocks[2000];
    unsigned count = 0;

    (void)state;
    humi_larges_trim();
    atomic_store(&left, 0);
    assert_null(humi_block_take(100000, 16, false));
    assert_null(humi_block_take(SIZE_MAX - 100, 4096, false));
    while (count < COUNT_OF(blocks) && (blocks[count] = humi_block_take(65536, 16, false)))
        count++;
    assert_true(count < COUNT_OF(blocks)); /* the fields are full */
    atomic_store(&left, 1);
    assert_non_null(blocks[count] = humi_block_take(65536, 16, false));
    for (unsigned i = 0; i <= count; i++)
        give(blocks[i]);
    atomic_store(&left, 1 << 30);
}

static void add_up(uintptr_t start, size_t bytes, void *data)
{
    assert_true(humi_pieces_hold((void *)start));
    *(size_t *)data += bytes;
}

static void visits_see_all_there_is(void **state)
{
    size_t fields = 0, more = 0;

    (void)state;
    humi_larges_trim();
    humi_fields_visit(add_up, &fields);
    assert_true(fields && fields % HUMI_FIELD_BYTES == 0);
    assert_int_equal(atomic_load(&live), fields / HUMI_FIELD_BYTES); /* no large block is left */
    humi_fields_visit(add_up, &more);
    assert_int_equal(fields, more);
}

/* The last test: what comes back is not looked at, as in a child of fork(). */
static void nothing_is_given_back_once_left(void **state)
{
    char *block = humi_block_take(300000, 16, false);
    unsigned before = atomic_load(&live);

    (void)state;
    humi_blocks_leave();
    give(block);
    assert_int_equal(atomic_load(&live), before);
    assert_ptr_equal((void *)piece_of(block)->start, block);
}

static int setup(void **state)
{
    (void)state;
    space = mmap(NULL, SPACE_BYTES + REGION_ALIGNMENT, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(space != MAP_FAILED);
    space += REGION_ALIGNMENT - (uintptr_t)space % REGION_ALIGNMENT;
    assert_true(humi_pieces_open(
        &(struct humi_source){(uintptr_t)space, SPACE_BYTES, take_region, give_region}));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_size_has_the_smallest_bin_that_holds_it),
        cmocka_unit_test(blocks_in_use_keep_what_is_in_them),
        cmocka_unit_test(only_starts_of_blocks_are_blocks),
        cmocka_unit_test(a_few_large_regions_are_kept),
        cmocka_unit_test(free_slabs_serve_other_sizes),
        cmocka_unit_test(without_memory_there_is_no_block),
        cmocka_unit_test(visits_see_all_there_is),
        cmocka_unit_test(nothing_is_given_back_once_left),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
