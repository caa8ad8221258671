/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the part of the CUDA driver's binary interface that hum uses, in our own words.
 *
 * hum is built on machines without NVIDIA's headers and runs on machines without their driver, so
 * it declares the few types and values that it passes.  These are facts of the interface: names,
 * numbers, sizes.  tests/unit/device/cuda compares each of them with cuda.h and with ffmpeg's
 * dynlink_cuda.h where one of these is installed.
 *
 * Each list is X(NAME, value): the enumerator is HUMI_NAME, NVIDIA's is NAME.  Bits that are
 * combined are plain unsigned in calls, as in NVIDIA's prototypes.
 */
#ifndef HUMI_DEVICE_CUDA_ABI_H
#define HUMI_DEVICE_CUDA_ABI_H

#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

/* X(NAME, value, what it is to hum).  Codes that are not listed are HUM_ERR_SYSTEM. */
#define HUMI_CU_RESULTS(X)                                                                         \
    X(CUDA_SUCCESS, 0, HUM_OK)                                                                     \
    X(CUDA_ERROR_INVALID_VALUE, 1, HUM_ERR_INVALID)                                                \
    X(CUDA_ERROR_OUT_OF_MEMORY, 2, HUM_ERR_NO_MEMORY)                                              \
    X(CUDA_ERROR_NOT_INITIALIZED, 3, HUM_ERR_SYSTEM)                                               \
    X(CUDA_ERROR_DEINITIALIZED, 4, HUM_ERR_DEVICE_LOST)                                            \
    X(CUDA_ERROR_STUB_LIBRARY, 34, HUM_ERR_UNSUPPORTED)                                            \
    X(CUDA_ERROR_DEVICE_UNAVAILABLE, 46, HUM_ERR_BUSY)                                             \
    X(CUDA_ERROR_NO_DEVICE, 100, HUM_ERR_NOT_FOUND)                                                \
    X(CUDA_ERROR_INVALID_DEVICE, 101, HUM_ERR_NOT_FOUND)                                           \
    X(CUDA_ERROR_INVALID_IMAGE, 200, HUM_ERR_MODULE)                                               \
    X(CUDA_ERROR_INVALID_CONTEXT, 201, HUM_ERR_INVALID)                                            \
    X(CUDA_ERROR_MAP_FAILED, 205, HUM_ERR_SYSTEM)                                                  \
    X(CUDA_ERROR_UNMAP_FAILED, 206, HUM_ERR_SYSTEM)                                                \
    X(CUDA_ERROR_ALREADY_MAPPED, 208, HUM_ERR_INVALID)                                             \
    X(CUDA_ERROR_NO_BINARY_FOR_GPU, 209, HUM_ERR_MODULE)                                           \
    X(CUDA_ERROR_NOT_MAPPED, 211, HUM_ERR_INVALID)                                                 \
    X(CUDA_ERROR_ECC_UNCORRECTABLE, 214, HUM_ERR_DEVICE_LOST)                                      \
    X(CUDA_ERROR_CONTEXT_ALREADY_IN_USE, 216, HUM_ERR_BUSY)                                        \
    X(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, 217, HUM_ERR_UNSUPPORTED)                                \
    X(CUDA_ERROR_INVALID_PTX, 218, HUM_ERR_MODULE)                                                 \
    X(CUDA_ERROR_NVLINK_UNCORRECTABLE, 220, HUM_ERR_DEVICE_LOST)                                   \
    X(CUDA_ERROR_JIT_COMPILER_NOT_FOUND, 221, HUM_ERR_MODULE)                                      \
    X(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, 222, HUM_ERR_MODULE)                                     \
    X(CUDA_ERROR_JIT_COMPILATION_DISABLED, 223, HUM_ERR_MODULE)                                    \
    X(CUDA_ERROR_INVALID_SOURCE, 300, HUM_ERR_MODULE)                                              \
    X(CUDA_ERROR_FILE_NOT_FOUND, 301, HUM_ERR_NOT_FOUND)                                           \
    X(CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND, 302, HUM_ERR_MODULE)                              \
    X(CUDA_ERROR_SHARED_OBJECT_INIT_FAILED, 303, HUM_ERR_MODULE)                                   \
    X(CUDA_ERROR_OPERATING_SYSTEM, 304, HUM_ERR_SYSTEM)                                            \
    X(CUDA_ERROR_INVALID_HANDLE, 400, HUM_ERR_INVALID)                                             \
    X(CUDA_ERROR_ILLEGAL_STATE, 401, HUM_ERR_INVALID)                                              \
    X(CUDA_ERROR_NOT_FOUND, 500, HUM_ERR_NOT_FOUND)                                                \
    X(CUDA_ERROR_NOT_READY, 600, HUM_NOT_READY)                                                    \
    X(CUDA_ERROR_ILLEGAL_ADDRESS, 700, HUM_ERR_ILLEGAL_ADDRESS)                                    \
    X(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, 701, HUM_ERR_INVALID)                                    \
    X(CUDA_ERROR_LAUNCH_TIMEOUT, 702, HUM_ERR_TIMEOUT)                                             \
    X(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, 704, HUM_ERR_BUSY)                                   \
    X(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, 705, HUM_ERR_INVALID)                                    \
    X(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, 708, HUM_ERR_BUSY)                                        \
    X(CUDA_ERROR_CONTEXT_IS_DESTROYED, 709, HUM_ERR_DEVICE_LOST)                                   \
    X(CUDA_ERROR_ASSERT, 710, HUM_ERR_KERNEL_CRASHED)                                              \
    X(CUDA_ERROR_TOO_MANY_PEERS, 711, HUM_ERR_UNSUPPORTED)                                         \
    X(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, 712, HUM_ERR_BUSY)                                \
    X(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, 713, HUM_ERR_INVALID)                                 \
    X(CUDA_ERROR_HARDWARE_STACK_ERROR, 714, HUM_ERR_KERNEL_CRASHED)                                \
    X(CUDA_ERROR_ILLEGAL_INSTRUCTION, 715, HUM_ERR_KERNEL_CRASHED)                                 \
    X(CUDA_ERROR_MISALIGNED_ADDRESS, 716, HUM_ERR_KERNEL_CRASHED)                                  \
    X(CUDA_ERROR_INVALID_ADDRESS_SPACE, 717, HUM_ERR_ILLEGAL_ADDRESS)                              \
    X(CUDA_ERROR_INVALID_PC, 718, HUM_ERR_KERNEL_CRASHED)                                          \
    X(CUDA_ERROR_LAUNCH_FAILED, 719, HUM_ERR_KERNEL_CRASHED)                                       \
    X(CUDA_ERROR_NOT_PERMITTED, 800, HUM_ERR_PERMISSION)                                           \
    X(CUDA_ERROR_NOT_SUPPORTED, 801, HUM_ERR_UNSUPPORTED)                                          \
    X(CUDA_ERROR_SYSTEM_NOT_READY, 802, HUM_ERR_UNSUPPORTED)                                       \
    X(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, 803, HUM_ERR_UNSUPPORTED)                                 \
    X(CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, 804, HUM_ERR_UNSUPPORTED)                         \
    X(CUDA_ERROR_UNKNOWN, 999, HUM_ERR_SYSTEM)

