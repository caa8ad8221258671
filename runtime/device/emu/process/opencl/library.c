/* SPDX-License-Identifier: MIT */
/* library.c - see library.h */
#include "device/emu/process/opencl/library.h"

#include <dlfcn.h>
#include <string.h>

#include "base/status.h"

struct humi_cl_library humi_cl;

static const struct {
    const char *name;
    size_t at; /* in struct humi_cl_library */
} functions[] = {
#define X(name) {"cl" #name, offsetof(struct humi_cl_library, name)},
    HUMI_CL_FUNCTIONS(X)
#undef X
};

enum hum_status humi_cl_library_open(void)
{
    void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "no OpenCL on this machine (%s); " HUMI_CL_PACKAGES, dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function)
            return humi_fail(HUM_ERR_UNSUPPORTED,
                             "libOpenCL.so.1 is too old, it has no %s; " HUMI_CL_PACKAGES,
                             functions[i].name);
        memcpy((char *)&humi_cl + functions[i].at, &function, sizeof function);
    }
    return HUM_OK;
}
