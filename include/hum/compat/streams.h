/* SPDX-License-Identifier: MIT */
/*
 * compat/streams.h - devices, streams, events, errors, launches.  Part of compat_cuda.h.
 *
 * The default stream is one a device and waits for no other, as with nvcc's --default-stream
 * per-thread.  Errors of kernels arrive at the next call that waits, once; the device goes on.
 */
#ifndef HUM_COMPAT_STREAMS_H
#define HUM_COMPAT_STREAMS_H

#include <stdio.h>

#include <hum/compat/memory.h>

/* ---- errors --------------------------------------------------------------------------------- */

static inline const char *cudaGetErrorName(cudaError_t error)
{
    switch ((int)error) {
#define HUM_COMPAT_CASE(runtime, driver, value, text)                                              \
    case value: return #runtime;
        HUM_COMPAT_ERRORS(HUM_COMPAT_CASE)
#undef HUM_COMPAT_CASE
    case cudaErrorInvalidConfiguration: return "cudaErrorInvalidConfiguration";
    case cudaErrorInvalidMemcpyDirection: return "cudaErrorInvalidMemcpyDirection";
    }
    return "unrecognized error code";
}

/* The general sentence; hum_error_text() has the exact cause and the next step. */
static inline const char *cudaGetErrorString(cudaError_t error)
{
    switch ((int)error) {
#define HUM_COMPAT_CASE(runtime, driver, value, text)                                              \
    case value: return text;
        HUM_COMPAT_ERRORS(HUM_COMPAT_CASE)
#undef HUM_COMPAT_CASE
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorInvalidMemcpyDirection: return "invalid copy direction for memcpy";
    }
    return "unrecognized error code";
}

static inline cudaError_t cudaPeekAtLastError(void)
{
    return hum_compat_last;
}

static inline cudaError_t cudaGetLastError(void)
{
    cudaError_t error = hum_compat_last;

    hum_compat_last = cudaSuccess;
    return error;
}

/* ---- devices -------------------------------------------------------------------------------- */

static inline cudaError_t cudaGetDeviceCount(int *count_out)
{
    struct hum *hum = hum_compat_space();

    if (!count_out)
        return hum_compat_note(cudaErrorInvalidValue);
    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    *count_out = (int)hum_device_count(hum);
    return cudaSuccess;
}

/* The facts of a device. */
static inline cudaError_t hum_compat_facts(int device, struct hum_device_info *info_out)
{
    struct hum *hum = hum_compat_space();

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (device < 0 || (unsigned)device >= hum_device_count(hum))
        return hum_compat_note(cudaErrorInvalidDevice);
    return hum_compat_status(hum_device_info(hum, device, info_out));
}

static inline cudaError_t cudaSetDevice(int device)
{
    struct hum_device_info info;
    cudaError_t error = hum_compat_facts(device, &info);

    if (error == cudaSuccess)
        hum_compat_device = device;
    return error;
}

static inline cudaError_t cudaGetDevice(int *device_out)
{
    if (!device_out)
        return hum_compat_note(cudaErrorInvalidValue);
    *device_out = hum_compat_device;
    return cudaSuccess;
}

/* Memory of malloc() is not the device's: pageableMemoryAccess is 0 everywhere. */
static inline cudaError_t cudaDeviceGetAttribute(int *value_out, enum cudaDeviceAttr attribute,
                                                 int device)
{
    struct hum_device_info info;
    cudaError_t error = hum_compat_facts(device, &info);

    if (error != cudaSuccess)
        return error;
    if (!value_out)
        return hum_compat_note(cudaErrorInvalidValue);
    switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock: *value_out = 65536; return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value_out = (int)HUM_LOCAL_MAX; return cudaSuccess;
    case cudaDevAttrMultiProcessorCount: *value_out = (int)info.workers; return cudaSuccess;
    case cudaDevAttrConcurrentKernels:
    case cudaDevAttrManagedMemory: *value_out = 1; return cudaSuccess;
    case cudaDevAttrUnifiedAddressing: *value_out = info.same_address; return cudaSuccess;
    case cudaDevAttrConcurrentManagedAccess: *value_out = info.faults; return cudaSuccess;
    case cudaDevAttrHostNativeAtomicSupported:
    case cudaDevAttrPageableMemoryAccess:
    case cudaDevAttrPageableMemoryAccessUsesHostPageTables:
    case cudaDevAttrDirectManagedMemAccessFromHost: *value_out = 0; return cudaSuccess;
    }
    return hum_compat_note(cudaErrorInvalidValue);
}

