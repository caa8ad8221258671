/* SPDX-License-Identifier: MIT */
/* program.h - modules and kernels as OpenCL has them; inside of this folder. */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_PROGRAM_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_PROGRAM_H

#include "device/emu/process/opencl/device.h"
#include "device/emu/process/opencl/opencl.h"
#include "device/opencl/enqueue.h"
#include "device/opencl/program.h"
#include "device/program.h"

#define HUMI_CL_SHAPES_MAX 16u

struct humi_cl_module {
    cl_program program;
};

struct humi_cl_kernel {
    struct humi_cl_form form;               /* fixed by find */

    /* each its worker's own: arguments are set on it */
    cl_kernel of_worker[HUMI_WORKERS_MAX];

    /* a called one, else NULL; fixed */
    struct humi_cl_called *called;

    /* atomic: sizes of groups that it has run with, 0: none; OpenCL compiles at the first run */
    size_t shapes[HUMI_CL_SHAPES_MAX];
};

/* ---- programs from text ---------------------------------------------------------------------- */

struct humi_cl_program {
    cl_program program;
    char *options;                          /* of the last build as they were given, or NULL */
};

/* Runs alone, so that whoever runs it has all of this. */
struct humi_cl_called {
    unsigned program;                       /* its number */
    cl_kernel kernel;
    struct humi_signature signature;        /* found before any launch: that sets arguments */
    size_t set_bytes;                       /* of `set`; 0: no argument is known to be set */
    unsigned char set[HUM_ARGS_MAX];        /* the argument block as last set */
};

/* kernel.c */
bool humi_cl_is_of(const struct humi_cl_kernel *kernel, unsigned program);
cl_int humi_cl_make_called(cl_program from, unsigned program, const char *name,
                           struct humi_cl_kernel **kernel_out);
/* A called one, which nobody runs; NULL is allowed. */
void humi_cl_forget(struct humi_cl_kernel *kernel);

/* programs.c: by the runtime's numbers; NULL: there is none. */
struct humi_cl_program *humi_cl_program(unsigned number);
/* CREATE, BUILD, COMPILE, LINK and DESTROY; OpenCL's error. */
cl_int humi_cl_program_change(const struct humi_emu_request *request, const char *bytes,
                              bool *made_out);

/*
 * signature.c: what a kernel takes, and what its launches are checked against.  It tries arguments
 * out, so that none is set afterwards.
 */
cl_int humi_cl_signature(cl_kernel kernel, struct humi_signature *out);

/* images.c: an image, a sampler as a launch names them; kept, and not to be released. */
cl_int humi_cl_image(const struct hum_cl_image *image, cl_mem *memory_out);
cl_int humi_cl_sampler(const struct hum_cl_sampler *sampler, cl_sampler *sampler_out);

/* call.c: set the arguments of the block on a called kernel, and say where it runs. */
cl_int humi_cl_call(struct humi_cl_called *called, const void *block, size_t bytes,
                    struct humi_cl_range *range_out);

#endif
