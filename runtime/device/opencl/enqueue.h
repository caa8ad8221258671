/* SPDX-License-Identifier: MIT */
/*
 * enqueue.h - the arguments and the index space of one enqueue of a kernel.
 *
 * Threads: each kernel object by one thread at a time.
 */
#ifndef HUMI_DEVICE_OPENCL_ENQUEUE_H
#define HUMI_DEVICE_OPENCL_ENQUEUE_H

#include <stdint.h>

#include "device/opencl/program.h"

/* One enqueue, as OpenCL wants it. */
struct humi_cl_range {
    cl_uint dimensions;
    size_t offset[3], global[3], local[3];
    bool any_local; /* OpenCL chooses the size of groups */
};

/*
 * A portable kernel that starts at part `first` of `parts`.  Its argument block lies at `args` as
 * the device sees it.  grid NULL: a flat launch.
 */
cl_int humi_cl_set_portable(cl_kernel kernel, const void *args, size_t first, size_t parts,
                            const struct hum_grid *grid);

/* How a plain kernel is given a pointer. */
typedef cl_int humi_cl_setter(cl_kernel kernel, cl_uint index, uintptr_t pointer, void *context);

/* A plain one.  The block is read here; pointers in it are as `set` wants them. */
cl_int humi_cl_set_plain(cl_kernel kernel, const struct humi_cl_form *form, const void *args,
                         humi_cl_setter *set, void *context);

/* Shared virtual memory: the pointer is as the device sees it. */
cl_int humi_cl_set_pointer(cl_kernel kernel, cl_uint index, uintptr_t pointer, void *context);

/*
 * `parts` work-groups, one a part; its place in the grid comes as arguments.  A group has the
 * grid's items, in a flat launch `flat_items`, but at most items_max.
 */
struct humi_cl_range humi_cl_range_portable(size_t parts, const struct hum_grid *grid,
                                            size_t flat_items, size_t items_max);

/* The grid, or count work-items. */
struct humi_cl_range humi_cl_range_plain(size_t count, const struct hum_grid *grid);

#endif
