/* SPDX-License-Identifier: MIT */
/* open.c - see open.h. */
#include "support/cuda_double/open.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *find(void *library, const char *name)
{
    void *address = dlsym(library, name);

    if (!address) {
        fprintf(stderr, "%s: HUM_CUDA_LIBRARY is no double of the driver\n", name);
        abort();
    }
    return address;
}

void cuda_double_open(struct cuda_double *out, const char *options)
{
    void *library = dlopen(getenv("HUM_CUDA_LIBRARY"), RTLD_NOW | RTLD_LOCAL);

    *out = (struct cuda_double){0};
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    out->reset = (cuda_double_reset_function *)(uintptr_t)find(library, "cuda_double_reset");
    out->hold = (cuda_double_hold_function *)(uintptr_t)find(library, "cuda_double_hold");
    out->count = (cuda_double_count_function *)(uintptr_t)find(library, "cuda_double_count");
    out->tell = (cuda_double_tell_function *)(uintptr_t)find(library, "cuda_double_tell");
    if (!out->reset(options) || humi_cuda_open(&out->cu)) {
        fprintf(stderr, "%s\n", hum_error_text());
        abort();
    }
}

void cuda_double_open_context(struct cuda_double *out, const char *options)
{
    cuda_double_open(out, options);
    if (out->cu.cuDevicePrimaryCtxRetain(&out->context, 0) || out->cu.cuCtxSetCurrent(out->context))
        abort();
}

bool cuda_double_image(char *out, size_t bytes, const char *native)
{
    int length = snprintf(out, bytes,
                          ".version 7.0\n.target sm_70\n.address_size 64\n// hum.native: %s\n",
                          native);

    return length > 0 && (size_t)length < bytes;
}
