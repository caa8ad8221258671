/* SPDX-License-Identifier: MIT */
/* modules.c - modules that were built, and kernels found in them, by their numbers. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signals.h"
#include "base/status.h"
#include "device/opencl/opencl.h"

/* ---- modules (all need building) ------------------------------------------------------------- */

static enum hum_status add_module(struct humi_opencl *device, const char *path,
                                  unsigned *module_out)
{
    struct humi_opencl_module *module = &device->modules[device->module_count];
    enum hum_status status;

    if (device->module_count == HUMI_OPENCL_MODULES_MAX)
        return humi_fail(HUM_ERR_MODULE, "more than %u modules on one device",
                         HUMI_OPENCL_MODULES_MAX);
    if (!humi_cl_is_module(path))
        return humi_fail(HUM_ERR_MODULE,
                         "%s runs OpenCL C, a .cl or .spv file, which %s is not; hum_add_kernels() "
                         "makes one beside each .so",
                         device->base.name, path);
    module->path = strdup(path);
    if (!module->path)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for module %s", path);
    status = humi_cl_build(&device->target, path, &module->program);
    if (status != HUM_OK) {
        free(module->path);
        module->path = NULL;
        return status;
    }
    *module_out = device->module_count++;
    return HUM_OK;
}

static enum hum_status load_locked(struct humi_opencl *device, const char *path,
                                   unsigned *module_out)
{
    for (unsigned i = 0; i < device->module_count; i++) {
        if (strcmp(device->modules[i].path, path) == 0) {
            *module_out = i;
            return HUM_OK;
        }
    }
    return add_module(device, path, module_out);
}

enum hum_status humi_opencl_load(struct humi_processor *p, const char *path, unsigned *module_out)
{
    struct humi_opencl *device = humi_opencl_of(p);
    char real[PATH_MAX];
    enum hum_status status;

    if (!realpath(path, real))
        return humi_fail(HUM_ERR_NOT_FOUND, "no kernel module at %s", path);
    humi_signals_hold();
    pthread_mutex_lock(&device->building);
    status = load_locked(device, real, module_out);
    pthread_mutex_unlock(&device->building);
    humi_signals_release();
    return status;
}

/* ---- kernels (all need building) ------------------------------------------------------------- */

/* A portable kernel takes pointers in memory, and a buffer has no addresses for them. */
static enum hum_status check_form(const struct humi_opencl *device,
                                  const struct humi_opencl_kernel *kernel)
{
    if (kernel->form.plain || device->arena)
        return HUM_OK;
    return humi_fail(HUM_ERR_UNSUPPORTED,
                     "kernel \"%s\" takes pointers in a struct, which needs shared virtual memory, "
                     "and OpenCL on %s has none: write it in OpenCL C with pointers as arguments",
                     kernel->name, device->target.name);
}

static enum hum_status create_object(struct humi_opencl *device, struct humi_opencl_kernel *kernel)
{
    cl_int error;
    void *arena = device->arena;

    kernel->object = humi_cl.CreateKernel(kernel->form.program, kernel->form.name, &error);
    if (error == CL_SUCCESS && arena) /* it may touch it without being given its address */
        error = humi_cl.SetKernelExecInfo(kernel->object, CL_KERNEL_EXEC_INFO_SVM_PTRS,
                                          sizeof arena, &arena);
    if (error != CL_SUCCESS)
        return humi_fail(HUM_ERR_MODULE, "OpenCL on %s refuses kernel \"%s\" with error %d",
                         device->target.name, kernel->name, error);
    kernel->items_max = device->target.items_max;
    (void)humi_cl.GetKernelWorkGroupInfo(kernel->object, device->target.id,
                                         CL_KERNEL_WORK_GROUP_SIZE, sizeof kernel->items_max,
                                         &kernel->items_max, NULL);
    return HUM_OK;
}

static void destroy_kernel(struct humi_opencl_kernel *kernel)
{
    if (kernel->object)
        (void)humi_cl.ReleaseKernel(kernel->object);
    free(kernel);
}

static enum hum_status add_kernel(struct humi_opencl *device, unsigned module, const char *name,
                                  unsigned *kernel_out)
{
    struct humi_opencl_kernel *kernel = calloc(1, sizeof *kernel);
    unsigned id = device->kernel_count;
    enum hum_status status;

    if (!kernel)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    kernel->module = module;
    snprintf(kernel->name, sizeof kernel->name, "%s", name);
    status = humi_cl_describe(&device->target, device->modules[module].program, name,
                              &kernel->form, &kernel->args_bytes);
    if (status == HUM_OK)
        status = check_form(device, kernel);
    if (status == HUM_OK)
        status = create_object(device, kernel);
    if (status != HUM_OK) {
        destroy_kernel(kernel);
        return status;
    }
    device->kernels[id] = kernel;
    __atomic_store_n(&device->kernel_count, id + 1, __ATOMIC_RELEASE);
    *kernel_out = id;
    return HUM_OK;
}

static enum hum_status kernel_locked(struct humi_opencl *device, unsigned module,
                                     const char *name, unsigned *kernel_out)
{
    if (module >= device->module_count)
        return humi_fail(HUM_ERR_INVALID, "no module has this number");
    for (unsigned i = 0; i < device->kernel_count; i++) {
        const struct humi_opencl_kernel *kernel = device->kernels[i];
        if (kernel->module == module && strcmp(kernel->name, name) == 0) {
            *kernel_out = i;
            return HUM_OK;
        }
    }
    if (device->kernel_count == HUMI_OPENCL_KERNELS_MAX)
        return humi_fail(HUM_ERR_MODULE, "more than %u kernels on one device",
                         HUMI_OPENCL_KERNELS_MAX);
    return add_kernel(device, module, name, kernel_out);
}

enum hum_status humi_opencl_kernel(struct humi_processor *p, unsigned module, const char *name,
                                   unsigned *kernel_out, size_t *args_bytes_out)
{
    struct humi_opencl *device = humi_opencl_of(p);
    enum hum_status status;

    if (strlen(name) >= sizeof device->kernels[0]->name)
        return humi_fail(HUM_ERR_NOT_FOUND, "the name of kernel %s is too long", name);
    humi_signals_hold();
    pthread_mutex_lock(&device->building);
    status = kernel_locked(device, module, name, kernel_out);
    if (status == HUM_OK)
        *args_bytes_out = device->kernels[*kernel_out]->args_bytes;
    pthread_mutex_unlock(&device->building);
    humi_signals_release();
    return status;
}

void humi_opencl_modules_close(struct humi_opencl *device)
{
    for (unsigned i = 0; i < device->kernel_count; i++)
        destroy_kernel(device->kernels[i]);
    for (unsigned i = 0; i < device->module_count; i++) {
        (void)humi_cl.ReleaseProgram(device->modules[i].program);
        free(device->modules[i].path);
    }
}
