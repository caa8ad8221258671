/* SPDX-License-Identifier: MIT */
/*
 * functions.h - the functions of the CUDA driver that hum calls, as one list.
 *
 * X(symbol, name, since, need, parameters)
 *   symbol      as libcuda.so.1 exports it; also the member of struct humi_cuda
 *   name        as cuda.h spells it; what cuGetProcAddress() is asked for
 *   since       version of CUDA that brought this signature, 1000 * major + 10 * minor; asked for
 *               with exactly this version cuGetProcAddress() gives this signature and no other
 *   need        REQUIRED: a driver without it is not used; OPTIONAL: may be NULL
 *   parameters  in parentheses; every function returns enum humi_cu_result
 *
 * Streams are the legacy kind: NULL is the default stream of the context.
 * Everything up to CUDA 11.0 is required, which is the oldest driver that hum runs on.
 */
#ifndef HUMI_DEVICE_CUDA_FUNCTIONS_H
#define HUMI_DEVICE_CUDA_FUNCTIONS_H

#include "device/cuda/abi.h"

/* An address that devices use.  With unified addressing the host's pointers are such, too. */
typedef unsigned long long humi_cu_ptr;

/* Opaque things, under NVIDIA's tags. */
struct CUctx_st;
struct CUstream_st;
struct CUevent_st;
struct CUmod_st;
struct CUfunc_st;

typedef void humi_cu_host_function(void *data);

#define HUMI_CUDA_FUNCTIONS(X)                                                                     \
    HUMI_CUDA_FUNCTIONS_DEVICE(X)                                                                  \
    HUMI_CUDA_FUNCTIONS_MEMORY(X)                                                                  \
    HUMI_CUDA_FUNCTIONS_MANAGED(X)                                                                 \
    HUMI_CUDA_FUNCTIONS_MAPPING(X)                                                                 \
    HUMI_CUDA_FUNCTIONS_STREAM(X)                                                                  \
    HUMI_CUDA_FUNCTIONS_KERNEL(X)

#define HUMI_CUDA_FUNCTIONS_DEVICE(X)                                                              \
    X(cuInit, cuInit, 2000, REQUIRED, (unsigned flags))                                            \
    X(cuDriverGetVersion, cuDriverGetVersion, 2020, REQUIRED, (int *version))                      \
    X(cuGetErrorName, cuGetErrorName, 6000, REQUIRED,                                              \
      (enum humi_cu_result result, const char **name))                                             \
    X(cuGetErrorString, cuGetErrorString, 6000, REQUIRED,                                          \
      (enum humi_cu_result result, const char **text))                                             \
    X(cuGetProcAddress_v2, cuGetProcAddress, 12000, OPTIONAL,                                      \
      (const char *name, void **function, int version, uint64_t flags,                             \
       enum humi_cu_proc_result *status))                                                          \
    X(cuDeviceGetCount, cuDeviceGetCount, 2000, REQUIRED, (int *count))                            \
    X(cuDeviceGet, cuDeviceGet, 2000, REQUIRED, (int *device, int ordinal))                        \
    X(cuDeviceGetName, cuDeviceGetName, 2000, REQUIRED, (char *name, int bytes, int device))       \
    X(cuDeviceGetAttribute, cuDeviceGetAttribute, 2000, REQUIRED,                                  \
      (int *value, enum humi_cu_device_attribute attribute, int device))                           \
    X(cuDeviceTotalMem_v2, cuDeviceTotalMem, 3020, REQUIRED, (size_t *bytes, int device))          \
    X(cuDeviceGetUuid_v2, cuDeviceGetUuid, 11040, OPTIONAL,                                        \
      (struct humi_cu_uuid *uuid, int device))                                                     \
    X(cuDeviceCanAccessPeer, cuDeviceCanAccessPeer, 4000, REQUIRED,                                \
      (int *can, int device, int peer))                                                            \
    X(cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRetain, 7000, REQUIRED,                          \
      (struct CUctx_st **context, int device))                                                     \
    X(cuDevicePrimaryCtxRelease_v2, cuDevicePrimaryCtxRelease, 11000, REQUIRED, (int device))      \
    X(cuDevicePrimaryCtxReset_v2, cuDevicePrimaryCtxReset, 11000, REQUIRED, (int device))          \
    X(cuDevicePrimaryCtxSetFlags_v2, cuDevicePrimaryCtxSetFlags, 11000, REQUIRED,                  \
      (int device, unsigned flags))                                                                \
    X(cuDevicePrimaryCtxGetState, cuDevicePrimaryCtxGetState, 7000, REQUIRED,                      \
      (int device, unsigned *flags, int *active))                                                  \
    X(cuCtxGetCurrent, cuCtxGetCurrent, 4000, REQUIRED, (struct CUctx_st **context))               \
    X(cuCtxSetCurrent, cuCtxSetCurrent, 4000, REQUIRED, (struct CUctx_st *context))                \
    X(cuCtxPushCurrent_v2, cuCtxPushCurrent, 4000, REQUIRED, (struct CUctx_st *context))           \
    X(cuCtxPopCurrent_v2, cuCtxPopCurrent, 4000, REQUIRED, (struct CUctx_st **context))            \
    X(cuCtxGetDevice, cuCtxGetDevice, 2000, REQUIRED, (int *device))                               \
    X(cuCtxSynchronize, cuCtxSynchronize, 2000, REQUIRED, (void))                                  \
    X(cuCtxEnablePeerAccess, cuCtxEnablePeerAccess, 4000, REQUIRED,                                \
      (struct CUctx_st *peer, unsigned flags))

