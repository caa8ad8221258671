/* SPDX-License-Identifier: MIT */
/*
 * managed.c - managed mode: the driver keeps the pages (device/keeper.h), hum prefetches, advises.
 *
 * The space is one cuMemAllocManaged(), made by the first device.  Whoever has to do something to
 * pages queues it on the device's stream for that and waits.
 *
 * Two signatures of the same calls: until CUDA 12.1 a place is the number of a device, -1 for the
 * host; since then it is a struct.  The newer one is used where the driver has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/range.h"
#include "base/status.h"
#include "device/cuda/cuda.h"
#include "device/cuda/cupti.h"
#include "device/keeper.h"

#define ACCESSED_BY_MAX 16u

static struct humi_cu_location place_of(int unit)
{
    bool host = unit == HUMI_KEEPER_HOST;

    return (struct humi_cu_location){
        host ? HUMI_CU_MEM_LOCATION_TYPE_HOST : HUMI_CU_MEM_LOCATION_TYPE_DEVICE, host ? 0 : unit};
}

static humi_cu_ptr at(const struct humi_cuda_device *d, size_t offset)
{
    return (humi_cu_ptr)d->space.start + offset;
}

static enum hum_status lost(const struct humi_cuda_device *d)
{
    return humi_fail(HUM_ERR_DEVICE_LOST, "%s was lost", d->base.name);
}

/* What was queued is done. */
static enum hum_status finish(struct humi_cuda_device *d, enum hum_status status)
{
    return status == HUM_OK ? humi_cuda_do(d, cuStreamSynchronize, d->managed.stream) : status;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* The ranges as batches take them; one allocation, NULL: no memory. */
static humi_cu_ptr *list_ranges(const struct humi_cuda_device *d,
                                const struct humi_keeper_range *ranges, size_t count,
                                size_t **sizes_out)
{
    humi_cu_ptr *list = malloc(count * (sizeof *list + sizeof **sizes_out));

    if (!list)
        return NULL;
    *sizes_out = (size_t *)(void *)(list + count);
    for (size_t i = 0; i < count; i++) {
        list[i] = at(d, ranges[i].offset);
        (*sizes_out)[i] = ranges[i].bytes;
    }
    return list;
}

static enum hum_status prefetch_one(struct humi_cuda_device *d,
                                    const struct humi_keeper_range *range, int unit)
{
    struct CUstream_st *stream = d->managed.stream;

    if (d->cu.cuMemPrefetchAsync_v2)
        return humi_cuda_do(d, cuMemPrefetchAsync_v2, at(d, range->offset), range->bytes,
                            place_of(unit), 0, stream);
    return humi_cuda_do(d, cuMemPrefetchAsync, at(d, range->offset), range->bytes, unit, stream);
}

static enum hum_status prefetch_batch(struct humi_cuda_device *d,
                                      const struct humi_keeper_range *ranges, size_t count,
                                      int unit)
{
    struct humi_cu_location place = place_of(unit);
    size_t *sizes, first = 0;
    humi_cu_ptr *list = list_ranges(d, ranges, count, &sizes);

    if (!list)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for %zu ranges", count);
    enum hum_status status = humi_cuda_do(d, cuMemPrefetchBatchAsync, list, sizes, count, &place,
                                          &first, 1, 0, d->managed.stream);
    free(list);
    return status;
}

static enum hum_status managed_prefetch(struct humi_processor *p,
                                        const struct humi_keeper_range *ranges, size_t count,
                                        int unit, bool wait)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    enum hum_status status = HUM_OK;

    if (!humi_cuda_enter(d))
        return lost(d);
    if (count > 1 && d->cu.cuMemPrefetchBatchAsync)
        status = prefetch_batch(d, ranges, count, unit);
    else
        for (size_t i = 0; i < count && status == HUM_OK; i++)
            status = prefetch_one(d, &ranges[i], unit);
    if (wait)
        status = finish(d, status);
    humi_cuda_leave(d);
    return status;
}

