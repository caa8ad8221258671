/* SPDX-License-Identifier: MIT */
/*
 * charge.h - when what a batch does is done: from what the core tells of it, in its order
 * (core/record.h, struct humi_witness), priced by replay/cost.h.
 *
 *     the service          batch | block | (evict | home >) copy > | block | copy >
 *     going ahead                          block | copy > block | copy > evict | home >
 *     link to a device     ------- copies of faulted blocks, then those ahead -------
 *     link to the host     ------- what evictions bring home, and faults of the host ----
 *
 * Two workers, as in the runtime (core/service.h, core/ahead.h), and a queue of the link a
 * direction, full duplex.  The service waits for each copy that it makes (>), and so do those whose
 * faults it answers; going ahead begins with the batch and waits for its own copies only, which
 * queue behind those of the batch.  Evictions that a fault needed are the service's; those of the
 * reserve (core/reserve.h) are of going ahead, and begin when the batch takes a room.  Whoever
 * takes the room of a block that is leaving waits until it has left.  What was brought ahead is
 * there when its copy has ended: a touch before that waits for the rest, and is a *late prefetch*.
 *
 * Serial models (cost.h) know one worker, and 45 us a fault.
 *
 * A block is taken from the host when its pages first go to a device since the host last fetched
 * pages of it: then the host's mappings of it are torn down.
 *
 * Touches over the link are single transactions of 128 bytes, which queue behind each other and
 * pass beside copies; copies get what they leave of the link.
 *
 * Threads: one at a time.
 */
#ifndef HUMI_MODEL_CHARGE_H
#define HUMI_MODEL_CHARGE_H

#include "model/world.h"
#include "replay/cost.h"

#define HUMI_CHARGE_AHEAD_MAX 64u /* further ones of a batch follow its first part at once */

/* A block brought ahead that has not been charged for yet. */
struct humi_charge_ahead {
    uint32_t block;
    unsigned processor;          /* number */
    struct hum_pages pages;
    double link_ns[HUM_DIRECTION_COUNT];
    double room_ns;              /* its room is free then */
    bool taken;                  /* from the host */
};

/* Rooms of a device that blocks are leaving, the oldest first. */
struct humi_charge_rooms {
    double free_ns[HUMI_RESERVE_MAX];
    unsigned count;
    uint64_t arrivals;           /* of the order that were seen */
};

struct humi_charge {
    struct humi_world *world;             /* whose time this is (humi_charge_watch) */
    struct humi_cost_model model;

    /* the batch that is being served */
    double start_ns, now_ns;              /* its beginning; the service's time in it */
    bool begun;                           /* anything has happened in it */
    double room_ns;                       /* when it took its first room; < 0: none so far */
    bool behind;                          /* it has been served: what follows nobody waits for */
    uint32_t last_block;                  /* that faults were about; UINT32_MAX: none yet */
    struct humi_charge_ahead ahead[HUMI_CHARGE_AHEAD_MAX];
    unsigned ahead_count;

    /* of the whole replay */
    double ahead_ns;                      /* when whoever goes ahead has time */
    double free_ns[HUM_DIRECTION_COUNT];  /* when each queue of the link is free */
    double busy_ns[HUM_DIRECTION_COUNT];  /* of each, in all */
    double idle_ns[HUM_DIRECTION_COUNT];  /* of that, for what nobody has needed so far */
    double reached_ns[HUM_DIRECTION_COUNT]; /* when touches over the link have passed */
    struct humi_charge_rooms rooms[HUM_PROCESSORS_MAX];
};

/* What happens in the world is charged from now on; it must end first. */
void humi_charge_watch(struct humi_charge *charge, struct humi_world *world);

/* As the core tells it: a change, faults of one group, the end of a batch. */
void humi_charge_event(struct humi_charge *charge, uint32_t block, const struct humi_event *event);
void humi_charge_faults(struct humi_charge *charge, unsigned faults, unsigned duplicates);
void humi_charge_batch(struct humi_charge *charge);

/* Faults are answered from then on, or something else is done that waits for its copies. */
void humi_charge_begin(struct humi_charge *charge, double start_ns);

/*
 * The same for what nobody asked and waits for: whoever goes ahead does all of it, the service
 * nothing, unless all is `serial`.
 */
void humi_charge_begin_ahead(struct humi_charge *charge, double start_ns);

/* It was served: when all it answers may go on. */
double humi_charge_end(struct humi_charge *charge);

/*
 * Touches of a page in the frame of another processor, made at at_ns: when they have ended.
 * `waits`: they do not go with others of the same access, which waited.
 */
double humi_charge_reach(struct humi_charge *charge, enum hum_direction direction,
                         uint64_t touches, bool waits, double at_ns);

/* Something of what was brought ahead is touched for the first time. */
void humi_charge_use(struct humi_charge *charge, struct humi_model_entry *entry);

/* The least time in which the link can have carried all that somebody waited for or touched. */
double humi_charge_least_ns(const struct humi_charge *charge);

#endif
