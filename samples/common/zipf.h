/* SPDX-License-Identifier: MIT */
/*
 * zipf.h - ranks 1 .. n, rank k with a probability in proportion to k^-theta; 0 < theta < 2.
 *
 * Exact rejection under a majorant of steps (L. Devroye, Non-Uniform Random Variate Generation,
 * Springer 1986, II.3).  Ranks 2^j .. 2^(j+1) - 1 are an octave; all of them are given the weight
 * of its first.  An octave is drawn by these weights, a rank k in it evenly, and it is kept with
 * probability (k / 2^j)^-theta, at least 2^-theta.  So no sum over n is needed, theta = 1 is
 * nothing special, and the only function is m^-theta for m in [1, 2).
 * A table bounds that from both sides, which decides all but one draw in a thousand; then it is
 * computed.  Everything is integers of 62 fractional bits, so that every machine draws the same;
 * rejection inversion (Hoermann and Derflinger 1996) would need the library's pow() and log().
 * Probabilities are right to about 2^-55; theta is rounded to 2^-32.
 */
#ifndef SAMPLES_ZIPF_H
#define SAMPLES_ZIPF_H

#include <stdint.h>

#define ZIPF_CELL_BITS 10
#define ZIPF_OCTAVES 33              /* n < 2^33 */

struct zipf {
    uint64_t n;
    uint64_t theta;                  /* * 2^32 */
    unsigned octaves;
    uint64_t below[ZIPF_OCTAVES];    /* weights of octaves 0 .. j, in a unit of its own */
    uint64_t kept[(1 << ZIPF_CELL_BITS) + 1]; /* (1 + i / 2^10)^-theta * 2^62 */
    uint64_t halves[61];             /* 2^-(2^-i) * 2^62 */
};

/* n in 1 .. 2^32; theta_billionths in 1 .. 1 999 999 999. */
void zipf_init(struct zipf *zipf, uint64_t n, uint64_t theta_billionths);

/* The next rank; `random` is a state of splitmix64. */
uint64_t zipf_next(const struct zipf *zipf, uint64_t *random);

#endif
