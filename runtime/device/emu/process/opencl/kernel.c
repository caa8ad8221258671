/* SPDX-License-Identifier: MIT */
/* kernel.c - modules and kernels of the device process. */
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "device/emu/process/opencl/program.h"

enum hum_status humi_cl_load(const char *path, struct humi_cl_module **module_out)
{
    enum hum_status status = humi_cl_device_open();
    struct humi_cl_module *module;

    if (status != HUM_OK)
        return status;
    module = calloc(1, sizeof *module);
    if (!module)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a module");
    /* A program that was built for the device runs on all parts of it. */
    status = humi_cl_build(&humi_cl_device.target, path, &module->program);
    if (status != HUM_OK) {
        free(module);
        return status;
    }
    *module_out = module;
    return HUM_OK;
}

enum hum_status humi_cl_find(struct humi_cl_module *module, const char *name,
                             struct humi_cl_kernel **kernel_out, size_t *args_bytes_out)
{
    struct humi_cl_kernel *kernel = calloc(1, sizeof *kernel);
    enum hum_status status;

    if (!kernel)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    status = humi_cl_describe(&humi_cl_device.target, module->program, name, &kernel->form,
                              args_bytes_out);
    if (status != HUM_OK) {
        free(kernel);
        return status;
    }
    *kernel_out = kernel;
    return HUM_OK;
}

bool humi_cl_is_plain(const struct humi_cl_kernel *kernel)
{
    return kernel->form.plain;
}

bool humi_cl_is_called(const struct humi_cl_kernel *kernel)
{
    return kernel->called != NULL;
}

/* ---- of programs from text ------------------------------------------------------------------- */

bool humi_cl_is_of(const struct humi_cl_kernel *kernel, unsigned program)
{
    return kernel->called && kernel->called->program == program;
}

cl_int humi_cl_make_called(cl_program from, unsigned program, const char *name,
                           struct humi_cl_kernel **kernel_out)
{
    struct humi_cl_kernel *kernel = calloc(1, sizeof *kernel);
    struct humi_cl_called *called = calloc(1, sizeof *called);
    cl_int error = CL_OUT_OF_HOST_MEMORY;

    if (kernel && called)
        called->kernel = humi_cl.CreateKernel(from, name, &error);
    if (error == CL_SUCCESS) {
        error = humi_cl_signature(called->kernel, &called->signature);
        if (error != CL_SUCCESS)
            (void)humi_cl.ReleaseKernel(called->kernel);
    }
    if (error != CL_SUCCESS) {
        free(called);
        free(kernel);
        return error;
    }
    called->program = program;
    kernel->called = called;
    kernel->form.plain = true; /* it runs as those do */
    snprintf(kernel->form.name, sizeof kernel->form.name, "%s", name);
    *kernel_out = kernel;
    return CL_SUCCESS;
}

void humi_cl_forget(struct humi_cl_kernel *kernel)
{
    if (!kernel || !kernel->called)
        return;
    (void)humi_cl.ReleaseKernel(kernel->called->kernel);
    free(kernel->called);
    free(kernel);
}
