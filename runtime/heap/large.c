/* SPDX-License-Identifier: MIT */
/* large.c - see large.h */
#include "heap/large.h"

#include <pthread.h>
#include <string.h>

#include <hum/hum.h>

#include "heap/libc.h"
#include "heap/slab.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct humi_list larges = {{&larges.head, &larges.head}};
static struct humi_list spares = {{&spares.head, &spares.head}}; /* kept longest first */
static unsigned spare_count;
static size_t spare_bytes;

/* A region is aligned to a page, from a block's size on to a block. */
static size_t room_for(size_t bytes, size_t alignment)
{
    size_t room = bytes > HUMI_SMALL_BYTES ? bytes : HUMI_SMALL_BYTES + 1;

    if (alignment <= HUM_PAGE_SIZE || (alignment <= HUM_BLOCK_SIZE && bytes >= HUM_BLOCK_SIZE))
        return room;
    return room <= SIZE_MAX - alignment ? room + alignment : 0;
}

/* ---- regions that are kept ------------------------------------------------------------------- */

/* The lock is held.  Of those that are large enough, but not much larger, the one kept last. */
static struct humi_piece *take_spare(size_t room)
{
    struct humi_piece *found = NULL;

    humi_list_each (link, &spares) {
        struct humi_piece *spare = humi_container_of(link, struct humi_piece, link);

        if (spare->region_bytes >= room && spare->region_bytes - room <= room / 4)
            found = spare;
    }
    if (found) {
        humi_list_remove(&found->link);
        spare_count--;
        spare_bytes -= found->region_bytes;
    }
    return found;
}

/* The lock is held.  Those kept longest go to `gone`, until no more are left than may be. */
static void drop_spares(unsigned count, size_t bytes, struct humi_list *gone)
{
    struct humi_link *link;

    while ((spare_count > count || spare_bytes > bytes) && (link = humi_list_pop_front(&spares))) {
        spare_count--;
        spare_bytes -= humi_container_of(link, struct humi_piece, link)->region_bytes;
        humi_list_push_back(gone, link);
    }
}

/* Without the lock. */
static void let_go(struct humi_list *gone)
{
    struct humi_link *link;

    while ((link = humi_list_pop_front(gone))) {
        struct humi_piece *large = humi_container_of(link, struct humi_piece, link);

        humi_pieces_source()->give(large->region);
        __libc_free(large);
    }
}

void humi_larges_trim(void)
{
    struct humi_list gone;

    humi_list_init(&gone);
    pthread_mutex_lock(&lock);
    drop_spares(0, 0, &gone);
    pthread_mutex_unlock(&lock);
    let_go(&gone);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* With a region that is new, and so zero. */
static struct humi_piece *make(size_t room)
{
    struct humi_piece *large = __libc_calloc(1, sizeof *large);

    if (!large)
        return NULL;
    large->region = humi_pieces_source()->take(room);
    if (!large->region) {
        humi_larges_trim();
        large->region = humi_pieces_source()->take(room);
    }
    if (!large->region) {
        __libc_free(large);
        return NULL;
    }
    large->region_bytes = (room + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE * HUM_PAGE_SIZE;
    humi_link_init(&large->link);
    return large;
}

void *humi_large_take(size_t bytes, size_t alignment, bool zero)
{
    size_t room = room_for(bytes, alignment);
    struct humi_piece *large;

    if (!room || room > PTRDIFF_MAX)
        return NULL;
    pthread_mutex_lock(&lock);
    large = take_spare(room);
    pthread_mutex_unlock(&lock);
    zero = zero && large;
    if (!large && !(large = make(room)))
        return NULL;
    large->start = ((uintptr_t)large->region + alignment - 1) & ~(uintptr_t)(alignment - 1);
    large->block_bytes = large->region_bytes - (size_t)(large->start - (uintptr_t)large->region);
    pthread_mutex_lock(&lock);
    humi_list_push_back(&larges, &large->link);
    pthread_mutex_unlock(&lock);
    humi_piece_set(large->start, 1, large);
    return zero ? memset((void *)large->start, 0, bytes) : (void *)large->start;
}

void humi_large_give(struct humi_piece *large)
{
    struct humi_list gone;

    humi_list_init(&gone);
    humi_piece_set(large->start, 1, NULL);
    pthread_mutex_lock(&lock);
    humi_list_remove(&large->link);
    if (large->region_bytes > HUMI_SPARE_MOST) {
        humi_list_push_back(&gone, &large->link);
    } else {
        humi_list_push_back(&spares, &large->link);
        spare_count++;
        spare_bytes += large->region_bytes;
        drop_spares(HUMI_SPARES_MAX, HUMI_SPARES_BYTES, &gone);
    }
    pthread_mutex_unlock(&lock);
    let_go(&gone);
}

bool humi_large_find(const void *pointer, char **start_out, size_t *bytes_out)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    humi_list_each (link, &larges) {
        const struct humi_piece *large = humi_container_of(link, struct humi_piece, link);

        if ((uintptr_t)pointer - large->start >= large->block_bytes)
            continue;
        *start_out = (char *)large->start;
        *bytes_out = large->block_bytes;
        found = true;
        break;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void humi_larges_visit(void (*visit)(uintptr_t start, size_t bytes, void *data), void *data)
{
    pthread_mutex_lock(&lock);
    humi_list_each (link, &larges) {
        const struct humi_piece *large = humi_container_of(link, struct humi_piece, link);

        visit(large->start & ~(uintptr_t)(HUM_PAGE_SIZE - 1), large->block_bytes, data);
    }
    pthread_mutex_unlock(&lock);
}