/* Drivers before CUDA 13 cannot: what the pages hold stays, which is allowed, too. */
static enum hum_status managed_discard(struct humi_processor *p,
                                       const struct humi_keeper_range *ranges, size_t count)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    size_t *sizes;

    if (!d->cu.cuMemDiscardBatchAsync)
        return HUM_OK;
    humi_cu_ptr *list = list_ranges(d, ranges, count, &sizes);
    if (!list)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for %zu ranges", count);
    enum hum_status status = humi_cuda_enter(d) ? HUM_OK : lost(d);
    if (status == HUM_OK) {
        status = finish(d, humi_cuda_do(d, cuMemDiscardBatchAsync, list, sizes, count, 0,
                                        d->managed.stream));
        humi_cuda_leave(d);
    }
    free(list);
    return status;
}

static enum hum_status managed_zero(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_cuda_device *d = humi_cuda_of(p);

    if (!humi_cuda_enter(d))
        return lost(d);
    enum hum_status status = finish(
        d, humi_cuda_do(d, cuMemsetD8Async, at(d, offset), 0, bytes, d->managed.stream));
    humi_cuda_leave(d);
    return status;
}

static void managed_idle(struct humi_processor *p)
{
    struct humi_cuda_device *d = humi_cuda_of(p);

    if (!humi_cuda_enter(d))
        return;
    (void)humi_cuda_do(d, cuCtxSynchronize); /* an error that stays has lost the device */
    humi_cuda_leave(d);
}

/* ---- advice ---------------------------------------------------------------------------------- */

/* Where hum has two kinds the driver has one: who is "accessed by" touches pages where they are. */
static enum humi_cu_advice advice_of(enum hum_advice advice)
{
    switch (advice) {
    case HUM_ADVISE_READ_MOSTLY:
        return HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY;
    case HUM_ADVISE_PREFERRED:
        return HUMI_CU_MEM_ADVISE_SET_PREFERRED_LOCATION;
    case HUM_ADVISE_ACCESSED_BY:
    case HUM_ADVISE_REMOTE:
        return HUMI_CU_MEM_ADVISE_SET_ACCESSED_BY;
    case HUM_ADVISE_UNSET_READ_MOSTLY:
        return HUMI_CU_MEM_ADVISE_UNSET_READ_MOSTLY;
    case HUM_ADVISE_UNSET_PREFERRED:
        return HUMI_CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION;
    case HUM_ADVISE_UNSET_ACCESSED_BY:
    case HUM_ADVISE_UNSET_REMOTE:
        break;
    }
    return HUMI_CU_MEM_ADVISE_UNSET_ACCESSED_BY;
}

static enum hum_status managed_advise(struct humi_processor *p,
                                      const struct humi_keeper_range *range,
                                      enum hum_advice advice, int unit)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    humi_cu_ptr start = at(d, range->offset);
    enum hum_status status;

    if (!humi_cuda_enter(d))
        return lost(d);
    if (d->cu.cuMemAdvise_v2)
        status = humi_cuda_do(d, cuMemAdvise_v2, start, range->bytes, advice_of(advice),
                              place_of(unit));
    else
        status = humi_cuda_do(d, cuMemAdvise, start, range->bytes, advice_of(advice), unit);
    humi_cuda_leave(d);
    return status;
}

static enum hum_status managed_look(struct humi_processor *p, size_t offset,
                                    struct humi_keeper_answer *answer_out)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    int read_mostly = 0, preferred = 0, prefetched = 0, accessed_by[ACCESSED_BY_MAX];
    void *data[] = {&read_mostly, &preferred, &prefetched, accessed_by};
    size_t sizes[] = {sizeof read_mostly, sizeof preferred, sizeof prefetched, sizeof accessed_by};
    enum humi_cu_range_attribute which[] = {HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                            HUMI_CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION,
                                            HUMI_CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION,
                                            HUMI_CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY};

    if (!humi_cuda_enter(d))
        return lost(d);
    enum hum_status status = humi_cuda_do(d, cuMemRangeGetAttributes, data, sizes, which, 4,
                                          at(d, offset), HUM_PAGE_SIZE);
    humi_cuda_leave(d);
    if (status != HUM_OK)
        return status;
    *answer_out = (struct humi_keeper_answer){
        .read_mostly = read_mostly != 0, .preferred = preferred, .prefetched = prefetched};
    for (size_t i = 0; i < ACCESSED_BY_MAX; i++)
        if (accessed_by[i] >= HUMI_CU_DEVICE_CPU && accessed_by[i] < 63)
            answer_out->accessed_by |= UINT64_C(1) << (accessed_by[i] + 1);
    return HUM_OK;
}

