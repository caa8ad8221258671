/* SPDX-License-Identifier: MIT */
/*
 * chunks.h - sets of the 32 chunks of a block, bit i for chunk i, and the pages they stand for.
 *
 * Threads: pure functions.
 */
#ifndef HUMI_POLICY_CHUNKS_H
#define HUMI_POLICY_CHUNKS_H

#include <stdbool.h>

#include <hum/policy.h>

#include "base/mask.h"

/* Of one word: bit 0 of each lane of 16 says whether the chunk has a page. */
static inline uint64_t humi_chunks_lanes(uint64_t pages)
{
    pages |= pages >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    pages |= pages >> 4 & UINT64_C(0x000f000f000f000f);
    pages |= pages >> 2 & UINT64_C(0x0003000300030003);
    pages |= pages >> 1;
    return pages & UINT64_C(0x0001000100010001);
}

/* The chunks of which `pages` has one. */
static inline uint32_t humi_chunks_of(const struct hum_pages *pages)
{
    uint64_t chunks = 0;

    for (unsigned words = humi_mask_words(pages); words; words &= words - 1) {
        unsigned w = (unsigned)__builtin_ctz(words);
        uint64_t lanes = humi_chunks_lanes(pages->word[w]);
        chunks |= ((lanes | lanes >> 15 | lanes >> 30 | lanes >> 45) & 15) << w * 4;
    }
    return (uint32_t)chunks;
}

/* Of a chunk `has` lacks a page of `pages`; page_out: the first of these that is in the chunk. */
static inline bool humi_chunk_lacks(const struct hum_pages *pages, const struct hum_pages *has,
                                    unsigned chunk, unsigned *page_out)
{
    unsigned shift = chunk % 4 * HUM_PAGES_PER_CHUNK;
    uint64_t wanted = pages->word[chunk / 4] >> shift & 0xffff;

    if (!(wanted & ~(has->word[chunk / 4] >> shift)))
        return false;
    *page_out = chunk * HUM_PAGES_PER_CHUNK + (unsigned)__builtin_ctzll(wanted);
    return true;
}

/* Of one word: all pages of each chunk of which it has one. */
static inline uint64_t humi_chunks_fill(uint64_t pages)
{
    pages = humi_chunks_lanes(pages);
    return (pages << HUM_PAGES_PER_CHUNK) - pages; /* times 0xffff */
}

/* Of one word: the pages in each chunk, in its lane. */
static inline uint64_t humi_chunks_count(uint64_t x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (x + (x >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
}

/* The pages before each chunk, and last those of all. */
static inline void humi_chunks_sum(uint16_t sums_out[HUM_CHUNKS_PER_BLOCK + 1],
                                   const struct hum_pages *pages)
{
    const uint64_t every_lane = UINT64_C(0x0001000100010001);
    const unsigned lanes_per_word = 64 / HUM_PAGES_PER_CHUNK;
    const bool full = humi_mask_full(pages);
    uint64_t before = 0;

    sums_out[0] = 0;
    for (unsigned i = 0; full && i <= HUM_CHUNKS_PER_BLOCK; i++)
        sums_out[i] = (uint16_t)(i * HUM_PAGES_PER_CHUNK);
    for (unsigned i = 0; !full && i < HUMI_MASK_WORDS; i++) {
        /* Each lane gets the sum of itself, the lanes below it and all words before. */
        uint64_t lanes = (humi_chunks_count(pages->word[i]) + before) * every_lane;
        for (unsigned lane = 0; lane < lanes_per_word; lane++)
            sums_out[i * lanes_per_word + lane + 1] = (uint16_t)(lanes >> lane * 16);
        before = lanes >> 48;
    }
}

/* All pages of the chunks. */
static inline struct hum_pages humi_chunks_pages(uint32_t chunks)
{
    struct hum_pages pages;

    for (unsigned w = 0; w < HUM_PAGES_PER_BLOCK / 64; w++) {
        uint64_t four = chunks >> w * 4 & 15;
        /* One bit in each 16, then all of them. */
        four = (four | four << 15 | four << 30 | four << 45) & UINT64_C(0x0001000100010001);
        pages.word[w] = four * 0xffff;
    }
    return pages;
}

#endif
