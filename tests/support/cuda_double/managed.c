/* SPDX-License-Identifier: MIT */
/* managed.c - prefetch, discard, advice for managed memory, and what is known of a range. */
#include <stdlib.h>
#include <string.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"

#define HOST_BIT 7

/* A device that prefetch and advice may name. */
static enum humi_cu_result check_place(int device)
{
    if (device == HUMI_CU_DEVICE_CPU)
        return HUMI_CUDA_SUCCESS;
    return device_is_valid(device) && world.options.concurrent ? HUMI_CUDA_SUCCESS
                                                               : HUMI_CUDA_ERROR_INVALID_DEVICE;
}

/* The device of a location; the double has one NUMA node. */
static enum humi_cu_result place_of(struct humi_cu_location location, int *device_out)
{
    switch (location.type) {
    case HUMI_CU_MEM_LOCATION_TYPE_DEVICE:
        *device_out = location.id;
        return location.id < 0 ? HUMI_CUDA_ERROR_INVALID_DEVICE : check_place(location.id);
    case HUMI_CU_MEM_LOCATION_TYPE_HOST_NUMA:
        *device_out = HUMI_CU_DEVICE_CPU;
        return location.id == 0 ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
    case HUMI_CU_MEM_LOCATION_TYPE_HOST:
    case HUMI_CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
        *device_out = HUMI_CU_DEVICE_CPU;
        return HUMI_CUDA_SUCCESS;
    default:
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    }
}

static enum humi_cu_result append_prefetch(struct CUctx_st *context, struct CUstream_st *stream,
                                           uintptr_t start, size_t bytes, int device)
{
    struct CUstream_st *s = stream_of(context, stream);

    if (!s)
        return HUMI_CUDA_ERROR_INVALID_HANDLE;
    if (bytes == 0 || !range_is_managed(start, bytes))
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    /* The stream's device must be such a one, too. */
    if (!world.options.concurrent)
        return HUMI_CUDA_ERROR_INVALID_DEVICE;
    return stream_append(s, &(struct operation){.kind = OP_PREFETCH, .to = start, .bytes = bytes,
                                                .where = device});
}

enum humi_cu_result cuMemPrefetchAsync(humi_cu_ptr ptr, size_t bytes, int device,
                                       struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemPrefetchAsync, context);
    enum humi_cu_result result = check_place(device);
    RETURN(result ? result : append_prefetch(context, stream, ptr, bytes, device));
}

enum humi_cu_result cuMemPrefetchAsync_v2(humi_cu_ptr ptr, size_t bytes,
                                          struct humi_cu_location location, unsigned flags,
                                          struct CUstream_st *stream)
{
    struct CUctx_st *context;
    int device;

    ENTER_CONTEXT(cuMemPrefetchAsync_v2, context);
    enum humi_cu_result result = flags ? HUMI_CUDA_ERROR_INVALID_VALUE
                                       : place_of(location, &device);
    RETURN(result ? result : append_prefetch(context, stream, ptr, bytes, device));
}

/* ---- batches -------------------------------------------------------------------------------- */

struct batch {
    humi_cu_ptr *ptrs;
    size_t *sizes, count;
    struct humi_cu_location *locations; /* NULL: no prefetch */
    size_t *starts, location_count;     /* location i is for ranges [starts[i], starts[i + 1]) */
    bool discard;
};

static enum humi_cu_result check_batch(const struct batch *b)
{
    if (!b->ptrs || !b->sizes || b->count == 0)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; i < b->count; i++)
        if (b->sizes[i] == 0 || !range_is_managed(b->ptrs[i], b->sizes[i]))
            return HUMI_CUDA_ERROR_INVALID_VALUE;
    if (!world.options.concurrent)
        return HUMI_CUDA_ERROR_INVALID_DEVICE;
    for (size_t i = 0; i < b->location_count; i++) {
        int device;
        enum humi_cu_result result = place_of(b->locations[i], &device);
        if (result)
            return result;
        if (b->starts[i] >= b->count || (i == 0 && b->starts[i] != 0) ||
            (i > 0 && b->starts[i] <= b->starts[i - 1]))
            return HUMI_CUDA_ERROR_INVALID_VALUE;
    }
    return HUMI_CUDA_SUCCESS;
}