#define HUMI_CU_DEVICE_ATTRIBUTES(X)                                                               \
    X(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1)                                                \
    X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 2)                                                      \
    X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 3)                                                      \
    X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 4)                                                      \
    X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 5)                                                       \
    X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 6)                                                       \
    X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 7)                                                       \
    X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 8)                                          \
    X(CU_DEVICE_ATTRIBUTE_WARP_SIZE, 10)                                                           \
    X(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 16)                                                \
    X(CU_DEVICE_ATTRIBUTE_INTEGRATED, 18)                                                          \
    X(CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 19)                                                 \
    X(CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, 20)                                                        \
    X(CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 31)                                                  \
    X(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 39)                                      \
    X(CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 40)                                                  \
    X(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 41)                                                  \
    X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 75)                                            \
    X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 76)                                            \
    X(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 83)                                                      \
    X(CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED, 86)                                        \
    X(CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS, 88)                                              \
    X(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, 89)                                           \
    X(CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED, 90)                                        \
    X(CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM, 91)                             \
    X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 97)                                   \
    X(CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED, 99)                                             \
    X(CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES, 100)                       \
    X(CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST, 101)                                \
    X(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 102)

#define HUMI_CU_ADVICE(X)                                                                          \
    X(CU_MEM_ADVISE_SET_READ_MOSTLY, 1)                                                            \
    X(CU_MEM_ADVISE_UNSET_READ_MOSTLY, 2)                                                          \
    X(CU_MEM_ADVISE_SET_PREFERRED_LOCATION, 3)                                                     \
    X(CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION, 4)                                                   \
    X(CU_MEM_ADVISE_SET_ACCESSED_BY, 5)                                                            \
    X(CU_MEM_ADVISE_UNSET_ACCESSED_BY, 6)

