/* SPDX-License-Identifier: MIT */
/* opencl.c - an OpenCL device as a processor: finding, opening and closing it. */
#include "device/opencl/opencl.h"
#include "device/opencl/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/range.h"
#include "base/signals.h"
#include "base/status.h"

#define PLATFORMS_MAX 16u
#define DEVICES_MAX 64u
#define VERSION_MIN 120u

/* ---- errors ---------------------------------------------------------------------------------- */

enum hum_status humi_opencl_fail(struct humi_opencl *device, const char *what, cl_int error)
{
    switch (error) {
    case CL_OUT_OF_HOST_MEMORY:
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
        return humi_fail(HUM_ERR_NO_MEMORY, "OpenCL on %s has no memory for %s (error %d)",
                         device->target.name, what, error);
    case CL_DEVICE_NOT_AVAILABLE:
    case CL_OUT_OF_RESOURCES:
    case CL_INVALID_DEVICE:
    case CL_INVALID_CONTEXT:
    case CL_INVALID_COMMAND_QUEUE:
        humi_opencl_lose(device, "OpenCL does not take launches any more");
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s is lost: %s failed with error %d",
                         device->base.name, what, error);
    default:
        return humi_fail(HUM_ERR_UNSUPPORTED, "OpenCL on %s refuses %s with error %d",
                         device->target.name, what, error);
    }
}

cl_command_queue humi_opencl_make_queue(struct humi_opencl *device, cl_int *error_out)
{
    /* The newer function has no use for us, and OpenCL 1.2 has it not. */
    return humi_cl.CreateCommandQueue(device->target.context, device->target.id,
                                      CL_QUEUE_PROFILING_ENABLE, error_out);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* hum as a platform of OpenCL is not a machine's device. */
static bool is_hum(cl_platform_id platform)
{
    char name[16] = "";

    return humi_cl.GetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name, name, NULL) ==
               CL_SUCCESS &&
           strcmp(name, "hum") == 0;
}

/* All devices of the machine, platform by platform; how many there are. */
static unsigned list_devices(cl_device_id ids[DEVICES_MAX])
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0, devices;
    unsigned found = 0;

    if (humi_cl.GetPlatformIDs(PLATFORMS_MAX, platforms, &count) != CL_SUCCESS)
        return 0;
    for (cl_uint i = 0; i < count && i < PLATFORMS_MAX && found < DEVICES_MAX; i++)
        if (!is_hum(platforms[i]) &&
            humi_cl.GetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, DEVICES_MAX - found,
                                 ids + found, &devices) == CL_SUCCESS)
            found += devices < DEVICES_MAX - found ? devices : DEVICES_MAX - found;
    return found;
}

