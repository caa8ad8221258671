/* SPDX-License-Identifier: MIT */
/* program.c - see program.h: making programs from text, binaries and SPIR-V. */
#include "platform/program.h"

#include <stdlib.h>
#include <string.h>

#include "platform/device.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/platform.h"

int humi_program_index(const struct _cl_program *program, cl_device_id device)
{
    for (unsigned i = 0; i < program->device_count; i++)
        if (program->devices[i] == device)
            return (int)i;
    return -1;
}

cl_int humi_program_error(enum hum_status status, int error)
{
    if (status == HUM_OK)
        return CL_SUCCESS;
    return error < 0 ? error : humi_error_of(status);
}

static void destroy(struct humi_object *object)
{
    struct _cl_program *program = (struct _cl_program *)object;

    for (unsigned i = 0; i < program->device_count; i++)
        hum_program_destroy(program->programs[i]);
    humi_drop(&program->context->object);
    pthread_mutex_destroy(&program->lock);
    free(program->source);
    free(program->il);
    free(program);
}

struct _cl_program *humi_program_allocate(cl_context context, unsigned count,
                                          const cl_device_id *devices)
{
    struct _cl_program *program = calloc(1, sizeof *program);

    if (!program)
        return NULL;
    humi_object_init(&program->object, HUMI_KIND_PROGRAM, destroy);
    humi_hold(&context->object);
    program->context = context;
    program->device_count = count;
    memcpy(program->devices, devices, count * sizeof *devices);
    pthread_mutex_init(&program->lock, NULL);
    return program;
}

/* One of hum's for each device, all from the same bytes. */
static cl_int create_each(struct _cl_program *program, enum hum_program_form form,
                          const void *bytes, size_t count)
{
    cl_int error = CL_SUCCESS;

    for (unsigned i = 0; error == CL_SUCCESS && i < program->device_count; i++) {
        int code = CL_SUCCESS;
        enum hum_status status = hum_program_create(humi_space(), program->devices[i]->number, form,
                                                    bytes, count, &program->programs[i], &code);

        error = humi_program_error(status, code);
    }
    return error;
}

/* The program, or its end. */
static cl_program finish(struct _cl_program *program, cl_int error, cl_int *error_out)
{
    humi_error_tell(error_out, error);
    if (error == CL_SUCCESS)
        return program;
    humi_drop(program ? &program->object : NULL);
    return NULL;
}

/* ---- from text ------------------------------------------------------------------------------- */

static cl_int join(cl_uint count, const char **strings, const size_t *lengths, char **text_out)
{
    size_t total = 0;
    char *text;

    for (cl_uint i = 0; i < count; i++) {
        if (!strings[i])
            return CL_INVALID_VALUE;
        total += lengths && lengths[i] ? lengths[i] : strlen(strings[i]);
    }
    text = malloc(total + 1);
    if (!text)
        return CL_OUT_OF_HOST_MEMORY;
    *text_out = text;
    for (cl_uint i = 0; i < count; i++) {
        size_t length = lengths && lengths[i] ? lengths[i] : strlen(strings[i]);

        memcpy(text, strings[i], length);
        text += length;
    }
    *text = '\0';
    return CL_SUCCESS;
}

cl_program CL_API_CALL humi_clCreateProgramWithSource(cl_context context, cl_uint count,
                                                      const char **strings, const size_t *lengths,
                                                      cl_int *error_out)
{
    struct _cl_program *program = NULL;
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT))
        error = count && strings ? CL_SUCCESS : CL_INVALID_VALUE;
    if (error == CL_SUCCESS) {
        program = humi_program_allocate(context, context->device_count, context->devices);
        error = program ? join(count, strings, lengths, &program->source) : CL_OUT_OF_HOST_MEMORY;
    }
    if (error == CL_SUCCESS)
        error = create_each(program, HUM_PROGRAM_SOURCE, program->source, strlen(program->source));
    return finish(program, error, error_out);
}

/* ---- from what was compiled ------------------------------------------------------------------ */

static cl_int check_devices(cl_context context, cl_uint count, const cl_device_id *devices)
{
    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (!count || !devices)
        return CL_INVALID_VALUE;
    for (cl_uint i = 0; i < count; i++)
        if (!humi_is(devices[i], HUMI_KIND_DEVICE) || !humi_context_has(context, devices[i]))
            return CL_INVALID_DEVICE;
    return count > context->device_count ? CL_INVALID_VALUE : CL_SUCCESS;
}

