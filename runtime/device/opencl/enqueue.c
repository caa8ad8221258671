/* SPDX-License-Identifier: MIT */
/* enqueue.c - see enqueue.h */
#include "device/opencl/enqueue.h"

#include <string.h>

#define LOCAL_BYTES_MIN 64u /* OpenCL has no local memory of 0 bytes */

cl_int humi_cl_set_portable(cl_kernel kernel, const void *args, size_t first, size_t parts,
                            const struct hum_grid *grid)
{
    cl_ulong from = first, of = parts;
    cl_ulong groups[4] = {1, 1, 1, 1}, items[4] = {1, 1, 1, 1};
    size_t local = grid && grid->local_bytes ? grid->local_bytes : LOCAL_BYTES_MIN;
    cl_int error;

    for (unsigned d = 0; grid && d < grid->dimensions && d < 3; d++) {
        groups[d] = grid->groups[d];
        items[d] = grid->items[d];
    }
    error = humi_cl.SetKernelArgSVMPointer(kernel, 0, args);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 1, sizeof from, &from);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 2, sizeof of, &of);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 3, sizeof groups, groups);
    if (error == CL_SUCCESS)
        error = humi_cl.SetKernelArg(kernel, 4, sizeof items, items);
    return error == CL_SUCCESS ? humi_cl.SetKernelArg(kernel, 5, local, NULL) : error;
}

cl_int humi_cl_set_pointer(cl_kernel kernel, cl_uint index, uintptr_t pointer, void *context)
{
    (void)context;
    return humi_cl.SetKernelArgSVMPointer(kernel, index, (const void *)pointer);
}

cl_int humi_cl_set_plain(cl_kernel kernel, const struct humi_cl_form *form, const void *args,
                         humi_cl_setter *set, void *context)
{
    cl_int error = CL_SUCCESS;

    for (cl_uint i = 0; error == CL_SUCCESS && i < form->count; i++) {
        const struct humi_cl_arg *arg = &form->args[i];
        const char *at = (const char *)args + arg->offset;
        size_t bytes;
        uintptr_t pointer;

        switch (arg->kind) {
        case HUMI_CL_POINTER:
            memcpy(&pointer, at, sizeof pointer);
            error = set(kernel, i, pointer, context);
            break;
        case HUMI_CL_LOCAL:
            memcpy(&bytes, at, sizeof bytes);
            error = humi_cl.SetKernelArg(kernel, i, bytes, NULL);
            break;
        default:
            error = humi_cl.SetKernelArg(kernel, i, arg->size, at);
        }
    }
    return error;
}

struct humi_cl_range humi_cl_range_portable(size_t parts, const struct hum_grid *grid,
                                            size_t flat_items, size_t items_max)
{
    size_t items = grid ? 1 : flat_items;

    for (unsigned d = 0; grid && d < grid->dimensions && d < 3; d++)
        items *= grid->items[d];
    items = items < items_max ? items : items_max;
    return (struct humi_cl_range){
        .dimensions = 1, .global = {parts * items}, .local = {items}};
}

struct humi_cl_range humi_cl_range_plain(size_t count, const struct hum_grid *grid)
{
    struct humi_cl_range range = {.dimensions = 1, .global = {count}, .any_local = true};

    if (!grid)
        return range;
    range.any_local = false;
    range.dimensions = grid->dimensions < 3 ? grid->dimensions : 3;
    for (unsigned d = 0; d < range.dimensions; d++) {
        range.local[d] = grid->items[d];
        range.global[d] = grid->groups[d] * grid->items[d];
    }
    return range;
}
