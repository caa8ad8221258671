/* SPDX-License-Identifier: MIT */
/*
 * compat_values.h - every value of hum/compat/values.h by name, as the headers before it have it.
 *
 * Read twice, after hum's header and after NVIDIA's, which cannot stand in one file.
 */
#ifndef HUM_TEST_COMPAT_VALUES_H
#define HUM_TEST_COMPAT_VALUES_H

#include <stddef.h>

#define COMPAT_RUNTIME(X)                                                                          \
    X(cudaErrorInvalidConfiguration)                                                               \
    X(cudaErrorInvalidMemcpyDirection)                                                             \
    X(cudaMemoryTypeUnregistered)                                                                  \
    X(cudaMemoryTypeHost)                                                                          \
    X(cudaMemoryTypeDevice)                                                                        \
    X(cudaMemoryTypeManaged)                                                                       \
    X(cudaMemcpyHostToHost)                                                                        \
    X(cudaMemcpyHostToDevice)                                                                      \
    X(cudaMemcpyDeviceToHost)                                                                      \
    X(cudaMemcpyDeviceToDevice)                                                                    \
    X(cudaMemcpyDefault)                                                                           \
    X(cudaMemAdviseSetReadMostly)                                                                  \
    X(cudaMemAdviseUnsetReadMostly)                                                                \
    X(cudaMemAdviseSetPreferredLocation)                                                           \
    X(cudaMemAdviseUnsetPreferredLocation)                                                         \
    X(cudaMemAdviseSetAccessedBy)                                                                  \
    X(cudaMemAdviseUnsetAccessedBy)                                                                \
    X(cudaMemRangeAttributeReadMostly)                                                             \
    X(cudaMemRangeAttributePreferredLocation)                                                      \
    X(cudaMemRangeAttributeAccessedBy)                                                             \
    X(cudaMemRangeAttributeLastPrefetchLocation)                                                   \
    X(cudaMemLocationTypeInvalid)                                                                  \
    X(cudaMemLocationTypeDevice)                                                                   \
    X(cudaMemLocationTypeHost)                                                                     \
    X(cudaMemLocationTypeHostNuma)                                                                 \
    X(cudaMemLocationTypeHostNumaCurrent)                                                          \
    X(cudaDevAttrMaxThreadsPerBlock)                                                               \
    X(cudaDevAttrMaxSharedMemoryPerBlock)                                                          \
    X(cudaDevAttrMultiProcessorCount)                                                              \
    X(cudaDevAttrConcurrentKernels)                                                                \
    X(cudaDevAttrUnifiedAddressing)                                                                \
    X(cudaDevAttrManagedMemory)                                                                    \
    X(cudaDevAttrHostNativeAtomicSupported)                                                        \
    X(cudaDevAttrPageableMemoryAccess)                                                             \
    X(cudaDevAttrConcurrentManagedAccess)                                                          \
    X(cudaDevAttrPageableMemoryAccessUsesHostPageTables)                                           \
    X(cudaDevAttrDirectManagedMemAccessFromHost)                                                   \
    X(cudaCpuDeviceId)                                                                             \
    X(cudaInvalidDeviceId)                                                                         \
    X(cudaMemAttachGlobal)                                                                         \
    X(cudaMemAttachHost)                                                                           \
    X(cudaMemAttachSingle)                                                                         \
    X(cudaStreamDefault)                                                                           \
    X(cudaStreamNonBlocking)                                                                       \
    X(cudaEventDefault)                                                                            \
    X(cudaEventBlockingSync)                                                                       \
    X(cudaEventDisableTiming)                                                                      \
    X(cudaSuccess)                                                                                 \
    X(cudaErrorInvalidValue)                                                                       \
    X(cudaErrorMemoryAllocation)                                                                   \
    X(cudaErrorInitializationError)                                                                \
    X(cudaErrorDevicesUnavailable)                                                                 \
    X(cudaErrorNoDevice)                                                                           \
    X(cudaErrorInvalidDevice)                                                                      \
    X(cudaErrorInvalidKernelImage)                                                                 \
    X(cudaErrorOperatingSystem)                                                                    \
    X(cudaErrorInvalidResourceHandle)                                                              \
    X(cudaErrorIllegalState)                                                                       \
    X(cudaErrorSymbolNotFound)                                                                     \
    X(cudaErrorNotReady)                                                                           \
    X(cudaErrorIllegalAddress)                                                                     \
    X(cudaErrorLaunchTimeout)                                                                      \
    X(cudaErrorLaunchFailure)                                                                      \
    X(cudaErrorNotPermitted)                                                                       \
    X(cudaErrorNotSupported)                                                                       \
    X(cudaErrorUnknown)

