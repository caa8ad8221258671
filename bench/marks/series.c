/* SPDX-License-Identifier: MIT */
/* series.c - see series.h */
#include "marks/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void series_add(struct series *s, double value)
{
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 32;
        double *grown = realloc(s->value, room * sizeof(*grown));

        if (!grown)
            return;
        s->value = grown;
        s->room = room;
    }
    s->value[s->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double series_quantile(const struct series *s, double part)
{
    double *sorted, position, below, found;
    size_t at;

    if (s->count == 0)
        return NAN;
    sorted = malloc(s->count * sizeof(*sorted));
    if (!sorted)
        return NAN;
    memcpy(sorted, s->value, s->count * sizeof(*sorted));
    qsort(sorted, s->count, sizeof(*sorted), compare);
    position = part * (double)(s->count - 1);
    below = floor(position);
    at = (size_t)below;
    found = sorted[at];
    if (at + 1 < s->count)
        found += (position - below) * (sorted[at + 1] - sorted[at]);
    free(sorted);
    return found;
}

double series_median(const struct series *s)
{
    return series_quantile(s, 0.5);
}

void series_free(struct series *s)
{
    free(s->value);
    *s = (struct series){NULL, 0, 0};
}