static cl_int load_binary(struct _cl_program *program, unsigned index, const void *binary,
                          size_t bytes)
{
    int code = CL_SUCCESS;
    enum hum_status status;

    if (!binary || !bytes)
        return CL_INVALID_VALUE;
    status = hum_program_create(humi_space(), program->devices[index]->number, HUM_PROGRAM_BINARY,
                                binary, bytes, &program->programs[index], &code);
    return humi_program_error(status, code);
}

cl_program CL_API_CALL humi_clCreateProgramWithBinary(cl_context context, cl_uint count,
                                                      const cl_device_id *devices,
                                                      const size_t *sizes,
                                                      const unsigned char **binaries,
                                                      cl_int *statuses_out, cl_int *error_out)
{
    struct _cl_program *program = NULL;
    cl_int error = check_devices(context, count, devices);

    if (error == CL_SUCCESS && (!sizes || !binaries))
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS) {
        program = humi_program_allocate(context, count, devices);
        error = program ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    }
    for (cl_uint i = 0; program && i < count; i++) {
        cl_int one = load_binary(program, i, binaries[i], sizes[i]);

        if (statuses_out)
            statuses_out[i] = one;
        if (error == CL_SUCCESS)
            error = one;
    }
    return finish(program, error, error_out);
}

static bool takes_spirv(cl_context context)
{
    for (unsigned i = 0; i < context->device_count; i++) {
        char version[256] = "";

        if (humi_clGetDeviceInfo(context->devices[i], CL_DEVICE_IL_VERSION, sizeof version, version,
                                 NULL) == CL_SUCCESS &&
            version[0])
            return true;
    }
    return false;
}

cl_program CL_API_CALL humi_clCreateProgramWithIL(cl_context context, const void *il, size_t bytes,
                                                  cl_int *error_out)
{
    struct _cl_program *program = NULL;
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT))
        error = takes_spirv(context) ? CL_SUCCESS : CL_INVALID_OPERATION;
    if (error == CL_SUCCESS && (!il || !bytes))
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS) {
        program = humi_program_allocate(context, context->device_count, context->devices);
        if (program)
            program->il = malloc(bytes);
        error = program && program->il ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    }
    if (error == CL_SUCCESS) {
        memcpy(program->il, il, bytes);
        program->il_bytes = bytes;
        error = create_each(program, HUM_PROGRAM_SPIRV, il, bytes);
    }
    return finish(program, error, error_out);
}

cl_program CL_API_CALL humi_clCreateProgramWithBuiltInKernels(cl_context context, cl_uint count,
                                                              const cl_device_id *devices,
                                                              const char *names, cl_int *error_out)
{
    cl_int error = check_devices(context, count, devices);

    (void)names; /* no device says that it has any: CL_DEVICE_BUILT_IN_KERNELS */
    return finish(NULL, error == CL_SUCCESS ? CL_INVALID_VALUE : error, error_out);
}

/* ---- the rest -------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clRetainProgram(cl_program program)
{
    return humi_retain(program, HUMI_KIND_PROGRAM, CL_INVALID_PROGRAM);
}

cl_int CL_API_CALL humi_clReleaseProgram(cl_program program)
{
    return humi_release(program, HUMI_KIND_PROGRAM, CL_INVALID_PROGRAM);
}

/* The compiler is the device's, which keeps it. */
cl_int CL_API_CALL humi_clUnloadCompiler(void)
{
    return CL_SUCCESS;
}

cl_int CL_API_CALL humi_clUnloadPlatformCompiler(cl_platform_id platform)
{
    return platform == &humi_platform ? CL_SUCCESS : CL_INVALID_PLATFORM;
}

/* Both belong to OpenCL 2.2, whose constructors and constants of SPIR-V no device here has. */
cl_int CL_API_CALL humi_clSetProgramReleaseCallback(cl_program program,
                                                    void(CL_CALLBACK *function)(cl_program, void *),
                                                    void *data)
{
    (void)data;
    if (!humi_is(program, HUMI_KIND_PROGRAM))
        return CL_INVALID_PROGRAM;
    return function ? CL_INVALID_OPERATION : CL_INVALID_VALUE;
}

cl_int CL_API_CALL humi_clSetProgramSpecializationConstant(cl_program program, cl_uint id,
                                                           size_t bytes, const void *value)
{
    (void)id;
    (void)bytes;
    (void)value;
    return humi_is(program, HUMI_KIND_PROGRAM) ? CL_INVALID_OPERATION : CL_INVALID_PROGRAM;
}
