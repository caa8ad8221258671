/* SPDX-License-Identifier: MIT */
/*
 * usm.h - unified shared memory, the extension cl_intel_unified_shared_memory: a region each, known
 * to its context.
 *
 *     host     at the host from the start; the context's devices touch it there, over the link
 *     device   at its device, the last to leave it; commands of the host touch it there.  Nothing
 *              keeps the program from doing so, too, though other platforms will not let it
 *     shared   where it is touched; with an initial placement there is a preferred location
 *
 * Source: the extension's text, version 1.2.0, at registry.khronos.org/OpenCL/extensions/intel.
 *
 * Threads: any; context->svm_lock guards the list of a context.
 */
#ifndef HUMI_PLATFORM_USM_H
#define HUMI_PLATFORM_USM_H

#include "platform/context.h"

#define HUMI_USM_EXTENSION "cl_intel_unified_shared_memory"
#define HUMI_USM_VERSION CL_MAKE_VERSION(1, 2, 0)

/* X(name behind "cl"): what programs ask for by name. */
#define HUMI_USM_ENTRIES(X)        \
    X(HostMemAllocINTEL)           \
    X(DeviceMemAllocINTEL)         \
    X(SharedMemAllocINTEL)         \
    X(MemFreeINTEL)                \
    X(MemBlockingFreeINTEL)        \
    X(GetMemAllocInfoINTEL)        \
    X(SetKernelArgMemPointerINTEL) \
    X(EnqueueMemFillINTEL)         \
    X(EnqueueMemcpyINTEL)          \
    X(EnqueueMigrateMemINTEL)      \
    X(EnqueueMemAdviseINTEL)

#define X(name) extern __typeof__(*(cl##name##_fn)NULL) humi_cl##name;
HUMI_USM_ENTRIES(X)
#undef X

struct humi_usm {
    struct humi_link link; /* of context->usm */
    char *start;
    size_t bytes;
    cl_unified_shared_memory_type_intel type;
    cl_device_id device; /* NULL: none */
    cl_mem_alloc_flags_intel flags;
};

/* Sets of types, as bits. */
#define HUMI_USM_BIT(type) (1u << ((type)-CL_MEM_TYPE_UNKNOWN_INTEL))

/* The device's answer to CL_DEVICE_..._MEM_CAPABILITIES_INTEL. */
cl_ulong humi_usm_capabilities(const struct _cl_device_id *device, cl_device_info what);
/* Some device of the context takes memory of the type. */
bool humi_usm_is_supported(const struct _cl_context *context,
                           cl_unified_shared_memory_type_intel type);

/* A copy of the allocation that holds [pointer, pointer + bytes); false: there is none. */
bool humi_usm_find(cl_context context, const void *pointer, size_t bytes, struct humi_usm *usm_out);

/*
 * Kernels find their way to the allocations of a type, those to come included, through pointers in
 * memory: for good, as hum_reachable() has it.
 */
void humi_usm_reach(cl_context context, cl_unified_shared_memory_type_intel type);

/* At most `room` allocations of the types; returns how many there are. */
size_t humi_usm_list(cl_context context, unsigned types, struct hum_range *ranges_out, size_t room);

/*
 * `processor` will write the bytes, whole, in memory of any kind: what lies elsewhere only need not
 * come for that, and memory of a device is written there.
 */
void humi_usm_overwrite(cl_context context, char *start, size_t bytes, int processor);

/* When the context is destroyed: nothing uses its allocations any more. */
void humi_usm_free_all(cl_context context);

#endif
