/* SPDX-License-Identifier: MIT */
/*
 * abi_ffnvcodec.c - hum's list of the CUDA driver's functions against ffmpeg's dynlink_cuda.h,
 * which Debian has in main (libffmpeg-nvenc-dev): those functions that both know.  It is compiled,
 * not run.  abi_functions.c says how the types are compared.
 */
#include <ffnvcodec/dynlink_cuda.h>

#include <stdint.h>

#define HUMI_DEVICE_CUDA_ABI_H
#define humi_cu_result cudaError_enum
#define humi_cu_device_attribute CUdevice_attribute_enum
#define humi_cu_jit_option CUjit_option_enum
#define humi_cu_uuid CUuuid_st

/* What it does not have stands for itself, so that the list can be read. */
enum humi_cu_advice { ADVICE };
enum humi_cu_range_attribute { RANGE_ATTRIBUTE };
enum humi_cu_pointer_attribute { POINTER_ATTRIBUTE };
enum humi_cu_function_attribute { FUNCTION_ATTRIBUTE };
enum humi_cu_granularity { GRANULARITY };
enum humi_cu_proc_result { PROC_RESULT };
struct humi_cu_location {
    int type;
};
struct humi_cu_allocation_prop;
struct humi_cu_access_desc;

#include "device/cuda/functions.h"

#define OUR_TYPE(symbol, name, since, need, parameters)                                            \
    typedef enum cudaError_enum our_##symbol parameters;
HUMI_CUDA_FUNCTIONS(OUR_TYPE)

#define SAME_TYPE(symbol, theirs)                                                                  \
    _Static_assert(__builtin_types_compatible_p(our_##symbol, theirs), #symbol " has another type");

SAME_TYPE(cuInit, tcuInit)
SAME_TYPE(cuDeviceGetCount, tcuDeviceGetCount)
SAME_TYPE(cuDeviceGet, tcuDeviceGet)
SAME_TYPE(cuDeviceGetAttribute, tcuDeviceGetAttribute)
SAME_TYPE(cuDeviceGetName, tcuDeviceGetName)
SAME_TYPE(cuDeviceGetUuid_v2, tcuDeviceGetUuid)
SAME_TYPE(cuDevicePrimaryCtxRetain, tcuDevicePrimaryCtxRetain)
SAME_TYPE(cuDevicePrimaryCtxRelease_v2, tcuDevicePrimaryCtxRelease)
SAME_TYPE(cuDevicePrimaryCtxSetFlags_v2, tcuDevicePrimaryCtxSetFlags)
SAME_TYPE(cuDevicePrimaryCtxGetState, tcuDevicePrimaryCtxGetState)
SAME_TYPE(cuDevicePrimaryCtxReset_v2, tcuDevicePrimaryCtxReset)
SAME_TYPE(cuCtxPushCurrent_v2, tcuCtxPushCurrent_v2)
SAME_TYPE(cuCtxPopCurrent_v2, tcuCtxPopCurrent_v2)
SAME_TYPE(cuCtxGetDevice, tcuCtxGetDevice)
SAME_TYPE(cuGetErrorName, tcuGetErrorName)
SAME_TYPE(cuGetErrorString, tcuGetErrorString)
SAME_TYPE(cuMemAlloc_v2, tcuMemAlloc_v2)
SAME_TYPE(cuMemFree_v2, tcuMemFree_v2)
SAME_TYPE(cuMemAllocManaged, tcuMemAllocManaged)
SAME_TYPE(cuMemsetD8Async, tcuMemsetD8Async)
SAME_TYPE(cuMemcpyAsync, tcuMemcpyAsync)
SAME_TYPE(cuMemcpyHtoDAsync_v2, tcuMemcpyHtoDAsync_v2)
SAME_TYPE(cuMemcpyDtoHAsync_v2, tcuMemcpyDtoHAsync_v2)
SAME_TYPE(cuStreamCreate, tcuStreamCreate)
SAME_TYPE(cuStreamQuery, tcuStreamQuery)
SAME_TYPE(cuStreamSynchronize, tcuStreamSynchronize)
SAME_TYPE(cuStreamDestroy_v2, tcuStreamDestroy_v2)
SAME_TYPE(cuEventCreate, tcuEventCreate)
SAME_TYPE(cuEventDestroy_v2, tcuEventDestroy_v2)
SAME_TYPE(cuEventSynchronize, tcuEventSynchronize)
SAME_TYPE(cuEventQuery, tcuEventQuery)
SAME_TYPE(cuEventRecord, tcuEventRecord)
SAME_TYPE(cuLaunchKernel, tcuLaunchKernel)
SAME_TYPE(cuModuleUnload, tcuModuleUnload)
SAME_TYPE(cuModuleGetFunction, tcuModuleGetFunction)
