/* SPDX-License-Identifier: MIT */
/*
 * compat/advice.h - where pages should be: advice, prefetches, discards.  Part of compat_cuda.h.
 *
 * A range lies in one managed region.  Advice counts for the blocks of 2 MiB that it touches.  Host
 * NUMA nodes are all the host.
 */
#ifndef HUM_COMPAT_ADVICE_H
#define HUM_COMPAT_ADVICE_H

#include <hum/compat/state.h>

/* The processor of a location; false: there is no such place. */
static inline bool hum_compat_place(struct hum *hum, struct cudaMemLocation at, int *processor_out)
{
    switch (at.type) {
    case cudaMemLocationTypeHost:
    case cudaMemLocationTypeHostNuma:
    case cudaMemLocationTypeHostNumaCurrent: *processor_out = HUM_HOST; return true;
    case cudaMemLocationTypeDevice:
        *processor_out = at.id;
        return at.id >= 0 && (unsigned)at.id < hum_device_count(hum);
    case cudaMemLocationTypeInvalid: break;
    }
    return false;
}

/* What the older calls mean by a device number. */
static inline struct cudaMemLocation hum_compat_location(int device)
{
    struct cudaMemLocation at;

    at.type = device == cudaCpuDeviceId ? cudaMemLocationTypeHost : cudaMemLocationTypeDevice;
    at.id = device;
    return at;
}

/* ---- advice --------------------------------------------------------------------------------- */

static inline cudaError_t cudaMemAdvise_v2(const void *ptr, size_t bytes,
                                           enum cudaMemoryAdvise advice, struct cudaMemLocation at)
{
    static const enum hum_advice ours[] = {
        HUM_ADVISE_READ_MOSTLY,     HUM_ADVISE_UNSET_READ_MOSTLY, HUM_ADVISE_PREFERRED,
        HUM_ADVISE_UNSET_PREFERRED, HUM_ADVISE_ACCESSED_BY,       HUM_ADVISE_UNSET_ACCESSED_BY};
    struct hum *hum = hum_compat_space();
    bool placed = advice == cudaMemAdviseSetPreferredLocation ||
                  advice == cudaMemAdviseSetAccessedBy || advice == cudaMemAdviseUnsetAccessedBy;
    int processor = HUM_HOST;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if ((int)advice < 1 || (int)advice > 6 || !bytes || !hum_compat_inside(ptr, bytes))
        return hum_compat_note(cudaErrorInvalidValue);
    if (placed && !hum_compat_place(hum, at, &processor))
        return hum_compat_note(cudaErrorInvalidDevice);
    return hum_compat_status(hum_advise(hum, ptr, bytes, ours[(int)advice - 1], processor));
}

/* ---- prefetches ----------------------------------------------------------------------------- */

