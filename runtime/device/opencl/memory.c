/* SPDX-License-Identifier: MIT */
/* memory.c - the arena: its frames, and copies to and from them. */
#include <stdlib.h>
#include <string.h>

#include "base/range.h"
#include "base/status.h"
#include "device/opencl/opencl.h"

/* ---- the arena ------------------------------------------------------------------------------- */

/* What is aligned in the space shall be so on the device; an implementation may refuse a page. */
static void *allocate_shared(struct humi_opencl *device, size_t bytes)
{
    void *arena = humi_cl.SVMAlloc(device->target.context, CL_MEM_READ_WRITE, bytes,
                                   (cl_uint)HUM_PAGE_SIZE);

    return arena ? arena
                 : humi_cl.SVMAlloc(device->target.context, CL_MEM_READ_WRITE, bytes, 0);
}

enum hum_status humi_opencl_memory_open(struct humi_opencl *device, bool shared, size_t bytes)
{
    cl_int error;

    device->arena_bytes = bytes;
    device->blocks = calloc(bytes / HUM_BLOCK_SIZE, sizeof *device->blocks);
    if (!device->blocks)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for the frames of %s", device->base.name);
    if (shared)
        device->arena = allocate_shared(device, bytes);
    else
        device->buffer = humi_cl.CreateBuffer(device->target.context, CL_MEM_READ_WRITE, bytes,
                                              NULL, &error);
    atomic_store(&device->base.there, (uintptr_t)device->arena);
    if (!device->arena && !device->buffer)
        return humi_fail(HUM_ERR_NO_MEMORY,
                         "OpenCL on %s has no %zu MiB in one piece: give it less, with arena=",
                         device->target.name, bytes >> 20);
    device->in = humi_opencl_make_queue(device, &error);
    if (device->in)
        device->out = humi_opencl_make_queue(device, &error);
    return device->out ? HUM_OK
                       : humi_fail(HUM_ERR_UNSUPPORTED,
                                   "OpenCL on %s: clCreateCommandQueue failed with error %d",
                                   device->target.name, error);
}

void humi_opencl_memory_close(struct humi_opencl *device)
{
    if (device->in)
        (void)humi_cl.ReleaseCommandQueue(device->in);
    if (device->out)
        (void)humi_cl.ReleaseCommandQueue(device->out);
    if (device->arena)
        humi_cl.SVMFree(device->target.context, device->arena);
    if (device->buffer)
        (void)humi_cl.ReleaseMemObject(device->buffer);
    free(device->blocks);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* The pages of block `b` that lie in [offset, +bytes). */
static struct hum_pages pages_of(size_t b, size_t offset, size_t bytes)
{
    size_t start = b * HUM_BLOCK_SIZE, end = offset + bytes;
    size_t from = offset > start ? offset - start : 0;
    size_t to = end < start + HUM_BLOCK_SIZE ? end - start : HUM_BLOCK_SIZE;

    return humi_mask_range((unsigned)(from / HUM_PAGE_SIZE), (unsigned)(to / HUM_PAGE_SIZE));
}

enum hum_status humi_opencl_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_opencl *device = humi_opencl_of(p);
    struct humi_opencl_block *block = &device->blocks[offset / HUM_BLOCK_SIZE];
    struct hum_pages wanted = pages_of(offset / HUM_BLOCK_SIZE, offset, bytes);

    if (offset + bytes > device->arena_bytes)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "%s has frames for the first %zu MiB of the space only, and this is at "
                         "%zu MiB: allocate less, or give it more with arena= in HUM_DEVICES",
                         p->name, device->arena_bytes >> 20, offset >> 20);
    humi_mask_remove(&wanted, &block->present);
    humi_mask_add(&block->present, &wanted);
    humi_mask_add(&block->blank, &wanted);
    return HUM_OK;
}