#define COMPAT_DRIVER(X)                                                                           \
    X(CU_MEMORYTYPE_HOST)                                                                          \
    X(CU_MEMORYTYPE_DEVICE)                                                                        \
    X(CU_MEMORYTYPE_UNIFIED)                                                                       \
    X(CU_POINTER_ATTRIBUTE_MEMORY_TYPE)                                                            \
    X(CU_POINTER_ATTRIBUTE_DEVICE_POINTER)                                                         \
    X(CU_POINTER_ATTRIBUTE_HOST_POINTER)                                                           \
    X(CU_POINTER_ATTRIBUTE_IS_MANAGED)                                                             \
    X(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)                                                         \
    X(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR)                                                       \
    X(CU_POINTER_ATTRIBUTE_RANGE_SIZE)                                                             \
    X(CU_MEM_ATTACH_GLOBAL)                                                                        \
    X(CU_MEM_ATTACH_HOST)                                                                          \
    X(CU_MEM_ATTACH_SINGLE)                                                                        \
    X(CU_DEVICE_CPU)                                                                               \
    X(CU_DEVICE_INVALID)                                                                           \
    X(CU_MEM_ADVISE_SET_READ_MOSTLY)                                                               \
    X(CU_MEM_ADVISE_UNSET_READ_MOSTLY)                                                             \
    X(CU_MEM_ADVISE_SET_PREFERRED_LOCATION)                                                        \
    X(CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION)                                                      \
    X(CU_MEM_ADVISE_SET_ACCESSED_BY)                                                               \
    X(CU_MEM_ADVISE_UNSET_ACCESSED_BY)                                                             \
    X(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY)                                                          \
    X(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION)                                                   \
    X(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY)                                                          \
    X(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION)                                               \
    X(CU_MEM_LOCATION_TYPE_DEVICE)                                                                 \
    X(CU_MEM_LOCATION_TYPE_HOST)                                                                   \
    X(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY)                                                          \
    X(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS)                                               \
    X(CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS)                                                  \
    X(CUDA_SUCCESS)                                                                                \
    X(CUDA_ERROR_INVALID_VALUE)                                                                    \
    X(CUDA_ERROR_OUT_OF_MEMORY)                                                                    \
    X(CUDA_ERROR_NOT_INITIALIZED)                                                                  \
    X(CUDA_ERROR_DEVICE_UNAVAILABLE)                                                               \
    X(CUDA_ERROR_NO_DEVICE)                                                                        \
    X(CUDA_ERROR_INVALID_DEVICE)                                                                   \
    X(CUDA_ERROR_INVALID_IMAGE)                                                                    \
    X(CUDA_ERROR_OPERATING_SYSTEM)                                                                 \
    X(CUDA_ERROR_INVALID_HANDLE)                                                                   \
    X(CUDA_ERROR_ILLEGAL_STATE)                                                                    \
    X(CUDA_ERROR_NOT_FOUND)                                                                        \
    X(CUDA_ERROR_NOT_READY)                                                                        \
    X(CUDA_ERROR_ILLEGAL_ADDRESS)                                                                  \
    X(CUDA_ERROR_LAUNCH_TIMEOUT)                                                                   \
    X(CUDA_ERROR_LAUNCH_FAILED)                                                                    \
    X(CUDA_ERROR_NOT_PERMITTED)                                                                    \
    X(CUDA_ERROR_NOT_SUPPORTED)                                                                    \
    X(CUDA_ERROR_UNKNOWN)

struct compat_value {
    const char *name;
    long value;
};

/* Ended by an entry without a name. */
extern const struct compat_value compat_ours[], compat_theirs[];

#define COMPAT_VALUE(name) {#name, (long)(name)},
#define COMPAT_SIZE(type) {"sizeof(" #type ")", (long)sizeof(type)},
#define COMPAT_OFFSET(type, member) {#type "." #member, (long)offsetof(type, member)},
#define COMPAT_TABLE(table)                                                                        \
    const struct compat_value table[] = {                                                          \
        COMPAT_RUNTIME(COMPAT_VALUE) COMPAT_DRIVER(COMPAT_VALUE) COMPAT_SIZE(CUdeviceptr)          \
            COMPAT_SIZE(CUdevice) COMPAT_SIZE(cudaError_t) COMPAT_SIZE(struct cudaMemLocation)     \
                COMPAT_SIZE(struct cudaPointerAttributes)                                          \
                    COMPAT_OFFSET(struct cudaMemLocation, id)                                      \
                        COMPAT_OFFSET(struct cudaPointerAttributes, device)                        \
                            COMPAT_OFFSET(struct cudaPointerAttributes, devicePointer)             \
                                COMPAT_OFFSET(struct cudaPointerAttributes, hostPointer){NULL, 0}, \
    }

#endif
