/* SPDX-License-Identifier: MIT */
/*
 * program.h - modules in OpenCL C built for a device, and what their kernels take.
 *
 *   portable  HUM_KERNEL of <hum/kernel_opencl.h>: the argument block is bytes behind a pointer,
 *             its size and version are told by the kernel hum_args_<name>
 *   plain     any other kernel: the argument block is a struct of its arguments, args.h
 *
 * Threads: any, for programs of their own.
 */
#ifndef HUMI_DEVICE_OPENCL_PROGRAM_H
#define HUMI_DEVICE_OPENCL_PROGRAM_H

#include "device/opencl/args.h"
#include "device/opencl/library.h"

/* What programs are built for. */
struct humi_cl_target {
    cl_device_id id;
    cl_context context;     /* the caller's */
    unsigned version;       /* 300: OpenCL 3.0 */
    size_t items_max;       /* work-items of a group */
    bool takes_spirv;
    char name[128];
};

/* A kernel as it is enqueued. */
struct humi_cl_form {
    cl_program program;
    char name[80];          /* as OpenCL has it */
    bool plain;
    unsigned count;         /* plain: arguments */
    struct humi_cl_arg args[HUMI_CL_ARGS_MAX];
};

/* All but the context. */
void humi_cl_target_read(cl_device_id id, struct humi_cl_target *target_out);

/* With which modules are built; static. */
const char *humi_cl_build_options(const struct humi_cl_target *target);

/* By its name: .cl is source, .spv is SPIR-V. */
bool humi_cl_is_module(const char *path);

/*
 * Build a module.  HUM_ERR_MODULE: the text has the compiler's first lines and names a file with
 * all of them; HUM_ERR_UNSUPPORTED: not in this form on this device.
 */
HUM_MUST_USE enum hum_status humi_cl_build(const struct humi_cl_target *target, const char *path,
                                           cl_program *program_out);

/*
 * A kernel by name, and the size of its argument block.  HUM_ERR_NOT_FOUND; HUM_ERR_UNSUPPORTED: an
 * argument of a type that cannot be passed; HUM_ERR_MODULE.
 */
HUM_MUST_USE enum hum_status humi_cl_describe(const struct humi_cl_target *target,
                                              cl_program program, const char *name,
                                              struct humi_cl_form *form_out,
                                              size_t *args_bytes_out);

#endif
