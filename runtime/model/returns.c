/* SPDX-License-Identifier: MIT */
/* returns.c - what has gone from a processor is kept in its page table. */
#include "model/returns.h"

static void end(struct humi_model_processor *processors, unsigned count,
                const struct hum_trace_event *event)
{
    for (unsigned p = 0; p < count; p++) {
        struct humi_model_entry *entry = humi_model_entry(&processors[p], event->block);
        if (entry)
            humi_returns_end(&entry->gone, event);
    }
}

/* What is told of a block that has no entry was never mapped, nor brought: nothing can return. */
unsigned humi_model_returns(struct humi_model_processor *processors, unsigned count,
                            const struct hum_trace_event *event)
{
    enum humi_effect effect = humi_effect_of(event);
    unsigned number = (unsigned)(event->processor + 1);
    if (effect == HUMI_EFFECT_END)
        end(processors, count, event);
    if (number >= count || (effect != HUMI_EFFECT_COME && effect != HUMI_EFFECT_EVICT))
        return 0;
    struct humi_model_entry *entry = humi_model_entry(&processors[number], event->block);
    if (effect == HUMI_EFFECT_EVICT)
        entry = humi_model_entry_make(&processors[number], event->block);
    if (!entry)
        return 0;
    if (effect == HUMI_EFFECT_COME)
        return humi_returns_come(&entry->gone, event);
    humi_returns_evict(&entry->gone, event);
    return 0;
}
