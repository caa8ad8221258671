/* SPDX-License-Identifier: MIT */
/* reserve.c - blocks that are kept free: when, how many, and whether that was of use. */
#include "core/reserve.h"

#include "core/core.h"
#include "core/room.h"

#define SHARE 16u                /* of the device that may be kept free */
#define SLACK 4u                 /* more free than asked by so many: something was freed */

/* ---- what the order tells -------------------------------------------------------------------- */

void humi_reserve_init(struct humi_reserve *reserve)
{
    *reserve = (struct humi_reserve){.next = 0};
    for (unsigned i = 0; i < HUMI_RESERVE_MAX; i++)
        reserve->left[i].block = HUM_EVICT_NONE;
}

void humi_reserve_hear_arrival(struct humi_reserve *reserve, uint32_t block)
{
    for (unsigned i = 0; i < HUMI_RESERVE_MAX; i++) {
        if (reserve->left[i].block != block)
            continue;
        if (reserve->arrivals < reserve->left[i].wanted)
            atomic_store(&reserve->pressed, false);
        reserve->left[i].block = HUM_EVICT_NONE;
    }
    atomic_fetch_add(&reserve->arrivals, 1);
}

/* `free` counts its own room, and those that come take older room first. */
void humi_reserve_hear_left(struct humi_reserve *reserve, uint32_t block, uint64_t free)
{
    reserve->left[reserve->next].block = block;
    reserve->left[reserve->next].wanted = reserve->arrivals + free;
    reserve->next = (reserve->next + 1) % HUMI_RESERVE_MAX;
}

/* ---- keeping it ------------------------------------------------------------------------------ */

static uint64_t wanted_blocks(const struct hum *hum, unsigned p)
{
    const struct humi_policy *policy = &humi_policies_of(hum, NULL)->policy;
    uint64_t asked = policy->tunables[HUMI_EVICT][HUMI_NUMBER_OF_KIND]; /* 0 where it is hidden */
    uint64_t share = hum->order[p].capacity / SHARE;
    return asked < share ? asked : share;
}

void humi_reserve_press(struct hum *hum, unsigned p)
{
    atomic_store(&hum->order[p].reserve.pressed, true);
}

uint64_t humi_reserve_kept(const struct hum *hum, unsigned p)
{
    return p && atomic_load(&hum->order[p].reserve.pressed) ? wanted_blocks(hum, p) : 0;
}

bool humi_reserve_lacks(struct hum *hum, unsigned p, uint64_t arrivals)
{
    struct humi_order *order = &hum->order[p];
    if (p == 0 || !atomic_load(&order->reserve.pressed) || atomic_load(&hum->lost[p]))
        return false;
    uint64_t wanted = wanted_blocks(hum, p), before = atomic_load(&order->reserve.arrivals);
    uint64_t free = order->capacity - atomic_load(&order->held);
    if (free > wanted + SLACK)
        atomic_store(&order->reserve.pressed, false);
    return wanted && free < wanted + (arrivals > before ? arrivals - before : 0);
}

bool humi_reserve_fill(struct hum *hum, unsigned p, uint64_t arrivals)
{
    return humi_reserve_lacks(hum, p, arrivals) && humi_room_reserve(hum, p) == HUM_OK;
}
