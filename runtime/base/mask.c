/* SPDX-License-Identifier: MIT */
/*
 * mask.c - runs and ranges of a page mask, a word at a time.
 */
#include "base/mask.h"

#include "base/check.h"

_Static_assert(HUMI_PAGES % 64 == 0, "a mask is whole words");
_Static_assert(sizeof(struct hum_pages) * 8 == HUMI_PAGES, "one bit a page");

/* The bits of word `index` that lie in pages [first, end). */
static uint64_t word_of_range(unsigned index, unsigned first, unsigned end)
{
    unsigned base = index * 64;
    uint64_t bits = ~UINT64_C(0);

    if (end <= base || first >= base + 64)
        return 0;
    if (first > base)
        bits &= ~UINT64_C(0) << (first - base);
    if (end < base + 64)
        bits &= ~UINT64_C(0) >> (base + 64 - end);
    return bits;
}

struct hum_pages humi_mask_range(unsigned first, unsigned end)
{
    struct hum_pages m;

    humi_assert(first <= end && end <= HUMI_PAGES);
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        m.word[i] = word_of_range(i, first, end);
    return m;
}

unsigned humi_mask_count_range(const struct hum_pages *m, unsigned first, unsigned end)
{
    struct hum_pages range = humi_mask_range(first, end);

    humi_mask_keep(&range, m);
    return humi_mask_count(&range);
}

/* The first page at or after `from` whose bit is `value`; HUMI_PAGES if there is none. */
static unsigned find(const struct hum_pages *m, unsigned from, bool value)
{
    uint64_t flip = value ? 0 : ~UINT64_C(0);

    for (unsigned i = from / 64; i < HUMI_MASK_WORDS; i++) {
        uint64_t bits = m->word[i] ^ flip;
        if (i == from / 64)
            bits &= ~UINT64_C(0) << (from % 64);
        if (bits)
            return i * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return HUMI_PAGES;
}

struct humi_run humi_mask_next_run(const struct hum_pages *m, unsigned from)
{
    struct humi_run run;

    run.first = find(m, from, true);
    run.end = find(m, run.first, false);
    return run;
}
