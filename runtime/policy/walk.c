/* SPDX-License-Identifier: MIT */
/*
 * walk.c - the density tree over chunks that come whole.
 *
 * Counts of a subtree change by what comes into it, and are needed along the way from a chunk to
 * the root alone: a tree of counts in an array, as of a heap.  Below a subtree that came as a whole
 * nothing faults any more, so counts there need not be kept.
 */
#include "policy/walk.h"

#include "base/mask.h"
#include "policy/chunks.h"

#define LEAVES HUM_CHUNKS_PER_BLOCK
#define ROOT 1u

struct block {
    const struct humi_ground *ground;
    uint16_t here[2 * LEAVES];  /* pages of each subtree that have come; its parts: 2 i, 2 i + 1 */
    uint32_t came;              /* chunks */
};

static unsigned valid_in(const struct block *block, unsigned first, unsigned n)
{
    return block->ground->sums[first + n] - block->ground->sums[first];
}

static uint32_t group(unsigned first, unsigned n)
{
    return (n == LEAVES ? UINT32_MAX : (UINT32_C(1) << n) - 1) << first;
}

/* Chunks of the largest subtree that is dense once the chunk has come. */
static unsigned dense_around(const struct block *block, unsigned chunk, uint32_t percent)
{
    unsigned more = valid_in(block, chunk, 1), n = percent < HUMI_WALK_CHUNK ? LEAVES : 1;

    for (; n > 1; n /= 2) {
        unsigned here = block->here[(LEAVES + chunk) / n] + more;
        if (here * 100 > valid_in(block, chunk & ~(n - 1), n) * percent)
            break;
    }
    return n;
}

/* Chunks that come with a fault, an aligned group. */
static unsigned reach(const struct block *block, const struct humi_walk *walk, unsigned chunk)
{
    unsigned n = block->here[ROOT] >= walk->rest ? LEAVES
                                                 : dense_around(block, chunk, walk->percent);

    while (n > 1 && (group(chunk & ~(n - 1), n) & walk->apart))
        n /= 2;
    return n;
}

static void take(struct block *block, unsigned chunk, unsigned n)
{
    unsigned first = chunk & ~(n - 1), i = (LEAVES + chunk) / n;
    unsigned more = valid_in(block, first, n) - (n > 1 ? block->here[i] : 0);

    block->came |= group(first, n);
    for (; i >= ROOT; i /= 2)
        block->here[i] = (uint16_t)(block->here[i] + more);
}

void humi_ground_init(struct humi_ground *ground, const struct hum_pages *valid, uint32_t chunks)
{
    ground->chunks = chunks & humi_chunks_of(valid);
    humi_chunks_sum(ground->sums, valid);
}

struct humi_walked humi_walk_through(const struct humi_walk *walk,
                                     const struct humi_ground *ground)
{
    struct humi_walked walked = {.faults = 0};
    struct block block = {.ground = ground};

    for (uint32_t left = ground->chunks; left; left &= ~block.came) {
        unsigned chunk = (unsigned)__builtin_ctz(left);
        take(&block, chunk, reach(&block, walk, chunk));
        walked.faults++;
    }
    walked.pages = block.here[ROOT];
    return walked;
}
