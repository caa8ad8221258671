/* SPDX-License-Identifier: MIT */
/* zipf.c - see zipf.h */
#include "zipf.h"

#include "random.h"

#define ONE_BITS 62                  /* 1.0 is 2^62 */
#define ONE (UINT64_C(1) << ONE_BITS)
#define LOG_BITS 60                  /* of logarithms */

__extension__ typedef unsigned __int128 wide;

static uint64_t times(uint64_t a, uint64_t b)
{
    return (uint64_t)(((wide)a * b) >> ONE_BITS);
}

/* The square root, rounded down. */
static uint64_t root_of(wide square)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1)
        if ((wide)(root | bit) * (root | bit) <= square)
            root |= bit;
    return root;
}

/* log2 of m in [1, 2), a bit with each squaring. */
static uint64_t log_of(uint64_t m)
{
    uint64_t log = 0;

    for (unsigned bit = LOG_BITS; bit-- > 0;) {
        m = times(m, m);
        if (m >= 2 * ONE) {
            m >>= 1;
            log |= UINT64_C(1) << bit;
        }
    }
    return log;
}

/* 2^-x for x in [0, 1): the product of 2^-(2^-i) for the bits of x. */
static uint64_t half_to(const struct zipf *zipf, uint64_t x)
{
    uint64_t product = ONE;

    for (unsigned i = 1; i <= LOG_BITS; i++)
        if (x >> (LOG_BITS - i) & 1)
            product = times(product, zipf->halves[i]);
    return product;
}

/* m^-theta for m in [1, 2]. */
static uint64_t kept_of(const struct zipf *zipf, uint64_t m)
{
    uint64_t log = m == 2 * ONE ? UINT64_C(1) << LOG_BITS : log_of(m);
    uint64_t x = (uint64_t)(((wide)zipf->theta * log) >> 32);

    return half_to(zipf, x & ((UINT64_C(1) << LOG_BITS) - 1)) >> (x >> LOG_BITS);
}

/* Ranks 2^octave .. that are <= n. */
static uint64_t count_of(const struct zipf *zipf, unsigned octave)
{
    uint64_t first = UINT64_C(1) << octave;

    return zipf->n - first + 1 < first ? zipf->n - first + 1 : first;
}

/* How many times 2^-(octave theta), * 2^62. */
static wide weight_of(const struct zipf *zipf, unsigned octave)
{
    uint64_t x = zipf->theta * octave; /* * 2^32, below 2^39 */
    uint64_t part = half_to(zipf, (x & UINT32_MAX) << (LOG_BITS - 32));

    return ((wide)count_of(zipf, octave) * part) >> (x >> 32);
}

static void fill_octaves(struct zipf *zipf)
{
    wide below[ZIPF_OCTAVES], sum = 0;
    unsigned shift = 0;

    zipf->octaves = 0;
    for (uint64_t first = 1; first <= zipf->n; first *= 2) {
        sum += weight_of(zipf, zipf->octaves);
        below[zipf->octaves++] = sum;
    }
    while (sum >> shift > UINT64_MAX)
        shift++;
    for (unsigned i = 0; i < zipf->octaves; i++)
        zipf->below[i] = (uint64_t)(below[i] >> shift);
}

void zipf_init(struct zipf *zipf, uint64_t n, uint64_t theta_billionths)
{
    zipf->n = n;
    zipf->theta = (theta_billionths << 32) / 1000000000u;
    zipf->halves[0] = ONE / 2;
    for (unsigned i = 1; i <= LOG_BITS; i++)
        zipf->halves[i] = root_of((wide)zipf->halves[i - 1] << ONE_BITS);
    for (uint64_t i = 0; i <= 1u << ZIPF_CELL_BITS; i++)
        zipf->kept[i] = kept_of(zipf, ONE + (i << (ONE_BITS - ZIPF_CELL_BITS)));
    fill_octaves(zipf);
}

static uint64_t below(uint64_t *random, uint64_t bound)
{
    return (uint64_t)(((wide)random_next(random) * bound) >> 64);
}

uint64_t zipf_next(const struct zipf *zipf, uint64_t *random)
{
    for (;;) {
        uint64_t at = below(random, zipf->below[zipf->octaves - 1]);
        uint64_t rank, m, coin;
        unsigned octave = 0;
        const uint64_t *kept;

        while (at >= zipf->below[octave])
            octave++;
        rank = (UINT64_C(1) << octave) + below(random, count_of(zipf, octave));
        m = rank << (ONE_BITS - octave);
        kept = &zipf->kept[(m - ONE) >> (ONE_BITS - ZIPF_CELL_BITS)];
        coin = random_next(random) >> (64 - ONE_BITS);
        if (coin < kept[1] || (coin < kept[0] && coin < kept_of(zipf, m)))
            return rank;
    }
}
