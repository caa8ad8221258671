/* SPDX-License-Identifier: MIT */
/*
 * abi_values.c - hum's declarations of the CUDA driver against NVIDIA's cuda.h: every value, size
 * and offset.  It is compiled, not run.
 */
#include <cuda.h>

#include "device/cuda/abi.h"

#define SAME_RESULT(name, value, status)                                                           \
    _Static_assert((int)HUMI_##name == (int)name, #name " has another value");
#define SAME(name, value)                                                                          \
    _Static_assert((int)HUMI_##name == (int)name, #name " has another value");

HUMI_CU_RESULTS(SAME_RESULT)
HUMI_CU_DEVICE_ATTRIBUTES(SAME)
HUMI_CU_ADVICE(SAME)
HUMI_CU_RANGE_ATTRIBUTES(SAME)
HUMI_CU_POINTER_ATTRIBUTES(SAME)
HUMI_CU_FUNCTION_ATTRIBUTES(SAME)
HUMI_CU_JIT_OPTIONS(SAME)
HUMI_CU_LOCATION_TYPES(SAME)
HUMI_CU_ALLOCATION_TYPES(SAME)
HUMI_CU_HANDLE_TYPES(SAME)
HUMI_CU_ACCESS_FLAGS(SAME)
HUMI_CU_GRANULARITIES(SAME)
HUMI_CU_PROC_RESULTS(SAME)
HUMI_CU_FLAGS(SAME)

#define SAME_SIZE(ours, theirs)                                                                    \
    _Static_assert(sizeof(ours) == sizeof(theirs) && _Alignof(ours) == _Alignof(theirs),           \
                   #theirs " has another size");
#define SAME_MEMBER(ours, theirs, member)                                                          \
    _Static_assert(offsetof(ours, member) == offsetof(theirs, member) &&                           \
                       sizeof(((ours *)0)->member) == sizeof(((theirs *)0)->member),               \
                   #theirs "." #member " lies elsewhere");

SAME_SIZE(enum humi_cu_result, CUresult)
SAME_SIZE(enum humi_cu_device_attribute, CUdevice_attribute)
SAME_SIZE(enum humi_cu_advice, CUmem_advise)
SAME_SIZE(enum humi_cu_range_attribute, CUmem_range_attribute)
SAME_SIZE(enum humi_cu_pointer_attribute, CUpointer_attribute)
SAME_SIZE(enum humi_cu_function_attribute, CUfunction_attribute)
SAME_SIZE(enum humi_cu_jit_option, CUjit_option)
SAME_SIZE(enum humi_cu_granularity, CUmemAllocationGranularity_flags)
SAME_SIZE(enum humi_cu_proc_result, CUdriverProcAddressQueryResult)

SAME_SIZE(struct humi_cu_uuid, CUuuid)
SAME_SIZE(struct humi_cu_location, CUmemLocation)
SAME_MEMBER(struct humi_cu_location, CUmemLocation, type)
SAME_MEMBER(struct humi_cu_location, CUmemLocation, id)
SAME_SIZE(struct humi_cu_allocation_prop, CUmemAllocationProp)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, type)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, requestedHandleTypes)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, location)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, win32HandleMetaData)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, allocFlags.compressionType)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, allocFlags.gpuDirectRDMACapable)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, allocFlags.usage)
SAME_MEMBER(struct humi_cu_allocation_prop, CUmemAllocationProp, allocFlags.reserved)
SAME_SIZE(struct humi_cu_access_desc, CUmemAccessDesc)
SAME_MEMBER(struct humi_cu_access_desc, CUmemAccessDesc, location)
SAME_MEMBER(struct humi_cu_access_desc, CUmemAccessDesc, flags)
