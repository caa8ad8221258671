/* SPDX-License-Identifier: MIT */
/*
 * fit.h - alpha and beta of a link from measured moves: t = alpha * copies + bytes / beta.
 *
 * The line with the least sum of absolute *relative* errors: |fitted / measured - 1|.  Relative,
 * because times span four orders of magnitude and a model is used at all sizes; absolute values
 * instead of squares, because a machine that did something else for a moment leaves outliers, which
 * squares would follow.  Such a line passes through two of the points, so trying every two of them
 * finds it exactly, with nothing to tune (P. Bloomfield, W. Steiger, "Least Absolute Deviations",
 * 1983).  Both parameters are positive.
 * Threads: pure functions on values.
 */
#ifndef HUM_MARKS_FIT_H
#define HUM_MARKS_FIT_H

#include <stdbool.h>
#include <stddef.h>

struct fit_point {
    double bytes, copies; /* that were moved, in so many separate pieces */
    double ns;            /* measured */
};

struct fit {
    double alpha_ns;            /* to start a copy */
    double beta;                /* bytes a second */
    double error_median, error_max; /* |fitted / measured - 1| */
};

/* False: no such line, and *why_out (static) says why. */
bool fit_link(const struct fit_point *points, size_t count, struct fit *fit_out,
              const char **why_out);

/* Nanoseconds by the line. */
double fit_ns(const struct fit *fit, const struct fit_point *point);

#define FIT_SETTING_ROOM 64

/* "alpha=1.800us,beta=12.800G", as HUM_LINK is written. */
void fit_setting(const struct fit *fit, char text_out[FIT_SETTING_ROOM]);

#endif
