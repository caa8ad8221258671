/* SPDX-License-Identifier: MIT */
/* program.h - modules and kernels as OpenCL has them; inside of this folder. */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_PROGRAM_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_PROGRAM_H

#include "device/emu/process/opencl/device.h"
#include "device/emu/process/opencl/opencl.h"
#include "device/opencl/program.h"

#define HUMI_CL_SHAPES_MAX 16u

struct humi_cl_module {
    cl_program program;
};

struct humi_cl_kernel {
    struct humi_cl_form form;               /* fixed by find */

    /* each its worker's own: arguments are set on it */
    cl_kernel of_worker[HUMI_WORKERS_MAX];

    /* atomic: sizes of groups that it has run with, 0: none; OpenCL compiles at the first run */
    size_t shapes[HUMI_CL_SHAPES_MAX];
};

#endif
