/* SPDX-License-Identifier: MIT */
/*
 * compat/memory.h - allocation, copies, and what a pointer is.  Part of compat_cuda.h.
 *
 * Copies are the processor's own memcpy() after the stream's earlier work: none is in flight when
 * the call returns, the asynchronous ones included.  They are what a port deletes next.
 */
#ifndef HUM_COMPAT_MEMORY_H
#define HUM_COMPAT_MEMORY_H

#include <hum/compat/state.h>

static inline cudaError_t hum_compat_allocate(void **ptr_out, size_t bytes)
{
    struct hum *hum = hum_compat_space();
    struct hum_compat_region *r;
    enum hum_status status;
    void *ptr = NULL;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    r = (struct hum_compat_region *)calloc(1, sizeof *r);
    if (!r)
        return hum_compat_note(cudaErrorMemoryAllocation);
    status = hum_alloc(hum, bytes, 0, &ptr);
    if (status != HUM_OK) {
        free(r);
        return hum_compat_note(status == HUM_ERR_INVALID && bytes ? cudaErrorMemoryAllocation
                                                                  : hum_compat_error(status));
    }
    r->start = (char *)ptr;
    r->bytes = bytes;
    r->device = hum_compat_device;
    pthread_mutex_lock(&hum_compat_state.lock);
    r->next = hum_compat_state.regions;
    hum_compat_state.regions = r;
    pthread_mutex_unlock(&hum_compat_state.lock);
    *ptr_out = ptr;
    return cudaSuccess;
}

/* Which launches of devices that cannot fault take it along: see cudaStreamAttachMemAsync(). */
static inline cudaError_t cudaMallocManaged(void **ptr_out, size_t bytes, unsigned flags)
{
    cudaError_t error;

    if (!ptr_out || !bytes || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost))
        return hum_compat_note(cudaErrorInvalidValue);
    error = hum_compat_allocate(ptr_out, bytes);
    if (error == cudaSuccess && flags == cudaMemAttachGlobal)
        error = hum_compat_status(hum_reachable(hum_compat_state.hum, *ptr_out, true));
    return error;
}

/* Take the record of the region that starts at ptr; false: there is none. */
static inline bool hum_compat_forget(const void *ptr)
{
    struct hum_compat_region **link = &hum_compat_state.regions, *r;

    pthread_mutex_lock(&hum_compat_state.lock);
    while (*link && (*link)->start != (const char *)ptr)
        link = &(*link)->next;
    r = *link;
    if (r)
        *link = r->next;
    pthread_mutex_unlock(&hum_compat_state.lock);
    if (r)
        free(r->last);
    free(r);
    return r != NULL;
}

/* As CUDA does, waits for all work first, and reports its errors. */
static inline cudaError_t cudaFree(void *ptr)
{
    struct hum *hum = hum_compat_space();
    enum hum_status worked, freed;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (!ptr)
        return cudaSuccess;
    worked = hum_wait(hum, HUM_ALL);
    freed = hum_compat_forget(ptr) ? hum_free(hum, ptr) : HUM_ERR_INVALID;
    return hum_compat_status(worked != HUM_OK ? worked : freed);
}

/* ---- copies --------------------------------------------------------------------------------- */

/* Wait for the stream, or with stream NULL for all of the thread's device. */
static inline cudaError_t hum_compat_settle(cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (!stream)
        return hum_compat_status(hum_wait(hum, hum_compat_device));
    return hum_compat_status(hum_stream_wait(hum_compat_stream(hum, stream)));
}

static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes,
                                          enum cudaMemcpyKind kind, cudaStream_t stream)
{
    cudaError_t error;

    if ((int)kind < 0 || kind > cudaMemcpyDefault)
        return hum_compat_note(cudaErrorInvalidMemcpyDirection);
    if (bytes && (!to || !from))
        return hum_compat_note(cudaErrorInvalidValue);
    if (hum_compat_overruns(to, bytes) || hum_compat_overruns(from, bytes))
        return hum_compat_note(cudaErrorInvalidValue);
    error = hum_compat_settle(stream);
    if (error == cudaSuccess && bytes)
        memmove(to, from, bytes);
    return error;
}

static inline cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes,
                                     enum cudaMemcpyKind kind)
{
    return cudaMemcpyAsync(to, from, bytes, kind, NULL);
}

/* `height` rows of `width` bytes; a pitch is from one row to the next, bytes. */
static inline cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from,
                                            size_t from_pitch, size_t width, size_t height,
                                            enum cudaMemcpyKind kind, cudaStream_t stream)
{
    cudaError_t error = cudaSuccess;

    if (width > to_pitch || width > from_pitch)
        return hum_compat_note(cudaErrorInvalidValue);
    for (size_t y = 0; y < height && error == cudaSuccess; y++)
        error = cudaMemcpyAsync((char *)to + y * to_pitch, (const char *)from + y * from_pitch,
                                width, kind, stream);
    return error;
}

static inline cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from,
                                       size_t from_pitch, size_t width, size_t height,
                                       enum cudaMemcpyKind kind)
{
    return cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, width, height, kind, NULL);
}

static inline cudaError_t cudaMemsetAsync(void *ptr, int value, size_t bytes, cudaStream_t stream)
{
    cudaError_t error;

    if (!bytes)
        return cudaSuccess;
    if (!ptr || !hum_compat_inside(ptr, bytes))
        return hum_compat_note(cudaErrorInvalidValue);
    error = hum_compat_settle(stream);
    if (error == cudaSuccess)
        memset(ptr, value, bytes);
    return error;
}

static inline cudaError_t cudaMemset(void *ptr, int value, size_t bytes)
{
    return cudaMemsetAsync(ptr, value, bytes, NULL);
}

/* ---- what a pointer is ---------------------------------------------------------------------- */

/* Memory that is not managed is "unregistered", as the host's own is in CUDA. */
static inline cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *out,
                                                   const void *ptr)
{
    const struct hum_compat_region *r;

    if (!out)
        return hum_compat_note(cudaErrorInvalidValue);
    if (!hum_compat_space())
        return hum_compat_note(cudaErrorInitializationError);
    memset(out, 0, sizeof *out);
    out->type = cudaMemoryTypeUnregistered;
    out->device = cudaInvalidDeviceId;
    out->hostPointer = (void *)(size_t)ptr;
    pthread_mutex_lock(&hum_compat_state.lock);
    r = hum_compat_region_find(ptr);
    if (r) {
        out->type = cudaMemoryTypeManaged;
        out->device = r->device;
        out->devicePointer = out->hostPointer;
    }
    pthread_mutex_unlock(&hum_compat_state.lock);
    return cudaSuccess;
}

#endif
