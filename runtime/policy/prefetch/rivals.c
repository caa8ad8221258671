/* SPDX-License-Identifier: MIT */
/* rivals.c - who works where in a block on which two sides work at the same time. */
#include "policy/prefetch/rivals.h"

enum side { HOST, DEVICES };

static enum side side_of(const struct hum_view *view)
{
    return view->processor == HUM_HOST ? HOST : DEVICES;
}

static void count_row(struct humi_rivals *rivals, enum side side)
{
    bool device = side == DEVICES;

    if (rivals->device != device)
        rivals->row = 0;
    rivals->device = device;
    if (rivals->row < HUMI_RIVALS_ROW)
        rivals->row++;
}

void humi_rivals_learn(struct humi_rivals *rivals, const struct hum_view *view, uint32_t chunks)
{
    enum side side = side_of(view);

    if (view->again)
        return;
    if (side == HOST && view->others_idle) {
        *rivals = (struct humi_rivals){.row = 0};
        return;
    }
    count_row(rivals, side);
    rivals->chunks[side] |= chunks;
    rivals->chunks[!side] &= ~chunks;
    if (rivals->row == HUMI_RIVALS_ROW)
        rivals->chunks[!side] = 0;
}

uint32_t humi_rivals_others(const struct humi_rivals *rivals, const struct hum_view *view)
{
    return rivals->chunks[!side_of(view)];
}

bool humi_rivals_contest(const struct humi_rivals *rivals, const struct hum_view *view)
{
    bool at_once = rivals->chunks[HOST] && !(side_of(view) == HOST && view->others_idle);

    return at_once && humi_rivals_others(rivals, view);
}

/* The largest aligned group around a chunk without any of `others`. */
static uint32_t group_around(unsigned chunk, uint32_t others)
{
    uint32_t group = UINT32_C(1) << chunk;

    for (unsigned size = 2; size <= HUM_CHUNKS_PER_BLOCK; size *= 2) {
        uint32_t all = size == 32 ? UINT32_MAX : (UINT32_C(1) << size) - 1;
        uint32_t wider = all << chunk / size * size;
        if (wider & others)
            break;
        group = wider;
    }
    return group;
}

uint32_t humi_rivals_turf(const struct humi_rivals *rivals, const struct hum_view *view,
                          uint32_t chunks)
{
    uint32_t others = humi_rivals_others(rivals, view), turf = 0;

    if (!humi_rivals_contest(rivals, view))
        return UINT32_MAX;
    for (; chunks; chunks &= chunks - 1)
        turf |= group_around((unsigned)__builtin_ctz(chunks), others);
    return turf;
}
