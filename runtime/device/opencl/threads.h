/* SPDX-License-Identifier: MIT */
/*
 * threads.h - which threads of this process are OpenCL's: those that appeared while a device was
 * opened.  On an implementation for processors kernels run there.
 *
 * Not known are the threads of an implementation that the program itself had started before, and
 * known by mistake one that the program starts in the same moment.
 *
 * Threads: any; a lock inside.
 */
#ifndef HUMI_DEVICE_OPENCL_THREADS_H
#define HUMI_DEVICE_OPENCL_THREADS_H

#include <stdbool.h>

#define HUMI_OPENCL_THREADS_MAX 1024u

struct humi_opencl_threads {
    int tid[HUMI_OPENCL_THREADS_MAX];
    unsigned count;
};

/* All threads of the process now, as many as fit. */
void humi_opencl_threads_list(struct humi_opencl_threads *out);
/* Those that are there now and not in `before` are OpenCL's. */
void humi_opencl_threads_learn(const struct humi_opencl_threads *before);
bool humi_opencl_threads_has(int tid);

#endif
