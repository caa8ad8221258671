/* SPDX-License-Identifier: MIT */
/*
 * usm_world.h - what the tests of unified shared memory share: the extension's functions, under
 * short names, and the types of memory.
 */
#ifndef PLATFORM_USM_WORLD_H
#define PLATFORM_USM_WORLD_H

#include "platform/world.h"

/* X(name behind "cl", what it is called here) */
#define FUNCTIONS(X)                           \
    X(HostMemAllocINTEL, host_alloc)           \
    X(DeviceMemAllocINTEL, device_alloc)       \
    X(SharedMemAllocINTEL, shared_alloc)       \
    X(MemFreeINTEL, mem_free)                  \
    X(MemBlockingFreeINTEL, mem_blocking_free) \
    X(GetMemAllocInfoINTEL, alloc_info)        \
    X(SetKernelArgMemPointerINTEL, set_arg)    \
    X(EnqueueMemFillINTEL, mem_fill)           \
    X(EnqueueMemcpyINTEL, mem_copy)            \
    X(EnqueueMigrateMemINTEL, migrate)         \
    X(EnqueueMemAdviseINTEL, advise)

#define X(name, here) extern cl##name##_fn here;
FUNCTIONS(X)
#undef X

/* cmocka's setup: a struct world, and the functions. */
int usm_setup(void **state);

enum type { HOST, DEVICE, SHARED, TYPES };

/* The device has memory of the type. */
bool has(const struct world *world, enum type type);

/* An allocation by the function of its type; or one that has to succeed. */
void *try(const struct world *world, enum type type, const cl_mem_properties_intel *given,
          size_t bytes, cl_uint alignment, cl_int *error);
void *usm(const struct world *world, enum type type, size_t bytes);

#endif