#define HUMI_CU_RANGE_ATTRIBUTES(X)                                                                \
    X(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, 1)                                                       \
    X(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, 2)                                                \
    X(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, 3)                                                       \
    X(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, 4)

#define HUMI_CU_POINTER_ATTRIBUTES(X)                                                              \
    X(CU_POINTER_ATTRIBUTE_CONTEXT, 1)                                                             \
    X(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, 2)                                                         \
    X(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, 3)                                                      \
    X(CU_POINTER_ATTRIBUTE_HOST_POINTER, 4)                                                        \
    X(CU_POINTER_ATTRIBUTE_IS_MANAGED, 8)                                                          \
    X(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, 9)                                                      \
    X(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, 11)                                                   \
    X(CU_POINTER_ATTRIBUTE_RANGE_SIZE, 12)                                                         \
    X(CU_POINTER_ATTRIBUTE_MAPPED, 13)

#define HUMI_CU_FUNCTION_ATTRIBUTES(X)                                                             \
    X(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0)                                                  \
    X(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, 1)                                                      \
    X(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES, 2)                                                       \
    X(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, 3)                                                       \
    X(CU_FUNC_ATTRIBUTE_NUM_REGS, 4)                                                               \
    X(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 8)

#define HUMI_CU_JIT_OPTIONS(X)                                                                     \
    X(CU_JIT_INFO_LOG_BUFFER, 3)                                                                   \
    X(CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, 4)                                                        \
    X(CU_JIT_ERROR_LOG_BUFFER, 5)                                                                  \
    X(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, 6)

#define HUMI_CU_LOCATION_TYPES(X)                                                                  \
    X(CU_MEM_LOCATION_TYPE_INVALID, 0)                                                             \
    X(CU_MEM_LOCATION_TYPE_DEVICE, 1)                                                              \
    X(CU_MEM_LOCATION_TYPE_HOST, 2)                                                                \
    X(CU_MEM_LOCATION_TYPE_HOST_NUMA, 3)                                                           \
    X(CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT, 4)

#define HUMI_CU_ALLOCATION_TYPES(X)                                                                \
    X(CU_MEM_ALLOCATION_TYPE_INVALID, 0)                                                           \
    X(CU_MEM_ALLOCATION_TYPE_PINNED, 1)

#define HUMI_CU_HANDLE_TYPES(X)                                                                    \
    X(CU_MEM_HANDLE_TYPE_NONE, 0)                                                                  \
    X(CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 1)

#define HUMI_CU_ACCESS_FLAGS(X)                                                                    \
    X(CU_MEM_ACCESS_FLAGS_PROT_NONE, 0)                                                            \
    X(CU_MEM_ACCESS_FLAGS_PROT_READ, 1)                                                            \
    X(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, 3)

#define HUMI_CU_GRANULARITIES(X)                                                                   \
    X(CU_MEM_ALLOC_GRANULARITY_MINIMUM, 0)                                                         \
    X(CU_MEM_ALLOC_GRANULARITY_RECOMMENDED, 1)

#define HUMI_CU_PROC_RESULTS(X)                                                                    \
    X(CU_GET_PROC_ADDRESS_SUCCESS, 0)                                                              \
    X(CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND, 1)                                                     \
    X(CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT, 2)