static inline cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *out, int device)
{
    struct hum_device_info info;
    cudaError_t error = hum_compat_facts(device, &info);

    if (error != cudaSuccess)
        return error;
    if (!out)
        return hum_compat_note(cudaErrorInvalidValue);
    memset(out, 0, sizeof *out);
    memcpy(out->name, info.name, sizeof info.name);
    out->totalGlobalMem = (size_t)info.memory_bytes;
    out->sharedMemPerBlock = HUM_LOCAL_MAX;
    out->maxThreadsPerBlock = 65536;
    out->multiProcessorCount = (int)info.workers;
    out->unifiedAddressing = info.same_address;
    out->managedMemory = 1;
    out->concurrentManagedAccess = info.faults;
    return cudaSuccess;
}

static inline cudaError_t cudaDeviceSynchronize(void)
{
    return hum_compat_settle(NULL);
}

/* ---- streams -------------------------------------------------------------------------------- */

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream_out, unsigned flags)
{
    struct hum *hum = hum_compat_space();
    struct hum_stream *stream;
    enum hum_status status;

    if (!stream_out || (flags & ~(unsigned)cudaStreamNonBlocking))
        return hum_compat_note(cudaErrorInvalidValue);
    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    status = hum_stream_create(hum, hum_compat_device, &stream);
    if (status == HUM_OK)
        *stream_out = (cudaStream_t)(void *)stream;
    return hum_compat_status(status);
}

static inline cudaError_t cudaStreamCreate(cudaStream_t *stream_out)
{
    return cudaStreamCreateWithFlags(stream_out, cudaStreamDefault);
}

static inline cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    if ((size_t)stream <= 2)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    hum_stream_destroy((struct hum_stream *)(void *)stream);
    return cudaSuccess;
}

static inline cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    return hum_compat_status(hum_stream_wait(hum_compat_stream(hum, stream)));
}

/* ---- events --------------------------------------------------------------------------------- */

/* Flags are taken and change nothing. */
static inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event_out, unsigned flags)
{
    struct hum *hum = hum_compat_space();
    struct hum_event *event;
    enum hum_status status;

    if (!event_out || (flags & ~(unsigned)(cudaEventBlockingSync | cudaEventDisableTiming)))
        return hum_compat_note(cudaErrorInvalidValue);
    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    status = hum_event_create(hum, &event);
    if (status == HUM_OK)
        *event_out = (cudaEvent_t)(void *)event;
    return hum_compat_status(status);
}

static inline cudaError_t cudaEventCreate(cudaEvent_t *event_out)
{
    return cudaEventCreateWithFlags(event_out, cudaEventDefault);
}

static inline struct hum_event *hum_compat_event(cudaEvent_t event)
{
    return (struct hum_event *)(void *)event;
}

static inline cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    if (!event)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    hum_event_destroy(hum_compat_event(event));
    return cudaSuccess;
}

static inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    struct hum *hum = hum_compat_space();

    if (!event || !hum)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    return hum_compat_status(
        hum_event_record(hum_compat_event(event), hum_compat_stream(hum, stream)));
}

static inline cudaError_t cudaEventQuery(cudaEvent_t event)
{
    if (!event)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    return hum_compat_status(hum_event_query(hum_compat_event(event)));
}

static inline cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    if (!event)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    return hum_compat_status(hum_event_wait(hum_compat_event(event)));
}

static inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                              unsigned flags)
{
    struct hum *hum = hum_compat_space();

    if (!event || !hum)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    if (flags)
        return hum_compat_note(cudaErrorInvalidValue);
    return hum_compat_status(
        hum_stream_wait_event(hum_compat_stream(hum, stream), hum_compat_event(event)));
}

/* Milliseconds.  An event never recorded is cudaErrorInvalidResourceHandle. */
static inline cudaError_t cudaEventElapsedTime(float *ms_out, cudaEvent_t start, cudaEvent_t end)
{
    int64_t ns;

    if (!ms_out)
        return hum_compat_note(cudaErrorInvalidValue);
    if (!start || !end)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    if (hum_event_query(hum_compat_event(start)) == HUM_NOT_READY ||
        hum_event_query(hum_compat_event(end)) == HUM_NOT_READY)
        return cudaErrorNotReady;
    if (hum_event_elapsed(hum_compat_event(start), hum_compat_event(end), &ns) != HUM_OK)
        return hum_compat_note(cudaErrorInvalidResourceHandle);
    *ms_out = (float)((double)ns * 1e-6);
    return cudaSuccess;
}

/* ---- launches ------------------------------------------------------------------------------- */

