/* SPDX-License-Identifier: MIT */
/*
 * misuse.h - HUM_CL_CHECK=1: what programs do with memory that the specification leaves undefined,
 * and that works here because memory is coherent:
 *
 *   - the program touches a buffer, or SVM that is not fine-grained, while it is not mapped;
 *   - a kernel, or another command, uses what is mapped for writing, or writes what is mapped;
 *   - memory is let go, or left at the end, while it is mapped;
 *   - a command reads, or a program maps for reading alone, what no one ever wrote.
 *
 * Each is told once for its place (finding.h), and goes on as ever.
 *
 * How.  Memory that is not mapped is released (hum_release), so that the program's touches fault
 * and are noted by the runtime, HUM_CHECK=released; what the platform itself does to it stands
 * between enter() and leave().  All else is looked at when a command is enqueued, in which order
 * is a right one to do them: commands wait only for earlier ones.
 *
 * What it cannot see: touches while another mapping of the same allocation is there, or the
 * platform works on it; a second touch of the same kind of the same allocation; the program's own
 * memory (CL_MEM_USE_HOST_PTR), to which no mapping leads.  A kernel counts as writing the whole
 * of each pointer it may write through.
 *
 * Cost: one branch where it is off.
 * Threads: any; one lock inside, under which no lock of the platform is taken.
 */
#ifndef HUMI_PLATFORM_MISUSE_H
#define HUMI_PLATFORM_MISUSE_H

#include <stdbool.h>

#include "platform/kernel.h"
#include "platform/mem.h"
#include "platform/transfer.h"

extern bool humi_misuse_on; /* fixed before the first object is made */

/* Misuse is sought, so it costs something. */
static inline bool humi_misuse_is_sought(void)
{
    return __builtin_expect(humi_misuse_on, 0);
}

/* Open the platform's space, and seek misuse if the environment says so, which sets an option. */
enum hum_status humi_misuse_open(struct hum_options *options, struct hum **hum_out);

/* Every function below is called only where misuse is sought. */

/* A piece of memory of its own; flags of SVM. */
void humi_misuse_made(cl_context context, const void *start, size_t bytes, bool written,
                      cl_svm_mem_flags flags);
/* Before it is freed by the function named `call`. */
void humi_misuse_gone(const char *call, const void *start);
void humi_misuse_mem_gone(struct _cl_mem *mem);
void humi_misuse_context_gone(cl_context context);

/* A command's use of a box, complete, that begins at `start`. */
struct humi_use {
    const char *call;
    const char *kernel; /* NULL: the command is another */
    const char *start;  /* in the space; elsewhere nothing is looked at */
    struct humi_box box;
    size_t size[3];
    bool reads, writes;
    bool in_part; /* it is right to read what was written in part */
};

void humi_misuse_use(const struct humi_use *use);
/* The same of bytes one after the other. */
void humi_misuse_use_bytes(cl_command_type type, const void *start, size_t bytes, bool writes);
void humi_misuse_transfer(cl_command_type type, const struct humi_transfer *transfer);
void humi_misuse_launch(cl_kernel kernel, cl_device_id device);

/* A map is enqueued, has been done, is undone. */
void humi_misuse_map(const struct humi_use *use, const void *pointer);
void humi_misuse_mapped(const void *start, const void *pointer);
void humi_misuse_unmap(cl_command_type type, const void *start, const void *pointer);

/* The platform touches the memory that `start` lies in, if it is one. */
void humi_misuse_enter(const void *start);
void humi_misuse_leave(const void *start);

static inline void humi_misuse_begin(const void *start)
{
    if (humi_misuse_is_sought())
        humi_misuse_enter(start);
}

static inline void humi_misuse_end(const void *start)
{
    if (humi_misuse_is_sought())
        humi_misuse_leave(start);
}

/* "clEnqueueReadBuffer" for its command type; a literal. */
const char *humi_misuse_call(cl_command_type type);

#endif
