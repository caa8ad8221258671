/* SPDX-License-Identifier: MIT */
/*
 * build.c - building, compiling and linking programs.  They return when it is done; a function of
 * the program that wants to be told is called then.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/entries.h"
#include "platform/error.h"
#include "platform/platform.h"
#include "platform/program.h"

typedef void(CL_CALLBACK *notify_function)(cl_program program, void *data);

/* Which of the program's devices are meant: all, or those of the list. */
static cl_int choose(const struct _cl_program *program, cl_uint count, const cl_device_id *devices,
                     bool *chosen_out)
{
    if (!count != !devices)
        return CL_INVALID_VALUE;
    for (unsigned i = 0; i < program->device_count; i++)
        chosen_out[i] = !count;
    for (cl_uint i = 0; i < count; i++) {
        int index = humi_program_index(program, devices[i]);

        if (index < 0)
            return CL_INVALID_DEVICE;
        chosen_out[index] = true;
    }
    return CL_SUCCESS;
}

static cl_int check(cl_program program, cl_uint count, const cl_device_id *devices,
                    notify_function notify, const void *data, bool *chosen_out)
{
    cl_int error;

    if (!humi_is(program, HUMI_KIND_PROGRAM))
        return CL_INVALID_PROGRAM;
    if (!notify && data)
        return CL_INVALID_VALUE;
    error = choose(program, count, devices, chosen_out);
    if (error == CL_SUCCESS && atomic_load(&program->kernels))
        error = CL_INVALID_OPERATION;
    return error;
}

cl_int CL_API_CALL humi_clBuildProgram(cl_program program, cl_uint count,
                                       const cl_device_id *devices, const char *options,
                                       notify_function notify, void *data)
{
    bool chosen[HUM_DEVICES_MAX];
    cl_int error = check(program, count, devices, notify, data, chosen);

    if (error != CL_SUCCESS)
        return error;
    pthread_mutex_lock(&program->lock);
    for (unsigned i = 0; i < program->device_count; i++) {
        int code = CL_SUCCESS;
        enum hum_status status;

        if (!chosen[i] || !program->programs[i])
            continue;
        status = hum_program_build(program->programs[i], options, &code);
        if (error == CL_SUCCESS)
            error = humi_program_error(status, code);
    }
    pthread_mutex_unlock(&program->lock);
    if (notify)
        notify(program, data);
    return error;
}

/* ---- compiling ------------------------------------------------------------------------------- */

static cl_int compile_one(struct _cl_program *program, unsigned index, const char *options,
                          cl_uint count, const cl_program *headers, const char **names)
{
    struct hum_program **parts = calloc(count + 1, sizeof(struct hum_program *));
    cl_int error = parts ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    int code = CL_SUCCESS;

    for (cl_uint i = 0; error == CL_SUCCESS && i < count; i++) {
        int part = humi_program_index(headers[i], program->devices[index]);

        if (part < 0)
            error = CL_INVALID_VALUE;
        else
            parts[i] = headers[i]->programs[part];
    }
    if (error == CL_SUCCESS) {
        enum hum_status status =
            hum_program_compile(program->programs[index], options, parts, names, count, &code);

        error = humi_program_error(status, code);
    }
    free(parts);
    return error;
}

static cl_int check_headers(cl_uint count, const cl_program *headers, const char **names)
{
    if (!count != !headers || !count != !names)
        return CL_INVALID_VALUE;
    for (cl_uint i = 0; i < count; i++)
        if (!humi_is(headers[i], HUMI_KIND_PROGRAM))
            return CL_INVALID_PROGRAM;
    for (cl_uint i = 0; i < count; i++)
        if (!names[i])
            return CL_INVALID_VALUE;
    return CL_SUCCESS;
}

cl_int CL_API_CALL humi_clCompileProgram(cl_program program, cl_uint count,
                                         const cl_device_id *devices, const char *options,
                                         cl_uint header_count, const cl_program *headers,
                                         const char **names, notify_function notify, void *data)
{
    bool chosen[HUM_DEVICES_MAX];
    cl_int error = check(program, count, devices, notify, data, chosen);

    if (error == CL_SUCCESS)
        error = check_headers(header_count, headers, names);
    if (error == CL_SUCCESS && !program->source && !program->il)
        error = CL_INVALID_OPERATION;
    if (error != CL_SUCCESS)
        return error;
    pthread_mutex_lock(&program->lock);
    for (unsigned i = 0; error == CL_SUCCESS && i < program->device_count; i++)
        if (chosen[i] && program->programs[i])
            error = compile_one(program, i, options, header_count, headers, names);
    pthread_mutex_unlock(&program->lock);
    if (notify)
        notify(program, data);
    return error;
}

/* ---- linking --------------------------------------------------------------------------------- */

static cl_int link_one(struct _cl_program *program, unsigned index, const char *options,
                       cl_uint count, const cl_program *inputs)
{
    struct hum_program **parts = calloc(count, sizeof(struct hum_program *));
    cl_int error = parts ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    int code = CL_SUCCESS;

    for (cl_uint i = 0; error == CL_SUCCESS && i < count; i++) {
        int part = humi_program_index(inputs[i], program->devices[index]);

        if (part < 0 || !inputs[i]->programs[part])
            error = CL_INVALID_OPERATION;
        else
            parts[i] = inputs[i]->programs[part];
    }
    if (error == CL_SUCCESS) {
        enum hum_status status =
            hum_program_link(humi_space(), program->devices[index]->number, options, parts, count,
                             &program->programs[index], &code);

        error = humi_program_error(status, code);
    }
    free(parts);
    return error;
}

static cl_int check_link(cl_context context, cl_uint count, const cl_device_id *devices,
                         cl_uint input_count, const cl_program *inputs)
{
    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!count != !devices || count > context->device_count || !input_count || !inputs)
        return CL_INVALID_VALUE;
    for (cl_uint i = 0; i < count; i++)
        if (!humi_is(devices[i], HUMI_KIND_DEVICE) || !humi_context_has(context, devices[i]))
            return CL_INVALID_DEVICE;
    for (cl_uint i = 0; i < input_count; i++)
        if (!humi_is(inputs[i], HUMI_KIND_PROGRAM))
            return CL_INVALID_PROGRAM;
    return CL_SUCCESS;
}

cl_program CL_API_CALL humi_clLinkProgram(cl_context context, cl_uint count,
                                          const cl_device_id *devices, const char *options,
                                          cl_uint input_count, const cl_program *inputs,
                                          notify_function notify, void *data, cl_int *error_out)
{
    struct _cl_program *program = NULL;
    cl_int error = check_link(context, count, devices, input_count, inputs);
    bool linked = false;

    if (error == CL_SUCCESS && !notify && data)
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS) {
        program = humi_program_allocate(context, count ? count : context->device_count,
                                        count ? devices : context->devices);
        error = program ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    }
    for (unsigned i = 0; error == CL_SUCCESS && i < program->device_count; i++)
        error = link_one(program, i, options, input_count, inputs);
    for (unsigned i = 0; program && i < program->device_count; i++)
        linked = linked || program->programs[i];
    humi_error_tell(error_out, error);
    if (program && !linked) { /* without one there is no log to ask for */
        humi_drop(&program->object);
        program = NULL;
    }
    if (notify && program)
        notify(program, data);
    return program;
}
