/* SPDX-License-Identifier: MIT */
/* signature.c - what a kernel of a program from text takes, and which launches of it are right. */
#include <string.h>

#include "device/emu/process/opencl/program.h"

/* The sizes that are accepted for a value, if it is one. */
static uint32_t probe_size(cl_kernel kernel, cl_uint index, const char *type)
{
    static const char zero[256];
    size_t known = humi_cl_type_size(type), found = 0, sizes = 0;

    if (known > 0)
        return (uint32_t)known;
    for (size_t size = 1; size <= sizeof zero; size++) {
        if (humi_cl.SetKernelArg(kernel, index, size, zero) != CL_SUCCESS)
            continue;
        found = size;
        sizes++;
    }
    /* A struct takes any size; one of four words is taken as three, too. */
    return sizes == 1 || sizes == 2 ? (uint32_t)found : 0;
}

static cl_int describe(cl_kernel kernel, cl_uint index, struct humi_param *out)
{
    cl_kernel_arg_address_qualifier space = CL_KERNEL_ARG_ADDRESS_PRIVATE;
    cl_kernel_arg_access_qualifier access = CL_KERNEL_ARG_ACCESS_NONE;
    char type[512] = "";
    size_t length;
    cl_int error = humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER,
                                            sizeof space, &space, NULL);

    if (error == CL_SUCCESS)
        error = humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ACCESS_QUALIFIER,
                                         sizeof access, &access, NULL);
    if (error == CL_SUCCESS)
        error = humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type - 1,
                                         type, NULL);
    if (error != CL_SUCCESS)
        return error;
    length = strlen(type);
    if (space == CL_KERNEL_ARG_ADDRESS_LOCAL)
        out->kind = HUM_CL_LOCAL;
    else if (length > 0 && type[length - 1] == '*')
        out->kind = HUM_CL_POINTER;
    else if (access != CL_KERNEL_ARG_ACCESS_NONE)
        out->kind = HUM_CL_IMAGE;
    else if (strcmp(type, "sampler_t") == 0)
        out->kind = HUM_CL_SAMPLER;
    else
        *out = (struct humi_param){HUM_CL_VALUE, probe_size(kernel, index, type)};
    return CL_SUCCESS;
}

static cl_int read_limits(cl_kernel kernel, struct humi_signature *out)
{
    cl_device_id id = humi_cl_device.target.id;
    cl_ulong local = 0, fixed = 0;
    size_t items = 1, sizes[3] = {1, 1, 1}, required[3] = {0};
    cl_bool non_uniform = CL_FALSE;
    cl_int error = humi_cl.GetKernelWorkGroupInfo(kernel, id, CL_KERNEL_WORK_GROUP_SIZE,
                                                  sizeof items, &items, NULL);

    if (error == CL_SUCCESS)
        error = humi_cl.GetKernelWorkGroupInfo(kernel, id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                               sizeof required, required, NULL);
    if (error == CL_SUCCESS)
        error = humi_cl.GetKernelWorkGroupInfo(kernel, id, CL_KERNEL_LOCAL_MEM_SIZE, sizeof fixed,
                                               &fixed, NULL);
    if (error == CL_SUCCESS)
        error = humi_cl.GetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes,
                                      NULL);
    if (error == CL_SUCCESS)
        error = humi_cl.GetDeviceInfo(id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
    (void)humi_cl.GetDeviceInfo(id, CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT, sizeof non_uniform,
                                &non_uniform, NULL);
    out->items_max = items;
    out->non_uniform = non_uniform;
    out->local_max = local > fixed ? local - fixed : 0;
    for (unsigned d = 0; d < 3; d++) {
        out->sizes_max[d] = sizes[d];
        out->required[d] = required[d];
    }
    return error;
}

cl_int humi_cl_signature(cl_kernel kernel, struct humi_signature *out)
{
    cl_uint count = 0;
    cl_int error =
        humi_cl.GetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL);

    *out = (struct humi_signature){.count = count};
    if (error == CL_SUCCESS && count > HUMI_PARAMS_MAX)
        return CL_OUT_OF_RESOURCES;
    for (cl_uint i = 0; error == CL_SUCCESS && i < count; i++)
        error = describe(kernel, i, &out->params[i]);
    return error == CL_SUCCESS ? read_limits(kernel, out) : error;
}
