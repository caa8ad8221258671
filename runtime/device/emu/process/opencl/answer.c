/* SPDX-License-Identifier: MIT */
/* answer.c - what is asked about devices, programs from text, and their kernels. */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "device/emu/process/opencl/prelude.h"
#include "device/emu/process/opencl/program.h"

/* ---- queries --------------------------------------------------------------------------------- */

struct query {
    const struct humi_emu_request *request;
    const char *input;          /* what comes with it */
    cl_program program;
    cl_kernel kernel;
};

/* Handles and counts of references are none of the other side's. */
static bool is_answered(uint32_t ask, uint32_t what)
{
    switch (ask) {
    case HUMI_ASK_DEVICE_INFO:
        return what != CL_DEVICE_PLATFORM && what != CL_DEVICE_PARENT_DEVICE &&
               what != CL_DEVICE_REFERENCE_COUNT;
    case HUMI_ASK_PROGRAM_INFO:
        return what != CL_PROGRAM_CONTEXT && what != CL_PROGRAM_DEVICES &&
               what != CL_PROGRAM_REFERENCE_COUNT;
    case HUMI_ASK_KERNEL_INFO:
        return what != CL_KERNEL_CONTEXT && what != CL_KERNEL_PROGRAM &&
               what != CL_KERNEL_REFERENCE_COUNT;
    default:
        return true;
    }
}

/* One of OpenCL's clGet...Info. */
static cl_int get(const struct query *query, size_t bytes, void *value, size_t *bytes_out)
{
    const struct humi_emu_request *request = query->request;
    cl_device_id id = humi_cl_device.target.id;

    switch (request->ask) {
    case HUMI_ASK_DEVICE_INFO:
        return humi_cl.GetDeviceInfo(id, request->what, bytes, value, bytes_out);
    case HUMI_ASK_PLATFORM_INFO:
        return humi_cl.GetPlatformInfo(humi_cl_device.platform, request->what, bytes, value,
                                       bytes_out);
    case HUMI_ASK_PROGRAM_INFO:
        return humi_cl.GetProgramInfo(query->program, request->what, bytes, value, bytes_out);
    case HUMI_ASK_BUILD_INFO:
        return humi_cl.GetProgramBuildInfo(query->program, id, request->what, bytes, value,
                                           bytes_out);
    case HUMI_ASK_KERNEL_INFO:
        return humi_cl.GetKernelInfo(query->kernel, request->what, bytes, value, bytes_out);
    case HUMI_ASK_KERNEL_ARG_INFO:
        return humi_cl.GetKernelArgInfo(query->kernel, request->index, request->what, bytes, value,
                                        bytes_out);
    case HUMI_ASK_WORK_GROUP_INFO:
        return humi_cl.GetKernelWorkGroupInfo(query->kernel, id, request->what, bytes, value,
                                              bytes_out);
    default:
        return humi_cl.GetKernelSubGroupInfo(query->kernel, id, request->what,
                                             (size_t)request->bytes,
                                             request->bytes ? query->input : NULL, bytes, value,
                                             bytes_out);
    }
}

/* Room for an answer of so many bytes; NULL without an error: its size is enough. */
static void *make_room(const struct humi_emu_request *request, size_t bytes,
                       struct humi_cl_reply *reply, cl_int *error)
{
    reply->bytes = bytes;
    *error = CL_SUCCESS;
    if (request->room == 0 || bytes == 0)
        return NULL;
    if (request->room < bytes)
        *error = CL_INVALID_VALUE;
    else if (!(reply->data = calloc(1, bytes)))
        *error = CL_OUT_OF_HOST_MEMORY;
    return reply->data;
}

static cl_int answer_query(const struct query *query, struct humi_cl_reply *reply)
{
    const struct humi_emu_request *request = query->request;
    size_t bytes = 0;
    void *room;
    cl_int error;

    if (!is_answered(request->ask, request->what))
        return CL_INVALID_VALUE;
    error = get(query, 0, NULL, &bytes);
    if (error != CL_SUCCESS)
        return error;
    room = make_room(request, bytes, reply, &error);
    return room ? get(query, bytes, room, NULL) : error;
}

static cl_int answer_text(const struct humi_emu_request *request, const char *text,
                          struct humi_cl_reply *reply)
{
    size_t bytes = strlen(text) + 1;
    cl_int error;
    void *room = make_room(request, bytes, reply, &error);

    if (room)
        memcpy(room, text, bytes);
    return error;
}

/* The one binary. */
static cl_int answer_binary(const struct query *query, struct humi_cl_reply *reply)
{
    size_t bytes = 0;
    void *room;
    cl_int error = humi_cl.GetProgramInfo(query->program, CL_PROGRAM_BINARY_SIZES, sizeof bytes,
                                          &bytes, NULL);

    if (error != CL_SUCCESS)
        return error;
    room = make_room(query->request, bytes, reply, &error);
    return room ? humi_cl.GetProgramInfo(query->program, CL_PROGRAM_BINARIES, sizeof room, &room,
                                         NULL)
                : error;
}

/* The text as it was given, without what was put before it. */
static cl_int answer_source(const struct query *query, struct humi_cl_reply *reply)
{
    size_t bytes = 0, before = strlen(humi_cl_prelude);
    cl_int error = humi_cl.GetProgramInfo(query->program, CL_PROGRAM_SOURCE, 0, NULL, &bytes);
    char *text;

    if (error != CL_SUCCESS || bytes <= before)
        return error != CL_SUCCESS ? error : answer_query(query, reply);
    text = malloc(bytes);
    if (!text)
        return CL_OUT_OF_HOST_MEMORY;
    error = humi_cl.GetProgramInfo(query->program, CL_PROGRAM_SOURCE, bytes, text, NULL);
    if (error == CL_SUCCESS) {
        bool is_before = strncmp(text, humi_cl_prelude, before) == 0;

        error = answer_text(query->request, text + (is_before ? before : 0), reply);
    }
    free(text);
    return error;
}

