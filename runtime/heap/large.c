/* SPDX-License-Identifier: MIT */
/* large.c - see large.h */
#include "heap/large.h"

#include <pthread.h>

#include <hum/hum.h>

#include "heap/libc.h"
#include "heap/slab.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct humi_list larges = {{&larges.head, &larges.head}};

/* A region is aligned to a page, from a block's size on to a block. */
static size_t room_for(size_t bytes, size_t alignment)
{
    size_t room = bytes > HUMI_SMALL_BYTES ? bytes : HUMI_SMALL_BYTES + 1;

    if (alignment <= HUM_PAGE_SIZE || (alignment <= HUM_BLOCK_SIZE && bytes >= HUM_BLOCK_SIZE))
        return room;
    return room <= SIZE_MAX - alignment ? room + alignment : 0;
}

void *humi_large_take(size_t bytes, size_t alignment)
{
    size_t room = room_for(bytes, alignment);
    struct humi_piece *large = room && room <= PTRDIFF_MAX ? __libc_calloc(1, sizeof *large) : NULL;
    uintptr_t region;

    if (!large)
        return NULL;
    large->region = humi_pieces_source()->take(room);
    if (!large->region) {
        __libc_free(large);
        return NULL;
    }
    region = (uintptr_t)large->region;
    large->start = (region + alignment - 1) & ~(uintptr_t)(alignment - 1);
    large->block_bytes = (room + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE * HUM_PAGE_SIZE -
                         (size_t)(large->start - region);
    pthread_mutex_lock(&lock);
    humi_list_push_back(&larges, &large->link);
    pthread_mutex_unlock(&lock);
    humi_piece_set(large->start, 1, large);
    return (void *)large->start;
}

void humi_large_give(struct humi_piece *large)
{
    humi_piece_set(large->start, 1, NULL);
    pthread_mutex_lock(&lock);
    humi_list_remove(&large->link);
    pthread_mutex_unlock(&lock);
    humi_pieces_source()->give(large->region);
    __libc_free(large);
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
