/* SPDX-License-Identifier: MIT */
/* block.c - see block.h */
#include "heap/block.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "heap/large.h"
#include "heap/libc.h"
#include "heap/slab.h"

#define STOCK_BLOCKS 32u /* of a bin, at most */

/* A thread's free blocks; its slabs count them as taken. */
struct stock {
    struct {
        unsigned count;
        void *blocks[STOCK_BLOCKS];
    } bins[HUMI_BINS];
};

/* Set once the thread has begun to end: what its last destructors do goes to the slabs. */
#define ENDED ((struct stock *)1)

static _Thread_local struct stock *stock;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool key_made;
static atomic_bool left; /* slabs may be locked by threads that are not there any more */

/* ---- a thread's stock ------------------------------------------------------------------------ */

static void end_stock(void *argument)
{
    struct stock *mine = argument;

    stock = ENDED;
    for (unsigned bin = 0; bin < HUMI_BINS; bin++)
        if (mine->bins[bin].count && !atomic_load(&left))
            humi_slab_give(bin, mine->bins[bin].blocks, mine->bins[bin].count);
    __libc_free(mine);
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, end_stock) == 0;
}

/* NULL: the thread has none. */
static struct stock *stock_of_thread(void)
{
    struct stock *mine = stock;

    if (mine)
        return mine == ENDED ? NULL : mine;
    pthread_once(&key_once, make_key);
    mine = key_made ? __libc_calloc(1, sizeof *mine) : NULL;
    if (!mine)
        return NULL;
    if (pthread_setspecific(key, mine) != 0) {
        __libc_free(mine);
        return NULL;
    }
    return stock = mine;
}

/* No more than a granule of one size waits in a thread. */
static unsigned stock_room(unsigned bin)
{
    size_t fit = HUMI_GRANULE_BYTES / humi_bin_bytes(bin);

    return fit < STOCK_BLOCKS ? (unsigned)fit : STOCK_BLOCKS;
}

static void *take_small(unsigned bin)
{
    struct stock *mine = stock_of_thread();
    void *block = NULL;

    if (!mine)
        return humi_slab_take(bin, &block, 1) ? block : NULL;
    if (!mine->bins[bin].count)
        mine->bins[bin].count =
            humi_slab_take(bin, mine->bins[bin].blocks, (stock_room(bin) + 1) / 2);
    return mine->bins[bin].count ? mine->bins[bin].blocks[--mine->bins[bin].count] : NULL;
}

static void give_small(unsigned bin, void *block)
{
    struct stock *mine = stock_of_thread();
    unsigned room = stock_room(bin), half = (room + 1) / 2;

    if (!mine) {
        humi_slab_give(bin, &block, 1);
        return;
    }
    if (mine->bins[bin].count == room) { /* those that wait longest */
        humi_slab_give(bin, mine->bins[bin].blocks, half);
        mine->bins[bin].count -= half;
        memmove(mine->bins[bin].blocks, mine->bins[bin].blocks + half,
                mine->bins[bin].count * sizeof(void *));
    }
    mine->bins[bin].blocks[mine->bins[bin].count++] = block;
}

/* ---- of any size ----------------------------------------------------------------------------- */

void *humi_block_take(size_t bytes, size_t alignment, bool zero)
{
    unsigned bin = humi_bin_of(bytes, alignment);
    void *block;

    if (bin == HUMI_NO_BIN)
        return humi_large_take(bytes, alignment, zero);
    block = take_small(bin);
    if (block && zero)
        memset(block, 0, bytes);
    return block;
}

bool humi_block_find(const void *pointer, char **start_out, size_t *bytes_out)
{
    const struct humi_piece *piece = humi_piece_of(pointer);
    uintptr_t from;

    if (!humi_pieces_hold(pointer))
        return false;
    if (!piece || !piece->count)
        return humi_large_find(pointer, start_out, bytes_out);
    from = (uintptr_t)pointer - piece->start;
    if (from / piece->block_bytes >= piece->count)
        return false;
    *start_out = (char *)piece->start + from / piece->block_bytes * piece->block_bytes;
    *bytes_out = piece->block_bytes;
    return true;
}

void humi_blocks_leave(void)
{
    atomic_store(&left, true);
}

void humi_block_give(struct humi_piece *piece, void *block)
{
    if (atomic_load_explicit(&left, memory_order_relaxed))
        return;
    if (piece->count)
        give_small(humi_slab_bin(piece), block);
    else
        humi_large_give(piece);
}
