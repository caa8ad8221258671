/* SPDX-License-Identifier: MIT */
/*
 * mem.h - memory objects: buffers, parts of buffers, images.
 *
 * The bytes lie in the space, at one address for host and devices.  A buffer has a region of its
 * own, or lies over an SVM allocation; a part of a buffer and an image over a buffer lie in the
 * other's.  Only with CL_MEM_USE_HOST_PTR are there two copies: the program's memory has the bytes
 * while it is mapped, the region has them otherwise.
 *
 * Threads: `lock` guards the mappings and the callbacks; all else is fixed.
 */
#ifndef HUMI_PLATFORM_MEM_H
#define HUMI_PLATFORM_MEM_H

#include <pthread.h>

#include "base/list.h"
#include "platform/box.h"
#include "platform/context.h"

struct humi_mem_callback;

/* As clEnqueueMap... gave it out. */
struct humi_mapping {
    struct humi_link link;
    char *pointer;
    cl_map_flags flags;
    struct humi_box box; /* complete */
    size_t size[3];      /* bytes, rows, slices */
};

struct _cl_mem {
    struct humi_object object;
    cl_context context;
    cl_mem_object_type type;
    cl_mem_flags flags;
    size_t bytes;
    void *host_ptr;                /* as given; NULL: none was */
    bool uses_host_ptr;            /* and it is another copy of the bytes */
    char *start;                   /* in the space */
    void *region;                  /* to be freed with it; NULL: the bytes are another's */
    struct _cl_mem *parent;        /* held; NULL: none */
    size_t origin;                 /* in the parent, bytes */
    cl_mem_properties *properties; /* as given, with the ending 0; NULL: none */
    size_t property_count;

    cl_image_format format; /* of an image */
    cl_image_desc desc;     /* of an image; both pitches filled in */
    size_t element_bytes;   /* of an image: of one pixel */

    pthread_mutex_t lock;
    struct humi_list mappings;
    cl_uint map_count;
    struct humi_mem_callback *callbacks; /* the newest first */
};

/* What is there of the flags, after those that lie in the parent; CL_INVALID_VALUE: contradictory.
 */
cl_int humi_mem_check_flags(cl_mem_flags flags, const void *host_ptr);

/*
 * A memory object without memory, or with `bytes` of it as the flags say, filled from host_ptr if
 * they say so.  NULL: *error_out says why.
 */
struct _cl_mem *humi_mem_create(cl_context context, cl_mem_object_type type, cl_mem_flags flags);
cl_int humi_mem_allocate(struct _cl_mem *mem, size_t bytes);

cl_int humi_mem_copy_properties(struct _cl_mem *mem, const cl_mem_properties *properties);

/* CL_INVALID_VALUE: a part, or an image in a buffer, with what the other's flags forbid it. */
cl_int humi_mem_check_part(cl_mem_flags whole, cl_mem_flags part);
/* The flags of it: what it does not say itself it has from the other. */
cl_mem_flags humi_mem_inherit(cl_mem_flags whole, cl_mem_flags part);
/* Its bytes are some of the other's, which it holds from now on. */
void humi_mem_lie_in(struct _cl_mem *mem, struct _cl_mem *whole, size_t origin, size_t bytes);

static inline bool humi_mem_is_buffer(const void *mem)
{
    return humi_is(mem, HUMI_KIND_MEM) &&
           ((const struct _cl_mem *)mem)->type == CL_MEM_OBJECT_BUFFER;
}

static inline bool humi_mem_is_image(const void *mem)
{
    return humi_is(mem, HUMI_KIND_MEM) &&
           ((const struct _cl_mem *)mem)->type != CL_MEM_OBJECT_BUFFER;
}

/* The buffer that a part lies in, or itself. */
static inline struct _cl_mem *humi_mem_whole(struct _cl_mem *mem)
{
    while (mem->parent)
        mem = mem->parent;
    return mem;
}

#endif
