/* SPDX-License-Identifier: MIT */
/*
 * own.c - a bit a block and the number of runs.
 *
 * A run starts where a set bit follows a clear one; changing one bit changes the number by what its
 * two neighbours say, so nothing is ever recounted.
 */
#include "device/own.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/status.h"

static bool bit(const struct humi_own *own, size_t i)
{
    return i < own->blocks && (own->words[i / 64] >> (i % 64) & 1); /* i - 1 of 0 wraps: false */
}

static size_t neighbours(const struct humi_own *own, size_t i)
{
    return (size_t)bit(own, i - 1) + (size_t)bit(own, i + 1);
}

static void set(struct humi_own *own, size_t i)
{
    if (bit(own, i))
        return;
    own->runs = own->runs + 1 - neighbours(own, i);
    own->words[i / 64] |= UINT64_C(1) << (i % 64);
}

static void clear(struct humi_own *own, size_t i)
{
    if (!bit(own, i))
        return;
    own->runs = own->runs + neighbours(own, i) - 1;
    own->words[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

enum hum_status humi_own_init(struct humi_own *own, size_t blocks, size_t runs_max)
{
    own->words = calloc((blocks + 63) / 64, sizeof own->words[0]);
    if (!own->words)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a map of %zu blocks", blocks);
    own->blocks = blocks;
    own->runs_max = runs_max;
    own->runs = 0;
    humi_lock_init(&own->lock, HUMI_RANK_STATS);
    return HUM_OK;
}

void humi_own_fini(struct humi_own *own)
{
    if (!own->words)
        return;
    free(own->words);
    own->words = NULL;
    humi_lock_fini(&own->lock);
}

bool humi_own_add(struct humi_own *own, size_t first, size_t end)
{
    bool room;

    humi_assert(first <= end && end <= own->blocks);
    humi_lock(&own->lock);
    room = own->runs < own->runs_max; /* a range adds one run at most */
    for (size_t i = first; room && i < end; i++)
        set(own, i);
    humi_unlock(&own->lock);
    return room;
}

void humi_own_remove(struct humi_own *own, size_t first, size_t end)
{
    humi_assert(first <= end && end <= own->blocks);
    humi_lock(&own->lock);
    for (size_t i = first; i < end; i++)
        clear(own, i);
    humi_unlock(&own->lock);
}

/* The next i of [from, end) whose bit is set, else end; whole empty words are skipped. */
static size_t next(const struct humi_own *own, size_t from, size_t end)
{
    for (size_t i = from; i < end; i = (i / 64 + 1) * 64) {
        uint64_t word = own->words[i / 64] >> (i % 64);
        if (word) {
            i += (size_t)__builtin_ctzll(word);
            return i < end ? i : end;
        }
    }
    return end;
}

bool humi_own_find(struct humi_own *own, size_t first, size_t end, size_t *first_out,
                   size_t *end_out)
{
    size_t found, last;

    humi_assert(first <= end && end <= own->blocks);
    humi_lock(&own->lock);
    found = next(own, first, end);
    for (last = end; last > found && !bit(own, last - 1);)
        last--;
    humi_unlock(&own->lock);
    if (found == end)
        return false;
    *first_out = found;
    *end_out = last;
    return true;
}

bool humi_own_run(struct humi_own *own, size_t first, size_t end, size_t *first_out,
                  size_t *end_out)
{
    size_t found = end, last;

    humi_assert(first <= end && end <= own->blocks);
    humi_lock(&own->lock);
    if (own->runs > 0)
        found = next(own, first, end);
    for (last = found; last < end && bit(own, last);)
        last++;
    humi_unlock(&own->lock);
    if (found == end)
        return false;
    *first_out = found;
    *end_out = last;
    return true;
}

bool humi_own_has(struct humi_own *own, size_t first, size_t end)
{
    bool all = true;

    humi_lock(&own->lock);
    for (size_t i = first; all && i < end; i++)
        all = bit(own, i);
    humi_unlock(&own->lock);
    return all;
}

void humi_own_reset(struct humi_own *own)
{
    humi_lock(&own->lock);
    for (size_t i = 0; own->runs > 0 && i < (own->blocks + 63) / 64; i++)
        if (own->words[i]) /* most of it is memory that was never touched */
            own->words[i] = 0;
    own->runs = 0;
    humi_unlock(&own->lock);
}