/* Remember for cudaMemRangeAttributeLastPrefetchLocation.  False: no memory. */
static inline bool hum_compat_prefetched(const void *ptr, size_t bytes, int processor)
{
    struct hum_compat_region *r;
    size_t pages, first, end;
    bool known;

    pthread_mutex_lock(&hum_compat_state.lock);
    r = hum_compat_region_find(ptr);
    pages = r ? (r->bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE : 0;
    if (r && !r->last && (r->last = (signed char *)malloc(pages)) != NULL)
        memset(r->last, cudaInvalidDeviceId, pages);
    known = r && r->last;
    if (known) {
        first = (size_t)((const char *)ptr - r->start) / HUM_PAGE_SIZE;
        end = ((size_t)((const char *)ptr - r->start) + bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;
        memset(r->last + first, processor, end - first);
    }
    pthread_mutex_unlock(&hum_compat_state.lock);
    return known;
}

static inline cudaError_t cudaMemPrefetchAsync_v2(const void *ptr, size_t bytes,
                                                  struct cudaMemLocation to, unsigned flags,
                                                  cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();
    enum hum_status status;
    int processor;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (flags || !bytes || !hum_compat_inside(ptr, bytes))
        return hum_compat_note(cudaErrorInvalidValue);
    if (!hum_compat_place(hum, to, &processor))
        return hum_compat_note(cudaErrorInvalidDevice);
    status = hum_prefetch(hum, ptr, bytes, processor, hum_compat_stream(hum, stream));
    if (status == HUM_OK && !hum_compat_prefetched(ptr, bytes, processor))
        status = HUM_ERR_NO_MEMORY;
    return hum_compat_status(status);
}

#if HUM_COMPAT_CUDA_VERSION >= 13000
static inline cudaError_t cudaMemAdvise(const void *ptr, size_t bytes, enum cudaMemoryAdvise advice,
                                        struct cudaMemLocation at)
{
    return cudaMemAdvise_v2(ptr, bytes, advice, at);
}

static inline cudaError_t cudaMemPrefetchAsync(const void *ptr, size_t bytes,
                                               struct cudaMemLocation to, unsigned flags,
                                               cudaStream_t stream)
{
    return cudaMemPrefetchAsync_v2(ptr, bytes, to, flags, stream);
}
#else
static inline cudaError_t cudaMemAdvise(const void *ptr, size_t bytes, enum cudaMemoryAdvise advice,
                                        int device)
{
    return cudaMemAdvise_v2(ptr, bytes, advice, hum_compat_location(device));
}

static inline cudaError_t cudaMemPrefetchAsync(const void *ptr, size_t bytes, int device,
                                               cudaStream_t stream)
{
    return cudaMemPrefetchAsync_v2(ptr, bytes, hum_compat_location(device), 0, stream);
}
#endif

/* ---- batches -------------------------------------------------------------------------------- */

/* Each range in one region, flags 0. */
static inline bool hum_compat_batch_ok(void **ptrs, const size_t *sizes, size_t count,
                                       unsigned long long flags)
{
    if (flags || !count || !ptrs || !sizes)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!sizes[i] || !hum_compat_inside(ptrs[i], sizes[i]))
            return false;
    return true;
}

/* Location j counts for ranges from firsts[j] on: the first is 0, and they rise. */
static inline bool hum_compat_places_ok(struct hum *hum, const struct cudaMemLocation *places,
                                        const size_t *firsts, size_t places_count, size_t count)
{
    int processor;

    if (!places || !firsts || !places_count || places_count > count || firsts[0] != 0)
        return false;
    for (size_t j = 0; j < places_count; j++) {
        if (firsts[j] >= count || (j && firsts[j] <= firsts[j - 1]))
            return false;
        if (!hum_compat_place(hum, places[j], &processor))
            return false;
    }
    return true;
}

/* What is asked for is checked whole before any of it is done. */
static inline cudaError_t cudaMemPrefetchBatchAsync(void **ptrs, size_t *sizes, size_t count,
                                                    struct cudaMemLocation *places, size_t *firsts,
                                                    size_t places_count, unsigned long long flags,
                                                    cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();
    cudaError_t error = cudaSuccess;
    size_t j = 0;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (!hum_compat_batch_ok(ptrs, sizes, count, flags) ||
        !hum_compat_places_ok(hum, places, firsts, places_count, count))
        return hum_compat_note(cudaErrorInvalidValue);
    for (size_t i = 0; i < count && error == cudaSuccess; i++) {
        if (j + 1 < places_count && firsts[j + 1] == i)
            j++;
        error = cudaMemPrefetchAsync_v2(ptrs[i], sizes[i], places[j], 0, stream);
    }
    return error;
}

/* Whole pages in the ranges; they read as zero until written. */
static inline cudaError_t cudaMemDiscardBatchAsync(void **ptrs, size_t *sizes, size_t count,
                                                   unsigned long long flags, cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();
    enum hum_status status = HUM_OK;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (!hum_compat_batch_ok(ptrs, sizes, count, flags))
        return hum_compat_note(cudaErrorInvalidValue);
    for (size_t i = 0; i < count && status == HUM_OK; i++)
        status = hum_discard(hum, ptrs[i], sizes[i], hum_compat_stream(hum, stream));
    return hum_compat_status(status);
}

static inline cudaError_t cudaMemDiscardAndPrefetchBatchAsync(
    void **ptrs, size_t *sizes, size_t count, struct cudaMemLocation *places, size_t *firsts,
    size_t places_count, unsigned long long flags, cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();
    cudaError_t error;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (!hum_compat_places_ok(hum, places, firsts, places_count, count))
        return hum_compat_note(cudaErrorInvalidValue);
    error = cudaMemDiscardBatchAsync(ptrs, sizes, count, flags, stream);
    if (error != cudaSuccess)
        return error;
    return cudaMemPrefetchBatchAsync(ptrs, sizes, count, places, firsts, places_count, flags,
                                     stream);
}

#endif
