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
    X(CreateBuffer)                                                                                \
    X(CreateCommandQueueWithProperties)                                                            \
    X(CreateContext)                                                                               \
    X(CreateKernel)                                                                                \
    X(CreateProgramWithSource)                                                                     \
    X(EnqueueFillBuffer)                                                                           \
    X(EnqueueNDRangeKernel)                                                                        \
    X(EnqueueReadBuffer)                                                                           \
    X(Finish)                                                                                      \
    X(GetDeviceIDs)                                                                                \
    X(GetDeviceInfo)                                                                               \
    X(GetKernelInfo)                                                                               \
    X(GetPlatformIDs)                                                                              \
    X(ReleaseCommandQueue)                                                                         \
    X(ReleaseContext)                                                                              \
    X(ReleaseEvent)                                                                                \
    X(ReleaseKernel)                                                                               \
    X(ReleaseMemObject)                                                                            \
    X(ReleaseProgram)                                                                              \
    X(SetKernelArg)

struct functions {
#define X(name) __typeof__(&cl##name) name;
    FUNCTIONS(X)
#undef X
};

struct floor_opencl {
    struct functions cl;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem words;
    size_t count;      /* of the words */
    cl_uint units;
    cl_event *events;  /* of the last launches, not yet released */
    unsigned room;     /* for so many */
};

/* ---- functions ------------------------------------------------------------------------------- */

/* By name: of the loader by the linker, of an implementation as the loader asks it. */
static void *find(void *library, bool is_loader, const char *name)
{
    void *function = dlsym(library, is_loader ? name : "clGetExtensionFunctionAddress");
    void *(CL_API_CALL * ask)(const char *);

    if (is_loader || !function)
        return function;
    memcpy(&ask, &function, sizeof(ask));
    return ask(name);
}

static bool load(const char *path, struct functions *out)
{
    static const struct {
        const char *name;
        size_t at;
    } functions[] = {
#define X(name) {"cl" #name, offsetof(struct functions, name)},
        FUNCTIONS(X)
#undef X
    };
    void *library = dlopen(path ? path : "libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL); /* stays */

    for (size_t i = 0; library && i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *function = find(library, !path, functions[i].name);
        if (!function)
            return false;
        memcpy((char *)out + functions[i].at, &function, sizeof(function));
    }
    return library != NULL;
}

/* The first of that type on any platform. */
static bool find_device(const struct functions *cl, cl_device_type type, cl_device_id *device_out)
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0;

    if (cl->GetPlatformIDs(PLATFORMS_MAX, platforms, &count) != CL_SUCCESS)
        return false;
    for (cl_uint i = 0; i < count && i < PLATFORMS_MAX; i++)
        if (cl->GetDeviceIDs(platforms[i], type, 1, device_out, NULL) == CL_SUCCESS)
            return true;
    return false;
}

bool floor_opencl_is_there(void)
{
    struct functions cl;
    cl_device_id device;

    return load(NULL, &cl) && find_device(&cl, CL_DEVICE_TYPE_CPU, &device);
}

/* ---- open and close -------------------------------------------------------------------------- */

static bool make_queue(struct floor_opencl *f, cl_device_id device, bool unordered)
{
    const cl_queue_properties properties[] = {CL_QUEUE_PROPERTIES,
                                              CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
    cl_int error;

    f->context = f->cl.CreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (error == CL_SUCCESS)
        f->queue = f->cl.CreateCommandQueueWithProperties(
            f->context, device, unordered ? properties : NULL, &error);
    if (error == CL_SUCCESS)
        error = f->cl.GetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(f->units),
                                    &f->units, NULL);
    return error == CL_SUCCESS;
}

static bool make_kernel(struct floor_opencl *f, cl_device_id device, const char *source,
                        const char *name)
{
    cl_int error;

    f->program = f->cl.CreateProgramWithSource(f->context, 1, &source, NULL, &error);
    if (error == CL_SUCCESS)
        error = f->cl.BuildProgram(f->program, 1, &device, "", NULL, NULL);
    if (error == CL_SUCCESS)
        f->kernel = f->cl.CreateKernel(f->program, name, &error);
    return error == CL_SUCCESS;
}

