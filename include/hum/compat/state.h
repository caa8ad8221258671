/* SPDX-License-Identifier: MIT */
/*
 * compat/state.h - the one space of a program that includes compat_cuda.h.  Part of that.
 *
 * The first call opens the space with the options of the environment; the end of the process closes
 * it.  All files of a program share one state: its symbols are weak, so the linker keeps one.
 * Threads: `lock` guards the lists; the current device and the last error are each thread's own.
 * A region's record lives from its allocation to cudaFree().
 */
#ifndef HUM_COMPAT_STATE_H
#define HUM_COMPAT_STATE_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hum/compat/values.h>
#include <hum/hum.h>

struct hum_compat_region {
    struct hum_compat_region *next;
    char *start;
    size_t bytes;
    signed char *last; /* by page: where it was last prefetched; NULL: no page ever was */
    int device;        /* current when it was allocated */
};

struct hum_compat_kernel {
    struct hum_compat_kernel *next;
    struct hum_kernel *kernel;
    int device;
    char name[1]; /* more behind it */
};

struct hum_compat_state {
    pthread_mutex_t lock;
    struct hum *hum;    /* NULL: not open */
    pid_t pid;          /* of the process that opened it */
    struct hum_compat_region *regions;
    struct hum_compat_kernel *kernels;
};

#ifdef __cplusplus
extern "C" {
#endif
__attribute__((weak)) struct hum_compat_state hum_compat_state = {PTHREAD_MUTEX_INITIALIZER, NULL,
                                                                  0, NULL, NULL};
__attribute__((weak)) __thread cudaError_t hum_compat_last = cudaSuccess;
__attribute__((weak)) __thread int hum_compat_device = 0;
#ifdef __cplusplus
}
#endif

/* The runtime's word for a status. */
static inline cudaError_t hum_compat_error(enum hum_status status)
{
    switch (status) {
    case HUM_OK: return cudaSuccess;
    case HUM_ERR_INVALID: return cudaErrorInvalidValue;
    case HUM_ERR_NO_MEMORY:
    case HUM_ERR_NO_SPACE: return cudaErrorMemoryAllocation;
    case HUM_ERR_NOT_FOUND: return cudaErrorSymbolNotFound;
    case HUM_ERR_UNSUPPORTED: return cudaErrorNotSupported;
    case HUM_ERR_PERMISSION: return cudaErrorNotPermitted;
    case HUM_ERR_SYSTEM: return cudaErrorOperatingSystem;
    case HUM_ERR_ILLEGAL_ADDRESS: return cudaErrorIllegalAddress;
    case HUM_ERR_KERNEL_CRASHED: return cudaErrorLaunchFailure;
    case HUM_ERR_TIMEOUT: return cudaErrorLaunchTimeout;
    case HUM_ERR_DEVICE_LOST: return cudaErrorDevicesUnavailable;
    case HUM_ERR_MODULE: return cudaErrorInvalidKernelImage;
    case HUM_ERR_BUSY: return cudaErrorIllegalState;
    case HUM_NOT_READY: return cudaErrorNotReady;
    case HUM_AGAIN: break;
    }
    return cudaErrorUnknown;
}

/* Note the error for cudaGetLastError() and return it.  "Not ready" is an answer, no error. */
static inline cudaError_t hum_compat_note(cudaError_t error)
{
    if (error != cudaSuccess && error != cudaErrorNotReady)
        hum_compat_last = error;
    return error;
}

static inline cudaError_t hum_compat_status(enum hum_status status)
{
    return hum_compat_note(hum_compat_error(status));
}

/* A child of fork() must not end the devices of its parent. */
static inline void hum_compat_close(void)
{
    struct hum_compat_state *s = &hum_compat_state;

    if (!s->hum || s->pid != getpid())
        return;
    hum_close(s->hum);
    s->hum = NULL;
}

/* The space, opened at the first call; NULL if that fails: hum_error_text() says why. */
static inline struct hum *hum_compat_space(void)
{
    struct hum_compat_state *s = &hum_compat_state;
    struct hum *hum;

    pthread_mutex_lock(&s->lock);
    if (!s->hum && hum_open(NULL, &s->hum) == HUM_OK) {
        s->pid = getpid();
        atexit(hum_compat_close);
    }
    hum = s->hum;
    pthread_mutex_unlock(&s->lock);
    return hum;
}

/* The record of the region that holds ptr; NULL: ptr is not managed.  Under the lock. */
static inline struct hum_compat_region *hum_compat_region_find(const void *ptr)
{
    const char *p = (const char *)ptr;

    for (struct hum_compat_region *r = hum_compat_state.regions; r; r = r->next)
        if (p >= r->start && p < r->start + r->bytes)
            return r;
    return NULL;
}

/* Does all of [ptr, ptr + bytes) lie in one managed region? */
static inline bool hum_compat_inside(const void *ptr, size_t bytes)
{
    struct hum_compat_region *r;
    bool inside;

    pthread_mutex_lock(&hum_compat_state.lock);
    r = hum_compat_region_find(ptr);
    inside = r && bytes <= (size_t)(r->start + r->bytes - (const char *)ptr);
    pthread_mutex_unlock(&hum_compat_state.lock);
    return inside;
}

/* Does the range leave a managed region that it starts in?  Others are the host's own. */
static inline bool hum_compat_overruns(const void *ptr, size_t bytes)
{
    return bytes > 0 && hum_compat_inside(ptr, 1) && !hum_compat_inside(ptr, bytes);
}

/* NULL, cudaStreamLegacy (1), cudaStreamPerThread (2): the default one of the thread's device. */
static inline struct hum_stream *hum_compat_stream(struct hum *hum, cudaStream_t stream)
{
    return (size_t)stream > 2 ? (struct hum_stream *)(void *)stream
                              : hum_stream(hum, hum_compat_device);
}

#endif
