/* SPDX-License-Identifier: MIT */
/* returns.c - what has gone from a processor is kept in its page table. */
#include "model/returns.h"

static void end(struct humi_model_processor *processors, unsigned count, uint32_t block,
                const struct humi_event *event)
{
    for (unsigned p = 0; p < count; p++) {
        struct humi_model_entry *entry = humi_model_entry(&processors[p], block);
        if (entry)
            humi_mask_remove(&entry->gone, &event->which);
    }
}

/* What is told of a block that has no entry was never mapped, nor brought: nothing can return. */
unsigned humi_model_returns(struct humi_model_processor *processors, unsigned count, uint32_t block,
                            const struct humi_event *event)
{
    enum humi_effect effect = humi_effect_of(event->cause, event->evicted);
    if (effect == HUMI_EFFECT_END)
        end(processors, count, block, event);
    if (effect != HUMI_EFFECT_COME && effect != HUMI_EFFECT_EVICT)
        return 0;
    struct humi_model_entry *entry = humi_model_entry(&processors[event->processor], block);
    if (effect == HUMI_EFFECT_EVICT)
        entry = humi_model_entry_make(&processors[event->processor], block);
    if (!entry)
        return 0;
    if (effect == HUMI_EFFECT_COME)
        return humi_returns_come(&entry->gone, &event->which, &event->moved);
    humi_mask_add(&entry->gone, &event->which);
    return 0;
}
