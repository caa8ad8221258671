/* SPDX-License-Identifier: MIT */
/*
 * opencl.h - kernels in OpenCL C, run by the installed OpenCL implementation for processors.
 *
 *     worker i  ->  queue i  ->  sub-device i of one compute unit  ->  a thread of OpenCL's
 *
 * Each worker has a sub-device, and that has a thread which runs all its work-groups: the worker's
 * *helper*.  So a fault or a signal of a helper says which worker, hence which launch, it is of.
 * Three kinds of kernels:
 *   portable  HUM_KERNEL of <hum/kernel_opencl.h>: pieces of a launch run on the sub-devices of
 *             the workers that take them, like pieces of a native kernel
 *   plain     any other: its index space cannot be cut, because it may ask where it is in it.  One
 *             worker enqueues it on the whole device, all helpers run it, and nothing else runs at
 *             that time (schedule.c), so that all they touch is of this launch
 *   called    of a program from text (programs.c), whose launch brings arguments and index space as
 *             OpenCL has them (device/program.h); they run as plain ones do.  Behind one, OpenCL
 *             has a function that looks for the next and gives OpenCL that one (run.c)
 *
 * What goes wrong on a helper cannot be left as native code is (trap.c): the process ends.
 *
 * Threads: load and find by the main thread; run by workers.  OpenCL is initialised at the first
 * load; its heap and threads have nothing to do with the space.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_OPENCL_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_OPENCL_H

#include "device/emu/process/process.h"

struct humi_cl_module;
struct humi_cl_kernel;

/* By its name: .cl is source, .spv is SPIR-V. */
bool humi_cl_is_module(const char *path);

/*
 * Build a module.  HUM_ERR_MODULE: the text has the compiler's first lines and names a file with
 * all of them; HUM_ERR_UNSUPPORTED: no OpenCL, or not one that can do this.
 */
enum hum_status humi_cl_load(const char *path, struct humi_cl_module **module_out);

/* A kernel by name, and the size of its argument block; see args.h for those of plain ones. */
enum hum_status humi_cl_find(struct humi_cl_module *module, const char *name,
                             struct humi_cl_kernel **kernel_out, size_t *args_bytes_out);

/* A plain one: its launches are one part, and run alone. */
bool humi_cl_is_plain(const struct humi_cl_kernel *kernel);

/* One of a program from text, also a plain one. */
bool humi_cl_is_called(const struct humi_cl_kernel *kernel);

/* What humi_cl_answer() found. */
struct humi_cl_reply {
    int error;                  /* OpenCL's */
    bool made;                  /* of CREATE and LINK: the program is there */
    size_t bytes;               /* of the answer */
    void *data;                 /* it, to be freed; NULL: there is none, or no room for it */
};

/*
 * What is asked about programs from text (device/program.h).  `bytes`: what comes with the request,
 * with a zero behind it.  HUM_ERR_MODULE: OpenCL says no.  Main thread only.
 */
enum hum_status humi_cl_answer(const struct humi_emu_request *request, const char *bytes,
                               struct humi_cl_reply *reply_out);

/* Run the piece, and what it passes on to, and wait for the end. */
struct humi_result humi_cl_run(struct humi_worker *worker, struct humi_piece *piece);

#endif
