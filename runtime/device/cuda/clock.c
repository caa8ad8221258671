/* SPDX-License-Identifier: MIT */
/*
 * clock.c - times of the device on the host's clock.
 *
 * The driver tells times between two events.  Of one event, the anchor, the place on the host's
 * clock is known well: it is recorded in a stream where nothing else is, so the device passes it at
 * once.  Nobody waits for that: as long as it was not passed, what has ended has ended just now,
 * and a time in the future shows by how much the anchor is too late.
 */
#include "base/clock.h"
#include "device/cuda/cuda.h"

#define ANCHOR_NS (UINT64_C(1) * HUMI_NS_PER_S) /* floats of milliseconds are precise so long */

static uint64_t ns_of(float milliseconds)
{
    return milliseconds > 0 ? (uint64_t)((double)milliseconds * 1e6) : 0;
}

enum hum_status humi_cuda_clock_read(struct humi_cuda_device *d, struct CUevent_st *start,
                                     struct CUevent_st *end, struct humi_cuda_times *out)
{
    struct humi_cuda_clock *c = &d->launches.clock;
    float since = 0, took = 0;
    uint64_t now = humi_clock_ns(), end_ns = now;
    enum hum_status status = humi_cuda_do(d, cuEventElapsedTime, &took, start, end);

    if (status == HUM_OK)
        status = humi_cuda_do(d, cuEventElapsedTime, &since, c->anchor, end);
    if (status == HUM_OK)
        end_ns = c->anchor_ns + ns_of(since);
    else if (status != HUM_NOT_READY)
        return status;
    if (end_ns > now) {
        c->anchor_ns -= end_ns - now;
        end_ns = now;
    }
    *out = (struct humi_cuda_times){end_ns, ns_of(took)};
    return HUM_OK;
}

enum hum_status humi_cuda_clock_renew(struct humi_cuda_device *d)
{
    struct humi_cuda_clock *c = &d->launches.clock;
    uint64_t now = humi_clock_ns();

    if (c->anchor_ns &&
        (now - c->anchor_ns < ANCHOR_NS || !humi_list_is_empty(&d->launches.flying)))
        return HUM_OK;
    enum hum_status status = humi_cuda_do(d, cuEventRecord, c->anchor, c->stream);
    c->anchor_ns = humi_clock_ns();
    return status;
}

enum hum_status humi_cuda_clock_open(struct humi_cuda_device *d)
{
    struct humi_cuda_clock *c = &d->launches.clock;
    enum hum_status status =
        humi_cuda_do(d, cuStreamCreate, &c->stream, HUMI_CU_STREAM_NON_BLOCKING);

    c->anchor_ns = 0;
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuEventCreate, &c->anchor, HUMI_CU_EVENT_DEFAULT);
    return status;
}

void humi_cuda_clock_close(struct humi_cuda_device *d, bool alive)
{
    struct humi_cuda_clock *c = &d->launches.clock;

    if (alive && c->anchor)
        (void)d->cu.cuEventDestroy_v2(c->anchor);
    if (alive && c->stream)
        (void)d->cu.cuStreamDestroy_v2(c->stream);
    *c = (struct humi_cuda_clock){0};
}
