/* SPDX-License-Identifier: MIT */
/* usm_world.c - see usm_world.h */
#include "platform/usm_world.h"

#include <string.h>

#define X(name, here) cl##name##_fn here;
FUNCTIONS(X)
#undef X

int usm_setup(void **state)
{
    if (world_setup(state))
        return -1;
    const struct world *world = *state;
    void *function;

#define X(name, here)                                                                 \
    function = clGetExtensionFunctionAddressForPlatform(world->platform, "cl" #name); \
    assert_non_null(function);                                                        \
    memcpy(&here, &function, sizeof function);
    FUNCTIONS(X)
#undef X
    return 0;
}

bool has(const struct world *world, enum type type)
{
    static const cl_device_info what[TYPES] = {
        CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL, CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL,
        CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL};

    return world_number(world, what[type]) != 0;
}

void *try(const struct world *world, enum type type, const cl_mem_properties_intel *given,
          size_t bytes, cl_uint alignment, cl_int *error)
{
    switch (type) {
    case HOST:
        return host_alloc(world->context, given, bytes, alignment, error);
    case DEVICE:
        return device_alloc(world->context, world->device, given, bytes, alignment, error);
    default:
        return shared_alloc(world->context, world->device, given, bytes, alignment, error);
    }
}

void *usm(const struct world *world, enum type type, size_t bytes)
{
    cl_int error;
    void *pointer = try(world, type, NULL, bytes, 0, &error);

    ok(error);
    assert_non_null(pointer);
    return pointer;
}
