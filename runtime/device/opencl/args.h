/* SPDX-License-Identifier: MIT */
/*
 * args.h - how the argument block of a launch is laid out for a kernel written in OpenCL C.
 *
 * The block is a C struct with the kernel's arguments as members, in order: each lies at its own
 * alignment, and the whole ends at a multiple of the largest.
 *
 *   __global T *, __constant T *   8 bytes, an address of the space
 *   __local T *                    8 bytes, the size of that memory in bytes
 *   scalars and vectors            themselves; a vector is aligned to its size, one of 3 is as one
 *                                  of 4
 *   structs                        themselves, as the program's compiler lays them out (measure.h);
 *                                  OpenCL C lets them hold no pointers
 *
 * Images, samplers and pipes are refused, and so are structs of a program without source.
 * Threads: any.  Nothing is allocated.
 */
#ifndef HUMI_DEVICE_OPENCL_ARGS_H
#define HUMI_DEVICE_OPENCL_ARGS_H

#include <hum/hum.h>

#define HUMI_CL_ARGS_MAX 64u

enum humi_cl_arg_kind { HUMI_CL_POINTER, HUMI_CL_LOCAL, HUMI_CL_VALUE };

struct humi_cl_arg {
    enum humi_cl_arg_kind kind;
    size_t size;    /* VALUE: bytes; else of a pointer */
    size_t offset;  /* in the block; written by humi_cl_layout() */
    size_t align;   /* 0: as its size */
};

/* Bytes of a scalar or vector type by its name in OpenCL C ("uint", "float4"), 0: no such type. */
size_t humi_cl_type_size(const char *name);

/* Give each argument its offset; the size of the block. */
size_t humi_cl_layout(struct humi_cl_arg *args, unsigned count);

#endif