/* Load "module:kernel", or "name" for both, on the thread's device. */
static inline enum hum_status hum_compat_kernel_load(struct hum *hum, const char *name,
                                                     struct hum_kernel **kernel_out)
{
    const char *colon = strrchr(name, ':');
    char module_name[256];
    struct hum_module *module;
    enum hum_status status;
    int length;

    length = snprintf(module_name, sizeof module_name, "%.*s",
                      (int)(colon ? (size_t)(colon - name) : strlen(name)), name);
    if (length <= 0 || (size_t)length >= sizeof module_name)
        return HUM_ERR_INVALID;
    status = hum_module_load(hum, hum_compat_device, module_name, &module);
    if (status != HUM_OK)
        return status;
    return hum_kernel_get(module, colon ? colon + 1 : name, kernel_out);
}

/* The same, loaded once a device. */
static inline enum hum_status hum_compat_kernel(struct hum *hum, const char *name,
                                                struct hum_kernel **kernel_out)
{
    struct hum_compat_state *s = &hum_compat_state;
    enum hum_status status = HUM_OK;
    struct hum_compat_kernel *k;
    size_t length = strlen(name);

    pthread_mutex_lock(&s->lock);
    for (k = s->kernels; k; k = k->next)
        if (k->device == hum_compat_device && strcmp(k->name, name) == 0)
            break;
    if (!k) {
        k = (struct hum_compat_kernel *)calloc(1, sizeof *k + length);
        status = k ? hum_compat_kernel_load(hum, name, &k->kernel) : HUM_ERR_NO_MEMORY;
        if (status == HUM_OK) {
            memcpy(k->name, name, length + 1);
            k->device = hum_compat_device;
            k->next = s->kernels;
            s->kernels = k;
        }
    }
    if (status == HUM_OK)
        *kernel_out = k->kernel;
    else
        free(k);
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* In groups, as <<<grid, block, shared_bytes, stream>>> does. */
static inline cudaError_t hum_compat_launch(const char *name, dim3 grid, dim3 block,
                                            size_t shared_bytes, cudaStream_t stream,
                                            const void *args, size_t args_bytes)
{
    struct hum *hum = hum_compat_space();
    size_t items = (size_t)block.x * block.y;
    struct hum_kernel *kernel = NULL;
    struct hum_grid shape;
    enum hum_status status;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    if (!grid.x || !grid.y || !grid.z || !items || !block.z || items > 65536 ||
        items * block.z > 65536 || shared_bytes > HUM_LOCAL_MAX)
        return hum_compat_note(cudaErrorInvalidConfiguration);
    shape.dimensions = grid.z * block.z > 1 ? 3 : grid.y * block.y > 1 ? 2 : 1;
    shape.groups[0] = grid.x;
    shape.groups[1] = grid.y;
    shape.groups[2] = grid.z;
    shape.items[0] = block.x;
    shape.items[1] = block.y;
    shape.items[2] = block.z;
    shape.local_bytes = shared_bytes;
    status = hum_compat_kernel(hum, name, &kernel);
    if (status == HUM_OK)
        status = hum_launch_nd(hum_compat_stream(hum, stream), kernel, &shape, args, args_bytes);
    return hum_compat_status(status);
}

/* A flat kernel over [0, count): for bodies that are one hum_for_each. */
static inline cudaError_t hum_compat_launch_flat(const char *name, size_t count,
                                                 cudaStream_t stream, const void *args,
                                                 size_t args_bytes)
{
    struct hum *hum = hum_compat_space();
    struct hum_kernel *kernel = NULL;
    enum hum_status status;

    if (!hum)
        return hum_compat_note(cudaErrorInitializationError);
    status = hum_compat_kernel(hum, name, &kernel);
    if (status == HUM_OK)
        status = hum_launch(hum_compat_stream(hum, stream), kernel, count, args, args_bytes);
    return hum_compat_status(status);
}

/* args is a struct, not its address; grid and block are dim3: HUM_DIM3(x, y, z). */
#define HUM_COMPAT_LAUNCH(name, grid, block, stream, args)                                         \
    hum_compat_launch((name), (grid), (block), 0, (stream), &(args), sizeof(args))
#define HUM_COMPAT_LAUNCH_SHARED(name, grid, block, shared_bytes, stream, args)                    \
    hum_compat_launch((name), (grid), (block), (shared_bytes), (stream), &(args), sizeof(args))
#define HUM_COMPAT_LAUNCH_FLAT(name, count, stream, args)                                          \
    hum_compat_launch_flat((name), (count), (stream), &(args), sizeof(args))

#endif
