/* SPDX-License-Identifier: MIT */
/*
 * mask.c - runs and ranges of a page mask, a word at a time.
 */
#include "base/mask.h"

#include "base/check.h"
#include "base/wide.h"

_Static_assert(HUMI_PAGES % 64 == 0, "a mask is whole words");
_Static_assert(sizeof(struct hum_pages) * 8 == HUMI_PAGES, "one bit a page");

/* Not every x86-64 counts bits by itself, so compilers do not use it unless told to. */
#ifdef __x86_64__
#define CAN_COUNT __builtin_cpu_supports("popcnt")
#define COUNTS __attribute__((target("popcnt")))
#else
#define CAN_COUNT true
#define COUNTS
#endif
COUNTS static unsigned count_by_words(const struct hum_pages *m)
{
    unsigned n = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        n += (unsigned)__builtin_popcountll(m->word[i]);
    return n;
}

/*
 * Bits added up in parallel, in fields of 2, 4 and 8 bits, all words at once, of which compilers
 * make vectors.  (H. Warren, Hacker's Delight, 5-1.)
 */
unsigned humi_mask_count_plain(const struct hum_pages *m)
{
    const uint64_t ones = ~UINT64_C(0), pairs = ones / 3, fours = ones / 5, bytes = ones / 17;
    const uint64_t shorts = ones / 257;
    uint64_t sum = 0; /* bytes of at most 8 for each word, so 64 in all */
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t x = m->word[i] - ((m->word[i] >> 1) & pairs);
        x = (x & fours) + ((x >> 2) & fours);
        sum += (x + (x >> 4)) & bytes;
    }
    sum = (sum & shorts) + ((sum >> 8) & shorts);
    return (unsigned)((sum * (ones / 65535)) >> 48);
}

unsigned(humi_mask_count)(const struct hum_pages *m) /* no macro, where it is one */
{
    return CAN_COUNT ? count_by_words(m) : humi_mask_count_plain(m);
}

/* A run begins where the page before is not in it. */
HUMI_WIDE static unsigned count_runs(const struct hum_pages *m)
{
    uint64_t before = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        n += (unsigned)__builtin_popcountll(m->word[i] & ~(m->word[i] << 1 | before));
        before = m->word[i] >> 63;
    }
    return n;
}

unsigned humi_mask_count_runs(const struct hum_pages *m)
{
    return count_runs(m);
}

struct hum_pages humi_mask_range(unsigned first, unsigned end)
{
    struct hum_pages m = humi_mask_none();

    humi_assert(first <= end && end <= HUMI_PAGES);
    if (first == end)
        return m;
    unsigned low = first / 64, high = (end - 1) / 64;
    for (unsigned i = low; i <= high; i++)
        m.word[i] = ~UINT64_C(0);
    m.word[low] &= ~UINT64_C(0) << (first % 64);
    m.word[high] &= ~UINT64_C(0) >> (63 - (end - 1) % 64);
    return m;
}

unsigned humi_mask_count_range(const struct hum_pages *m, unsigned first, unsigned end)
{
    struct hum_pages range = humi_mask_range(first, end);

    humi_mask_keep(&range, m);
    return humi_mask_count(&range);
}

/* The first page at or after `from` whose bit is `value`; HUMI_PAGES if there is none. */
static inline unsigned find(const struct hum_pages *m, unsigned from, bool value)
{
    uint64_t flip = value ? 0 : ~UINT64_C(0);

    if (from >= HUMI_PAGES)
        return HUMI_PAGES;
    unsigned i = from / 64;
    uint64_t bits = (m->word[i] ^ flip) & ~UINT64_C(0) << (from % 64);
    while (!bits) {
        if (++i == HUMI_MASK_WORDS)
            return HUMI_PAGES;
        bits = m->word[i] ^ flip;
    }
    return i * 64 + (unsigned)__builtin_ctzll(bits);
}

struct humi_run humi_mask_next_run(const struct hum_pages *m, unsigned from)
{
    struct humi_run run;

    run.first = find(m, from, true);
    run.end = find(m, run.first, false);
    return run;
}
