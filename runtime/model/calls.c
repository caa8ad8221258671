/* SPDX-License-Identifier: MIT */
/* calls.c - records of calls gathered into calls. */
#include "model/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "policy/compose.h"
#include "policy/plugin.h"

/* ---- asking ---------------------------------------------------------------------------------- */

/* A file that is read names no code to run. */
static enum hum_status check_policy(const char *text)
{
    struct humi_policy policy;
    static const char leave[] = "a policy of your own (--policy), or leaving hints out "
                                "(--no-hints), leaves it out";
    if (humi_plugin_in(text))
        return humi_fail(HUM_ERR_INVALID, "the program set a policy of a plug-in, '%.200s', which "
                                          "is not loaded because a trace names it; %s", text,
                         leave);
    if (!*text || humi_policy_read("the program's policy", humi_slice_of(text), &policy) == HUM_OK)
        return HUM_OK;
    return humi_fail(HUM_ERR_INVALID, "the program set the policy '%.200s', which is not known "
                                      "here; %s", text, leave);
}

static enum hum_status ask(const struct humi_calls *calls, struct humi_world *world)
{
    struct hum *hum = &world->hum;
    const struct hum_trace_call *call = &calls->last;
    const struct hum_range *first = calls->ranges;
    switch ((enum hum_trace_call_kind)call->call) {
    case HUM_TRACE_CALL_PREFETCH:
        return hum_prefetch_batch(hum, first, calls->count, call->processor, NULL);
    case HUM_TRACE_CALL_DISCARD:
        return hum_discard_batch(hum, first, calls->count, NULL);
    case HUM_TRACE_CALL_ADVISE:
        return hum_advise(hum, first->ptr, first->bytes, (enum hum_advice)call->advice,
                          call->processor);
    case HUM_TRACE_CALL_PROTECT:
        return hum_protect(hum, calls->region, call->processor, call->access);
    case HUM_TRACE_CALL_POLICY:
        return hum_policy_set(hum, calls->region, *calls->text ? calls->text : NULL);
    case HUM_TRACE_CALL_BUDGET:
        return hum_budget_set(hum, calls->region, call->processor, call->bytes);
    case HUM_TRACE_CALL_COUNT:
        break;
    }
    return HUM_ERR_INVALID;
}

/* ---- gathering ------------------------------------------------------------------------------- */

static bool is_left_out(const struct humi_calls *calls, const struct hum_trace_call *call)
{
    if (call->call == HUM_TRACE_CALL_POLICY && calls->no_policies)
        return true;
    return calls->no_hints && call->call != HUM_TRACE_CALL_PROTECT;
}

static bool reserve(struct humi_calls *calls)
{
    if (calls->count < calls->room)
        return true;
    size_t room = calls->room ? calls->room * 2 : 16;
    struct hum_range *more = realloc(calls->ranges, room * sizeof *more);
    if (!more)
        return false;
    calls->ranges = more;
    calls->room = room;
    return true;
}

/* What lies outside the space lies in no region, as it would as an address. */
static void *pointer_to(const struct humi_world *world, uint64_t offset)
{
    uintptr_t start = offset < world->hum.params.bytes ? world->hum.params.start + offset : 0;
    void *ptr;
    memcpy(&ptr, &start, sizeof ptr);
    return ptr;
}

static void gather_text(struct humi_calls *calls, const char *text)
{
    size_t used = calls->count ? strlen(calls->text) : 0;
    snprintf(calls->text + used, sizeof calls->text - used, "%s", text);
}

bool humi_calls_go_on(const struct hum_trace_call *before, const struct hum_trace_call *next)
{
    return before->rest > next->rest && before->call == next->call &&
           before->submit_ns == next->submit_ns && before->device == next->device &&
           before->stream == next->stream && before->processor == next->processor;
}

enum hum_status humi_calls_flush(struct humi_calls *calls, struct humi_world *world)
{
    bool policy = calls->last.call == HUM_TRACE_CALL_POLICY;
    bool gone = calls->last.region && !calls->region;
    enum hum_status status = HUM_OK;
    if (!calls->count)
        return HUM_OK;
    if (policy)
        status = check_policy(calls->text);
    if (status == HUM_OK) {
        const uint64_t *before = humi_clock_follow(&world->now_ns);
        calls->refused += gone || ask(calls, world) != HUM_OK;
        humi_clock_follow(before);
    }
    calls->count = 0;
    return status;
}

enum hum_status humi_calls_take(struct humi_calls *calls, struct humi_world *world,
                                const struct hum_trace_call *call, uint64_t first_page)
{
    enum hum_status status = HUM_OK;
    if (is_left_out(calls, call))
        return HUM_OK;
    if (calls->count && !humi_calls_go_on(&calls->last, call))
        status = humi_calls_flush(calls, world);
    if (status != HUM_OK)
        return status;
    if (!reserve(calls))
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a call of many ranges");
    calls->ranges[calls->count] =
        (struct hum_range){pointer_to(world, call->offset), call->bytes};
    gather_text(calls, call->text);
    calls->count++;
    calls->last = *call;
    calls->region =
        first_page == UINT64_MAX ? NULL : pointer_to(world, first_page * HUM_PAGE_SIZE);
    return call->rest ? HUM_OK : humi_calls_flush(calls, world);
}

void humi_calls_fini(struct humi_calls *calls)
{
    free(calls->ranges);
    calls->ranges = NULL;
    calls->count = calls->room = 0;
}
