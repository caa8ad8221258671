/* SPDX-License-Identifier: MIT */
/* returns.c - pages that come back, counted event by event. */
#include "trace/returns.h"

#include "base/status.h"
#include "base/wide.h"

void humi_returns_init(struct humi_returns *returns)
{
    *returns = (struct humi_returns){.last = NULL};
    humi_blocks_init(&returns->blocks, HUMI_BLOCKS_MAX);
}

void humi_returns_fini(struct humi_returns *returns)
{
    humi_blocks_fini(&returns->blocks);
}

/* Nothing of the pages is anywhere any more, so nothing of them can come back. */
static void end(struct humi_returns *returns, const struct hum_trace_event *event)
{
    for (int32_t p = HUM_HOST; p < HUM_DEVICES_MAX; p++) {
        struct humi_block_facts *place = humi_blocks_find(&returns->blocks, event->block, p);

        if (place)
            humi_mask_remove(&place->gone, &event->pages);
    }
}

/* Entries never move, and events of a block come in rows. */
static enum hum_status get_place(struct humi_returns *returns, const struct hum_trace_event *event)
{
    const struct humi_block_facts *last = returns->last;

    if (last && last->block == event->block && last->processor == event->processor)
        return HUM_OK;
    return humi_blocks_get(&returns->blocks, event->block, event->processor, &returns->last);
}

HUMI_WIDE static enum hum_status take(struct humi_returns *returns,
                                      const struct hum_trace_event *event)
{
    enum humi_effect effect = humi_effect_of(event);

    if (effect == HUMI_EFFECT_END)
        end(returns, event);
    if (effect != HUMI_EFFECT_COME && effect != HUMI_EFFECT_EVICT)
        return HUM_OK;
    enum hum_status status = get_place(returns, event);
    if (status != HUM_OK)
        return status;
    if (effect == HUMI_EFFECT_EVICT)
        humi_returns_evict(returns->last, event);
    else
        returns->pages += humi_returns_come(returns->last, event);
    return HUM_OK;
}

enum hum_status humi_returns_take(struct humi_returns *returns, const struct hum_trace_event *event)
{
    return take(returns, event);
}
