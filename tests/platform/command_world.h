/* SPDX-License-Identifier: MIT */
/*
 * command_world.h - what the tests of command buffers share: the extension's functions, under short
 * names, and buffers and kernels to record commands with.
 */
#ifndef PLATFORM_COMMAND_WORLD_H
#define PLATFORM_COMMAND_WORLD_H

#include "platform/world.h"

/* X(name behind "cl", what it is called here) */
#define FUNCTIONS(X)                           \
    X(CreateCommandBufferKHR, create)          \
    X(FinalizeCommandBufferKHR, finalize)      \
    X(RetainCommandBufferKHR, retain)          \
    X(ReleaseCommandBufferKHR, release)        \
    X(EnqueueCommandBufferKHR, enqueue)        \
    X(CommandBarrierWithWaitListKHR, barrier)  \
    X(CommandCopyBufferKHR, copy)              \
    X(CommandCopyBufferRectKHR, copy_rect)     \
    X(CommandCopyBufferToImageKHR, to_image)   \
    X(CommandCopyImageKHR, copy_image)         \
    X(CommandCopyImageToBufferKHR, from_image) \
    X(CommandFillBufferKHR, fill)              \
    X(CommandFillImageKHR, fill_image)         \
    X(CommandNDRangeKernelKHR, launch)         \
    X(GetCommandBufferInfoKHR, info)

#define X(name, here) extern cl##name##_fn here;
FUNCTIONS(X)
#undef X

#define N 64u /* numbers in a buffer */
#define BYTES (N * sizeof(int))
#define PATTERN(value) &(value), sizeof(value)
#define AT_ONCE 0, NULL, NULL, NULL /* no sync points are waited for, none is wanted */

/* cmocka's setup and teardown: a struct world, the functions, and a program built once. */
int command_setup(void **state);
int command_teardown(void **state);

/* Of that program: "add" (buffer, number to add), "blend" (buffer x, y: x becomes 3 x + y). */
cl_kernel kernel(const char *name);

cl_command_buffer_khr make(cl_command_queue queue, cl_command_buffer_flags_khr flags);
cl_command_queue queue_with(const struct world *world, cl_command_queue_properties properties);
void record_add(cl_command_buffer_khr buffer, cl_kernel add, cl_mem mem, cl_int much);

cl_mem buffer_full_of(const struct world *world, int number);
void is_full_of(const struct world *world, cl_mem mem, int number);
/* 8 x 8 pixels of 4 bytes. */
cl_mem image_of(const struct world *world);

#endif
