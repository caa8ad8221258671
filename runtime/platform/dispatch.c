/* SPDX-License-Identifier: MIT */
/* dispatch.c - what the loader takes from this library: the table, and the way to it. */
#include <string.h>

#include "platform/command_buffer.h"
#include "platform/entries.h"
#include "platform/platform.h"
#include "platform/usm.h"

#define EXPORT __attribute__((visibility("default")))

const cl_icd_dispatch humi_dispatch = {
#define X(name) .cl##name = humi_cl##name,
    HUMI_ENTRIES(X)
#undef X
};

/* The table is complete, so what a program may ask for by name is taken out of it. */
static const struct {
    const char *name;
    size_t at;
} entries[] = {
#define X(name) {"cl" #name, offsetof(cl_icd_dispatch, cl##name)},
    HUMI_ENTRIES(X)
#undef X
};

/* Functions of extensions have no place in the table. */
static const struct {
    const char *name;
    void (*function)(void);
} extras[] = {
#define X(name) {"cl" #name, (void (*)(void))humi_cl##name},
    HUMI_USM_ENTRIES(X) HUMI_COMMAND_BUFFER_ENTRIES(X)
#undef X
};

/* ---- what is asked for by name ------------------------------------------------------------------
 */

EXPORT cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint num_entries, cl_platform_id *platforms,
                                                 cl_uint *num_platforms)
{
    if ((num_entries == 0 && platforms) || (!platforms && !num_platforms))
        return CL_INVALID_VALUE;
    if (humi_platform_is_hidden())
        return CL_PLATFORM_NOT_FOUND_KHR;
    if (platforms)
        platforms[0] = &humi_platform;
    if (num_platforms)
        *num_platforms = 1;
    return CL_SUCCESS;
}

EXPORT cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id platform, cl_platform_info param_name,
                                            size_t param_value_size, void *param_value,
                                            size_t *param_value_size_ret)
{
    return humi_clGetPlatformInfo(platform, param_name, param_value_size, param_value,
                                  param_value_size_ret);
}

void *CL_API_CALL humi_clGetExtensionFunctionAddress(const char *name)
{
    void *function = NULL;

    if (!name)
        return NULL;
    if (strcmp(name, "clIcdGetPlatformIDsKHR") == 0) {
        __typeof__(&clIcdGetPlatformIDsKHR) mine = clIcdGetPlatformIDsKHR;

        memcpy(&function, &mine, sizeof function);
        return function;
    }
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (strcmp(name, entries[i].name) == 0)
            memcpy(&function, (const char *)&humi_dispatch + entries[i].at, sizeof function);
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++)
        if (strcmp(name, extras[i].name) == 0)
            memcpy(&function, &extras[i].function, sizeof function);
    return function;
}

EXPORT void *CL_API_CALL clGetExtensionFunctionAddress(const char *name)
{
    return humi_clGetExtensionFunctionAddress(name);
}

void *CL_API_CALL humi_clGetExtensionFunctionAddressForPlatform(cl_platform_id platform,
                                                                const char *name)
{
    return platform == &humi_platform ? humi_clGetExtensionFunctionAddress(name) : NULL;
}

cl_int CL_API_CALL humi_clGetPlatformIDs(cl_uint num_entries, cl_platform_id *platforms,
                                         cl_uint *num_platforms)
{
    return clIcdGetPlatformIDsKHR(num_entries, platforms, num_platforms);
}