static cl_int answer_program(const struct humi_emu_request *request, struct humi_cl_reply *reply)
{
    const struct humi_cl_program *program = humi_cl_program(request->module);
    struct query query = {.request = request};

    if (!program)
        return CL_INVALID_PROGRAM;
    query.program = program->program;
    if (request->ask == HUMI_ASK_BUILD_INFO && request->what == CL_PROGRAM_BUILD_OPTIONS)
        return answer_text(request, program->options ? program->options : "", reply);
    if (request->ask == HUMI_ASK_PROGRAM_INFO && request->what == CL_PROGRAM_SOURCE)
        return answer_source(&query, reply);
    if (request->ask == HUMI_ASK_PROGRAM_INFO && request->what == CL_PROGRAM_BINARIES)
        return answer_binary(&query, reply);
    return answer_query(&query, reply);
}

static cl_int answer_formats(const struct humi_emu_request *request, struct humi_cl_reply *reply)
{
    cl_context context = humi_cl_device.own;
    cl_uint count = 0;
    void *room;
    cl_int error = humi_cl.GetSupportedImageFormats(context, request->flags, request->what, 0,
                                                    NULL, &count);

    if (error != CL_SUCCESS)
        return error;
    room = make_room(request, count * sizeof(cl_image_format), reply, &error);
    return room ? humi_cl.GetSupportedImageFormats(context, request->flags, request->what, count,
                                                   room, NULL)
                : error;
}

/* ---- kernels --------------------------------------------------------------------------------- */

static cl_int find_called(const struct humi_emu_request *request, const char *name,
                          struct humi_cl_kernel **kernel_out)
{
    const struct humi_kernel *known = humi_catalog_kernel(request->kernel);
    const struct humi_cl_program *program = humi_cl_program(request->module);
    cl_int error;

    if (!program)
        return CL_INVALID_PROGRAM;
    if (known && known->cl && humi_cl_is_of(known->cl, request->module)) {
        *kernel_out = known->cl;
        return CL_SUCCESS;
    }
    error = humi_cl_make_called(program->program, request->module, name, kernel_out);
    if (error != CL_SUCCESS)
        return error;
    humi_cl_forget(humi_catalog_take(request->kernel));
    if (humi_catalog_put(request->kernel, *kernel_out))
        return CL_SUCCESS;
    humi_cl_forget(*kernel_out);
    return CL_OUT_OF_RESOURCES;
}

static cl_int answer_kernel(const struct humi_emu_request *request, const char *name,
                            struct humi_cl_reply *reply)
{
    const struct humi_signature *signature;
    struct humi_cl_kernel *kernel;
    void *room;
    cl_int error = find_called(request, name, &kernel);

    if (error != CL_SUCCESS)
        return error;
    signature = &kernel->called->signature;
    room = make_room(request,
                     offsetof(struct humi_signature, params) +
                         signature->count * sizeof signature->params[0],
                     reply, &error);
    if (room)
        memcpy(room, signature, reply->bytes);
    return error;
}

static cl_int answer_about_kernel(const struct humi_emu_request *request, const char *input,
                                  struct humi_cl_reply *reply)
{
    const struct humi_kernel *kernel = humi_catalog_kernel(request->kernel);
    struct query query = {.request = request, .input = input};

    if (!kernel || !kernel->cl || !kernel->cl->called)
        return CL_INVALID_KERNEL;
    query.kernel = kernel->cl->called->kernel;
    return answer_query(&query, reply);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static cl_int answer(const struct humi_emu_request *request, const char *bytes,
                     struct humi_cl_reply *reply)
{
    const struct query query = {.request = request, .input = bytes};

    switch (request->ask) {
    case HUMI_ASK_DEVICE_INFO:
    case HUMI_ASK_PLATFORM_INFO:
        return answer_query(&query, reply);
    case HUMI_ASK_IMAGE_FORMATS:
        return answer_formats(request, reply);
    case HUMI_ASK_PROGRAM_INFO:
    case HUMI_ASK_BUILD_INFO:
        return answer_program(request, reply);
    case HUMI_ASK_KERNEL:
        return answer_kernel(request, bytes, reply);
    case HUMI_ASK_KERNEL_INFO:
    case HUMI_ASK_KERNEL_ARG_INFO:
    case HUMI_ASK_WORK_GROUP_INFO:
    case HUMI_ASK_SUB_GROUP_INFO:
        return answer_about_kernel(request, bytes, reply);
    default:
        return humi_cl_program_change(request, bytes, &reply->made);
    }
}

enum hum_status humi_cl_answer(const struct humi_emu_request *request, const char *bytes,
                               struct humi_cl_reply *reply_out)
{
    enum hum_status status = humi_cl_device_open();

    *reply_out = (struct humi_cl_reply){0};
    if (status != HUM_OK)
        return status;
    reply_out->error = answer(request, bytes, reply_out);
    if (reply_out->error == CL_SUCCESS)
        return HUM_OK;
    free(reply_out->data);
    reply_out->data = NULL;
    return humi_fail(HUM_ERR_MODULE, "OpenCL refuses this with error %d", reply_out->error);
}
