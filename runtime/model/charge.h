/* SPDX-License-Identifier: MIT */
/*
 * charge.h - what a batch is charged for: found from the records that it leaves, priced by
 * replay/cost.h.
 *
 * A block is taken from the host when its pages first go to a device since the host last fetched
 * pages of it: then the host's mappings of it are torn down.
 *
 * Threads: one at a time.
 */
#ifndef HUMI_MODEL_CHARGE_H
#define HUMI_MODEL_CHARGE_H

#include "model/world.h"
#include "replay/cost.h"

struct humi_charge {
    struct humi_world *world;             /* set by the owner once it is open */
    const struct humi_listener *next;     /* is told everything, too; may be NULL */
    struct humi_cost_model model;
    struct humi_cost_batch batch;         /* the one that is being served */
    uint32_t copies[HUM_DIRECTION_COUNT];
    uint64_t bytes[HUM_DIRECTION_COUNT];
    uint32_t last_block;                  /* of a faults record, to count blocks once */
    uint64_t free_ns[HUM_DIRECTION_COUNT]; /* when each queue of the link is */
    uint64_t busy_ns[HUM_DIRECTION_COUNT]; /* of each, in all */
    double reached_ns[HUM_DIRECTION_COUNT]; /* the same for touches over the link, which queue */
    double reach_ns[HUM_DIRECTION_COUNT];   /* behind each other and pass beside copies */
};

/* The listener's function; self is the struct humi_charge. */
void humi_charge_take(void *self, const struct hum_trace_record *record);

/* A batch begins. */
void humi_charge_begin(struct humi_charge *charge);

/*
 * Touches of a page in the frame of another processor, made at at_ns: when they have ended.
 * `waits`: they do not go with others of the same access, which waited.
 */
double humi_charge_reach(struct humi_charge *charge, enum hum_direction direction,
                         uint64_t touches, bool waits, double at_ns);

/* It was served: when it ends if it began at start_ns. */
uint64_t humi_charge_end(struct humi_charge *charge, uint64_t start_ns);

#endif
