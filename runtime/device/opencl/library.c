/* SPDX-License-Identifier: MIT */
/* library.c - see library.h */
#include "device/opencl/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/status.h"

struct humi_cl_library humi_cl;

static const struct {
    const char *name;
    size_t at;      /* in struct humi_cl_library */
    unsigned since;
} functions[] = {
#define X(name, since) {"cl" #name, offsetof(struct humi_cl_library, name), since},
    HUMI_CL_FUNCTIONS(X)
#undef X
};

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static void *library; /* guarded by loading */

static enum hum_status load(void)
{
    library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "no OpenCL on this machine (%s); " HUMI_CL_PACKAGES, dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(library, functions[i].name);
        memcpy((char *)&humi_cl + functions[i].at, &function, sizeof function);
    }
    return HUM_OK;
}

static enum hum_status check(unsigned version)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function;
        memcpy(&function, (char *)&humi_cl + functions[i].at, sizeof function);
        if (!function && functions[i].since <= version)
            return humi_fail(HUM_ERR_UNSUPPORTED,
                             "libOpenCL.so.1 is too old, it has no %s; " HUMI_CL_PACKAGES,
                             functions[i].name);
    }
    return HUM_OK;
}

enum hum_status humi_cl_library_open(unsigned version)
{
    enum hum_status status;

    pthread_mutex_lock(&loading);
    status = library ? HUM_OK : load();
    if (status == HUM_OK)
        status = check(version);
    pthread_mutex_unlock(&loading);
    return status;
}
