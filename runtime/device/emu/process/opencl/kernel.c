/* SPDX-License-Identifier: MIT */
/* kernel.c - finding kernels of a module, and what their arguments are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/emu/process/opencl/program.h"

/* ---- portable kernels ------------------------------------------------------------------------ */

/* hum_args_<name> was made by HUM_KERNEL; kernel_opencl.h says what it tells. */
static enum hum_status describe_portable(cl_kernel args, const char *name, size_t *args_bytes_out)
{
    size_t told[3] = {0};

    if (humi_cl.GetKernelWorkGroupInfo(args, humi_cl_device.id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                       sizeof told, told, NULL) != CL_SUCCESS)
        return humi_fail(HUM_ERR_MODULE, "OpenCL does not tell about kernel \"%s\"", name);
    if (told[1] != HUM_KERNEL_ABI)
        return humi_fail(HUM_ERR_MODULE,
                         "kernel \"%s\" was built with version %zu of hum/kernel.h, this is "
                         "version %u: build it again",
                         name, told[1], HUM_KERNEL_ABI);
    if (told[0] > HUM_ARGS_MAX)
        return humi_fail(HUM_ERR_MODULE,
                         "kernel \"%s\" takes %zu bytes of arguments, at most %zu are possible",
                         name, told[0], HUM_ARGS_MAX);
    *args_bytes_out = told[0];
    return HUM_OK;
}

/* ---- plain kernels --------------------------------------------------------------------------- */

/*
 * Another name for a type (a typedef): its size is the only one that is accepted.  0: more than
 * one is, as for structs, whose size OpenCL does not know.
 */
static size_t probe_size(cl_kernel kernel, cl_uint index)
{
    static const char zero[128];
    size_t found = 0;

    for (size_t size = 1; size <= sizeof zero; size *= 2) {
        if (humi_cl.SetKernelArg(kernel, index, size, zero) != CL_SUCCESS)
            continue;
        if (found > 0)
            return 0;
        found = size;
    }
    return found;
}

static enum hum_status describe_arg(cl_kernel kernel, cl_uint index, const char *name,
                                    struct humi_cl_arg *arg_out)
{
    cl_kernel_arg_address_qualifier space = 0;
    char type[128] = "";

    if (humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof space,
                                 &space, NULL) != CL_SUCCESS ||
        humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type - 1, type,
                                 NULL) != CL_SUCCESS)
        return humi_fail(HUM_ERR_MODULE, "OpenCL does not tell about argument %u of kernel \"%s\"",
                         index + 1, name);
    *arg_out = (struct humi_cl_arg){.size = sizeof(void *)};
    if (space == CL_KERNEL_ARG_ADDRESS_LOCAL) {
        arg_out->kind = HUMI_CL_LOCAL;
        return HUM_OK;
    }
    if (type[0] && type[strlen(type) - 1] == '*') {
        arg_out->kind = HUMI_CL_POINTER;
        return HUM_OK;
    }
    arg_out->kind = HUMI_CL_VALUE;
    arg_out->size = humi_cl_type_size(type);
    if (arg_out->size == 0 && space == CL_KERNEL_ARG_ADDRESS_PRIVATE)
        arg_out->size = probe_size(kernel, index);
    if (arg_out->size == 0)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "argument %u of kernel \"%s\" is of type %s; hum passes numbers, vectors "
                         "and pointers: pass a pointer to it, or use HUM_KERNEL",
                         index + 1, name, type);
    return HUM_OK;
}

static enum hum_status describe_plain(cl_kernel kernel, struct humi_cl_kernel *out,
                                      size_t *args_bytes_out)
{
    cl_uint count = 0;

    (void)humi_cl.GetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL);
    if (count > HUMI_CL_ARGS_MAX)
        return humi_fail(HUM_ERR_UNSUPPORTED, "kernel \"%s\" has %u arguments, at most %u are "
                                              "possible",
                         out->name, count, HUMI_CL_ARGS_MAX);
    for (cl_uint i = 0; i < count; i++) {
        enum hum_status status = describe_arg(kernel, i, out->name, &out->args[i]);
        if (status != HUM_OK)
            return status;
    }
    out->count = count;
    *args_bytes_out = humi_cl_layout(out->args, count);
    return count > 0 && *args_bytes_out > HUM_ARGS_MAX
               ? humi_fail(HUM_ERR_MODULE, "kernel \"%s\" has too many bytes of arguments",
                           out->name)
               : HUM_OK;
}

/* ---- finding --------------------------------------------------------------------------------- */

static cl_kernel open_kernel(const struct humi_cl_module *module, const char *prefix,
                             const char *name)
{
    char full[80];
    cl_int error;
    cl_kernel kernel;

    snprintf(full, sizeof full, "%s%s", prefix, name);
    kernel = humi_cl.CreateKernel(module->program, full, &error);
    return error == CL_SUCCESS ? kernel : NULL;
}

static enum hum_status describe(const struct humi_cl_module *module, const char *name,
                                struct humi_cl_kernel *out, size_t *args_bytes_out)
{
    cl_kernel found = open_kernel(module, "hum_args_", name);
    enum hum_status status;

    out->program = module->program;
    out->plain = !found;
    snprintf(out->name, sizeof out->name, "%s%s", found ? "hum_kernel_" : "", name);
    if (!found)
        found = open_kernel(module, "", name);
    if (!found)
        return humi_fail(HUM_ERR_NOT_FOUND, "the module has no kernel \"%s\"", name);
    status = out->plain ? describe_plain(found, out, args_bytes_out)
                        : describe_portable(found, name, args_bytes_out);
    (void)humi_cl.ReleaseKernel(found);
    return status;
}

enum hum_status humi_cl_find(struct humi_cl_module *module, const char *name,
                             struct humi_cl_kernel **kernel_out, size_t *args_bytes_out)
{
    struct humi_cl_kernel *kernel = calloc(1, sizeof *kernel);
    enum hum_status status;

    if (!kernel)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    status = describe(module, name, kernel, args_bytes_out);
    if (status != HUM_OK) {
        free(kernel);
        return status;
    }
    *kernel_out = kernel;
    return HUM_OK;
}

bool humi_cl_is_plain(const struct humi_cl_kernel *kernel)
{
    return kernel->plain;
}
