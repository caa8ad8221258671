/* SPDX-License-Identifier: MIT */
/*
 * command_buffer.h - the extension cl_khr_command_buffer: commands that are recorded once and
 * enqueued together, as often as wanted.
 *
 * A command buffer has a queue of its own on which nothing ever runs: what the functions that
 * enqueue commands put there is recorded, with all that they check and take along.  When the buffer
 * is enqueued each recorded command is done anew by one of a real queue, between two marks:
 *
 *     begin -> command -> command -> end          in order
 *        '---> command (no sync points) --> end   out of order: by sync points, and barriers
 *        '---> command -> command (waits) --^
 *
 * The end is the event that programs see; it takes as long as from the end of the begin.
 *
 * Source: the extension's text, version 0.9.1, at registry.khronos.org/OpenCL.  A buffer has one
 * queue; what is recorded is held, so a buffer is never in the invalid state.
 *
 * Threads: the context's lock guards all but what is fixed.
 * Ownership: each of its commands that is under way is a holder.
 */
#ifndef HUMI_PLATFORM_COMMAND_BUFFER_H
#define HUMI_PLATFORM_COMMAND_BUFFER_H

#include "platform/graph.h"

#define HUMI_COMMAND_BUFFER_EXTENSION "cl_khr_command_buffer"
#define HUMI_COMMAND_BUFFER_VERSION CL_MAKE_VERSION(0, 9, 1)

/* X(name behind "cl"): what programs ask for by name. */
#define HUMI_COMMAND_BUFFER_ENTRIES(X) \
    X(CreateCommandBufferKHR)          \
    X(FinalizeCommandBufferKHR)        \
    X(RetainCommandBufferKHR)          \
    X(ReleaseCommandBufferKHR)         \
    X(EnqueueCommandBufferKHR)         \
    X(CommandBarrierWithWaitListKHR)   \
    X(CommandCopyBufferKHR)            \
    X(CommandCopyBufferRectKHR)        \
    X(CommandCopyBufferToImageKHR)     \
    X(CommandCopyImageKHR)             \
    X(CommandCopyImageToBufferKHR)     \
    X(CommandFillBufferKHR)            \
    X(CommandFillImageKHR)             \
    X(CommandNDRangeKernelKHR)         \
    X(GetCommandBufferInfoKHR)

#define X(name) extern __typeof__(*(cl##name##_fn)NULL) humi_cl##name;
HUMI_COMMAND_BUFFER_ENTRIES(X)
#undef X

struct humi_recorded {
    struct _cl_event *command; /* as it was created; never enqueued itself */
    bool small;                /* of humi_submit */
    bool barrier;              /* what is recorded behind it waits for it */
    cl_uint wait_count;
    cl_sync_point_khr *waits; /* numbers of earlier commands, the first is 1; allocated */
};

/* Of one time that it is enqueued. */
struct humi_run {
    struct humi_link link;
    cl_event end; /* held */
};

struct _cl_command_buffer_khr {
    struct humi_object object;
    cl_command_queue queue;                    /* held; fixed */
    cl_command_queue recording;                /* its own; fixed */
    bool simultaneous;                         /* fixed */
    cl_command_buffer_properties_khr given[3]; /* fixed: as given, with the ending 0 */
    size_t given_count;                        /* fixed */
    bool finalized;                            /* then the commands are fixed, too */
    struct humi_recorded *commands;
    cl_uint count, room;
    unsigned entering;     /* how often it is being enqueued just now */
    struct humi_list runs; /* those that may not have ended */
};

/* The answer to CL_DEVICE_COMMAND_BUFFER_CAPABILITIES_KHR. */
#define HUMI_COMMAND_BUFFER_CAPABILITIES                 \
    (CL_COMMAND_BUFFER_CAPABILITY_KERNEL_PRINTF_KHR |    \
     CL_COMMAND_BUFFER_CAPABILITY_SIMULTANEOUS_USE_KHR | \
     CL_COMMAND_BUFFER_CAPABILITY_OUT_OF_ORDER_KHR)

/* For humi_graph_submit(): a command of the buffer's own queue.  On an error it is gone. */
cl_int humi_command_buffer_record(cl_command_buffer_khr buffer, struct _cl_event *command,
                                  const struct humi_submit *how);

/* The context's lock is held: a copy of it is under way.  Events of others go to `ended`, to be
 * freed without the lock. */
bool humi_command_buffer_is_pending(cl_command_buffer_khr buffer, struct humi_list *ended);
void humi_command_buffer_free_runs(struct humi_list *ended);

#endif
