/* SPDX-License-Identifier: MIT */
/*
 * compat/values.h - the types and values of CUDA that compat_cuda.h speaks.
 *
 * Values and layouts are those of CUDA 13, so that numbers in files and messages keep their
 * meaning; cudaDeviceProp alone is shorter than CUDA's.  Part of compat_cuda.h.
 */
#ifndef HUM_COMPAT_VALUES_H
#define HUM_COMPAT_VALUES_H

#if defined(__CUDACC__) || defined(__CUDA_RUNTIME_API_H__) || defined(__DRIVER_TYPES_H__) ||      \
    defined(__cuda_cuda_h__)
#error "hum/compat_cuda.h stands in for CUDA's headers: include one or the other"
#endif

#ifndef HUM_COMPAT_CUDA_VERSION
#define HUM_COMPAT_CUDA_VERSION 12000 /* see compat_cuda.h */
#endif

#include <stddef.h>

/* X(runtime's name, driver's name, value, text).  A value that only one of them has is in both. */
#define HUM_COMPAT_ERRORS(X)                                                                       \
    X(cudaSuccess, CUDA_SUCCESS, 0, "no error")                                                    \
    X(cudaErrorInvalidValue, CUDA_ERROR_INVALID_VALUE, 1, "invalid argument")                      \
    X(cudaErrorMemoryAllocation, CUDA_ERROR_OUT_OF_MEMORY, 2, "out of memory")                     \
    X(cudaErrorInitializationError, CUDA_ERROR_NOT_INITIALIZED, 3, "initialization error")         \
    X(cudaErrorDevicesUnavailable, CUDA_ERROR_DEVICE_UNAVAILABLE, 46,                              \
      "the device is busy or unavailable")                                                         \
    X(cudaErrorNoDevice, CUDA_ERROR_NO_DEVICE, 100, "no device is detected")                       \
    X(cudaErrorInvalidDevice, CUDA_ERROR_INVALID_DEVICE, 101, "invalid device ordinal")            \
    X(cudaErrorInvalidKernelImage, CUDA_ERROR_INVALID_IMAGE, 200,                                  \
      "the kernel module could not be loaded")                                                     \
    X(cudaErrorOperatingSystem, CUDA_ERROR_OPERATING_SYSTEM, 304, "a system call failed")          \
    X(cudaErrorInvalidResourceHandle, CUDA_ERROR_INVALID_HANDLE, 400, "invalid resource handle")   \
    X(cudaErrorIllegalState, CUDA_ERROR_ILLEGAL_STATE, 401, "the object is in use")                \
    X(cudaErrorSymbolNotFound, CUDA_ERROR_NOT_FOUND, 500, "no such kernel")                        \
    X(cudaErrorNotReady, CUDA_ERROR_NOT_READY, 600, "the work is not finished yet")                \
    X(cudaErrorIllegalAddress, CUDA_ERROR_ILLEGAL_ADDRESS, 700,                                    \
      "a kernel touched an address it was not granted")                                            \
    X(cudaErrorLaunchTimeout, CUDA_ERROR_LAUNCH_TIMEOUT, 702, "a kernel ran past the watchdog")    \
    X(cudaErrorLaunchFailure, CUDA_ERROR_LAUNCH_FAILED, 719, "a kernel crashed")                   \
    X(cudaErrorNotPermitted, CUDA_ERROR_NOT_PERMITTED, 800, "not permitted")                       \
    X(cudaErrorNotSupported, CUDA_ERROR_NOT_SUPPORTED, 801, "not supported")                       \
    X(cudaErrorUnknown, CUDA_ERROR_UNKNOWN, 999, "unknown error")

#define HUM_COMPAT_RUNTIME(runtime, driver, value, text) runtime = value,
#define HUM_COMPAT_DRIVER(runtime, driver, value, text) driver = value,
enum cudaError {
    HUM_COMPAT_ERRORS(HUM_COMPAT_RUNTIME)
    cudaErrorInvalidConfiguration = 9,   /* the driver says CUDA_ERROR_INVALID_VALUE to these */
    cudaErrorInvalidMemcpyDirection = 21,
};
enum cudaError_enum { HUM_COMPAT_ERRORS(HUM_COMPAT_DRIVER) };
#undef HUM_COMPAT_RUNTIME
#undef HUM_COMPAT_DRIVER

typedef enum cudaError cudaError_t;
typedef enum cudaError_enum CUresult;

#define cudaCpuDeviceId (-1)
#define cudaInvalidDeviceId (-2)

#define cudaMemAttachGlobal 0x01
#define cudaMemAttachHost 0x02
#define cudaMemAttachSingle 0x04

#define cudaStreamDefault 0x00
#define cudaStreamNonBlocking 0x01
#define cudaEventDefault 0x00
#define cudaEventBlockingSync 0x01
#define cudaEventDisableTiming 0x02

typedef struct CUstream_st *cudaStream_t;
typedef struct CUevent_st *cudaEvent_t;
typedef struct CUstream_st *CUstream;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;

enum cudaMemoryType {
    cudaMemoryTypeUnregistered = 0,
    cudaMemoryTypeHost = 1,
    cudaMemoryTypeDevice = 2,
    cudaMemoryTypeManaged = 3,
};

enum cudaMemcpyKind {
    cudaMemcpyHostToHost = 0,
    cudaMemcpyHostToDevice = 1,
    cudaMemcpyDeviceToHost = 2,
    cudaMemcpyDeviceToDevice = 3,
    cudaMemcpyDefault = 4,
};

