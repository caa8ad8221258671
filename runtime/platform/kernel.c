/* SPDX-License-Identifier: MIT */
/* kernel.c - see kernel.h: making kernels. */
#include "platform/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "platform/entries.h"
#include "platform/error.h"

struct hum_kernel *humi_kernel_on(const struct _cl_kernel *kernel, cl_device_id device)
{
    int index = humi_program_index(kernel->program, device);

    return index < 0 ? NULL : kernel->kernels[index];
}

static void destroy(struct humi_object *object)
{
    struct _cl_kernel *kernel = (struct _cl_kernel *)object;

    for (unsigned i = 0; kernel->args && i < kernel->arg_count; i++)
        if (kernel->args[i].value != kernel->args[i].inside)
            free(kernel->args[i].value);
    free(kernel->args);
    for (unsigned i = 0; i < HUMI_REACHED_KINDS; i++)
        free(kernel->reached[i].pointers);
    free(kernel->name);
    atomic_fetch_sub(&kernel->program->kernels, 1);
    humi_drop(&kernel->program->object);
    free(kernel);
}

static struct _cl_kernel *allocate(struct _cl_program *program, const char *name)
{
    struct _cl_kernel *kernel = calloc(1, sizeof *kernel);

    if (!kernel)
        return NULL;
    humi_object_init(&kernel->object, HUMI_KIND_KERNEL, destroy);
    humi_hold(&program->object);
    atomic_fetch_add(&program->kernels, 1);
    kernel->program = program;
    kernel->name = strdup(name);
    return kernel;
}

static bool is_built(struct _cl_program *program, unsigned index)
{
    return program->programs[index] &&
           humi_program_build_number(program, index, CL_PROGRAM_BUILD_STATUS, CL_BUILD_NONE) ==
               CL_BUILD_SUCCESS;
}

/* On each device that the program was built for. */
static cl_int find_each(struct _cl_kernel *kernel)
{
    struct _cl_program *program = kernel->program;
    cl_int error = CL_INVALID_PROGRAM_EXECUTABLE;

    for (unsigned i = 0; i < program->device_count; i++) {
        int code = CL_SUCCESS;
        enum hum_status status;

        if (!is_built(program, i))
            continue;
        status = hum_program_kernel(program->programs[i], kernel->name, &kernel->kernels[i], &code);
        error = humi_program_error(status, code);
        if (error != CL_SUCCESS)
            return error;
    }
    return error;
}

static cl_int make_args(struct _cl_kernel *kernel)
{
    const struct hum_kernel *any = NULL;

    for (unsigned i = 0; !any && i < kernel->program->device_count; i++)
        any = kernel->kernels[i];
    kernel->args = calloc(hum_kernel_params(any) + 1, sizeof *kernel->args);
    if (!kernel->args)
        return CL_OUT_OF_HOST_MEMORY;
    kernel->arg_count = hum_kernel_params(any);
    for (unsigned i = 0; i < kernel->arg_count; i++) {
        kernel->args[i].value = kernel->args[i].inside;
        if (!hum_kernel_param(any, i, &kernel->args[i].param))
            return CL_INVALID_KERNEL_DEFINITION;
    }
    return CL_SUCCESS;
}

static cl_int create(cl_program program, const char *name, cl_kernel *kernel_out)
{
    struct _cl_kernel *kernel = allocate(program, name);
    cl_int error;

    if (!kernel)
        return CL_OUT_OF_HOST_MEMORY;
    error = kernel->name ? find_each(kernel) : CL_OUT_OF_HOST_MEMORY;
    if (error == CL_SUCCESS)
        error = make_args(kernel);
    if (error == CL_SUCCESS)
        *kernel_out = kernel;
    else
        humi_drop(&kernel->object);
    return error;
}

cl_kernel CL_API_CALL humi_clCreateKernel(cl_program program, const char *name, cl_int *error_out)
{
    cl_kernel kernel = NULL;
    cl_int error = CL_INVALID_PROGRAM;

    if (humi_is(program, HUMI_KIND_PROGRAM))
        error = name ? create(program, name, &kernel) : CL_INVALID_VALUE;
    humi_error_tell(error_out, error);
    return kernel;
}

/* ---- all of a program ------------------------------------------------------------------------ */

