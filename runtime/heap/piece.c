/* SPDX-License-Identifier: MIT */
/* piece.c - see piece.h: one table over the whole space, whose untouched pages cost nothing. */
#include "heap/piece.h"

#include <stdatomic.h>
#include <sys/mman.h>

static struct humi_source source;
static _Atomic(struct humi_piece *) *table;

bool humi_pieces_open(const struct humi_source *given)
{
    size_t count = given->bytes / HUMI_GRANULE_BYTES;
    void *memory = mmap(NULL, count * sizeof *table, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return false;
    table = memory;
    source = *given;
    return true;
}

const struct humi_source *humi_pieces_source(void)
{
    return &source;
}

bool humi_pieces_hold(const void *pointer)
{
    return (uintptr_t)pointer - source.start < source.bytes;
}

static size_t granule_of(uintptr_t address)
{
    return (address - source.start) / HUMI_GRANULE_BYTES;
}

struct humi_piece *humi_piece_of(const void *pointer)
{
    if (!humi_pieces_hold(pointer))
        return NULL;
    return atomic_load_explicit(&table[granule_of((uintptr_t)pointer)], memory_order_acquire);
}

void humi_piece_set(uintptr_t start, size_t bytes, struct humi_piece *piece)
{
    size_t first = granule_of(start);
    size_t last = first + (bytes > HUMI_GRANULE_BYTES ? bytes / HUMI_GRANULE_BYTES - 1 : 0);

    for (size_t i = first; i <= last; i++)
        atomic_store_explicit(&table[i], piece, memory_order_release);
}

bool humi_piece_has_block(const struct humi_piece *piece, const void *pointer)
{
    uintptr_t from = (uintptr_t)pointer - piece->start;

    if (!piece->count)
        return from == 0;
    return from % piece->block_bytes == 0 && from / piece->block_bytes < piece->count;
}