void humi_opencl_drop(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct humi_opencl *device = humi_opencl_of(p);
    size_t end = offset + bytes < device->arena_bytes ? offset + bytes : device->arena_bytes;

    for (size_t b = offset / HUM_BLOCK_SIZE; b * HUM_BLOCK_SIZE < end; b++) {
        struct hum_pages pages = pages_of(b, offset, bytes);
        humi_mask_remove(&device->blocks[b].present, &pages);
        humi_mask_remove(&device->blocks[b].blank, &pages);
    }
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void must(struct humi_opencl *device, const char *what, cl_int error)
{
    if (error != CL_SUCCESS)
        humi_opencl_lose(device, what);
}

static void fill(struct humi_opencl *device, size_t offset, size_t bytes)
{
    static const cl_ulong zero;

    if (device->arena)
        must(device, "a fill failed",
             humi_cl.EnqueueSVMMemFill(device->in, device->arena + offset, &zero, sizeof zero,
                                       bytes, 0, NULL, NULL));
    else
        must(device, "a fill failed",
             humi_cl.EnqueueFillBuffer(device->in, device->buffer, &zero, sizeof zero, offset,
                                       bytes, 0, NULL, NULL));
}

static void write_to(struct humi_opencl *device, size_t offset, size_t bytes, const void *from)
{
    if (device->arena)
        must(device, "a copy to it failed",
             humi_cl.EnqueueSVMMemcpy(device->in, CL_FALSE, device->arena + offset, from, bytes, 0,
                                      NULL, NULL));
    else
        must(device, "a copy to it failed",
             humi_cl.EnqueueWriteBuffer(device->in, device->buffer, CL_FALSE, offset, bytes, from,
                                        0, NULL, NULL));
}

static void read_from(struct humi_opencl *device, size_t offset, size_t bytes, void *to)
{
    if (device->arena)
        must(device, "a copy from it failed",
             humi_cl.EnqueueSVMMemcpy(device->out, CL_FALSE, to, device->arena + offset, bytes, 0,
                                      NULL, NULL));
    else
        must(device, "a copy from it failed",
             humi_cl.EnqueueReadBuffer(device->out, device->buffer, CL_FALSE, offset, bytes, to, 0,
                                       NULL, NULL));
}

void humi_opencl_put(struct humi_processor *p, size_t offset, size_t bytes, const void *from)
{
    struct humi_opencl *device = humi_opencl_of(p);
    size_t b = offset / HUM_BLOCK_SIZE;
    struct hum_pages pages = pages_of(b, offset, bytes);

    if (!from) {
        humi_mask_add(&device->blocks[b].blank, &pages); /* written when somebody may look */
        return;
    }
    humi_mask_remove(&device->blocks[b].blank, &pages);
    if (!humi_opencl_is_lost(device))
        write_to(device, offset, bytes, from);
}

void humi_opencl_get(struct humi_processor *p, size_t offset, size_t bytes, void *to)
{
    struct humi_opencl *device = humi_opencl_of(p);
    size_t b = offset / HUM_BLOCK_SIZE, start = b * HUM_BLOCK_SIZE;
    struct hum_pages pages = pages_of(b, offset, bytes);
    struct hum_pages blank = humi_mask_and(&pages, &device->blocks[b].blank);

    if (humi_opencl_is_lost(device))
        blank = pages;
    humi_mask_remove(&pages, &blank);
    humi_for_each_run (run, &blank)
        memset((char *)to + (start + run.first * HUM_PAGE_SIZE - offset), 0,
               (run.end - run.first) * HUM_PAGE_SIZE);
    humi_for_each_run (run, &pages) {
        size_t at = start + run.first * HUM_PAGE_SIZE;
        read_from(device, at, (run.end - run.first) * HUM_PAGE_SIZE, (char *)to + (at - offset));
    }
}

void humi_opencl_fence(struct humi_processor *p)
{
    struct humi_opencl *device = humi_opencl_of(p);

    if (humi_opencl_is_lost(device))
        return;
    must(device, "a copy to it failed", humi_cl.Finish(device->in));
    must(device, "a copy from it failed", humi_cl.Finish(device->out));
}

/* ---- access ---------------------------------------------------------------------------------- */

/* Kernels touch all of the arena as they like; but what they may see has to be there. */
enum hum_status humi_opencl_map(struct humi_processor *p, size_t offset, size_t bytes,
                                enum humi_map_access access, bool *own_out)
{
    struct humi_opencl *device = humi_opencl_of(p);
    bool filled = false;

    for (size_t b = offset / HUM_BLOCK_SIZE; b * HUM_BLOCK_SIZE < offset + bytes; b++) {
        struct humi_opencl_block *block = &device->blocks[b];
        struct hum_pages pages = pages_of(b, offset, bytes);
        humi_mask_keep(&pages, &block->blank);
        humi_mask_remove(&block->blank, &pages);
        humi_for_each_run (run, &pages) {
            filled = true;
            if (!humi_opencl_is_lost(device))
                fill(device, b * HUM_BLOCK_SIZE + run.first * HUM_PAGE_SIZE,
                     (run.end - run.first) * HUM_PAGE_SIZE);
        }
    }
    if (filled)
        humi_opencl_fence(p);
    *own_out = access == HUMI_MAP_OWN;
    return HUM_OK;
}
