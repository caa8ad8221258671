/* SPDX-License-Identifier: MIT */
/*
 * deal.c - which cell a worker gets next.
 *
 * Cells of one trace lie together.  A worker goes on with the trace it holds; one that holds none,
 * or whose trace is used up, opens the first trace nobody has begun, and when there is none helps
 * with the one that has most cells left.
 */
#include <stdlib.h>

#include "comparison/pool.h"

struct compare_deal {
    unsigned traces;
    size_t per_trace;
    size_t given[];              /* cells of each trace that were dealt */
};

struct compare_deal *compare_deal_create(const struct compare_grid *grid)
{
    struct compare_deal *deal = calloc(1, sizeof(*deal) + grid->trace_count * sizeof(size_t));

    if (!deal)
        return NULL;
    deal->traces = grid->trace_count;
    deal->per_trace = (size_t)grid->ratio_count * grid->policy_count;
    return deal;
}

void compare_deal_destroy(struct compare_deal *deal)
{
    free(deal);
}

static long choose(const struct compare_deal *deal, long held)
{
    long fullest = -1;

    if (held >= 0 && deal->given[held] < deal->per_trace)
        return held;
    for (unsigned t = 0; t < deal->traces; t++) {
        if (deal->given[t] == deal->per_trace)
            continue;
        if (deal->given[t] == 0)
            return t;
        if (fullest < 0 || deal->given[t] < deal->given[fullest])
            fullest = t;
    }
    return fullest;
}

size_t compare_deal_next(struct compare_deal *deal, long held)
{
    long trace = choose(deal, held);

    return trace < 0 ? SIZE_MAX
                     : (size_t)trace * deal->per_trace + deal->given[trace]++;
}
