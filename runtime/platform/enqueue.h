/* SPDX-License-Identifier: MIT */
/*
 * enqueue.h - what all clEnqueue... functions check and do alike.
 * Threads: any.
 */
#ifndef HUMI_PLATFORM_ENQUEUE_H
#define HUMI_PLATFORM_ENQUEUE_H

#include "platform/graph.h"
#include "platform/mem.h"

/* The queue, then the wait list. */
cl_int humi_enqueue_check(cl_command_queue queue, const struct humi_wait *wait);

/*
 * The memory object may be used by a command of the queue; a part of a buffer has to be aligned for
 * its device.  NULL and others that are none: CL_INVALID_MEM_OBJECT.
 */
cl_int humi_enqueue_check_mem(cl_command_queue queue, cl_mem mem);
cl_int humi_enqueue_check_buffer(cl_command_queue queue, cl_mem mem);

/* The host may read, or write, it: else CL_INVALID_OPERATION. */
cl_int humi_enqueue_check_host(cl_mem mem, bool writes);

/*
 * The bytes will be written, whole, by `processor`: pages that lie elsewhere only need not come
 * for that.
 */
void humi_enqueue_overwrite(char *start, size_t bytes, int processor);

#endif
