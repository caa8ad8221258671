/* SPDX-License-Identifier: MIT */
/* kernel_info.c - clGetKernelInfo and its like: the implementation in the device answers. */
#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/kernel.h"

struct question {
    enum hum_cl_query query;
    unsigned what, index;
    const void *input;
    size_t input_bytes;
};

/* `device` NULL: any, if there is one only. */
static cl_int ask(cl_kernel kernel, cl_device_id device, const struct question *question,
                  const struct humi_answer *answer)
{
    struct hum_kernel *mine = NULL;
    enum hum_status status;
    int error = CL_SUCCESS;

    for (unsigned i = 0; !device && !mine && i < kernel->program->device_count; i++)
        mine = kernel->kernels[i];
    if (device)
        mine = humi_kernel_on(kernel, device);
    if (!mine)
        return CL_INVALID_DEVICE;
    status = hum_kernel_info(mine, question->query, question->what, question->index,
                             question->input, question->input_bytes, answer->value, answer->room,
                             answer->size_out, &error);
    return humi_program_error(status, error);
}

/* The device that a question about one means. */
static cl_int check_device(cl_kernel kernel, cl_device_id device)
{
    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    if (!device)
        return kernel->program->device_count == 1 ? CL_SUCCESS : CL_INVALID_DEVICE;
    return humi_is(device, HUMI_KIND_DEVICE) && humi_kernel_on(kernel, device) ? CL_SUCCESS
                                                                               : CL_INVALID_DEVICE;
}

cl_int CL_API_CALL humi_clGetKernelInfo(cl_kernel kernel, cl_kernel_info what, size_t room,
                                        void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    switch (what) {
    case CL_KERNEL_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&kernel->object.references));
    case CL_KERNEL_CONTEXT:
        return HUMI_ANSWER(&answer, cl_context, kernel->program->context);
    case CL_KERNEL_PROGRAM:
        return HUMI_ANSWER(&answer, cl_program, kernel->program);
    case CL_KERNEL_FUNCTION_NAME:
        return humi_answer_text(&answer, kernel->name);
    case CL_KERNEL_NUM_ARGS:
        return HUMI_ANSWER(&answer, cl_uint, kernel->arg_count);
    case CL_KERNEL_ATTRIBUTES:
        return ask(kernel, NULL, &(struct question){.query = HUM_CL_KERNEL, .what = what}, &answer);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int CL_API_CALL humi_clGetKernelArgInfo(cl_kernel kernel, cl_uint index, cl_kernel_arg_info what,
                                           size_t room, void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    const struct question question = {.query = HUM_CL_KERNEL_ARG, .what = what, .index = index};

    if (!humi_is(kernel, HUMI_KIND_KERNEL))
        return CL_INVALID_KERNEL;
    return index < kernel->arg_count ? ask(kernel, NULL, &question, &answer) : CL_INVALID_ARG_INDEX;
}

cl_int CL_API_CALL humi_clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device,
                                                 cl_kernel_work_group_info what, size_t room,
                                                 void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    const struct question question = {.query = HUM_CL_KERNEL_WORK_GROUP, .what = what};
    cl_int error = check_device(kernel, device);

    if (error != CL_SUCCESS)
        return error;
    return what == CL_KERNEL_GLOBAL_WORK_SIZE
               ? CL_INVALID_VALUE /* of custom devices and built-ins */
               : ask(kernel, device, &question, &answer);
}

cl_int CL_API_CALL humi_clGetKernelSubGroupInfo(cl_kernel kernel, cl_device_id device,
                                                cl_kernel_sub_group_info what, size_t input_bytes,
                                                const void *input, size_t room, void *value,
                                                size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    const struct question question = {
        .query = HUM_CL_KERNEL_SUB_GROUP, .what = what, .input = input, .input_bytes = input_bytes};
    cl_int error = check_device(kernel, device);

    return error == CL_SUCCESS ? ask(kernel, device, &question, &answer) : error;
}

cl_int CL_API_CALL humi_clGetKernelSubGroupInfoKHR(cl_kernel kernel, cl_device_id device,
                                                   cl_kernel_sub_group_info what,
                                                   size_t input_bytes, const void *input,
                                                   size_t room, void *value, size_t *size_out)
{
    return humi_clGetKernelSubGroupInfo(kernel, device, what, input_bytes, input, room, value,
                                        size_out);
}
