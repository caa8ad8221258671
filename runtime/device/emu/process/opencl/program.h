/* SPDX-License-Identifier: MIT */
/* program.h - modules and kernels as OpenCL has them; inside of this folder. */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_PROGRAM_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_PROGRAM_H

#include "device/emu/process/opencl/args.h"
#include "device/emu/process/opencl/device.h"
#include "device/emu/process/opencl/opencl.h"

#define HUMI_CL_SHAPES_MAX 16u

struct humi_cl_module {
    cl_program program;
    char name[64];      /* of the file */
};

struct humi_cl_kernel {
    /* fixed by find */
    cl_program program;
    char name[80];                          /* as OpenCL has it */
    bool plain;
    unsigned count;                         /* plain: arguments */
    struct humi_cl_arg args[HUMI_CL_ARGS_MAX];

    /* each its worker's own: arguments are set on it */
    cl_kernel of_worker[HUMI_WORKERS_MAX];

    /* atomic: sizes of groups that it has run with, 0: none; OpenCL compiles at the first run */
    size_t shapes[HUMI_CL_SHAPES_MAX];
};

#endif
