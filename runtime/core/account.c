/* SPDX-License-Identifier: MIT */
/* account.c - a change told: what was demanded, and what came beside it. */
#include "core/account.h"

#include <string.h>

#include "base/wide.h"
#include "core/record.h"

static uint64_t sum_bytes(const uint64_t bytes[HUM_DIRECTION_COUNT])
{
    return bytes[HUM_H2D] + bytes[HUM_D2H] + bytes[HUM_D2D];
}

/* What the demanded part of a change was, seen from what had to be done. */
static enum hum_cause demand_cause(const struct humi_request *request,
                                   const struct humi_account *account)
{
    if (request->cause != HUM_CAUSE_HOST_FAULT && request->cause != HUM_CAUSE_DEVICE_FAULT)
        return request->cause;
    if (account->demanded)
        return sum_bytes(account->bytes[0]) ? request->cause : HUM_CAUSE_FIRST_TOUCH;
    return account->change.upgrades ? HUM_CAUSE_UPGRADE : HUM_CAUSE_REMAP;
}

HUMI_WIDE_PART void set_event(const struct humi_request *request,
                              const struct humi_account *account, const struct hum_pages *pages,
                              unsigned count, struct humi_event *event_out)
{
    event_out->cause = request->cause;
    event_out->processor = request->processor;
    event_out->pages = count;
    event_out->kernel = request->kernel;
    event_out->thread = request->thread;
    event_out->start_ns = account->start_ns;
    event_out->move_ns = event_out->modelled_ns = 0;
    event_out->brought = event_out->evicted = false;
    event_out->which = *pages;
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++)
        event_out->moved.word[i] = pages->word[i] & account->change.copied.word[i];
    memset(event_out->bytes, 0, sizeof event_out->bytes);
}

/* Of a change that brought none: the pages that became writable, else those mapped. */
static void set_touch_event(const struct humi_hold *hold, const struct humi_request *request,
                            const struct humi_account *account, struct humi_event *event_out)
{
    struct hum_pages mapped = humi_mask_minus(&account->change.grant.mapped, &hold->mapped);
    const struct hum_pages *touched =
        account->change.upgrades ? &account->change.upgraded : &mapped;
    set_event(request, account, touched, humi_mask_count(touched), event_out);
}

/* What was demanded: one event. */
HUMI_WIDE_PART void record_demand(struct hum *hum, struct humi_block *block,
                                  const struct humi_request *request,
                                  const struct humi_account *account, bool alone)
{
    const struct humi_hold *hold = &block->hold[request->processor];
    struct humi_event event;
    if (account->demanded)
        set_event(request, account, &account->change.demanded, account->demanded, &event);
    else
        set_touch_event(hold, request, account, &event);
    event.cause = demand_cause(request, account);
    event.brought = account->demanded != 0;
    memcpy(event.bytes, account->bytes[0], sizeof event.bytes);
    event.move_ns = alone ? account->move_ns : 0;
    humi_record_event(hum, request->region, block, &event);
}

/* What the policy added, or all of a change that no fault asked for: one event. */
HUMI_WIDE_PART void record_added(struct hum *hum, struct humi_block *block,
                                 const struct humi_request *request,
                                 const struct humi_account *account, bool fault)
{
    const struct humi_hold *hold = &block->hold[request->processor];
    bool adds = account->change.adds;
    struct humi_event event;
    if (adds)
        set_event(request, account, &account->change.added, account->missing - account->demanded,
                  &event);
    else
        set_touch_event(hold, request, account, &event);
    if (fault)
        event.cause = HUM_CAUSE_PREFETCH_POLICY;
    if (adds) {
        event.brought = true;
        event.move_ns = account->move_ns;
        memcpy(event.bytes, account->bytes[1], sizeof event.bytes);
    }
    humi_record_event(hum, request->region, block, &event);
}

/* One event for what was demanded, one for what the policy added (R5). */
HUMI_WIDE static void record_change(struct hum *hum, struct humi_block *block,
                                    const struct humi_request *request,
                                    const struct humi_account *account)
{
    const struct humi_change *change = &account->change;
    bool fault = request->cause != HUM_CAUSE_DECLARED && !humi_mask_empty(&request->faulted);
    bool access = change->upgrades || change->maps;
    if (fault) {
        const struct humi_record_faults faults = {request->processor, request->kernel,
                                                  request->faults, request->duplicates,
                                                  account->start_ns};
        humi_record_faults(hum, request->region, block, &faults);
    }
    if (fault && (access || change->demands))
        record_demand(hum, block, request, account,
                      !(change->adds && sum_bytes(account->bytes[1])));
    if (change->adds || (!fault && access))
        record_added(hum, block, request, account, fault);
}

void humi_account_record(struct hum *hum, struct humi_block *block,
                         const struct humi_request *request, const struct humi_account *account)
{
    record_change(hum, block, request, account);
}
