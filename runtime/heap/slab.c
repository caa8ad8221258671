/* SPDX-License-Identifier: MIT */
/* slab.c - see slab.h */
#include "heap/slab.h"

#include <pthread.h>
#include <string.h>

#include "base/check.h"
#include "heap/libc.h"

#define SMALL_SLAB_BYTES ((size_t)8 << 10) /* blocks up to this size: a slab is one granule */
#define LARGE_GRANULES 8u
#define FIELD_GRANULES (HUMI_FIELD_BYTES / HUMI_GRANULE_BYTES)
#define WORD_BITS 64u

/* One bit a block: it is free. */
struct slab {
    struct humi_piece piece; /* first; linked while it has free blocks */
    unsigned bin, free_count, words;
    uint64_t free_bits[];
};

struct field {
    struct field *next;
    uintptr_t start;
    unsigned search; /* no granule before it is free */
    bool used[FIELD_GRANULES];
};

/* All slabs of a bin that have free blocks, the one to take from first. */
static struct {
    pthread_mutex_t lock;
    struct humi_list partial;
    bool ready;
} bins[HUMI_BINS] = {[0 ... HUMI_BINS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static pthread_mutex_t fields_lock = PTHREAD_MUTEX_INITIALIZER;
static struct field *fields; /* the newest first */

/* ---- bins ------------------------------------------------------------------------------------ */

size_t humi_bin_bytes(unsigned bin)
{
    unsigned step = bin - 8, shift = 7 + step / 4;

    if (bin < 8)
        return (bin + 1) * (size_t)16;
    return ((size_t)1 << shift) + (step % 4 + 1) * ((size_t)1 << (shift - 2));
}

static unsigned bin_of(size_t bytes)
{
    unsigned shift;

    if (bytes <= 128)
        return bytes ? (unsigned)((bytes + 15) / 16 - 1) : 0;
    shift = 63 - (unsigned)__builtin_clzl(bytes - 1);
    return 8 + (shift - 7) * 4 + (unsigned)((bytes - 1) >> (shift - 2) & 3);
}

unsigned humi_bin_of(size_t bytes, size_t alignment)
{
    unsigned bin;

    if (bytes > HUMI_SMALL_BYTES || alignment > HUMI_SMALL_BYTES)
        return HUMI_NO_BIN;
    if (bytes < alignment && alignment > 16)
        bytes = alignment;
    bin = bin_of(bytes);
    while (alignment > 16 && humi_bin_bytes(bin) % alignment) /* the last one fits all */
        bin++;
    return bin;
}

unsigned humi_slab_bin(const struct humi_piece *slab)
{
    return ((const struct slab *)slab)->bin;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static struct field *add_field(void)
{
    struct field *field = __libc_calloc(1, sizeof *field);
    void *start = field ? humi_pieces_source()->take(HUMI_FIELD_BYTES) : NULL;

    if (!start) {
        __libc_free(field);
        return NULL;
    }
    field->start = (uintptr_t)start;
    field->next = fields;
    fields = field;
    return field;
}

/* `count` granules at a multiple of it; -1: none. */
static int find_in_field(struct field *field, unsigned count)
{
    unsigned at = field->search;

    while (at < FIELD_GRANULES && field->used[at])
        at++;
    field->search = at;
    for (at = (at + count - 1) / count * count; at + count <= FIELD_GRANULES; at += count) {
        unsigned free_count = 0;

        while (free_count < count && !field->used[at + free_count])
            free_count++;
        if (free_count == count)
            return (int)at;
    }
    return -1;
}

/* 0: no memory. */
static uintptr_t take_granules(unsigned count)
{
    struct field *field;
    int at = -1;

    pthread_mutex_lock(&fields_lock);
    for (field = fields; field; field = field->next)
        if ((at = find_in_field(field, count)) >= 0)
            break;
    if (at < 0 && (field = add_field()))
        at = find_in_field(field, count);
    if (at >= 0)
        memset(field->used + at, true, count);
    pthread_mutex_unlock(&fields_lock);
    return at < 0 ? 0 : field->start + (uintptr_t)at * HUMI_GRANULE_BYTES;
}

/* Their pages stay for the next slab. */
static void give_granules(uintptr_t start, unsigned count)
{
    pthread_mutex_lock(&fields_lock);
    for (struct field *field = fields; field; field = field->next) {
        unsigned at = (unsigned)((start - field->start) / HUMI_GRANULE_BYTES);

        if (start - field->start >= HUMI_FIELD_BYTES)
            continue;
        memset(field->used + at, false, count);
        if (at < field->search)
            field->search = at;
    }
    pthread_mutex_unlock(&fields_lock);
}

void humi_fields_visit(void (*visit)(uintptr_t start, size_t bytes, void *data), void *data)
{
    pthread_mutex_lock(&fields_lock);
    for (struct field *field = fields; field; field = field->next)
        visit(field->start, HUMI_FIELD_BYTES, data);
    pthread_mutex_unlock(&fields_lock);
}

/* ---- slabs ----------------------------------------------------------------------------------- */

static unsigned granules_of(unsigned bin)
{
    return humi_bin_bytes(bin) <= SMALL_SLAB_BYTES ? 1 : LARGE_GRANULES;
}

/* The lock of the bin is held. */
static struct slab *add_slab(unsigned bin)
{
    unsigned granules = granules_of(bin);
    unsigned count = (unsigned)(granules * HUMI_GRANULE_BYTES / humi_bin_bytes(bin));
    unsigned words = (count + WORD_BITS - 1) / WORD_BITS;
    struct slab *slab = __libc_calloc(1, sizeof *slab + words * sizeof slab->free_bits[0]);
    uintptr_t start = slab ? take_granules(granules) : 0;

    if (!start) {
        __libc_free(slab);
        return NULL;
    }
    slab->piece.start = start;
    slab->piece.block_bytes = humi_bin_bytes(bin);
    slab->piece.count = slab->free_count = count;
    slab->bin = bin;
    slab->words = words;
    for (unsigned i = 0; i < count; i++)
        slab->free_bits[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
    humi_list_push_back(&bins[bin].partial, &slab->piece.link);
    humi_piece_set(start, granules * HUMI_GRANULE_BYTES, &slab->piece);
    return slab;
}

/* It has no block in use, and another of its bin has free ones. */
static void remove_slab(struct slab *slab)
{
    unsigned granules = granules_of(slab->bin);

    humi_list_remove(&slab->piece.link);
    humi_piece_set(slab->piece.start, granules * HUMI_GRANULE_BYTES, NULL);
    give_granules(slab->piece.start, granules);
    __libc_free(slab);
}

static unsigned take_from(struct slab *slab, void **blocks_out, unsigned count)
{
    unsigned taken = 0;

    for (unsigned word = 0; word < slab->words && taken < count; word++)
        while (slab->free_bits[word] && taken < count) {
            unsigned bit = (unsigned)__builtin_ctzll(slab->free_bits[word]);
            size_t index = word * (size_t)WORD_BITS + bit;

            slab->free_bits[word] &= slab->free_bits[word] - 1;
            blocks_out[taken++] = (void *)(slab->piece.start + index * slab->piece.block_bytes);
        }
    slab->free_count -= taken;
    if (!slab->free_count)
        humi_list_remove(&slab->piece.link);
    return taken;
}

static void give_to(struct slab *slab, void *block)
{
    size_t index = ((uintptr_t)block - slab->piece.start) / slab->piece.block_bytes;
    uint64_t bit = UINT64_C(1) << index % WORD_BITS;

    humi_assert(!(slab->free_bits[index / WORD_BITS] & bit));
    slab->free_bits[index / WORD_BITS] |= bit;
    if (slab->free_count++ == 0)
        humi_list_push_back(&bins[slab->bin].partial, &slab->piece.link);
    else if (slab->free_count == slab->piece.count &&
             slab->piece.link.next != slab->piece.link.prev)
        remove_slab(slab);
}

static void enter(unsigned bin)
{
    pthread_mutex_lock(&bins[bin].lock);
    if (!bins[bin].ready)
        humi_list_init(&bins[bin].partial);
    bins[bin].ready = true;
}

unsigned humi_slab_take(unsigned bin, void **blocks_out, unsigned count)
{
    struct humi_list *partial = &bins[bin].partial;
    unsigned taken = 0;

    enter(bin);
    while (taken < count) {
        struct humi_link *link = humi_list_first(partial);
        struct slab *slab = link ? humi_container_of(link, struct slab, piece.link) : NULL;

        if (!slab && (taken || !(slab = add_slab(bin))))
            break;
        taken += take_from(slab, blocks_out + taken, count - taken);
    }
    pthread_mutex_unlock(&bins[bin].lock);
    return taken;
}

void humi_slab_give(unsigned bin, void *const *blocks, unsigned count)
{
    enter(bin);
    for (unsigned i = 0; i < count; i++)
        give_to((struct slab *)humi_piece_of(blocks[i]), blocks[i]);
    pthread_mutex_unlock(&bins[bin].lock);
}
