/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - kernels with the arguments that were set.
 *
 * Threads: the specification lets one thread at a time set arguments of a kernel; nothing is
 * locked.
 */
#ifndef HUMI_PLATFORM_KERNEL_H
#define HUMI_PLATFORM_KERNEL_H

#include "platform/mem.h"
#include "platform/program.h"

#define HUMI_VALUE_INSIDE 16u /* bytes of a value that need no memory of their own */

struct humi_kernel_arg {
    struct hum_cl_param param; /* fixed */
    bool is_set;
    cl_mem mem; /* a pointer or an image; NULL: none, or SVM.  Not held */
    cl_sampler sampler;
    const void *pointer; /* SVM */
    size_t bytes;        /* of a value, or of local memory */
    void *value;         /* inside, or allocated */
    char inside[HUMI_VALUE_INSIDE];
    unsigned char access; /* of a pointer or an image: once misuse is sought, misuse_use.c */
};

/* Memory that arguments do not show. */
struct humi_reached {
    void **pointers;
    size_t count;
};

enum { HUMI_REACHED_SVM, HUMI_REACHED_USM, HUMI_REACHED_KINDS };

struct _cl_kernel {
    struct humi_object object;
    struct _cl_program *program;                 /* held; fixed */
    struct hum_kernel *kernels[HUM_DEVICES_MAX]; /* by the program's devices; NULL: none; fixed */
    char *name;                                  /* fixed */
    unsigned arg_count;                          /* fixed */
    struct humi_kernel_arg *args;
    struct humi_reached reached[HUMI_REACHED_KINDS];
    unsigned usm_types; /* HUMI_USM_BIT: all of them may be reached */
};

/* hum's kernel for a device; NULL: it was not built for it. */
struct hum_kernel *humi_kernel_on(const struct _cl_kernel *kernel, cl_device_id device);

#endif
