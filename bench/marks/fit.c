/* SPDX-License-Identifier: MIT */
/* fit.c - see fit.h */
#include "marks/fit.h"

#include <math.h>
#include <stdio.h>

#include "marks/series.h"

static bool is_good(const struct fit_point *point)
{
    return isfinite(point->ns) && point->ns > 0 && point->bytes > 0 && point->copies > 0;
}

double fit_ns(const struct fit *fit, const struct fit_point *point)
{
    return fit->alpha_ns * point->copies + point->bytes * 1e9 / fit->beta;
}

static double error_of(const struct fit *fit, const struct fit_point *point)
{
    return fabs(fit_ns(fit, point) / point->ns - 1);
}

/* The line through two points; false: there is none, or one that no link can have. */
static bool through(const struct fit_point *a, const struct fit_point *b, struct fit *fit_out)
{
    double scale = a->copies * b->bytes, determinant = scale - b->copies * a->bytes, ns_per_byte;

    if (fabs(determinant) <= 1e-9 * fabs(scale))
        return false;
    ns_per_byte = (a->copies * b->ns - b->copies * a->ns) / determinant;
    fit_out->alpha_ns = (a->ns * b->bytes - b->ns * a->bytes) / determinant;
    fit_out->beta = 1e9 / ns_per_byte;
    return ns_per_byte > 0 && fit_out->alpha_ns > 0;
}

static double error_sum(const struct fit *fit, const struct fit_point *points, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += error_of(fit, &points[i]);
    return sum;
}

static void add_quality(struct fit *fit, const struct fit_point *points, size_t count)
{
    struct series errors = {NULL, 0, 0};

    for (size_t i = 0; i < count; i++)
        series_add(&errors, error_of(fit, &points[i]));
    fit->error_median = series_median(&errors);
    fit->error_max = series_quantile(&errors, 1);
    series_free(&errors);
}

bool fit_link(const struct fit_point *points, size_t count, struct fit *fit_out,
              const char **why_out)
{
    double least = INFINITY;
    bool any_line = false;
    struct fit fit = {0};

    *why_out = "fewer than two sizes were measured";
    if (count < 2)
        return false;
    *why_out = "a time is not above zero";
    for (size_t i = 0; i < count; i++)
        if (!is_good(&points[i]))
            return false;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++) {
            struct fit line = {0};
            bool good = through(&points[a], &points[b], &line);

            any_line = any_line || line.beta != 0;
            if (!good || error_sum(&line, points, count) >= least)
                continue;
            least = error_sum(&line, points, count);
            fit = line;
        }
    *why_out = any_line ? "the times do not grow like alpha + bytes / beta with both above zero"
                        : "all measured sizes have the same bytes a copy, which cannot tell alpha "
                          "from beta";
    if (isinf(least))
        return false;
    add_quality(&fit, points, count);
    *fit_out = fit;
    return true;
}

void fit_setting(const struct fit *fit, char text_out[FIT_SETTING_ROOM])
{
    bool long_alpha = fit->alpha_ns >= 1e3, fast = fit->beta >= 1e9;

    snprintf(text_out, FIT_SETTING_ROOM, "alpha=%.4g%s,beta=%.4g%s",
             long_alpha ? fit->alpha_ns / 1e3 : fit->alpha_ns, long_alpha ? "us" : "ns",
             fast ? fit->beta / 1e9 : fit->beta, fast ? "G" : "");
}