/* Its names, separated by ';', to be freed. */
static cl_int names_of(cl_program program, char **names_out)
{
    size_t bytes = 0;
    cl_int error = humi_clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, 0, NULL, &bytes);

    if (error != CL_SUCCESS)
        return error;
    *names_out = calloc(1, bytes + 1);
    if (!*names_out)
        return CL_OUT_OF_HOST_MEMORY;
    error = humi_clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, bytes, *names_out, NULL);
    if (error != CL_SUCCESS)
        free(*names_out);
    return error;
}

static cl_uint count_names(const char *names)
{
    cl_uint count = *names != '\0';

    for (; *names; names++)
        count += *names == ';';
    return count;
}

cl_int CL_API_CALL humi_clCreateKernelsInProgram(cl_program program, cl_uint room,
                                                 cl_kernel *kernels_out, cl_uint *count_out)
{
    char *names, *rest = NULL;
    cl_uint count, made = 0;
    cl_int error;

    if (!humi_is(program, HUMI_KIND_PROGRAM))
        return CL_INVALID_PROGRAM;
    error = names_of(program, &names);
    if (error != CL_SUCCESS)
        return error;
    count = count_names(names);
    if (kernels_out && room < count)
        error = CL_INVALID_VALUE;
    for (char *name = strtok_r(names, ";", &rest); kernels_out && error == CL_SUCCESS && name;
         name = strtok_r(NULL, ";", &rest)) {
        error = create(program, name, &kernels_out[made]);
        made += error == CL_SUCCESS;
    }
    while (error != CL_SUCCESS && made)
        (void)humi_clReleaseKernel(kernels_out[--made]);
    free(names);
    if (error == CL_SUCCESS && count_out)
        *count_out = count;
    return error;
}

/* ---- a copy ---------------------------------------------------------------------------------- */

static cl_int copy_args(const struct _cl_kernel *from, struct _cl_kernel *to)
{
    to->args = calloc(from->arg_count + 1, sizeof *to->args);
    if (!to->args)
        return CL_OUT_OF_HOST_MEMORY;
    for (unsigned i = 0; i < from->arg_count; i++) {
        struct humi_kernel_arg *arg = &to->args[i];

        *arg = from->args[i];
        arg->value = arg->inside;
        to->arg_count = i + 1;
        if (from->args[i].value == from->args[i].inside)
            continue;
        arg->value = malloc(arg->bytes);
        if (!arg->value)
            return CL_OUT_OF_HOST_MEMORY;
        memcpy(arg->value, from->args[i].value, arg->bytes);
    }
    return CL_SUCCESS;
}

static cl_int copy_reached(const struct humi_reached *from, struct humi_reached *to)
{
    if (!from->count)
        return CL_SUCCESS;
    to->pointers = malloc(from->count * sizeof *to->pointers);
    if (!to->pointers)
        return CL_OUT_OF_HOST_MEMORY;
    memcpy(to->pointers, from->pointers, from->count * sizeof *to->pointers);
    to->count = from->count;
    return CL_SUCCESS;
}

cl_kernel CL_API_CALL humi_clCloneKernel(cl_kernel from, cl_int *error_out)
{
    struct _cl_kernel *kernel = NULL;
    cl_int error = CL_INVALID_KERNEL;

    if (humi_is(from, HUMI_KIND_KERNEL)) {
        kernel = allocate(from->program, from->name);
        error = kernel && kernel->name ? copy_args(from, kernel) : CL_OUT_OF_HOST_MEMORY;
    }
    for (unsigned i = 0; error == CL_SUCCESS && i < HUMI_REACHED_KINDS; i++)
        error = copy_reached(&from->reached[i], &kernel->reached[i]);
    if (error == CL_SUCCESS) {
        kernel->usm_types = from->usm_types;
        memcpy(kernel->kernels, from->kernels, sizeof kernel->kernels);
    }
    humi_error_tell(error_out, error);
    if (error == CL_SUCCESS)
        return kernel;
    humi_drop(kernel ? &kernel->object : NULL);
    return NULL;
}

cl_int CL_API_CALL humi_clRetainKernel(cl_kernel kernel)
{
    return humi_retain(kernel, HUMI_KIND_KERNEL, CL_INVALID_KERNEL);
}

cl_int CL_API_CALL humi_clReleaseKernel(cl_kernel kernel)
{
    return humi_release(kernel, HUMI_KIND_KERNEL, CL_INVALID_KERNEL);
}