static enum humi_cu_result append_range(struct CUstream_st *s, const struct batch *b, size_t i)
{
    struct operation op = {.kind = OP_DISCARD, .to = b->ptrs[i], .bytes = b->sizes[i]};
    size_t l = 0;

    enum humi_cu_result result = b->discard ? stream_append(s, &op) : HUMI_CUDA_SUCCESS;
    if (result || b->location_count == 0)
        return result;
    while (l + 1 < b->location_count && b->starts[l + 1] <= i)
        l++;
    op.kind = OP_PREFETCH;
    (void)place_of(b->locations[l], &op.where);
    return stream_append(s, &op);
}

static enum humi_cu_result append_batch(struct CUctx_st *context, struct CUstream_st *stream,
                                        const struct batch *b)
{
    struct CUstream_st *s = (uintptr_t)stream <= 1 ? NULL : stream_of(context, stream);
    enum humi_cu_result result = check_batch(b);

    if (!s) /* batches refuse the default stream */
        return stream && (uintptr_t)stream > 1 ? HUMI_CUDA_ERROR_INVALID_HANDLE
                                               : HUMI_CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; !result && i < b->count; i++)
        result = append_range(s, b, i);
    return result;
}

enum humi_cu_result cuMemPrefetchBatchAsync(humi_cu_ptr *ptrs, size_t *sizes, size_t count,
                                            struct humi_cu_location *locations,
                                            size_t *location_starts, size_t location_count,
                                            unsigned long long flags, struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemPrefetchBatchAsync, context);
    if (flags || !locations || !location_starts || location_count == 0 || location_count > count)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_batch(context, stream,
                        &(struct batch){ptrs, sizes, count, locations, location_starts,
                                        location_count, false}));
}

enum humi_cu_result cuMemDiscardBatchAsync(humi_cu_ptr *ptrs, size_t *sizes, size_t count,
                                           unsigned long long flags, struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemDiscardBatchAsync, context);
    if (flags)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_batch(context, stream,
                        &(struct batch){ptrs, sizes, count, NULL, NULL, 0, true}));
}

enum humi_cu_result cuMemDiscardAndPrefetchBatchAsync(humi_cu_ptr *ptrs, size_t *sizes,
                                                      size_t count,
                                                      struct humi_cu_location *locations,
                                                      size_t *location_starts,
                                                      size_t location_count,
                                                      unsigned long long flags,
                                                      struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemDiscardAndPrefetchBatchAsync, context);
    if (flags || !locations || !location_starts || location_count == 0 || location_count > count)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_batch(context, stream,
                        &(struct batch){ptrs, sizes, count, locations, location_starts,
                                        location_count, true}));
}

/* ---- advice --------------------------------------------------------------------------------- */

static struct page *page_at(uintptr_t address)
{
    struct mapping *m = mapping_at(address);

    return &m->pages[(address - m->start) / PAGE];
}

static void advise_page(struct page *page, enum humi_cu_advice advice, int device)
{
    unsigned char bit = (unsigned char)(1u << (device < 0 ? HOST_BIT : device));

    switch (advice) {
    case HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY:
    case HUMI_CU_MEM_ADVISE_UNSET_READ_MOSTLY:
        page->read_mostly = advice == HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY;
        break;
    case HUMI_CU_MEM_ADVISE_SET_PREFERRED_LOCATION:
        page->preferred = (signed char)device;
        break;
    case HUMI_CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION:
        page->preferred = HUMI_CU_DEVICE_INVALID;
        break;
    case HUMI_CU_MEM_ADVISE_SET_ACCESSED_BY:
        page->accessed_by |= bit;
        break;
    case HUMI_CU_MEM_ADVISE_UNSET_ACCESSED_BY:
        page->accessed_by &= (unsigned char)~bit;
        break;
    }
}

/* Advice that names no place: the device is ignored. */
static bool names_no_place(enum humi_cu_advice advice)
{
    return advice == HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY ||
           advice == HUMI_CU_MEM_ADVISE_UNSET_READ_MOSTLY ||
           advice == HUMI_CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION;
}

