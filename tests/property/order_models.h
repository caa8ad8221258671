/* SPDX-License-Identifier: MIT */
/*
 * order_models.h - orders of eviction as their definitions tell them, slowly.
 *
 * No lists, no heaps: each object has what is known of it, and an order is made by looking at all
 * of them, so that these share nothing with runtime/policy/evict.
 */
#ifndef PROPERTY_ORDER_MODELS_H
#define PROPERTY_ORDER_MODELS_H

#include <stdbool.h>

#include <hum/policy.h>

#define ORDER_OBJECTS 48
#define ORDER_NONE (-1)

struct order_object {
    bool in;
    int list;        /* which, of an order with several; 0: none */
    long since;      /* when it came into that list, or to its end */
    long came, used; /* by the clock of the model */
    uint64_t uses;
    bool dirty, gone;
    uint64_t heat, score, next_use;
    int evicted_by; /* member + 1 */
    long left;      /* comings before it was evicted */
};

struct order_model {
    int objects;
    uint64_t capacity;
    const uint64_t *tunables;
    long now;
    uint64_t touches, events_since, wait;
    double target, asked_target;
    int asked_for, first_list, last, turn;
    bool has_evicted, dropped[3];
    uint64_t blames[3];
    uint64_t blame[4], evicted[4]; /* of the four places */
    long comings, evictions;
    int place, explored;
    struct order_object object[ORDER_OBJECTS];
};

void order_init(struct order_model *model, int objects, uint64_t capacity,
                const uint64_t *tunables);

/* By the order of that name; false: there is no model of it. */
bool order_is_known(const char *name);
void order_arrive(struct order_model *model, const char *name, int object,
                  const struct hum_evict_facts *facts);
void order_renew(struct order_model *model, const char *name, int object,
                 const struct hum_evict_facts *facts);
void order_leave(struct order_model *model, const char *name, int object, bool evicted);

/* All that are in, in the order of leaving; how many.  incoming may be ORDER_NONE. */
int order_list(struct order_model *model, const char *name, int incoming, int *out);

#endif
