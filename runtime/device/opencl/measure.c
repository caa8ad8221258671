/* SPDX-License-Identifier: MIT */
/* measure.c - see measure.h */
#include "device/opencl/measure.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME "hum_measure"
#define ROOM 512u /* for what is put behind the source */

/* The source with the kernel behind it, to be freed; NULL: there is none. */
static char *source_with_kernel(cl_program program, const char *type)
{
    size_t bytes = 0;

    if (humi_cl.GetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &bytes) != CL_SUCCESS ||
        bytes < 2)
        return NULL;
    char *text = calloc(1, bytes + ROOM);
    if (!text)
        return NULL;
    if (humi_cl.GetProgramInfo(program, CL_PROGRAM_SOURCE, bytes, text, NULL) != CL_SUCCESS) {
        free(text);
        return NULL;
    }
    snprintf(text + bytes - 1, ROOM,
             "\n__kernel __attribute__((reqd_work_group_size(sizeof(%.128s), "
             "__alignof__(%.128s), 1))) void " NAME "(void)\n{\n}\n",
             type, type);
    return text;
}

/* NULL: it does not build. */
static cl_program build(const struct humi_cl_target *target, const char *text)
{
    cl_int error;
    cl_program program =
        humi_cl.CreateProgramWithSource(target->context, 1, &text, NULL, &error);

    if (error != CL_SUCCESS)
        return NULL;
    if (humi_cl.BuildProgram(program, 1, &target->id, humi_cl_build_options(target), NULL, NULL) ==
        CL_SUCCESS)
        return program;
    (void)humi_cl.ReleaseProgram(program);
    return NULL;
}

static bool read_kernel(const struct humi_cl_target *target, cl_program program,
                        struct humi_cl_measure *out)
{
    size_t told[3] = {0};
    cl_int error;
    cl_kernel kernel = humi_cl.CreateKernel(program, NAME, &error);

    if (error != CL_SUCCESS)
        return false;
    error = humi_cl.GetKernelWorkGroupInfo(kernel, target->id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                           sizeof told, told, NULL);
    (void)humi_cl.ReleaseKernel(kernel);
    *out = (struct humi_cl_measure){told[0], told[1]};
    return error == CL_SUCCESS && told[0] > 0 && told[1] > 0 && (told[1] & (told[1] - 1)) == 0;
}

bool humi_cl_measure(const struct humi_cl_target *target, cl_program program, const char *type,
                     struct humi_cl_measure *out)
{
    char *text = source_with_kernel(program, type);
    cl_program measuring = text ? build(target, text) : NULL;
    bool measured = measuring && read_kernel(target, measuring, out);

    if (measuring)
        (void)humi_cl.ReleaseProgram(measuring);
    free(text);
    return measured;
}
