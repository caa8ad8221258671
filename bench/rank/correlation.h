/* SPDX-License-Identifier: MIT */
/*
 * correlation.h - do two measures of the same things put them in the same order?
 *
 * Places are counted from 1; things that are tied share the mean of the places they take, as is
 * usual for Spearman's coefficient.  Sources: M. G. Kendall, "The Treatment of Ties in Ranking
 * Problems", Biometrika 33 (1945), for both coefficients.
 * Threads: pure functions on values.
 */
#ifndef HUM_RANK_CORRELATION_H
#define HUM_RANK_CORRELATION_H

#include <stdint.h>

/* What two rankings say of all pairs of things; the five add up to n (n - 1) / 2. */
struct rank_pairs {
    uint64_t agree;              /* the same one is first in both */
    uint64_t disagree;
    uint64_t tied_first;         /* in the first ranking alone */
    uint64_t tied_second;
    uint64_t tied_both;
};

/*
 * Places of n values, the least first.  Going up, a value is tied with the least one of its group
 * if it is above it by no more than `part` of that one, or by no more than the spread of either; so
 * a chain of small steps is no tie.  spread may be NULL: all 0.
 */
void rank_places(const double *value, const double *spread, unsigned n, double part,
                 double *place_out);

/* O(n^2), as defined. */
struct rank_pairs rank_pairs_of(const double *first, const double *second, unsigned n);

/* Several rankings taken together. */
void rank_pairs_add(struct rank_pairs *sum, const struct rank_pairs *pairs);

/* Kendall's tau-b, -1 to 1; NaN if all are tied in one of the rankings. */
double rank_tau(const struct rank_pairs *pairs);

/* Spearman's rho: Pearson's correlation of the places; NaN as above. */
double rank_rho(const double *first, const double *second, unsigned n);

#endif
