/* SPDX-License-Identifier: MIT */
/*
 * declared.h - launches that say what they use, for devices that cannot fault.  Part of hum.h.
 *
 * Some devices cannot fault (hum_device_info.faults): everything that a launch touches must be
 * there before it starts, and nobody else may be in its way until it has ended.  So a launch there
 * has *uses*: what hum_use() declared for it.  Where that was not called, they are the regions that
 * the words of its argument block point into, and those marked with hum_reachable(), all of them
 * whole and for writing.  Where kernels do fault, declaring changes nothing: what is touched comes
 * when it is touched, or earlier by hum_prefetch().
 *
 * While such a launch is in flight a host thread that writes what it reads, or touches what it
 * writes, waits until it has ended; so does a call that would take these pages (hum_free,
 * hum_discard, hum_protect, hum_prefetch).  A kernel there must not wait for the host.
 *
 * HUM_CHECK=uses finds out on a device that faults whether a program is right on one that does not:
 * each touch that its launch had not declared is reported with kernel, address and region, and each
 * touch by the host of what a launch in flight uses (hum_violations()).
 */
#ifndef HUM_DECLARED_H
#define HUM_DECLARED_H

#include <hum/hum.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The next launch on the stream uses [ptr, ptr + bytes), of one region: HUM_READ, HUM_WRITE or
 * both.  May be called several times; the launch takes them all.  What is used for writing may be
 * read, too, and keeps what the launch does not write.  Pages count as a whole.
 * HUM_ERR_INVALID: not inside one live region.  A launch whose uses the device cannot hold at once
 * fails with HUM_ERR_NO_MEMORY at the wait; one that may not do so by hum_protect() with
 * HUM_ERR_PERMISSION.
 */
HUM_API HUM_MUST_USE enum hum_status hum_use(struct hum_stream *stream, const void *ptr,
                                             size_t bytes, unsigned access);

/* The next launch on the stream uses nothing but what hum_use() says. */
HUM_API HUM_MUST_USE enum hum_status hum_use_none(struct hum_stream *stream);

/*
 * The region that holds ptr is used, for writing, by every launch without uses of its own: kernels
 * find their way there through pointers in memory.  Regions start without.
 */
HUM_API HUM_MUST_USE enum hum_status hum_reachable(struct hum *hum, const void *ptr,
                                                   bool reachable);

/*
 * The host is going to touch [ptr, ptr + bytes), of one region: waits for launches that are in the
 * way, then brings it all at once.  Touching without it works everywhere, page by page, and waits
 * in the same way.  hum_release() says that the host is done with the region for now: with
 * HUM_CHECK=uses a touch before the next hum_acquire() of it is reported.
 */
HUM_API HUM_MUST_USE enum hum_status hum_acquire(struct hum *hum, const void *ptr, size_t bytes,
                                                 unsigned access);
HUM_API HUM_MUST_USE enum hum_status hum_release(struct hum *hum, const void *ptr);

/*
 * Device code of the program's own - a launch by the device's driver, a library - on memory of the
 * space: hum_use() on the stream what it uses, then
 *
 *     hum_acquire_device(stream);
 *     cublasSscal(handle, n, &a, hum_device_pointer(hum, 0, x), 1);
 *     hum_release_device(stream, cuda_stream);
 *
 * hum_acquire_device() waits for what the stream did so far and brings what was declared; it stays
 * until what the program has put into its own queue `native` of the device, up to the release, has
 * finished.  That is waited for as for a launch (hum_stream_wait(), an event), which later launches
 * of the stream come after; meanwhile the host's touches wait, so it must not touch what it
 * acquired before the release.
 * CUDA: native is a CUstream of the device's primary context, which is cudart's, too; no call of
 * hum changes the thread's current context.
 * HUM_ERR_UNSUPPORTED: nothing but hum can run code on the device; HUM_ERR_INVALID: acquired twice,
 * nothing declared on a device that cannot fault, not acquired, or no such queue: then it stays
 * acquired.  HUM_ERR_DEVICE_LOST: it was released.
 */
HUM_API HUM_MUST_USE enum hum_status hum_acquire_device(struct hum_stream *stream);
HUM_API HUM_MUST_USE enum hum_status hum_release_device(struct hum_stream *stream, void *native);

/*
 * Where the device's code sees ptr, for the calls of its driver and its libraries; kernels launched
 * by hum are given the host's pointer.  The same as long as the device lives (restarts of
 * hum_device_info).  NULL: ptr is not in the space, or the device has no addresses to tell.
 */
HUM_API void *hum_device_pointer(struct hum *hum, int device, const void *ptr);

enum hum_violation_kind {
    HUM_VIOLATION_UNDECLARED,         /* a kernel touched what its launch had not declared */
    HUM_VIOLATION_HOST_DURING_LAUNCH, /* the host touched what a launch in flight uses */
    HUM_VIOLATION_HOST_AFTER_RELEASE, /* the host touched what it had released */
};

/* "the launch had not declared"; never NULL, static. */
HUM_API const char *hum_violation_text(enum hum_violation_kind kind);

/* Touches of one region by one kernel, or by the host, that were wrong in the same way. */
struct hum_violation {
    enum hum_violation_kind kind;
    int processor;            /* that touched */
    char kernel[64];          /* "": the host, or not known */
    bool write;
    uintptr_t address;        /* of the first: exact where the system tells it, else its page */
    uintptr_t region_start;
    char region[64];          /* its name, "" if it has none or is gone */
    uint64_t touches;         /* pages, counted again in each launch */
};

/*
 * What HUM_CHECK=uses found so far, at most `count`, in the order found; returns how many there
 * are.  out may be NULL if count is 0.  Each is also told to the log once, at the end of a wait.
 * HUM_CHECK=released looks for HUM_VIOLATION_HOST_AFTER_RELEASE alone, costs launches nothing, and
 * leaves the telling to the caller.
 */
HUM_API size_t hum_violations(struct hum *hum, struct hum_violation *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