static unsigned managed_told(struct humi_processor *p, struct humi_told *told_out, unsigned max,
                             bool wait)
{
    struct humi_cupti *cupti = humi_cuda_of(p)->managed.cupti;

    return cupti ? humi_cupti_take(cupti, told_out, max, wait) : 0;
}

static const struct humi_keeper_ops managed_ops = {
    .prefetch = managed_prefetch,
    .discard = managed_discard,
    .zero = managed_zero,
    .advise = managed_advise,
    .look = managed_look,
    .idle = managed_idle,
    .told = managed_told,
};

/* ---- the space ------------------------------------------------------------------------------- */

static enum hum_status check_device(struct humi_cuda_device *d)
{
    int managed = 0, concurrent = 0;
    enum hum_status status = humi_cuda_do(d, cuDeviceGetAttribute, &managed,
                                          HUMI_CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, d->ordinal);

    if (status == HUM_OK)
        status = humi_cuda_do(d, cuDeviceGetAttribute, &concurrent,
                              HUMI_CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, d->ordinal);
    if (status == HUM_OK && !managed)
        return humi_fail(HUM_ERR_UNSUPPORTED, "%s has no managed memory", d->base.name);
    if (status != HUM_OK || concurrent)
        return status;
    return humi_fail(HUM_ERR_UNSUPPORTED,
                     "%s has no concurrent managed access: a touch by the host while a kernel runs "
                     "would crash the program.  With mode=declared such a touch waits",
                     d->base.name);
}

/* Addresses for as much as is wanted, or less where that will do; nothing is populated. */
static enum hum_status make_space(struct humi_cuda_device *d)
{
    size_t bytes = d->space.bytes;
    enum hum_status status;

    do {
        status = humi_cuda_do(d, cuMemAllocManaged, &d->managed.memory, bytes + HUM_BLOCK_SIZE,
                              HUMI_CU_MEM_ATTACH_GLOBAL);
        if (status == HUM_OK)
            break;
        d->managed.memory = 0;
        bytes = humi_round_down(bytes / 2, HUMI_CUDA_MANAGED_LEAST);
    } while (status == HUM_ERR_NO_MEMORY && d->space.bytes_are_usual && bytes &&
             !humi_cuda_is_lost(d));
    if (status != HUM_OK)
        return status;
    d->space.start = humi_round_up((uintptr_t)d->managed.memory, HUM_BLOCK_SIZE);
    d->space.bytes = bytes;
    d->base.home = d->space.start;
    d->base.home_bytes = bytes;
    return HUM_OK;
}

/* Without CUPTI everything works, and nobody knows where pages are. */
static void listen(struct humi_cuda_device *d)
{
    size_t used = strlen(d->base.reduced);

    if (!d->managed.silent &&
        humi_cupti_open(d->space.start, d->space.bytes, &d->managed.cupti) == HUM_OK)
        return;
    d->managed.cupti = NULL;
    snprintf(d->base.reduced + used, sizeof d->base.reduced - used,
             "%swhere pages are, and what moves, is not told: %s", used ? "; " : "",
             d->managed.silent ? "cupti=off" : hum_error_text());
}

enum hum_status humi_cuda_managed_open(struct humi_cuda_device *d)
{
    enum hum_status status = check_device(d);

    if (status == HUM_OK && d->space.start == 0)
        status = make_space(d);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuStreamCreate, &d->managed.stream,
                              HUMI_CU_STREAM_NON_BLOCKING);
    if (status == HUM_OK && d->managed.memory)
        listen(d);
    d->frames.base = d->space.start;
    d->base.keeper = &managed_ops;
    d->base.unit = d->ordinal;
    return status;
}

/* Results are not looked at: after a loss the driver may have taken it all away by itself. */
void humi_cuda_managed_close(struct humi_cuda_device *d, bool alive)
{
    humi_cupti_close(d->managed.cupti);
    d->managed.cupti = NULL;
    if (alive && d->managed.stream)
        (void)d->cu.cuStreamDestroy_v2(d->managed.stream);
    if (alive && d->managed.memory)
        (void)d->cu.cuMemFree_v2(d->managed.memory);
    d->managed.stream = NULL;
    d->managed.memory = 0;
}