#define HUMI_CUDA_FUNCTIONS_MEMORY(X)                                                              \
    X(cuMemGetInfo_v2, cuMemGetInfo, 3020, REQUIRED, (size_t *free_bytes, size_t *total_bytes))    \
    X(cuMemAlloc_v2, cuMemAlloc, 3020, REQUIRED, (humi_cu_ptr *ptr, size_t bytes))                 \
    X(cuMemFree_v2, cuMemFree, 3020, REQUIRED, (humi_cu_ptr ptr))                                  \
    X(cuMemHostRegister_v2, cuMemHostRegister, 6050, REQUIRED,                                     \
      (void *start, size_t bytes, unsigned flags))                                                 \
    X(cuMemHostUnregister, cuMemHostUnregister, 4000, REQUIRED, (void *start))                     \
    X(cuMemcpyHtoDAsync_v2, cuMemcpyHtoDAsync, 3020, REQUIRED,                                     \
      (humi_cu_ptr to, const void *from, size_t bytes, struct CUstream_st *stream))                \
    X(cuMemcpyDtoHAsync_v2, cuMemcpyDtoHAsync, 3020, REQUIRED,                                     \
      (void *to, humi_cu_ptr from, size_t bytes, struct CUstream_st *stream))                      \
    X(cuMemcpyAsync, cuMemcpyAsync, 4000, REQUIRED,                                                \
      (humi_cu_ptr to, humi_cu_ptr from, size_t bytes, struct CUstream_st *stream))                \
    X(cuMemcpyPeerAsync, cuMemcpyPeerAsync, 4000, REQUIRED,                                        \
      (humi_cu_ptr to, struct CUctx_st *to_context, humi_cu_ptr from,                              \
       struct CUctx_st *from_context, size_t bytes, struct CUstream_st *stream))                   \
    X(cuMemsetD8Async, cuMemsetD8Async, 3020, REQUIRED,                                            \
      (humi_cu_ptr to, unsigned char value, size_t bytes, struct CUstream_st *stream))             \
    X(cuPointerGetAttribute, cuPointerGetAttribute, 4000, REQUIRED,                                \
      (void *data, enum humi_cu_pointer_attribute attribute, humi_cu_ptr ptr))                     \
    X(cuPointerGetAttributes, cuPointerGetAttributes, 7000, REQUIRED,                              \
      (unsigned count, enum humi_cu_pointer_attribute *attributes, void **data, humi_cu_ptr ptr))

