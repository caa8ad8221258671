/* SPDX-License-Identifier: MIT */
/*
 * program.h - programs: one of hum's for each device of the context.
 *
 * Threads: `lock` is held while something is built, so that two builds of one program come one
 * after the other; what it guards says so.
 */
#ifndef HUMI_PLATFORM_PROGRAM_H
#define HUMI_PLATFORM_PROGRAM_H

#include <pthread.h>

#include <hum/program.h>

#include "platform/context.h"

struct _cl_program {
    struct humi_object object;
    cl_context context;    /* held; fixed */
    char *source, *il;     /* fixed; NULL: made from something else */
    size_t il_bytes;       /* fixed */
    unsigned device_count; /* fixed */
    cl_device_id devices[HUM_DEVICES_MAX];
    struct hum_program *programs[HUM_DEVICES_MAX]; /* NULL: none for this device */
    atomic_uint kernels; /* alive: it is not built again while there are any */
    pthread_mutex_t lock;
};

/* Which of the program's devices; -1: none. */
int humi_program_index(const struct _cl_program *program, cl_device_id device);

/* CL_PROGRAM_... of clGetProgramBuildInfo, a number; `otherwise` if it cannot be told. */
cl_int humi_program_build_number(struct _cl_program *program, unsigned index, unsigned what,
                                 cl_int otherwise);

/* A code of OpenCL from what a function of <hum/program.h> returned. */
cl_int humi_program_error(enum hum_status status, int error);

/* A program without any of hum's; NULL: no memory. */
struct _cl_program *humi_program_allocate(cl_context context, unsigned count,
                                          const cl_device_id *devices);

#endif
