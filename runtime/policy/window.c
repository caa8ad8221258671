/* SPDX-License-Identifier: MIT */
/* window.c - aligned windows around faulted pages. */
#include "policy/window.h"

#include "base/mask.h"

unsigned humi_window_pages(unsigned map_faults)
{
    if (map_faults == 0)
        return HUM_PAGES_PER_CHUNK;
    return map_faults == 1 ? 4 * HUM_PAGES_PER_CHUNK : HUM_PAGES_PER_BLOCK;
}

/* Windows of at most a word: each lane of `size` bits, a power of two, that has one. */
static uint64_t fill_word(uint64_t bits, unsigned size)
{
    uint64_t lane = size == 64 ? ~UINT64_C(0) : (UINT64_C(1) << size) - 1, filled = 0;

    while (bits) {
        uint64_t window = lane << ((unsigned)__builtin_ctzll(bits) & ~(size - 1));
        filled |= window;
        bits &= ~window;
    }
    return filled;
}

struct hum_pages humi_window_around(const struct hum_pages *pages, unsigned size)
{
    unsigned words = size / 64; /* of a window; 0: it lies within one */
    struct hum_pages around = humi_mask_none();

    for (unsigned i = 0; i < HUMI_MASK_WORDS && words <= 1; i++)
        if (pages->word[i])
            around.word[i] = fill_word(pages->word[i], size);
    for (unsigned first = 0; first < HUMI_MASK_WORDS && words > 1; first += words) {
        uint64_t any = 0;
        for (unsigned i = first; i < first + words; i++)
            any |= pages->word[i];
        for (unsigned i = first; i < first + words; i++)
            around.word[i] = any ? ~UINT64_C(0) : 0;
    }
    return around;
}