#define HUMI_CUDA_FUNCTIONS_MANAGED(X)                                                             \
    X(cuMemAllocManaged, cuMemAllocManaged, 6000, REQUIRED,                                        \
      (humi_cu_ptr *ptr, size_t bytes, unsigned flags))                                            \
    X(cuMemPrefetchAsync, cuMemPrefetchAsync, 8000, REQUIRED,                                      \
      (humi_cu_ptr ptr, size_t bytes, int device, struct CUstream_st *stream))                     \
    X(cuMemPrefetchAsync_v2, cuMemPrefetchAsync, 12020, OPTIONAL,                                  \
      (humi_cu_ptr ptr, size_t bytes, struct humi_cu_location location, unsigned flags,            \
       struct CUstream_st *stream))                                                                \
    X(cuMemAdvise, cuMemAdvise, 8000, REQUIRED,                                                    \
      (humi_cu_ptr ptr, size_t bytes, enum humi_cu_advice advice, int device))                     \
    X(cuMemAdvise_v2, cuMemAdvise, 12020, OPTIONAL,                                                \
      (humi_cu_ptr ptr, size_t bytes, enum humi_cu_advice advice,                                  \
       struct humi_cu_location location))                                                          \
    X(cuMemPrefetchBatchAsync, cuMemPrefetchBatchAsync, 13000, OPTIONAL,                           \
      (humi_cu_ptr *ptrs, size_t *sizes, size_t count, struct humi_cu_location *locations,         \
       size_t *location_starts, size_t location_count, unsigned long long flags,                   \
       struct CUstream_st *stream))                                                                \
    X(cuMemDiscardBatchAsync, cuMemDiscardBatchAsync, 13000, OPTIONAL,                             \
      (humi_cu_ptr *ptrs, size_t *sizes, size_t count, unsigned long long flags,                   \
       struct CUstream_st *stream))                                                                \
    X(cuMemDiscardAndPrefetchBatchAsync, cuMemDiscardAndPrefetchBatchAsync, 13000, OPTIONAL,       \
      (humi_cu_ptr *ptrs, size_t *sizes, size_t count, struct humi_cu_location *locations,         \
       size_t *location_starts, size_t location_count, unsigned long long flags,                   \
       struct CUstream_st *stream))                                                                \
    X(cuMemRangeGetAttribute, cuMemRangeGetAttribute, 8000, REQUIRED,                              \
      (void *data, size_t data_bytes, enum humi_cu_range_attribute attribute, humi_cu_ptr ptr,     \
       size_t bytes))                                                                              \
    X(cuMemRangeGetAttributes, cuMemRangeGetAttributes, 8000, REQUIRED,                            \
      (void **data, size_t *data_bytes, enum humi_cu_range_attribute *attributes, size_t count,    \
       humi_cu_ptr ptr, size_t bytes))                                                             \
    X(cuStreamAttachMemAsync, cuStreamAttachMemAsync, 6000, REQUIRED,                              \
      (struct CUstream_st *stream, humi_cu_ptr ptr, size_t bytes, unsigned flags))

#define HUMI_CUDA_FUNCTIONS_MAPPING(X)                                                             \
    X(cuMemAddressReserve, cuMemAddressReserve, 10020, REQUIRED,                                   \
      (humi_cu_ptr *ptr, size_t bytes, size_t alignment, humi_cu_ptr wanted,                       \
       unsigned long long flags))                                                                  \
    X(cuMemAddressFree, cuMemAddressFree, 10020, REQUIRED, (humi_cu_ptr ptr, size_t bytes))        \
    X(cuMemCreate, cuMemCreate, 10020, REQUIRED,                                                   \
      (unsigned long long *handle, size_t bytes, const struct humi_cu_allocation_prop *prop,       \
       unsigned long long flags))                                                                  \
    X(cuMemRelease, cuMemRelease, 10020, REQUIRED, (unsigned long long handle))                    \
    X(cuMemMap, cuMemMap, 10020, REQUIRED,                                                         \
      (humi_cu_ptr ptr, size_t bytes, size_t offset, unsigned long long handle,                    \
       unsigned long long flags))                                                                  \
    X(cuMemUnmap, cuMemUnmap, 10020, REQUIRED, (humi_cu_ptr ptr, size_t bytes))                    \
    X(cuMemSetAccess, cuMemSetAccess, 10020, REQUIRED,                                             \
      (humi_cu_ptr ptr, size_t bytes, const struct humi_cu_access_desc *access, size_t count))     \
    X(cuMemGetAccess, cuMemGetAccess, 10020, REQUIRED,                                             \
      (unsigned long long *flags, const struct humi_cu_location *location, humi_cu_ptr ptr))       \
    X(cuMemGetAllocationGranularity, cuMemGetAllocationGranularity, 10020, REQUIRED,               \
      (size_t *bytes, const struct humi_cu_allocation_prop *prop,                                  \
       enum humi_cu_granularity which))                                                            \
    X(cuMemRetainAllocationHandle, cuMemRetainAllocationHandle, 11000, REQUIRED,                   \
      (unsigned long long *handle, void *address))

