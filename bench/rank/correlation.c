/* SPDX-License-Identifier: MIT */
/* correlation.c - see correlation.h */
#include "rank/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- places ---------------------------------------------------------------------------------- */

static double spread_of(const double *spread, unsigned i)
{
    return spread ? spread[i] : 0;
}

/* The least value that has no place yet (0), of equal ones the first. */
static unsigned least(const double *value, const double *place, unsigned n)
{
    unsigned found = n;

    for (unsigned i = 0; i < n; i++)
        if (place[i] == 0 && (found == n || value[i] < value[found]))
            found = i;
    return found;
}

static bool is_tied(const double *value, const double *spread, double part, unsigned head,
                    unsigned i)
{
    double room = fmax(fmax(spread_of(spread, head), spread_of(spread, i)), part * value[head]);

    return value[i] - value[head] <= room;
}

/*
 * Members of a group get its number, negated, until all are known: then places.  The first one that
 * is not tied ends the group, so that places never go against the values.
 */
void rank_places(const double *value, const double *spread, unsigned n, double part,
                 double *place_out)
{
    for (unsigned i = 0; i < n; i++)
        place_out[i] = 0;
    for (unsigned placed = 0; placed < n;) {
        unsigned head = least(value, place_out, n), members = 0, i = head;

        for (; i < n && is_tied(value, spread, part, head, i); i = least(value, place_out, n)) {
            place_out[i] = -1;
            members++;
        }
        for (i = 0; i < n; i++)
            if (place_out[i] == -1)
                place_out[i] = placed + (members + 1) / 2.0;
        placed += members;
    }
}

/* ---- coefficients ---------------------------------------------------------------------------- */

struct rank_pairs rank_pairs_of(const double *first, const double *second, unsigned n)
{
    struct rank_pairs pairs = {0};

    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < i; j++) {
            double a = first[i] - first[j], b = second[i] - second[j];

            if (a == 0 && b == 0)
                pairs.tied_both++;
            else if (a == 0)
                pairs.tied_first++;
            else if (b == 0)
                pairs.tied_second++;
            else if ((a > 0) == (b > 0))
                pairs.agree++;
            else
                pairs.disagree++;
        }
    return pairs;
}

void rank_pairs_add(struct rank_pairs *sum, const struct rank_pairs *pairs)
{
    sum->agree += pairs->agree;
    sum->disagree += pairs->disagree;
    sum->tied_first += pairs->tied_first;
    sum->tied_second += pairs->tied_second;
    sum->tied_both += pairs->tied_both;
}

double rank_tau(const struct rank_pairs *p)
{
    double told = (double)(p->agree + p->disagree);
    double first = told + (double)p->tied_second, second = told + (double)p->tied_first;

    if (first == 0 || second == 0)
        return NAN;
    return ((double)p->agree - (double)p->disagree) / sqrt(first * second);
}

/* The mean of places is (n + 1) / 2, however many are tied. */
double rank_rho(const double *first, const double *second, unsigned n)
{
    double mean = (n + 1) / 2.0, both = 0, a = 0, b = 0;

    for (unsigned i = 0; i < n; i++) {
        both += (first[i] - mean) * (second[i] - mean);
        a += (first[i] - mean) * (first[i] - mean);
        b += (second[i] - mean) * (second[i] - mean);
    }
    return a > 0 && b > 0 ? both / sqrt(a * b) : NAN;
}
