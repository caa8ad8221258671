/* SPDX-License-Identifier: MIT */
/*
 * compat/range.h - what was said about a range, and who takes it along.  Part of compat_cuda.h.
 */
#ifndef HUM_COMPAT_RANGE_H
#define HUM_COMPAT_RANGE_H

#include <hum/compat/state.h>

/* What all pages of a range have in common. */
struct hum_compat_common {
    bool read_mostly;
    int preferred, last; /* cudaInvalidDeviceId: none, or not the same one */
    unsigned accessed_by;
};

static inline int hum_compat_preferred(const struct hum_page_info *page)
{
    return page->advice & HUM_ADVISE_PREFERRED ? page->preferred : cudaInvalidDeviceId;
}

/* Where all pages of the range were last prefetched. */
static inline int hum_compat_last_prefetch(const void *ptr, size_t bytes)
{
    const struct hum_compat_region *r;
    int last = cudaInvalidDeviceId;
    size_t offset, first, end;

    pthread_mutex_lock(&hum_compat_state.lock);
    r = hum_compat_region_find(ptr);
    if (r && r->last) {
        offset = (size_t)((const char *)ptr - r->start);
        first = offset / HUM_PAGE_SIZE;
        end = (offset + bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;
        last = r->last[first];
        for (size_t i = first; i < end; i++)
            if (r->last[i] != last)
                last = cudaInvalidDeviceId;
    }
    pthread_mutex_unlock(&hum_compat_state.lock);
    return last;
}

/* Advice is kept by block, so one page of each block tells. */
static inline enum hum_status hum_compat_look(const void *ptr, size_t bytes,
                                              struct hum_compat_common *out)
{
    size_t at = (size_t)ptr, end = at + bytes;
    bool first = true;

    memset(out, 0, sizeof *out);
    out->last = hum_compat_last_prefetch(ptr, bytes);
    for (; at < end; at = (at / HUM_BLOCK_SIZE + 1) * HUM_BLOCK_SIZE) {
        struct hum_page_info page;
        enum hum_status status = hum_query(hum_compat_state.hum, (void *)at, 1, &page, 1);

        if (status != HUM_OK)
            return status;
        if (first) {
            out->read_mostly = true;
            out->preferred = hum_compat_preferred(&page);
            out->accessed_by = ~0u;
        }
        first = false;
        out->read_mostly &= (page.advice & HUM_ADVISE_READ_MOSTLY) != 0;
        if (out->preferred != hum_compat_preferred(&page))
            out->preferred = cudaInvalidDeviceId;
        out->accessed_by &= page.advice & HUM_ADVISE_ACCESSED_BY ? page.accessed_by : 0;
    }
    return HUM_OK;
}

/* The processors as ids, the host as cudaCpuDeviceId, the rest cudaInvalidDeviceId. */
static inline void hum_compat_list(unsigned bits, int *ids, size_t count)
{
    size_t n = 0;

    for (int p = HUM_HOST; p < HUM_DEVICES_MAX && n < count; p++)
        if (bits & HUM_BIT(p))
            ids[n++] = p;
    while (n < count)
        ids[n++] = cudaInvalidDeviceId;
}

static inline cudaError_t cudaMemRangeGetAttribute(void *data, size_t data_bytes,
                                                   enum cudaMemRangeAttribute attribute,
                                                   const void *ptr, size_t bytes)
{
    bool list = attribute == cudaMemRangeAttributeAccessedBy;
    struct hum_compat_common common;
    int *ids = (int *)data;
    enum hum_status status;

    if (!hum_compat_space())
        return hum_compat_note(cudaErrorInitializationError);
    if (!data || !data_bytes || data_bytes % sizeof *ids || (!list && data_bytes != sizeof *ids))
        return hum_compat_note(cudaErrorInvalidValue);
    if (!bytes || !hum_compat_inside(ptr, bytes))
        return hum_compat_note(cudaErrorInvalidValue);
    status = hum_compat_look(ptr, bytes, &common);
    if (status != HUM_OK)
        return hum_compat_status(status);
    switch (attribute) {
    case cudaMemRangeAttributeReadMostly: *ids = common.read_mostly; return cudaSuccess;
    case cudaMemRangeAttributePreferredLocation: *ids = common.preferred; return cudaSuccess;
    case cudaMemRangeAttributeLastPrefetchLocation: *ids = common.last; return cudaSuccess;
    case cudaMemRangeAttributeAccessedBy:
        hum_compat_list(common.accessed_by, ids, data_bytes / sizeof *ids);
        return cudaSuccess;
    }
    return hum_compat_note(cudaErrorInvalidValue);
}

static inline cudaError_t cudaMemRangeGetAttributes(void **data, size_t *data_bytes,
                                                    enum cudaMemRangeAttribute *attributes,
                                                    size_t count, const void *ptr, size_t bytes)
{
    cudaError_t error = cudaSuccess;

    if (!data || !data_bytes || !attributes || !count)
        return hum_compat_note(cudaErrorInvalidValue);
    for (size_t i = 0; i < count && error == cudaSuccess; i++)
        error = cudaMemRangeGetAttribute(data[i], data_bytes[i], attributes[i], ptr, bytes);
    return error;
}

/*
 * Who takes the region along, on devices that cannot fault (no concurrentManagedAccess); elsewhere
 * it changes nothing.  Every launch takes regions that its arguments point into.  Besides:
 *   Global, Single   it is hum_reachable(): kernels may find their way there by stored pointers.
 *                    hum knows no region of one stream, so with Single launches of other streams
 *                    take it, too: right results, but the host waits for them all.
 *   Host             it is not; the program promises that only arguments lead there.
 * It counts for launches called from now on, which is what the order of the stream asks for.
 */
static inline cudaError_t cudaStreamAttachMemAsync(cudaStream_t stream, void *ptr, size_t bytes,
                                                   unsigned flags)
{
    const struct hum_compat_region *r;
    bool whole;

    if (!hum_compat_space())
        return hum_compat_note(cudaErrorInitializationError);
    if (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost && flags != cudaMemAttachSingle)
        return hum_compat_note(cudaErrorInvalidValue);
    if (flags == cudaMemAttachSingle && !stream)
        return hum_compat_note(cudaErrorInvalidValue);
    pthread_mutex_lock(&hum_compat_state.lock);
    r = hum_compat_region_find(ptr);
    whole = r && r->start == (char *)ptr && (!bytes || bytes == r->bytes);
    pthread_mutex_unlock(&hum_compat_state.lock);
    if (!whole)
        return hum_compat_note(cudaErrorInvalidValue);
    return hum_compat_status(hum_reachable(hum_compat_state.hum, ptr, flags != cudaMemAttachHost));
}

#endif
