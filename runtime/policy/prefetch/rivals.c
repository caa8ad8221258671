/* SPDX-License-Identifier: MIT */
/* rivals.c - who works where in a block on which two sides work at the same time. */
#include "policy/prefetch/rivals.h"

#include "base/mask.h"
#include "policy/chunks.h"
#include "policy/prefetch/fill.h"

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

void humi_rivals_learn(struct humi_rivals *rivals, const struct hum_view *view)
{
    struct hum_pages faulted = humi_fill_faulted(view);
    uint32_t chunks = humi_chunks_of(&faulted);
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

bool humi_rivals_contest(const struct humi_rivals *rivals, const struct hum_view *view)
{
    bool at_once = rivals->chunks[HOST] && !(side_of(view) == HOST && view->others_idle);

    return at_once && rivals->chunks[!side_of(view)];
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

struct hum_pages humi_rivals_turf(const struct humi_rivals *rivals, const struct hum_view *view)
{
    struct hum_pages faulted = humi_fill_faulted(view);
    uint32_t others = rivals->chunks[!side_of(view)], group = 0;

    if (!humi_rivals_contest(rivals, view))
        return humi_mask_all();
    for (uint32_t left = humi_chunks_of(&faulted); left; left &= left - 1)
        group |= group_around((unsigned)__builtin_ctz(left), others);
    return humi_chunks_pages(group);
}
