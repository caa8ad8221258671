/* SPDX-License-Identifier: MIT */
/* device.c - what the double says of its devices. */
#include <stdio.h>
#include <string.h>

#include "support/cuda_double/double.h"

enum humi_cu_result cuDeviceGetCount(int *count)
{
    ENTER(cuDeviceGetCount);
    if (!count)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *count = world.options.devices;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDeviceGet(int *device, int ordinal)
{
    ENTER(cuDeviceGet);
    if (!device)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (!device_is_valid(ordinal))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    *device = ordinal;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDeviceGetName(char *name, int bytes, int device)
{
    ENTER(cuDeviceGetName);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (!name || bytes <= 0)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    snprintf(name, (size_t)bytes, "test double of a CUDA device");
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDeviceTotalMem_v2(size_t *bytes, int device)
{
    ENTER(cuDeviceTotalMem_v2);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (!bytes)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *bytes = world.options.memory;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDeviceGetUuid_v2(struct humi_cu_uuid *uuid, int device)
{
    ENTER(cuDeviceGetUuid_v2);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (!uuid)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    memcpy(uuid->bytes, "cuda-double-0000", sizeof(uuid->bytes));
    uuid->bytes[15] = (char)('0' + device);
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDeviceCanAccessPeer(int *can, int device, int peer)
{
    ENTER(cuDeviceCanAccessPeer);
    if (!device_is_valid(device) || !device_is_valid(peer))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (!can)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *can = device != peer && world.options.peers;
    RETURN(HUMI_CUDA_SUCCESS);
}

static bool attribute(enum humi_cu_device_attribute which, int *value)
{
    const struct options *o = &world.options;

    switch (which) {
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
        *value = 1024;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
        *value = 64;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
        *value = 2147483647;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
        *value = 65535;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
        *value = 48 << 10;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
        *value = 96 << 10;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_WARP_SIZE:
        *value = 32;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
    case HUMI_CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
        *value = 2;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
        *value = 2048;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_MODE:
        *value = o->compute_mode;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
        *value = o->compute[0];
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
        *value = o->compute[1];
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
    case HUMI_CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
    case HUMI_CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED:
    case HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED:
        *value = 1;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY:
        *value = o->managed;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS:
        *value = o->managed && o->concurrent;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED:
        *value = o->vmm;
        return true;
    case HUMI_CU_DEVICE_ATTRIBUTE_INTEGRATED:
    case HUMI_CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY: /* kernels reach no host memory */
    case HUMI_CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED:
    case HUMI_CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS:
    case HUMI_CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM:
    case HUMI_CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES:
    case HUMI_CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST:
        *value = 0;
        return true;
    }
    return false;
}

enum humi_cu_result cuDeviceGetAttribute(int *value, enum humi_cu_device_attribute which,
                                         int device)
{
    ENTER(cuDeviceGetAttribute);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (!value || !attribute(which, value))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(HUMI_CUDA_SUCCESS);
}
