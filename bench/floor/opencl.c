/* SPDX-License-Identifier: MIT */
/* opencl.c - see opencl.h */
#include "floor/opencl.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#define PLATFORMS_MAX 16u

#define FUNCTIONS(X)                                                                               \
    X(BuildProgram)                                                                                \
    X(CreateCommandQueueWithProperties)                                                            \
    X(CreateContext)                                                                               \
    X(CreateKernel)                                                                                \
    X(CreateProgramWithSource)                                                                     \
    X(EnqueueNDRangeKernel)                                                                        \
    X(Finish)                                                                                      \
    X(GetDeviceIDs)                                                                                \
    X(GetPlatformIDs)                                                                              \
    X(ReleaseCommandQueue)                                                                         \
    X(ReleaseContext)                                                                              \
    X(ReleaseKernel)                                                                               \
    X(ReleaseProgram)                                                                              \
    X(SVMAlloc)                                                                                    \
    X(SVMFree)                                                                                     \
    X(SetKernelArgSVMPointer)

static struct {
#define X(name) __typeof__(&cl##name) name;
    FUNCTIONS(X)
#undef X
} cl;

struct floor_opencl {
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    void *words;
};

static bool load(void)
{
    static const struct {
        const char *name;
        size_t at;
    } functions[] = {
#define X(name) {"cl" #name, offsetof(__typeof__(cl), name)},
        FUNCTIONS(X)
#undef X
    };
    void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL); /* stays */

    for (size_t i = 0; library && i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function)
            return false;
        memcpy((char *)&cl + functions[i].at, &function, sizeof(function));
    }
    return library != NULL;
}

static bool find_device(cl_device_id *device_out)
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0;

    if (cl.GetPlatformIDs(PLATFORMS_MAX, platforms, &count) != CL_SUCCESS)
        return false;
    for (cl_uint i = 0; i < count && i < PLATFORMS_MAX; i++)
        if (cl.GetDeviceIDs(platforms[i], CL_DEVICE_TYPE_CPU, 1, device_out, NULL) == CL_SUCCESS)
            return true;
    return false;
}

bool floor_opencl_is_there(void)
{
    cl_device_id device;

    return load() && find_device(&device);
}

static bool build(struct floor_opencl *f, cl_device_id device, const char *source,
                  const char *kernel, size_t words)
{
    cl_int error;

    f->context = cl.CreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (error == CL_SUCCESS)
        f->queue = cl.CreateCommandQueueWithProperties(f->context, device, NULL, &error);
    if (error == CL_SUCCESS)
        f->program = cl.CreateProgramWithSource(f->context, 1, &source, NULL, &error);
    if (error == CL_SUCCESS)
        error = cl.BuildProgram(f->program, 1, &device, "", NULL, NULL);
    if (error == CL_SUCCESS)
        f->kernel = cl.CreateKernel(f->program, kernel, &error);
    if (error != CL_SUCCESS)
        return false;
    f->words = cl.SVMAlloc(f->context, CL_MEM_READ_WRITE, words * sizeof(int), 0);
    if (!f->words)
        return false;
    memset(f->words, 0, words * sizeof(int));
    return cl.SetKernelArgSVMPointer(f->kernel, 0, f->words) == CL_SUCCESS;
}

bool floor_opencl_open(const char *source, const char *kernel, size_t words, unsigned threads,
                       struct floor_opencl **out)
{
    struct floor_opencl *f = calloc(1, sizeof(*f));
    cl_device_id device;
    char text[16];

    snprintf(text, sizeof(text), "%u", threads);
    setenv("POCL_MAX_PTHREAD_COUNT", text, 1); /* as many as the device has workers */
    if (f && load() && find_device(&device) && build(f, device, source, kernel, words)) {
        *out = f;
        return true;
    }
    floor_opencl_close(f);
    return false;
}

void floor_opencl_close(struct floor_opencl *f)
{
    if (!f)
        return;
    if (f->words)
        cl.SVMFree(f->context, f->words);
    if (f->kernel)
        (void)cl.ReleaseKernel(f->kernel);
    if (f->program)
        (void)cl.ReleaseProgram(f->program);
    if (f->queue)
        (void)cl.ReleaseCommandQueue(f->queue);
    if (f->context)
        (void)cl.ReleaseContext(f->context);
    free(f);
}

bool floor_opencl_run(struct floor_opencl *f, unsigned count, size_t items, size_t group,
                      bool wait_each)
{
    cl_int error = CL_SUCCESS;

    for (unsigned i = 0; error == CL_SUCCESS && i < count; i++) {
        error = cl.EnqueueNDRangeKernel(f->queue, f->kernel, 1, NULL, &items, &group, 0, NULL,
                                        NULL);
        if (error == CL_SUCCESS && wait_each)
            error = cl.Finish(f->queue);
    }
    return error == CL_SUCCESS && cl.Finish(f->queue) == CL_SUCCESS;
}
