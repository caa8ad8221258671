/* SPDX-License-Identifier: MIT */
/*
 * measure.h - how big a type of a program is, which OpenCL does not tell: its compiler is asked.
 *
 * The program's source is built once more, with a kernel behind it that has the size and the
 * alignment of the type as the group size it requires, which OpenCL does tell.
 *
 * Threads: any, for programs of their own.
 */
#ifndef HUMI_DEVICE_OPENCL_MEASURE_H
#define HUMI_DEVICE_OPENCL_MEASURE_H

#include "device/opencl/program.h"

struct humi_cl_measure {
    size_t bytes, align;
};

/* False: there is no source (SPIR-V), or it is no type whose size a program knows. */
bool humi_cl_measure(const struct humi_cl_target *target, cl_program program, const char *type,
                     struct humi_cl_measure *out);

#endif