enum cudaMemoryAdvise {
    cudaMemAdviseSetReadMostly = 1,
    cudaMemAdviseUnsetReadMostly = 2,
    cudaMemAdviseSetPreferredLocation = 3,
    cudaMemAdviseUnsetPreferredLocation = 4,
    cudaMemAdviseSetAccessedBy = 5,
    cudaMemAdviseUnsetAccessedBy = 6,
};

enum cudaMemRangeAttribute {
    cudaMemRangeAttributeReadMostly = 1,
    cudaMemRangeAttributePreferredLocation = 2,
    cudaMemRangeAttributeAccessedBy = 3,
    cudaMemRangeAttributeLastPrefetchLocation = 4,
};

enum cudaMemLocationType {
    cudaMemLocationTypeInvalid = 0,
    cudaMemLocationTypeDevice = 1,
    cudaMemLocationTypeHost = 2,
    cudaMemLocationTypeHostNuma = 3,
    cudaMemLocationTypeHostNumaCurrent = 4,
};

struct cudaMemLocation {
    enum cudaMemLocationType type;
    int id; /* of a device; ignored for the host, whose nodes are one processor here */
};

struct cudaPointerAttributes {
    enum cudaMemoryType type;
    int device;          /* current when it was allocated; cudaInvalidDeviceId: not managed */
    void *devicePointer; /* NULL: no device may touch it */
    void *hostPointer;
    long reserved[8];
};

enum cudaDeviceAttr {
    cudaDevAttrMaxThreadsPerBlock = 1,
    cudaDevAttrMaxSharedMemoryPerBlock = 8,
    cudaDevAttrMultiProcessorCount = 16,
    cudaDevAttrConcurrentKernels = 31,
    cudaDevAttrUnifiedAddressing = 41,
    cudaDevAttrManagedMemory = 83,
    cudaDevAttrHostNativeAtomicSupported = 86,
    cudaDevAttrPageableMemoryAccess = 88,
    cudaDevAttrConcurrentManagedAccess = 89,
    cudaDevAttrPageableMemoryAccessUsesHostPageTables = 100,
    cudaDevAttrDirectManagedMemAccessFromHost = 101,
};

/* Those members that mean something here; CUDA's has many more and another layout. */
struct cudaDeviceProp {
    char name[256];
    size_t totalGlobalMem; /* bytes */
    size_t sharedMemPerBlock;
    int maxThreadsPerBlock;
    int multiProcessorCount; /* threads that run kernels */
    int unifiedAddressing;
    int managedMemory;
    int concurrentManagedAccess;
    int pageableMemoryAccess;
    int pageableMemoryAccessUsesHostPageTables;
    int directManagedMemAccessFromHost;
};

typedef enum cudaMemoryAdvise CUmem_advise;
typedef enum cudaMemRangeAttribute CUmem_range_attribute;
typedef struct cudaMemLocation CUmemLocation;
typedef enum cudaDeviceAttr CUdevice_attribute;

#define CU_MEM_ATTACH_GLOBAL cudaMemAttachGlobal
#define CU_MEM_ATTACH_HOST cudaMemAttachHost
#define CU_MEM_ATTACH_SINGLE cudaMemAttachSingle
#define CU_DEVICE_CPU ((CUdevice)-1)
#define CU_DEVICE_INVALID ((CUdevice)-2)
#define CU_MEM_ADVISE_SET_READ_MOSTLY cudaMemAdviseSetReadMostly
#define CU_MEM_ADVISE_UNSET_READ_MOSTLY cudaMemAdviseUnsetReadMostly
#define CU_MEM_ADVISE_SET_PREFERRED_LOCATION cudaMemAdviseSetPreferredLocation
#define CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION cudaMemAdviseUnsetPreferredLocation
#define CU_MEM_ADVISE_SET_ACCESSED_BY cudaMemAdviseSetAccessedBy
#define CU_MEM_ADVISE_UNSET_ACCESSED_BY cudaMemAdviseUnsetAccessedBy
#define CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY cudaMemRangeAttributeReadMostly
#define CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION cudaMemRangeAttributePreferredLocation
#define CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY cudaMemRangeAttributeAccessedBy
#define CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION cudaMemRangeAttributeLastPrefetchLocation
#define CU_MEM_LOCATION_TYPE_DEVICE cudaMemLocationTypeDevice
#define CU_MEM_LOCATION_TYPE_HOST cudaMemLocationTypeHost
#define CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY cudaDevAttrManagedMemory
#define CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS cudaDevAttrConcurrentManagedAccess
#define CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS cudaDevAttrPageableMemoryAccess

typedef enum CUmemorytype_enum {
    CU_MEMORYTYPE_HOST = 1,
    CU_MEMORYTYPE_DEVICE = 2,
    CU_MEMORYTYPE_UNIFIED = 4,
} CUmemorytype;

typedef enum CUpointer_attribute_enum {
    CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
    CU_POINTER_ATTRIBUTE_DEVICE_POINTER = 3,
    CU_POINTER_ATTRIBUTE_HOST_POINTER = 4,
    CU_POINTER_ATTRIBUTE_IS_MANAGED = 8,
    CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9,
    CU_POINTER_ATTRIBUTE_RANGE_START_ADDR = 11,
    CU_POINTER_ATTRIBUTE_RANGE_SIZE = 12,
} CUpointer_attribute;

#ifdef __cplusplus
struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
#define HUM_DIM3(x, y, z) dim3(x, y, z)
#else
typedef struct dim3 {
    unsigned x, y, z;
} dim3;
#define HUM_DIM3(x, y, z) ((dim3){x, y, z})
#endif

#endif
