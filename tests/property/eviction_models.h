/* SPDX-License-Identifier: MIT */
/*
 * eviction_models.h - eviction algorithms as their papers tell them, slowly.
 *
 * No lists: each page has the list it is in and the time it came there, and everything is found by
 * looking at all pages, so that these share nothing with runtime/policy/evict.
 */
#ifndef PROPERTY_EVICTION_MODELS_H
#define PROPERTY_EVICTION_MODELS_H

#include <stdbool.h>

#include "property/order_models.h"

#define MODEL_PAGES ORDER_OBJECTS
#define MODEL_NONE (-1)

struct model {
    int capacity, pages;     /* page numbers are 0 .. pages - 1 */
    const int *trace;        /* all accesses, for what must know the future */
    int length, now;         /* `now`: index of the access */
    long time;               /* of the last change */
    int list[MODEL_PAGES];   /* 0: nowhere; else as the algorithm says */
    long since[MODEL_PAGES]; /* when it came into that list */
    int uses[MODEL_PAGES];
    double target;
    bool has_evicted;
    const uint64_t *tunables; /* of the order */
    bool hits_are_told;       /* the order hears of uses */
    struct order_model order; /* of those that have no model here */
};

struct model_outcome {
    bool hit;
    int victim;
};

/* The next access, of `page`, by that algorithm; false: there is no model of that name. */
bool model_access(struct model *model, const char *name, int page, struct model_outcome *out);

/* The fewest misses that any choice of victims gives: all choices are tried.  At most 6 pages. */
int model_fewest_misses(const int *trace, int length, int capacity);

#endif