static bool make_words(struct floor_opencl *f, size_t words)
{
    const cl_int zero = 0, one = 1;
    cl_uint args = 0;
    cl_int error;

    f->count = words;
    f->words = f->cl.CreateBuffer(f->context, CL_MEM_READ_WRITE, words * sizeof(int), NULL,
                                  &error);
    if (error == CL_SUCCESS)
        error = f->cl.EnqueueFillBuffer(f->queue, f->words, &zero, sizeof(zero), 0,
                                        words * sizeof(int), 0, NULL, NULL);
    if (error == CL_SUCCESS)
        error = f->cl.SetKernelArg(f->kernel, 0, sizeof(f->words), &f->words);
    if (error == CL_SUCCESS)
        error = f->cl.GetKernelInfo(f->kernel, CL_KERNEL_NUM_ARGS, sizeof(args), &args, NULL);
    if (error == CL_SUCCESS && args > 1)
        error = f->cl.SetKernelArg(f->kernel, 1, sizeof(one), &one);
    return error == CL_SUCCESS && f->cl.Finish(f->queue) == CL_SUCCESS;
}

bool floor_opencl_open(const struct floor_opencl_params *params, struct floor_opencl **out)
{
    struct floor_opencl *f = calloc(1, sizeof(*f));
    cl_device_id device;
    char text[16];

    snprintf(text, sizeof(text), "%u", params->threads);
    if (params->threads)
        setenv("POCL_MAX_PTHREAD_COUNT", text, 1); /* as many as the device has workers */
    if (f && load(params->library, &f->cl) &&
        find_device(&f->cl, params->library ? CL_DEVICE_TYPE_ALL : CL_DEVICE_TYPE_CPU, &device) &&
        make_queue(f, device, params->unordered) &&
        make_kernel(f, device, params->source, params->kernel) && make_words(f, params->words)) {
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
        (void)f->cl.ReleaseMemObject(f->words);
    if (f->kernel)
        (void)f->cl.ReleaseKernel(f->kernel);
    if (f->program)
        (void)f->cl.ReleaseProgram(f->program);
    if (f->queue)
        (void)f->cl.ReleaseCommandQueue(f->queue);
    if (f->context)
        (void)f->cl.ReleaseContext(f->context);
    free(f->events);
    free(f);
}

unsigned floor_opencl_units(const struct floor_opencl *f)
{
    return f->units;
}

/* ---- launches -------------------------------------------------------------------------------- */

static bool has_room(struct floor_opencl *f, unsigned count)
{
    cl_event *events;

    if (count <= f->room)
        return true;
    events = realloc(f->events, count * sizeof(*events));
    if (!events)
        return false;
    f->events = events;
    f->room = count;
    return true;
}

static cl_int launch(struct floor_opencl *f, const struct floor_opencl_launches *l,
                     cl_event *event_out)
{
    const cl_int one = 1;
    cl_int error = l->args ? f->cl.SetKernelArg(f->kernel, 1, sizeof(one), &one) : CL_SUCCESS;

    if (error == CL_SUCCESS)
        error = f->cl.EnqueueNDRangeKernel(f->queue, f->kernel, 1, NULL, &l->items, &l->group, 0,
                                           NULL, event_out);
    return error == CL_SUCCESS && l->wait_each ? f->cl.Finish(f->queue) : error;
}

bool floor_opencl_run(struct floor_opencl *f, const struct floor_opencl_launches *l)
{
    cl_int error = CL_SUCCESS, end;
    unsigned events = 0;

    if (l->events && !has_room(f, l->count))
        return false;
    for (unsigned i = 0; error == CL_SUCCESS && i < l->count; i++) {
        error = launch(f, l, l->events ? &f->events[i] : NULL);
        events += error == CL_SUCCESS && l->events;
    }
    end = f->cl.Finish(f->queue);
    for (unsigned i = 0; i < events; i++)
        (void)f->cl.ReleaseEvent(f->events[i]);
    return error == CL_SUCCESS && end == CL_SUCCESS;
}

bool floor_opencl_holds(struct floor_opencl *f, int value)
{
    int *got = calloc(f->count, sizeof(*got));
    bool holds = got && f->cl.EnqueueReadBuffer(f->queue, f->words, CL_TRUE, 0,
                                                f->count * sizeof(*got), got, 0, NULL,
                                                NULL) == CL_SUCCESS;

    for (size_t i = 0; holds && i < f->count; i++)
        holds = got[i] == value;
    free(got);
    return holds;
}
