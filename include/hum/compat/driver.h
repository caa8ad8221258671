/* SPDX-License-Identifier: MIT */
/*
 * compat/driver.h - the same by the names of CUDA's driver API.  Part of compat_cuda.h.
 *
 * There are no contexts: the device is the thread's, as set by cudaSetDevice().
 */
#ifndef HUM_COMPAT_DRIVER_H
#define HUM_COMPAT_DRIVER_H

#include <hum/compat/advice.h>
#include <hum/compat/range.h>
#include <hum/compat/streams.h>

/* Their values are the same, but for two that the driver does not have. */
static inline CUresult hum_compat_result(cudaError_t error)
{
    if (error == cudaErrorInvalidConfiguration || error == cudaErrorInvalidMemcpyDirection)
        return CUDA_ERROR_INVALID_VALUE;
    return (CUresult)(int)error;
}

static inline void *hum_compat_pointer(CUdeviceptr ptr)
{
    return (void *)(size_t)ptr;
}

static inline CUresult cuInit(unsigned flags)
{
    if (flags)
        return CUDA_ERROR_INVALID_VALUE;
    return hum_compat_space() ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

static inline CUresult cuGetErrorName(CUresult result, const char **text_out)
{
    switch ((int)result) {
#define HUM_COMPAT_CASE(runtime, driver, value, text)                                              \
    case value: *text_out = #driver; return CUDA_SUCCESS;
        HUM_COMPAT_ERRORS(HUM_COMPAT_CASE)
#undef HUM_COMPAT_CASE
    }
    *text_out = NULL;
    return CUDA_ERROR_INVALID_VALUE;
}

static inline CUresult cuGetErrorString(CUresult result, const char **text_out)
{
    if (cuGetErrorName(result, text_out) != CUDA_SUCCESS)
        return CUDA_ERROR_INVALID_VALUE;
    *text_out = cudaGetErrorString((cudaError_t)(int)result);
    return CUDA_SUCCESS;
}

static inline CUresult cuDeviceGetCount(int *count_out)
{
    return hum_compat_result(cudaGetDeviceCount(count_out));
}

static inline CUresult cuDeviceGetAttribute(int *value_out, CUdevice_attribute attribute,
                                            CUdevice device)
{
    return hum_compat_result(cudaDeviceGetAttribute(value_out, attribute, device));
}

static inline CUresult cuMemAllocManaged(CUdeviceptr *ptr_out, size_t bytes, unsigned flags)
{
    void *ptr = NULL;
    CUresult result;

    if (!ptr_out)
        return CUDA_ERROR_INVALID_VALUE;
    result = hum_compat_result(cudaMallocManaged(&ptr, bytes, flags));
    if (result == CUDA_SUCCESS)
        *ptr_out = (CUdeviceptr)(size_t)ptr;
    return result;
}

static inline CUresult cuMemFree(CUdeviceptr ptr)
{
    if (!ptr)
        return CUDA_ERROR_INVALID_VALUE;
    return hum_compat_result(cudaFree(hum_compat_pointer(ptr)));
}

static inline CUresult cuMemAdvise_v2(CUdeviceptr ptr, size_t bytes, CUmem_advise advice,
                                      CUmemLocation at)
{
    return hum_compat_result(cudaMemAdvise_v2(hum_compat_pointer(ptr), bytes, advice, at));
}

static inline CUresult cuMemPrefetchAsync_v2(CUdeviceptr ptr, size_t bytes, CUmemLocation to,
                                             unsigned flags, CUstream stream)
{
    return hum_compat_result(
        cudaMemPrefetchAsync_v2(hum_compat_pointer(ptr), bytes, to, flags, stream));
}

#if HUM_COMPAT_CUDA_VERSION >= 13000
static inline CUresult cuMemAdvise(CUdeviceptr ptr, size_t bytes, CUmem_advise advice,
                                   CUmemLocation at)
{
    return cuMemAdvise_v2(ptr, bytes, advice, at);
}

static inline CUresult cuMemPrefetchAsync(CUdeviceptr ptr, size_t bytes, CUmemLocation to,
                                          unsigned flags, CUstream stream)
{
    return cuMemPrefetchAsync_v2(ptr, bytes, to, flags, stream);
}
#else
static inline CUresult cuMemAdvise(CUdeviceptr ptr, size_t bytes, CUmem_advise advice,
                                   CUdevice device)
{
    return cuMemAdvise_v2(ptr, bytes, advice, hum_compat_location(device));
}

static inline CUresult cuMemPrefetchAsync(CUdeviceptr ptr, size_t bytes, CUdevice device,
                                          CUstream stream)
{
    return cuMemPrefetchAsync_v2(ptr, bytes, hum_compat_location(device), 0, stream);
}
#endif

/* Addresses of the two kinds are the same words on the machines that hum runs on. */
static inline CUresult cuMemPrefetchBatchAsync(CUdeviceptr *ptrs, size_t *sizes, size_t count,
                                               CUmemLocation *places, size_t *firsts,
                                               size_t places_count, unsigned long long flags,
                                               CUstream stream)
{
    return hum_compat_result(cudaMemPrefetchBatchAsync((void **)(void *)ptrs, sizes, count, places,
                                                       firsts, places_count, flags, stream));
}

static inline CUresult cuMemDiscardBatchAsync(CUdeviceptr *ptrs, size_t *sizes, size_t count,
                                              unsigned long long flags, CUstream stream)
{
    return hum_compat_result(
        cudaMemDiscardBatchAsync((void **)(void *)ptrs, sizes, count, flags, stream));
}

static inline CUresult cuMemDiscardAndPrefetchBatchAsync(CUdeviceptr *ptrs, size_t *sizes,
                                                         size_t count, CUmemLocation *places,
                                                         size_t *firsts, size_t places_count,
                                                         unsigned long long flags, CUstream stream)
{
    return hum_compat_result(cudaMemDiscardAndPrefetchBatchAsync(
        (void **)(void *)ptrs, sizes, count, places, firsts, places_count, flags, stream));
}

static inline CUresult cuMemRangeGetAttribute(void *data, size_t data_bytes,
                                              CUmem_range_attribute attribute, CUdeviceptr ptr,
                                              size_t bytes)
{
    return hum_compat_result(
        cudaMemRangeGetAttribute(data, data_bytes, attribute, hum_compat_pointer(ptr), bytes));
}

static inline CUresult cuMemRangeGetAttributes(void **data, size_t *data_bytes,
                                               CUmem_range_attribute *attributes, size_t count,
                                               CUdeviceptr ptr, size_t bytes)
{
    return hum_compat_result(cudaMemRangeGetAttributes(data, data_bytes, attributes, count,
                                                       hum_compat_pointer(ptr), bytes));
}

static inline CUresult cuStreamAttachMemAsync(CUstream stream, CUdeviceptr ptr, size_t bytes,
                                              unsigned flags)
{
    return hum_compat_result(
        cudaStreamAttachMemAsync(stream, hum_compat_pointer(ptr), bytes, flags));
}

static inline CUresult cuStreamSynchronize(CUstream stream)
{
    return hum_compat_result(cudaStreamSynchronize(stream));
}

static inline CUresult cuCtxSynchronize(void)
{
    return hum_compat_result(cudaDeviceSynchronize());
}

/*
 * data points to an unsigned for the memory's type, IS_MANAGED and the ordinal (int), to a word of
 * an address's or a size's width for the others.  A pointer that is not managed is
 * CUDA_ERROR_INVALID_VALUE, as one that CUDA does not know.
 */
static inline CUresult cuPointerGetAttribute(void *data, CUpointer_attribute attribute,
                                             CUdeviceptr ptr)
{
    const struct hum_compat_region *r;
    size_t start = 0, bytes = 0;
    int device = 0;

    if (!hum_compat_space())
        return CUDA_ERROR_NOT_INITIALIZED;
    pthread_mutex_lock(&hum_compat_state.lock);
    r = hum_compat_region_find(hum_compat_pointer(ptr));
    if (r) {
        start = (size_t)r->start;
        bytes = r->bytes;
        device = r->device;
    }
    pthread_mutex_unlock(&hum_compat_state.lock);
    if (!start || !data)
        return CUDA_ERROR_INVALID_VALUE;
    switch (attribute) {
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE: *(unsigned *)data = CU_MEMORYTYPE_DEVICE; break;
    case CU_POINTER_ATTRIBUTE_IS_MANAGED: *(unsigned *)data = 1; break;
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: *(int *)data = device; break;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    case CU_POINTER_ATTRIBUTE_HOST_POINTER: *(size_t *)data = (size_t)ptr; break;
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR: *(size_t *)data = start; break;
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE: *(size_t *)data = bytes; break;
    default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}

#endif
