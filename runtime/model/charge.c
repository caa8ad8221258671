/* SPDX-License-Identifier: MIT */
/* charge.c - records of a batch, one after the other, and the time that each takes. */
#include "model/charge.h"

#include <string.h>

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* ---- the link -------------------------------------------------------------------------------- */

/* A copy that may begin at at_ns; when it has ended. */
static double carry(struct humi_charge *charge, int direction, double ns, double at_ns)
{
    if (ns <= 0)
        return at_ns;
    charge->free_ns[direction] = later(charge->free_ns[direction], at_ns) + ns;
    charge->busy_ns[direction] += ns;
    return charge->free_ns[direction];
}

/* Copies of one block, one direction behind the other. */
static double carry_all(struct humi_charge *charge, const double ns[HUM_DIRECTION_COUNT],
                        double at_ns)
{
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        at_ns = carry(charge, d, ns[d], at_ns);
    return at_ns;
}

/* Bytes in one direction are priced already: the core's link is this one (replay.c). */
static void price(const struct humi_charge *charge, const struct humi_event *event,
                  double ns_out[HUM_DIRECTION_COUNT])
{
    uint64_t bytes = event->bytes[HUM_H2D] + event->bytes[HUM_D2H] + event->bytes[HUM_D2D];
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
        if (!event->bytes[d])
            ns_out[d] = 0;
        else if (event->bytes[d] == bytes)
            ns_out[d] = (double)event->modelled_ns;
        else
            ns_out[d] = (double)humi_link_ns(&charge->model.link, event->bytes[d],
                                             humi_mask_count_runs(&event->moved));
    }
}

double humi_charge_reach(struct humi_charge *charge, enum hum_direction direction,
                         uint64_t touches, bool waits, double at_ns)
{
    double ns = (double)touches * HUMI_COST_REMOTE_BYTES * charge->model.link.ns_per_byte;
    charge->reached_ns[direction] = later(charge->reached_ns[direction], at_ns) + ns;
    carry(charge, direction, ns, at_ns);
    return charge->reached_ns[direction] + (waits ? (double)HUMI_COST_REMOTE_NS : 0);
}

double humi_charge_least_ns(const struct humi_charge *charge)
{
    double ns = 0;
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        ns = later(ns, charge->busy_ns[d] - charge->idle_ns[d]);
    return ns;
}

/* ---- rooms ----------------------------------------------------------------------------------- */

/* A block that is leaving processor p makes room then. */
static void leave_room(struct humi_charge *charge, unsigned p, double free_ns)
{
    struct humi_charge_rooms *rooms = &charge->rooms[p];
    if (rooms->count == HUMI_RESERVE_MAX)
        memmove(rooms->free_ns, rooms->free_ns + 1, --rooms->count * sizeof *rooms->free_ns);
    rooms->free_ns[rooms->count++] = free_ns;
}

/* When the rooms are free that blocks have taken on processor p since it was last asked. */
static double take_rooms(struct humi_charge *charge, unsigned p)
{
    struct humi_charge_rooms *rooms = &charge->rooms[p];
    uint64_t arrivals = atomic_load(&charge->world->hum.order[p].reserve.arrivals);
    bool took = rooms->arrivals != arrivals;
    double ns = 0;
    for (; rooms->arrivals < arrivals && rooms->count; rooms->arrivals++) {
        ns = later(ns, rooms->free_ns[0]);
        memmove(rooms->free_ns, rooms->free_ns + 1, --rooms->count * sizeof *rooms->free_ns);
    }
    rooms->arrivals = arrivals;
    if (took && charge->room_ns < 0)
        charge->room_ns = later(charge->now_ns, ns);
    return ns;
}

/* ---- going ahead ----------------------------------------------------------------------------- */

static void bring_ahead(struct humi_charge *charge, const struct humi_charge_ahead *item)
{
    struct humi_model_processor *processor = &charge->world->processor[item->processor];
    struct humi_model_entry *entry = humi_model_entry_make(processor, item->block);
    double at = later(charge->ahead_ns, later(charge->start_ns, item->room_ns));
    at += (double)HUMI_COST_BLOCK_NS + (item->taken ? (double)HUMI_COST_TAKEN_NS : 0);
    charge->ahead_ns = carry_all(charge, item->link_ns, at);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        charge->idle_ns[d] += item->link_ns[d];
    if (!entry)
        return;
    entry->arriving = item->pages;
    entry->arrives_ns = charge->ahead_ns;
    entry->carried_ns = item->link_ns[HUM_H2D];
    entry->used = false;
}

void humi_charge_use(struct humi_charge *charge, struct humi_model_entry *entry)
{
    charge->idle_ns[HUM_H2D] -= entry->carried_ns;
    entry->used = true;
}

static void bring_all_ahead(struct humi_charge *charge)
{
    for (unsigned i = 0; i < charge->ahead_count; i++)
        bring_ahead(charge, &charge->ahead[i]);
    charge->ahead_count = 0;
}

/* ---- what is told ---------------------------------------------------------------------------- */

/* A change of a block, and what its copies take of each direction of the link. */
struct told {
    uint32_t block;
    const struct humi_event *event;
    double link_ns[HUM_DIRECTION_COUNT];
};

