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

/* The same whatever was asked of the double. */
static const struct {
    enum humi_cu_device_attribute which;
    int value;
} fixed[] = {
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 1024},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 1024},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 64},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 2147483647},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 65535},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 65535},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 48 << 10},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 96 << 10},
    {HUMI_CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32},
    {HUMI_CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 2},
    {HUMI_CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 2},
    {HUMI_CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 2048},
    {HUMI_CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 1},
    {HUMI_CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
    {HUMI_CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED, 1},
    {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED, 1},
    {HUMI_CU_DEVICE_ATTRIBUTE_INTEGRATED, 0},
    {HUMI_CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 0}, /* kernels reach no host memory */
    {HUMI_CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED, 0},
    {HUMI_CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS, 0},
    {HUMI_CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM, 0},
    {HUMI_CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES, 0},
    {HUMI_CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST, 0},
};

/* As the options say.  False: it is none of these. */
static bool chosen(enum humi_cu_device_attribute which, int *value)
{
    const struct options *o = &world.options;
    const struct {
        enum humi_cu_device_attribute which;
        int value;
    } all[] = {
        {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, o->compute_mode},
        {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, o->compute[0]},
        {HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, o->compute[1]},
        {HUMI_CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, o->managed},
        {HUMI_CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, o->managed && o->concurrent},
        {HUMI_CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, o->vmm},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].which == which) {
            *value = all[i].value;
            return true;
        }
    return false;
}

static bool attribute(enum humi_cu_device_attribute which, int *value)
{
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (fixed[i].which == which) {
            *value = fixed[i].value;
            return true;
        }
    return chosen(which, value);
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
