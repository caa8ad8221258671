/* SPDX-License-Identifier: MIT */
/*
 * series.h - measured numbers and what is said about them: median and spread.
 *
 * Medians, because a machine that does something else for a moment moves a mean and not a median.
 */
#ifndef HUM_MARKS_SERIES_H
#define HUM_MARKS_SERIES_H

#include <stddef.h>

struct series {
    double *value;
    size_t count, room;
};

/* Without memory the number is lost; the count tells. */
void series_add(struct series *s, double value);
/* NaN of an empty series. */
double series_median(const struct series *s);
/* The value below which `part` (0..1) of the numbers lie; 0 is the least, 1 the largest. */
double series_quantile(const struct series *s, double part);
void series_free(struct series *s);

#endif