/* True: the block's pages go to a device for the first time since the host fetched some. */
static bool is_taken(struct humi_charge *charge, const struct told *told)
{
    struct humi_model_processor *host = &charge->world->processor[0];
    struct humi_model_entry *entry = humi_model_entry_make(host, told->block);
    if (!entry)
        return false;
    bool first = told->event->bytes[HUM_H2D] && !entry->taken;
    if (told->event->bytes[HUM_H2D])
        entry->taken = true;
    else if (told->event->processor == 0 && told->event->bytes[HUM_D2H])
        entry->taken = false;
    return first;
}

/* Who waits for it has it when that is over, whatever of it was under way. */
static void forget_arriving(struct humi_charge *charge, const struct told *told)
{
    struct humi_model_processor *processor = &charge->world->processor[told->event->processor];
    struct humi_model_entry *entry = humi_model_entry(processor, told->block);
    if (entry && entry->arrives_ns > 0)
        humi_mask_remove(&entry->arriving, &told->event->which);
}

static void take_eviction(struct humi_charge *charge, const struct told *told)
{
    bool evicted = told->event->evicted;
    double evicting = evicted && !charge->model.serial ? (double)HUMI_COST_EVICTION_NS : 0;
    forget_arriving(charge, told);
    if (!charge->behind) {
        charge->now_ns = carry_all(charge, told->link_ns, charge->now_ns + evicting);
        return;
    }
    double from = charge->room_ns < 0 ? charge->now_ns : charge->room_ns;
    double at = later(charge->ahead_ns, from) + evicting;
    charge->ahead_ns = carry_all(charge, told->link_ns, at);
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        charge->idle_ns[d] += told->link_ns[d];
    if (evicted)
        leave_room(charge, told->event->processor, charge->ahead_ns);
}

static void take_ahead(struct humi_charge *charge, const struct told *told, double room_ns)
{
    if (charge->ahead_count == HUMI_CHARGE_AHEAD_MAX)
        bring_all_ahead(charge);
    struct humi_charge_ahead *item = &charge->ahead[charge->ahead_count++];
    *item = (struct humi_charge_ahead){.block = told->block,
                                       .processor = told->event->processor,
                                       .pages = told->event->which,
                                       .room_ns = room_ns,
                                       .taken = is_taken(charge, told)};
    memcpy(item->link_ns, told->link_ns, sizeof item->link_ns);
}

/* Whoever asked waits for it. */
static void take_move(struct humi_charge *charge, const struct told *told, double room_ns)
{
    bool taken = is_taken(charge, told), serial = charge->model.serial;
    bool asked = told->event->cause == HUM_CAUSE_PREFETCH_USER ||
                 told->event->cause == HUM_CAUSE_PREFETCH_POLICY;
    forget_arriving(charge, told);
    charge->now_ns = later(charge->now_ns, room_ns);
    if (!serial && taken)
        charge->now_ns += (double)HUMI_COST_TAKEN_NS;
    if (!serial && asked && told->block != charge->last_block)
        charge->now_ns += (double)HUMI_COST_BLOCK_NS;
    charge->last_block = told->block;
    charge->now_ns = carry_all(charge, told->link_ns, charge->now_ns);
}

/* What a batch costs however little is in it. */
static void begin(struct humi_charge *charge)
{
    if (!charge->begun && !charge->model.serial)
        charge->now_ns += (double)HUMI_COST_BATCH_NS;
    charge->begun = true;
}

void humi_charge_event(struct humi_charge *charge, uint32_t block, const struct humi_event *event)
{
    struct told told = {.block = block, .event = event};
    begin(charge);
    price(charge, event, told.link_ns);
    if (event->cause == HUM_CAUSE_EVICTION) {
        take_eviction(charge, &told);
        return;
    }
    double room_ns = take_rooms(charge, event->processor);
    bool ahead = event->cause == HUM_CAUSE_PREFETCH_POLICY && block != charge->last_block &&
                 !charge->model.serial;
    if (ahead)
        take_ahead(charge, &told, room_ns);
    else
        take_move(charge, &told, room_ns);
}

void humi_charge_faults(struct humi_charge *charge, unsigned faults, unsigned duplicates)
{
    begin(charge);
    if (charge->model.serial)
        charge->now_ns += (double)HUMI_COST_SERIAL_FAULT_NS * (faults - duplicates);
    else
        charge->now_ns +=
            (double)HUMI_COST_BLOCK_NS + (double)HUMI_COST_DUPLICATE_NS * duplicates;
}

void humi_charge_batch(struct humi_charge *charge)
{
    begin(charge);
    bring_all_ahead(charge);
    charge->behind = !charge->model.serial;
}

void humi_charge_watch(struct humi_charge *charge, struct humi_world *world)
{
    charge->world = world;
    world->charge = charge;
}

void humi_charge_begin(struct humi_charge *charge, double start_ns)
{
    charge->start_ns = charge->now_ns = start_ns;
    charge->begun = charge->behind = false;
    charge->room_ns = -1;
    charge->last_block = UINT32_MAX;
    charge->ahead_count = 0;
}

void humi_charge_begin_ahead(struct humi_charge *charge, double start_ns)
{
    humi_charge_begin(charge, start_ns);
    charge->begun = charge->behind = !charge->model.serial;
}

double humi_charge_end(struct humi_charge *charge)
{
    bring_all_ahead(charge);
    return charge->now_ns;
}