static enum humi_cu_result advise(uintptr_t start, size_t bytes, enum humi_cu_advice advice,
                                  int device, enum humi_cu_result place)
{
    if (advice < HUMI_CU_MEM_ADVISE_SET_READ_MOSTLY ||
        advice > HUMI_CU_MEM_ADVISE_UNSET_ACCESSED_BY || bytes == 0 ||
        !range_is_managed(start, bytes))
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    if (names_no_place(advice))
        device = HUMI_CU_DEVICE_CPU;
    else if (place)
        return place;
    uvm_lock();
    for (uintptr_t at = start / PAGE * PAGE; at < start + bytes; at += PAGE)
        advise_page(page_at(at), advice, device);
    uvm_unlock();
    return HUMI_CUDA_SUCCESS;
}

enum humi_cu_result cuMemAdvise(humi_cu_ptr ptr, size_t bytes, enum humi_cu_advice advice,
                                int device)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemAdvise, context);
    RETURN(advise(ptr, bytes, advice, device, check_place(device)));
}

enum humi_cu_result cuMemAdvise_v2(humi_cu_ptr ptr, size_t bytes, enum humi_cu_advice advice,
                                   struct humi_cu_location location)
{
    struct CUctx_st *context;
    int device = HUMI_CU_DEVICE_CPU;

    ENTER_CONTEXT(cuMemAdvise_v2, context);
    enum humi_cu_result place = place_of(location, &device);
    RETURN(advise(ptr, bytes, advice, device, place));
}

/* ---- attributes of a range ------------------------------------------------------------------ */

/* What all pages of a range have in common. */
static struct page common(uintptr_t start, size_t bytes)
{
    struct page all = *page_at(start);

    for (uintptr_t at = start / PAGE * PAGE; at < start + bytes; at += PAGE) {
        const struct page *p = page_at(at);
        all.read_mostly &= p->read_mostly;
        all.accessed_by &= p->accessed_by;
        if (p->preferred != all.preferred)
            all.preferred = HUMI_CU_DEVICE_INVALID;
        if (p->prefetched != all.prefetched)
            all.prefetched = HUMI_CU_DEVICE_INVALID;
    }
    return all;
}

static enum humi_cu_result list_accessed_by(int *list, size_t bytes, unsigned char mask)
{
    size_t count = bytes / sizeof(int), n = 0;

    if (count == 0 || bytes % sizeof(int) != 0)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    for (int bit = 0; bit <= HOST_BIT; bit++)
        if (mask & 1u << bit && n < count)
            list[n++] = bit == HOST_BIT ? HUMI_CU_DEVICE_CPU : bit;
    while (n < count)
        list[n++] = HUMI_CU_DEVICE_INVALID;
    return HUMI_CUDA_SUCCESS;
}

static enum humi_cu_result range_attribute(void *data, size_t data_bytes,
                                           enum humi_cu_range_attribute attribute,
                                           uintptr_t start, size_t bytes)
{
    if (!data || bytes == 0 || !range_is_managed(start, bytes))
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    struct page all = common(start, bytes);
    if (attribute == HUMI_CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY)
        return list_accessed_by(data, data_bytes, all.accessed_by);
    if (data_bytes != sizeof(int))
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    switch (attribute) {
    case HUMI_CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
        *(int *)data = all.read_mostly;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
        *(int *)data = all.preferred;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
        *(int *)data = all.prefetched;
        return HUMI_CUDA_SUCCESS;
    default:
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    }
}

enum humi_cu_result cuMemRangeGetAttribute(void *data, size_t data_bytes,
                                           enum humi_cu_range_attribute attribute,
                                           humi_cu_ptr ptr, size_t bytes)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemRangeGetAttribute, context);
    RETURN(range_attribute(data, data_bytes, attribute, ptr, bytes));
}

enum humi_cu_result cuMemRangeGetAttributes(void **data, size_t *data_bytes,
                                            enum humi_cu_range_attribute *attributes,
                                            size_t count, humi_cu_ptr ptr, size_t bytes)
{
    struct CUctx_st *context;
    enum humi_cu_result result = HUMI_CUDA_SUCCESS;

    ENTER_CONTEXT(cuMemRangeGetAttributes, context);
    if (!data || !data_bytes || !attributes || count == 0)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    for (size_t i = 0; !result && i < count; i++)
        result = range_attribute(data[i], data_bytes[i], attributes[i], ptr, bytes);
    RETURN(result);
}
