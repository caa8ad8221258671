/* SPDX-License-Identifier: MIT */
/*
 * order_lists.h - what models of orders are made of, and those that keep objects in several lists.
 *
 * For order_models.c alone; tests use order_models.h.
 */
#ifndef PROPERTY_ORDER_LISTS_H
#define PROPERTY_ORDER_LISTS_H

#include "property/order_models.h"

/* Least first, by a, then b, then c. */
struct key {
    uint64_t a, b, c;
};

struct order {
    const char *name;
    void (*arrive)(struct order_model *, int, const struct hum_evict_facts *);
    void (*renew)(struct order_model *, int, const struct hum_evict_facts *);
    void (*leave)(struct order_model *, int, bool);
    void (*ask)(struct order_model *, int incoming); /* before the objects are sorted */
    struct key (*key)(const struct order_model *, int);
};

/* Objects in a list, and which of them is there for the longest time. */
int order_count(const struct order_model *model, int list);
int order_oldest(const struct order_model *model, int list);

/* To the end of a list. */
void order_put(struct order_model *model, int object, int list);

extern const struct order order_clock, order_arc, order_s3fifo;

#endif
