/* SPDX-License-Identifier: MIT */
/* device.c - see device.h */
#include "device/emu/process/opencl/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "device/emu/process/process.h"
#include "device/opencl/cache.h"

#define PLATFORMS_MAX 16u

struct humi_cl_device humi_cl_device;

/* ---- settings of the implementation ---------------------------------------------------------- */

/* PoCL reads these when it starts.  Handlers of signals are ours to have. */
static void set_up_pocl(void)
{
    char text[4096];

    snprintf(text, sizeof text, "%u", humi_device.hello.workers);
    setenv("POCL_MAX_PTHREAD_COUNT", text, 1);
    setenv("POCL_SIGFPE_HANDLER", "0", 1);
    setenv("POCL_SIGUSR2_HANDLER", "0", 1);
    if (!getenv("POCL_CACHE_DIR") && humi_cl_cache_folder("pocl", text, sizeof text))
        setenv("POCL_CACHE_DIR", text, 1);
}

/* ---- finding a device ------------------------------------------------------------------------ */

static bool runs_native_kernels(cl_device_id id)
{
    cl_device_exec_capabilities can = 0;

    return humi_cl.GetDeviceInfo(id, CL_DEVICE_EXECUTION_CAPABILITIES, sizeof can, &can, NULL) ==
               CL_SUCCESS &&
           (can & CL_EXEC_NATIVE_KERNEL);
}

/* The first device that is a processor and runs what we give it. */
static bool find_device(cl_device_id *id_out)
{
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0, devices;

    if (humi_cl.GetPlatformIDs(PLATFORMS_MAX, platforms, &count) != CL_SUCCESS)
        return false;
    for (cl_uint i = 0; i < count && i < PLATFORMS_MAX; i++) {
        humi_cl_device.platform = platforms[i];
        if (humi_cl.GetDeviceIDs(platforms[i], CL_DEVICE_TYPE_CPU, 1, id_out,
                                 &devices) == CL_SUCCESS &&
            runs_native_kernels(*id_out))
            return true;
    }
    return false;
}

/* ---- a part of it for each worker ------------------------------------------------------------ */

static enum hum_status fail_cl(const char *what, cl_int error)
{
    return humi_fail(HUM_ERR_UNSUPPORTED, "OpenCL on %s: %s failed with error %d",
                     humi_cl_device.target.name, what, error);
}

static enum hum_status divide(cl_device_id *parts)
{
    static const cl_device_partition_property each[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    cl_uint workers = humi_device.hello.workers, count = 0;
    cl_int error;

    parts[0] = humi_cl_device.target.id;
    if (workers == 1)
        return HUM_OK;
    error = humi_cl.CreateSubDevices(humi_cl_device.target.id, each, workers, parts, &count);
    if (error != CL_SUCCESS || count != workers)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL on %s cannot be divided among %u workers (%u parts, error %d)",
                         humi_cl_device.target.name, workers, count, error);
    return HUM_OK;
}

static enum hum_status open_queues(const cl_device_id *parts)
{
    struct humi_cl_device *device = &humi_cl_device;
    unsigned workers = humi_device.hello.workers;
    cl_device_id all[HUMI_WORKERS_MAX + 1] = {device->target.id};
    cl_int error;

    memcpy(all + 1, parts, workers * sizeof parts[0]);
    device->target.context = humi_cl.CreateContext(NULL, workers > 1 ? workers + 1 : 1, all, NULL,
                                                   NULL, &error);
    if (error != CL_SUCCESS)
        return fail_cl("clCreateContext", error);
    device->whole =
        humi_cl.CreateCommandQueueWithProperties(device->target.context, device->target.id, NULL,
                                                 &error);
    for (unsigned i = 0; error == CL_SUCCESS && i < workers; i++)
        device->queue[i] =
            humi_cl.CreateCommandQueueWithProperties(device->target.context, parts[i], NULL,
                                                     &error);
    return error == CL_SUCCESS ? HUM_OK : fail_cl("clCreateCommandQueueWithProperties", error);
}

/* A program is for all devices of its context, so this one has no parts. */
static enum hum_status open_own(void)
{
    struct humi_cl_device *device = &humi_cl_device;
    cl_int error;

    device->own = humi_cl.CreateContext(NULL, 1, &device->target.id, NULL, NULL, &error);
    if (error != CL_SUCCESS)
        return fail_cl("clCreateContext", error);
    device->calls =
        humi_cl.CreateCommandQueueWithProperties(device->own, device->target.id, NULL, &error);
    return error == CL_SUCCESS ? HUM_OK : fail_cl("clCreateCommandQueueWithProperties", error);
}

/* On the helper of the worker whose number is at `arg`. */
static void CL_CALLBACK become_helper(void *arg)
{
    unsigned index;

    memcpy(&index, arg, sizeof index);
    humi_worker_help(&humi_workers[index]);
}

/* Let each helper know whose it is.  Twice, because the second must come to the same thread. */
static enum hum_status name_helpers(void)
{
    const struct humi_emu_worker *records = humi_device.control->workers;
    unsigned workers = humi_device.hello.workers;

    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < workers; i++) {
            int before = records[i].helper;
            cl_int error = humi_cl.EnqueueNativeKernel(humi_cl_device.queue[i], become_helper, &i,
                                                       sizeof i, 0, NULL, NULL, 0, NULL, NULL);
            if (error == CL_SUCCESS)
                error = humi_cl.Finish(humi_cl_device.queue[i]);
            if (error != CL_SUCCESS)
                return fail_cl("clEnqueueNativeKernel", error);
            if (round > 0 && records[i].helper != before)
                return humi_fail(HUM_ERR_UNSUPPORTED,
                                 "OpenCL on %s does not keep a thread for each compute unit",
                                 humi_cl_device.target.name);
        }
    }
    return HUM_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum hum_status open_all(void)
{
    cl_device_id parts[HUMI_WORKERS_MAX], id;
    enum hum_status status;

    set_up_pocl();
    status = humi_cl_library_open(210);
    if (status != HUM_OK)
        return status;
    if (!find_device(&id))
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL finds no implementation for processors; " HUMI_CL_PACKAGES);
    humi_cl_target_read(id, &humi_cl_device.target);
    status = divide(parts);
    if (status == HUM_OK)
        status = open_queues(parts);
    if (status == HUM_OK)
        status = open_own();
    return status == HUM_OK ? name_helpers() : status;
}

enum hum_status humi_cl_device_open(void)
{
    static bool tried;
    static enum hum_status status;
    static char text[HUMI_ERROR_TEXT_BYTES];

    if (tried) {
        humi_error_restore(text);
        return status;
    }
    tried = true;
    status = open_all();
    humi_error_save(text, sizeof text);
    return status;
}