#define HUMI_CUDA_FUNCTIONS_STREAM(X)                                                              \
    X(cuStreamCreate, cuStreamCreate, 2000, REQUIRED,                                              \
      (struct CUstream_st **stream, unsigned flags))                                               \
    X(cuStreamCreateWithPriority, cuStreamCreateWithPriority, 5050, REQUIRED,                      \
      (struct CUstream_st **stream, unsigned flags, int priority))                                 \
    X(cuStreamDestroy_v2, cuStreamDestroy, 4000, REQUIRED, (struct CUstream_st *stream))           \
    X(cuStreamSynchronize, cuStreamSynchronize, 2000, REQUIRED, (struct CUstream_st *stream))      \
    X(cuStreamQuery, cuStreamQuery, 2000, REQUIRED, (struct CUstream_st *stream))                  \
    X(cuStreamWaitEvent, cuStreamWaitEvent, 3020, REQUIRED,                                        \
      (struct CUstream_st *stream, struct CUevent_st *event, unsigned flags))                      \
    X(cuLaunchHostFunc, cuLaunchHostFunc, 10000, REQUIRED,                                         \
      (struct CUstream_st *stream, humi_cu_host_function *function, void *data))                   \
    X(cuEventCreate, cuEventCreate, 2000, REQUIRED, (struct CUevent_st **event, unsigned flags))   \
    X(cuEventDestroy_v2, cuEventDestroy, 4000, REQUIRED, (struct CUevent_st *event))               \
    X(cuEventRecord, cuEventRecord, 2000, REQUIRED,                                                \
      (struct CUevent_st *event, struct CUstream_st *stream))                                      \
    X(cuEventQuery, cuEventQuery, 2000, REQUIRED, (struct CUevent_st *event))                      \
    X(cuEventSynchronize, cuEventSynchronize, 2000, REQUIRED, (struct CUevent_st *event))          \
    X(cuEventElapsedTime, cuEventElapsedTime, 2000, REQUIRED,                                      \
      (float *milliseconds, struct CUevent_st *start, struct CUevent_st *end))

#define HUMI_CUDA_FUNCTIONS_KERNEL(X)                                                              \
    X(cuModuleLoadDataEx, cuModuleLoadDataEx, 2010, REQUIRED,                                      \
      (struct CUmod_st **module, const void *image, unsigned option_count,                         \
       enum humi_cu_jit_option *options, void **option_values))                                    \
    X(cuModuleUnload, cuModuleUnload, 2000, REQUIRED, (struct CUmod_st *module))                   \
    X(cuModuleGetFunction, cuModuleGetFunction, 2000, REQUIRED,                                    \
      (struct CUfunc_st **function, struct CUmod_st *module, const char *name))                    \
    X(cuFuncGetAttribute, cuFuncGetAttribute, 2020, REQUIRED,                                      \
      (int *value, enum humi_cu_function_attribute attribute, struct CUfunc_st *function))         \
    X(cuFuncGetParamInfo, cuFuncGetParamInfo, 12040, OPTIONAL,                                     \
      (struct CUfunc_st *function, size_t parameter, size_t *offset, size_t *bytes))               \
    X(cuFuncSetAttribute, cuFuncSetAttribute, 9000, REQUIRED,                                      \
      (struct CUfunc_st *function, enum humi_cu_function_attribute attribute, int value))          \
    X(cuLaunchKernel, cuLaunchKernel, 4000, REQUIRED,                                              \
      (struct CUfunc_st *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,              \
       unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,                \
       struct CUstream_st *stream, void **parameters, void **extra))

#endif
