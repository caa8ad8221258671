/* SPDX-License-Identifier: MIT */
/* program_info.c - clGetProgramInfo and clGetProgramBuildInfo. */
#include <string.h>

#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/program.h"

static cl_int ask(struct _cl_program *program, unsigned index, bool build, unsigned what,
                  const struct humi_answer *answer)
{
    int error = CL_SUCCESS;
    enum hum_status status;

    if (!program->programs[index])
        return CL_INVALID_PROGRAM_EXECUTABLE;
    status = hum_program_info(program->programs[index], build, what, answer->value, answer->room,
                              answer->size_out, &error);
    return humi_program_error(status, error);
}

cl_int humi_program_build_number(struct _cl_program *program, unsigned index, unsigned what,
                                 cl_int otherwise)
{
    cl_int value = otherwise;
    const struct humi_answer answer = {sizeof value, &value, NULL};

    return ask(program, index, true, what, &answer) == CL_SUCCESS ? value : otherwise;
}

/* The first device that it was built for; -1: none. */
static int first_built(struct _cl_program *program)
{
    for (unsigned i = 0; i < program->device_count; i++)
        if (humi_program_build_number(program, i, CL_PROGRAM_BUILD_STATUS, CL_BUILD_NONE) ==
            CL_BUILD_SUCCESS)
            return (int)i;
    return -1;
}

static void binary_sizes(struct _cl_program *program, size_t *sizes_out)
{
    for (unsigned i = 0; i < program->device_count; i++) {
        const struct humi_answer answer = {sizeof sizes_out[i], &sizes_out[i], NULL};

        if (ask(program, i, false, CL_PROGRAM_BINARY_SIZES, &answer) != CL_SUCCESS)
            sizes_out[i] = 0;
    }
}

/* The program gives an array of places, NULL where it wants none. */
static cl_int answer_binaries(struct _cl_program *program, const struct humi_answer *answer)
{
    size_t bytes = program->device_count * sizeof(unsigned char *), sizes[HUM_DEVICES_MAX];
    unsigned char **places = answer->value;

    if (answer->size_out)
        *answer->size_out = bytes;
    if (!places)
        return CL_SUCCESS;
    if (answer->room < bytes)
        return CL_INVALID_VALUE;
    binary_sizes(program, sizes);
    for (unsigned i = 0; i < program->device_count; i++) {
        const struct humi_answer one = {sizes[i], places[i], NULL};
        cl_int error = CL_SUCCESS;

        if (places[i] && sizes[i])
            error = ask(program, i, false, CL_PROGRAM_BINARIES, &one);
        if (error != CL_SUCCESS)
            return error;
    }
    return CL_SUCCESS;
}

/* What only a built program has. */
static cl_int answer_built(struct _cl_program *program, cl_program_info what,
                           const struct humi_answer *answer)
{
    int index = first_built(program);

    return index < 0 ? CL_INVALID_PROGRAM_EXECUTABLE
                     : ask(program, (unsigned)index, false, what, answer);
}

cl_int CL_API_CALL humi_clGetProgramInfo(cl_program program, cl_program_info what, size_t room,
                                         void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    size_t sizes[HUM_DEVICES_MAX];

    if (!humi_is(program, HUMI_KIND_PROGRAM))
        return CL_INVALID_PROGRAM;
    switch (what) {
    case CL_PROGRAM_REFERENCE_COUNT:
        return HUMI_ANSWER(&answer, cl_uint, atomic_load(&program->object.references));
    case CL_PROGRAM_CONTEXT:
        return HUMI_ANSWER(&answer, cl_context, program->context);
    case CL_PROGRAM_NUM_DEVICES:
        return HUMI_ANSWER(&answer, cl_uint, program->device_count);
    case CL_PROGRAM_DEVICES:
        return humi_answer(&answer, program->devices,
                           program->device_count * sizeof program->devices[0]);
    case CL_PROGRAM_SOURCE:
        return humi_answer_text(&answer, program->source ? program->source : "");
    case CL_PROGRAM_IL:
        return humi_answer(&answer, program->il, program->il_bytes);
    case CL_PROGRAM_BINARY_SIZES:
        binary_sizes(program, sizes);
        return humi_answer(&answer, sizes, program->device_count * sizeof sizes[0]);
    case CL_PROGRAM_BINARIES:
        return answer_binaries(program, &answer);
    case CL_PROGRAM_NUM_KERNELS:
    case CL_PROGRAM_KERNEL_NAMES:
        return answer_built(program, what, &answer);
    case CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT:
    case CL_PROGRAM_SCOPE_GLOBAL_DTORS_PRESENT:
        return HUMI_ANSWER(&answer, cl_bool, CL_FALSE);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int CL_API_CALL humi_clGetProgramBuildInfo(cl_program program, cl_device_id device,
                                              cl_program_build_info what, size_t room, void *value,
                                              size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};
    int index;

    if (!humi_is(program, HUMI_KIND_PROGRAM))
        return CL_INVALID_PROGRAM;
    index = humi_is(device, HUMI_KIND_DEVICE) ? humi_program_index(program, device) : -1;
    if (index < 0)
        return CL_INVALID_DEVICE;
    switch (what) {
    case CL_PROGRAM_BUILD_STATUS:
    case CL_PROGRAM_BUILD_OPTIONS:
    case CL_PROGRAM_BUILD_LOG:
    case CL_PROGRAM_BINARY_TYPE:
    case CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE:
        return ask(program, (unsigned)index, true, what, &answer);
    default:
        return CL_INVALID_VALUE;
    }
}