static bool is_of_type(cl_device_id id, cl_device_type types)
{
    cl_device_type type = 0;

    (void)humi_cl.GetDeviceInfo(id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    return type & types;
}

/* The first that is no processor, else the first. */
static unsigned best_of(const cl_device_id *ids, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (is_of_type(ids[i], CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR))
            return i;
    return 0;
}

static enum hum_status find_device(int unit, cl_device_id *id_out)
{
    cl_device_id ids[DEVICES_MAX];
    unsigned count = list_devices(ids);

    if (count == 0)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL finds no device on this machine; " HUMI_CL_PACKAGES);
    if (unit >= (int)count)
        return humi_fail(HUM_ERR_INVALID,
                         "HUM_DEVICES: there is no opencl:%d, the last one is opencl:%u", unit,
                         count - 1);
    *id_out = ids[unit >= 0 ? (unsigned)unit : best_of(ids, count)];
    return HUM_OK;
}

/* ---- what it can ----------------------------------------------------------------------------- */

static uint64_t number_of(cl_device_id id, cl_device_info what)
{
    cl_ulong number = 0;

    return humi_cl.GetDeviceInfo(id, what, sizeof number, &number, NULL) == CL_SUCCESS ? number
                                                                                       : 0;
}

static unsigned small_number_of(cl_device_id id, cl_device_info what)
{
    cl_uint number = 0;

    return humi_cl.GetDeviceInfo(id, what, sizeof number, &number, NULL) == CL_SUCCESS ? number
                                                                                       : 0;
}

static bool has_svm(const struct humi_cl_target *target)
{
    cl_device_svm_capabilities can = 0;

    return target->version >= 200 && humi_cl.SVMAlloc && humi_cl.SVMFree &&
           humi_cl.EnqueueSVMMemcpy && humi_cl.EnqueueSVMMemFill &&
           humi_cl.SetKernelArgSVMPointer && humi_cl.SetKernelExecInfo &&
           humi_cl.GetDeviceInfo(target->id, CL_DEVICE_SVM_CAPABILITIES, sizeof can, &can, NULL) ==
               CL_SUCCESS &&
           (can & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
}

static enum hum_status read_device(struct humi_opencl *device)
{
    struct humi_cl_target *target = &device->target;
    cl_bool little = CL_TRUE;

    (void)humi_cl.GetDeviceInfo(target->id, CL_DEVICE_ENDIAN_LITTLE, sizeof little, &little, NULL);
    if (target->version < VERSION_MIN || !little ||
        small_number_of(target->id, CL_DEVICE_ADDRESS_BITS) != 64)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL on %s is too old, or its numbers are of another kind: hum needs "
                         "OpenCL 1.2 and 64-bit little-endian addresses",
                         target->name);
    snprintf(device->base.model, sizeof device->base.model, "%.95s", target->name);
    device->is_gpu = is_of_type(target->id, CL_DEVICE_TYPE_GPU);
    device->local_bytes = number_of(target->id, CL_DEVICE_LOCAL_MEM_SIZE);
    device->align_bytes = small_number_of(target->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    if (device->align_bytes == 0)
        device->align_bytes = HUM_PAGE_SIZE;
    device->base.workers = small_number_of(target->id, CL_DEVICE_MAX_COMPUTE_UNITS);
    if (device->base.workers == 0)
        device->base.workers = 1;
    return HUM_OK;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The size of the arena, and what of it may be in use. */
static enum hum_status choose_memory(struct humi_opencl *device,
                                     const struct humi_device_params *params, size_t *arena_out)
{
    size_t most = number_of(device->target.id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    size_t memory = number_of(device->target.id, CL_DEVICE_GLOBAL_MEM_SIZE);
    size_t arena = params->arena_bytes ? params->arena_bytes : most;

    arena = humi_round_down(lesser(arena, device->space.bytes), HUM_BLOCK_SIZE);
    if (arena == 0 || arena > most)
        return humi_fail(HUM_ERR_INVALID,
                         "HUM_DEVICES: OpenCL on %s gives %zu MiB in one piece at most, that is "
                         "no arena of %zu MiB",
                         device->target.name, most >> 20, params->arena_bytes >> 20);
    device->base.memory_bytes = params->memory_is_usual ? memory / 2 : params->memory_bytes;
    device->base.memory_bytes =
        humi_round_down(lesser(device->base.memory_bytes, arena), HUM_BLOCK_SIZE);
    if (device->base.memory_bytes == 0)
        device->base.memory_bytes = HUM_BLOCK_SIZE;
    *arena_out = arena;
    return HUM_OK;
}

/* ---- what it does not need ------------------------------------------------------------------- */

/* No touch of its kernels is ever answered or kept from happening. */
static void nothing_to_do(struct humi_processor *p, size_t offset, size_t bytes)
{
    (void)p;
    (void)offset;
    (void)bytes;
}

static unsigned no_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    (void)p;
    (void)faults_out;
    (void)max;
    return 0;
}

static void fail_nothing(struct humi_processor *p, const struct humi_fault *fault,
                         enum hum_status status)
{
    (void)p;
    (void)fault;
    (void)status;
}

static enum hum_status no_restart(struct humi_processor *p)
{
    return humi_fail(HUM_ERR_DEVICE_LOST, "%s is in this process and cannot be started again",
                     p->name);
}

/* ---- open and close -------------------------------------------------------------------------- */

/* Lost ones that were closed: kernels may run in their memory to the end of the program. */
static struct humi_opencl *left; /* atomic */

static void leave(struct humi_opencl *device)
{
    device->next_left = __atomic_load_n(&left, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&left, &device->next_left, device, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

static void opencl_close(struct humi_processor *p)
{
    struct humi_opencl *device = p ? humi_opencl_of(p) : NULL;

    if (!device)
        return;
    if (humi_opencl_is_lost(device)) {
        leave(device);
        return;
    }
    humi_signals_hold();
    humi_opencl_launches_close(device);
    humi_opencl_modules_close(device);
    humi_opencl_memory_close(device);
    if (device->target.context)
        (void)humi_cl.ReleaseContext(device->target.context);
    pthread_mutex_destroy(&device->building);
    humi_signals_release();
    free(device);
}

static const struct humi_processor_ops opencl_ops = {
    .kind = "opencl",
    .close = opencl_close,
    .back = humi_opencl_back,
    .drop = humi_opencl_drop,
    .put = humi_opencl_put,
    .get = humi_opencl_get,
    .fence = humi_opencl_fence,
    .map = humi_opencl_map,
    .protect = nothing_to_do,
    .unmap = nothing_to_do,
    .watch = nothing_to_do,
    .forget = nothing_to_do,
    .faults = no_faults,
    .resume = nothing_to_do,
    .fail = fail_nothing,
    .load = humi_opencl_load,
    .kernel = humi_opencl_kernel,
    .submit = humi_opencl_submit,
    .wait = humi_opencl_wait,
    .blame = humi_opencl_blame,
    .restart = no_restart,
};

static struct humi_opencl *create(const struct humi_space_params *space,
                                  const struct humi_device_params *params)
{
    struct humi_opencl *device = calloc(1, sizeof *device);

    if (!device)
        return NULL;
    device->base.ops = &opencl_ops;
    device->base.fault_fd = device->base.life_fd = device->base.frames_fd = -1;
    snprintf(device->base.name, sizeof device->base.name, "opencl%d", params->index);
    snprintf(device->base.kind, sizeof device->base.kind, "opencl");
    device->base.huge = true;        /* its pages are none of ours */
    device->base.shared_read = space->shared_read;
    device->base.opens_reads = space->shared_read;
    device->base.other_addresses = true;
    device->base.cannot_fault = true;
    device->base.prefers_opencl = true;
    device->space = *space;
    device->watchdog_ms = params->watchdog_ms;
    pthread_mutex_init(&device->building, NULL);
    humi_opencl_launches_open(device);
    return device;
}

static enum hum_status open_device(struct humi_opencl *device,
                                   const struct humi_device_params *params)
{
    size_t arena = 0;
    cl_device_id id = NULL;
    cl_int error;
    enum hum_status status = humi_cl_library_open(VERSION_MIN);

    if (status == HUM_OK)
        status = find_device(params->unit, &id);
    if (status != HUM_OK)
        return status;
    humi_cl_target_read(id, &device->target);
    status = read_device(device);
    if (status == HUM_OK)
        status = choose_memory(device, params, &arena);
    if (status != HUM_OK)
        return status;
    device->target.context = humi_cl.CreateContext(NULL, 1, &id, NULL, NULL, &error);
    if (error != CL_SUCCESS)
        return humi_fail(HUM_ERR_UNSUPPORTED, "OpenCL on %s: clCreateContext failed with error %d",
                         device->target.name, error);
    return humi_opencl_memory_open(device, !params->without_svm && has_svm(&device->target),
                                   arena);
}

enum hum_status humi_opencl_open(const struct humi_space_params *space,
                                 const struct humi_device_params *params,
                                 struct humi_processor **out)
{
    struct humi_opencl *device;
    struct humi_opencl_threads before;
    enum hum_status status;

    if (space->exact)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL does not tell what its kernels touch: record accesses on an "
                         "emulated device");
    device = create(space, params);
    if (!device)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a device");
    humi_opencl_threads_list(&before);
    humi_signals_hold(); /* threads that OpenCL starts have them blocked for ever */
    status = open_device(device, params);
    humi_signals_release();
    humi_opencl_threads_learn(&before);
    if (status != HUM_OK) {
        char text[HUMI_ERROR_TEXT_BYTES];
        humi_error_save(text, sizeof text);
        opencl_close(&device->base);
        humi_error_restore(text);
        return status;
    }
    humi_debug("%s: %s, %u units, %zu of %zu MiB, %s", device->base.name, device->target.name,
               device->base.workers, device->base.memory_bytes >> 20, device->arena_bytes >> 20,
               device->arena ? "shared virtual memory" : "a buffer");
    *out = &device->base;
    return HUM_OK;
}
