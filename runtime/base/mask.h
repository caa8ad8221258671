/* SPDX-License-Identifier: MIT */
/*
 * mask.h - a set of the 512 pages of a block, as 8 words.
 *
 * The type is struct hum_pages of <hum/policy.h>, because policies see the very same sets.
 * Invariant: bit i stands for page i of the block.  Ranges are half-open [first, end).
 * Threads: plain data, guarded by whoever holds it (mostly the block lock).
 */
#ifndef HUMI_BASE_MASK_H
#define HUMI_BASE_MASK_H

#include <stdbool.h>
#include <stdint.h>

#include <hum/policy.h>

#define HUMI_PAGES HUM_PAGES_PER_BLOCK
#define HUMI_MASK_WORDS (HUMI_PAGES / 64u)

/* A run of pages [first, end); empty when first == end. */
struct humi_run {
    unsigned first, end;
};

static inline struct hum_pages humi_mask_none(void)
{
    return (struct hum_pages){{0}};
}

static inline struct hum_pages humi_mask_all(void)
{
    struct hum_pages m;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        m.word[i] = ~UINT64_C(0);
    return m;
}

static inline bool humi_mask_has(const struct hum_pages *m, unsigned page)
{
    return (m->word[page / 64] >> (page % 64)) & 1;
}

static inline void humi_mask_set(struct hum_pages *m, unsigned page)
{
    m->word[page / 64] |= UINT64_C(1) << (page % 64);
}

static inline void humi_mask_clear(struct hum_pages *m, unsigned page)
{
    m->word[page / 64] &= ~(UINT64_C(1) << (page % 64));
}

#define HUMI_MASK_OP(name, expression)                                                             \
    static inline struct hum_pages humi_mask_##name(const struct hum_pages *a,                     \
                                                    const struct hum_pages *b)                     \
    {                                                                                              \
        struct hum_pages m;                                                                        \
        for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {                                           \
            uint64_t x = a->word[i], y = b->word[i];                                               \
            m.word[i] = (expression);                                                              \
        }                                                                                          \
        return m;                                                                                  \
    }
HUMI_MASK_OP(and, x &y)
HUMI_MASK_OP(or, x | y)
HUMI_MASK_OP(minus, x & ~y)
#undef HUMI_MASK_OP

/* a |= b, a &= ~b, a &= b */
static inline void humi_mask_add(struct hum_pages *a, const struct hum_pages *b)
{
    *a = humi_mask_or(a, b);
}
static inline void humi_mask_remove(struct hum_pages *a, const struct hum_pages *b)
{
    *a = humi_mask_minus(a, b);
}
static inline void humi_mask_keep(struct hum_pages *a, const struct hum_pages *b)
{
    *a = humi_mask_and(a, b);
}

static inline bool humi_mask_empty(const struct hum_pages *m)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        any |= m->word[i];
    return any == 0;
}

/* Bit i: word i has a page. */
static inline unsigned humi_mask_words(const struct hum_pages *m)
{
    unsigned words = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        words |= (unsigned)(m->word[i] != 0) << i;
    return words;
}

/* The only page of m; HUMI_PAGES: it has more, or none. */
static inline unsigned humi_mask_only(const struct hum_pages *m)
{
    unsigned words = humi_mask_words(m);
    if (!words || (words & (words - 1)))
        return HUMI_PAGES;
    unsigned at = (unsigned)__builtin_ctz(words);
    uint64_t pages = m->word[at];
    return pages & (pages - 1) ? HUMI_PAGES : at * 64 + (unsigned)__builtin_ctzll(pages);
}

static inline bool humi_mask_full(const struct hum_pages *m)
{
    uint64_t all = ~UINT64_C(0);
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        all &= m->word[i];
    return all == ~UINT64_C(0);
}

static inline bool humi_mask_meets(const struct hum_pages *a, const struct hum_pages *b)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        any |= a->word[i] & b->word[i];
    return any != 0;
}

/* a is a subset of b */
static inline bool humi_mask_within(const struct hum_pages *a, const struct hum_pages *b)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        out |= a->word[i] & ~b->word[i];
    return out == 0;
}

static inline bool humi_mask_equal(const struct hum_pages *a, const struct hum_pages *b)
{
    return humi_mask_within(a, b) && humi_mask_within(b, a);
}

/* One page. */
static inline struct hum_pages humi_mask_one(unsigned page)
{
    struct hum_pages m;
    for (uint64_t i = 0; i < HUMI_MASK_WORDS; i++) /* all at once, else it is slow to read */
        m.word[i] = i == page / 64 ? UINT64_C(1) << page % 64 : 0;
    return m;
}

/* Pages in m. */
unsigned humi_mask_count(const struct hum_pages *m);

/* The same on processors that have no instruction for it. */
unsigned humi_mask_count_plain(const struct hum_pages *m);

/* Runs of pages in m: neighbours, as many as there are. */
unsigned humi_mask_count_runs(const struct hum_pages *m);

/* For functions that are made for several processors (wide.h): in their own instructions. */
static inline unsigned humi_mask_count_here(const struct hum_pages *m)
{
    unsigned n = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        n += (unsigned)__builtin_popcountll(m->word[i]);
    return n;
}

/* The pages of word i in [first, end), which is not empty and begins there or before. */
static inline uint64_t humi_mask_part(unsigned i, unsigned first, unsigned end)
{
    uint64_t from = i == first / 64 ? ~UINT64_C(0) << first % 64 : ~UINT64_C(0);
    return i == (end - 1) / 64 ? from & ~UINT64_C(0) >> (63 - (end - 1) % 64) : from;
}

/* m |= [first, end), m &= ~[first, end): none but the words of it are touched. */
static inline void humi_mask_add_range(struct hum_pages *m, unsigned first, unsigned end)
{
    for (unsigned i = first / 64; i * 64 < end; i++)
        m->word[i] |= humi_mask_part(i, first, end);
}
static inline void humi_mask_remove_range(struct hum_pages *m, unsigned first, unsigned end)
{
    for (unsigned i = first / 64; i * 64 < end; i++)
        m->word[i] &= ~humi_mask_part(i, first, end);
}

/* The mask of pages [first, end). */
struct hum_pages humi_mask_range(unsigned first, unsigned end);

/* Pages of [first, end) in m. */
unsigned humi_mask_count_range(const struct hum_pages *m, unsigned first, unsigned end);

/* The first run of set pages that starts at or after `from`; empty when there is none. */
struct humi_run humi_mask_next_run(const struct hum_pages *m, unsigned from);

/* for each run of m */
#define humi_for_each_run(run, m)                                                                  \
    for (struct humi_run run = humi_mask_next_run((m), 0); run.first < run.end;                    \
         run = humi_mask_next_run((m), run.end))

#endif
