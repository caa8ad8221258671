/* SPDX-License-Identifier: MIT */
/* kernel.c - modules and kernels of the device process. */
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
