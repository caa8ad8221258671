/* SPDX-License-Identifier: MIT */
/*
 * mask.h - questions about sets of pages, where a set is one register.
 *
 * Found before base/mask.h by the sources that are compiled for replays alone (README.md beside).
 * Compilers (GCC 12) fold eight words in a dozen instructions, one behind the other; AVX-512 tests
 * them in one.
 */
#ifndef HUMI_MODEL_ALONE_MASK_H
#define HUMI_MODEL_ALONE_MASK_H

#include_next "base/mask.h"

#ifdef __AVX512F__
#include <immintrin.h>

static inline __m512i humi_alone_words(const struct hum_pages *m)
{
    return _mm512_loadu_si512(m->word);
}

/* Bit i: word i has a page of both. */
static inline unsigned humi_alone_both(const struct hum_pages *a, const struct hum_pages *b)
{
    return _mm512_test_epi64_mask(humi_alone_words(a), humi_alone_words(b));
}

/* Bit i: word i has a page of a that b has not. */
static inline unsigned humi_alone_rest(const struct hum_pages *a, const struct hum_pages *b)
{
    __m512i rest = _mm512_andnot_si512(humi_alone_words(b), humi_alone_words(a));
    return _mm512_test_epi64_mask(rest, rest);
}

/* Bit i: word i is not full. */
static inline unsigned humi_alone_gaps(const struct hum_pages *m)
{
    return _mm512_cmpneq_epi64_mask(humi_alone_words(m), _mm512_set1_epi64(-1));
}

#define humi_mask_empty(m) (!humi_alone_both((m), (m)))
#define humi_mask_meets(a, b) (humi_alone_both((a), (b)) != 0)
#define humi_mask_within(a, b) (!humi_alone_rest((a), (b)))
#define humi_mask_full(m) (!humi_alone_gaps(m))
#define humi_mask_count(m) humi_mask_count_here(m)
#define humi_mask_words(m) (humi_alone_both((m), (m)))

#endif
#endif