/* Values that calls take as plain integers. */
#define HUMI_CU_FLAGS(X)                                                                           \
    X(CU_CTX_SCHED_AUTO, 0)                                                                        \
    X(CU_CTX_SCHED_SPIN, 1)                                                                        \
    X(CU_CTX_SCHED_YIELD, 2)                                                                       \
    X(CU_CTX_SCHED_BLOCKING_SYNC, 4)                                                               \
    X(CU_STREAM_DEFAULT, 0)                                                                        \
    X(CU_STREAM_NON_BLOCKING, 1)                                                                   \
    X(CU_EVENT_DEFAULT, 0)                                                                         \
    X(CU_EVENT_BLOCKING_SYNC, 1)                                                                   \
    X(CU_EVENT_DISABLE_TIMING, 2)                                                                  \
    X(CU_MEM_ATTACH_GLOBAL, 1)                                                                     \
    X(CU_MEM_ATTACH_HOST, 2)                                                                       \
    X(CU_MEM_ATTACH_SINGLE, 4)                                                                     \
    X(CU_MEMHOSTREGISTER_PORTABLE, 1)                                                              \
    X(CU_MEMHOSTREGISTER_DEVICEMAP, 2)                                                             \
    X(CU_MEMHOSTREGISTER_READ_ONLY, 8)                                                             \
    X(CU_MEMORYTYPE_HOST, 1)                                                                       \
    X(CU_MEMORYTYPE_DEVICE, 2)                                                                     \
    X(CU_COMPUTEMODE_DEFAULT, 0)                                                                   \
    X(CU_COMPUTEMODE_PROHIBITED, 2)                                                                \
    X(CU_COMPUTEMODE_EXCLUSIVE_PROCESS, 3)                                                         \
    X(CU_DEVICE_CPU, -1)                                                                           \
    X(CU_DEVICE_INVALID, -2)

#define HUMI_CU_RESULT_ENUM(name, value, status) HUMI_##name = value,
#define HUMI_CU_ENUM(name, value) HUMI_##name = value,

enum humi_cu_result { HUMI_CU_RESULTS(HUMI_CU_RESULT_ENUM) };
enum humi_cu_device_attribute { HUMI_CU_DEVICE_ATTRIBUTES(HUMI_CU_ENUM) };
enum humi_cu_advice { HUMI_CU_ADVICE(HUMI_CU_ENUM) };
enum humi_cu_range_attribute { HUMI_CU_RANGE_ATTRIBUTES(HUMI_CU_ENUM) };
enum humi_cu_pointer_attribute { HUMI_CU_POINTER_ATTRIBUTES(HUMI_CU_ENUM) };
enum humi_cu_function_attribute { HUMI_CU_FUNCTION_ATTRIBUTES(HUMI_CU_ENUM) };
enum humi_cu_jit_option { HUMI_CU_JIT_OPTIONS(HUMI_CU_ENUM) };
enum humi_cu_location_type { HUMI_CU_LOCATION_TYPES(HUMI_CU_ENUM) };
enum humi_cu_allocation_type { HUMI_CU_ALLOCATION_TYPES(HUMI_CU_ENUM) };
enum humi_cu_handle_type { HUMI_CU_HANDLE_TYPES(HUMI_CU_ENUM) };
enum humi_cu_access_flags { HUMI_CU_ACCESS_FLAGS(HUMI_CU_ENUM) };
enum humi_cu_granularity { HUMI_CU_GRANULARITIES(HUMI_CU_ENUM) };
enum humi_cu_proc_result { HUMI_CU_PROC_RESULTS(HUMI_CU_ENUM) };
enum humi_cu_flags { HUMI_CU_FLAGS(HUMI_CU_ENUM) };

/* Members carry NVIDIA's names, so that the comparison can name them. */
struct humi_cu_uuid {
    char bytes[16];
};

struct humi_cu_location {
    enum humi_cu_location_type type;
    int id; /* ordinal of the device or NUMA node; ignored for HOST */
};

struct humi_cu_allocation_prop {
    enum humi_cu_allocation_type type;
    enum humi_cu_handle_type requestedHandleTypes;
    struct humi_cu_location location;
    void *win32HandleMetaData;
    struct {
        unsigned char compressionType;
        unsigned char gpuDirectRDMACapable;
        unsigned short usage;
        unsigned char reserved[4];
    } allocFlags;
};

struct humi_cu_access_desc {
    struct humi_cu_location location;
    enum humi_cu_access_flags flags;
};

#endif
