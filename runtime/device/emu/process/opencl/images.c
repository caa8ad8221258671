/* SPDX-License-Identifier: MIT */
/*
 * images.c - images over frames of the space, and samplers.
 *
 * An image is an object over memory that is there already (CL_MEM_USE_HOST_PTR): its pixels are
 * touched by kernels alone.  Objects are kept for launches that name the same ones, as loops do.
 * Threads: whoever runs a called kernel, which is one thread at a time.
 */
#include <string.h>

#include "device/emu/process/opencl/program.h"

#define IMAGES_MAX 64u      /* more than one argument block can name */
#define SAMPLERS_MAX 64u    /* more than there are */

static struct image {
    struct hum_cl_image as;
    cl_mem memory;          /* NULL: the place is free */
    cl_mem buffer;          /* below an image of a buffer */
    uint64_t used;          /* when last, by `uses` */
} images[IMAGES_MAX];
static uint64_t uses;

static struct sampler {
    struct hum_cl_sampler as;
    cl_sampler sampler;
} samplers[SAMPLERS_MAX];

static void drop(struct image *image)
{
    if (image->memory)
        (void)humi_cl.ReleaseMemObject(image->memory);
    if (image->buffer)
        (void)humi_cl.ReleaseMemObject(image->buffer);
    *image = (struct image){0};
}

/* Bytes of a row without gaps, of an image of a buffer. */
static size_t row_bytes(const struct hum_cl_image *image, cl_int *error)
{
    cl_image_format format = {image->order, image->type};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE1D, .image_width = 1};
    size_t pixel = 0;
    cl_mem probe = humi_cl.CreateImage(humi_cl_device.own, CL_MEM_READ_ONLY, &format, &desc, NULL,
                                       error);

    if (*error != CL_SUCCESS)
        return 0;
    *error = humi_cl.GetImageInfo(probe, CL_IMAGE_ELEMENT_SIZE, sizeof pixel, &pixel, NULL);
    (void)humi_cl.ReleaseMemObject(probe);
    return image->width * pixel;
}

static cl_int make(const struct hum_cl_image *as, struct image *out)
{
    cl_mem_flags access =
        as->flags & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY);
    cl_image_format format = {as->order, as->type};
    cl_image_desc desc = {.image_type = as->kind,
                          .image_width = as->width,
                          .image_height = as->height,
                          .image_depth = as->depth,
                          .image_array_size = as->array_size,
                          .image_row_pitch = as->row_pitch,
                          .image_slice_pitch = as->slice_pitch};
    cl_int error = CL_SUCCESS;

    if (as->kind == CL_MEM_OBJECT_IMAGE1D_BUFFER) {
        size_t bytes = row_bytes(as, &error);
        if (error == CL_SUCCESS)
            out->buffer = humi_cl.CreateBuffer(humi_cl_device.own, access | CL_MEM_USE_HOST_PTR,
                                               bytes, as->pixels, &error);
        desc.buffer = out->buffer;
        desc.image_row_pitch = 0;
    }
    if (error == CL_SUCCESS)
        out->memory = humi_cl.CreateImage(humi_cl_device.own,
                                          desc.buffer ? access : access | CL_MEM_USE_HOST_PTR,
                                          &format, &desc, desc.buffer ? NULL : as->pixels, &error);
    if (error != CL_SUCCESS) {
        out->memory = NULL;
        drop(out);
    }
    return error;
}

cl_int humi_cl_image(const struct hum_cl_image *image, cl_mem *memory_out)
{
    struct image *oldest = &images[0];
    cl_int error;

    for (unsigned i = 0; i < IMAGES_MAX; i++) {
        struct image *at = &images[i];
        if (at->memory && memcmp(&at->as, image, sizeof *image) == 0) {
            at->used = ++uses;
            *memory_out = at->memory;
            return CL_SUCCESS;
        }
        if (at->used < oldest->used)
            oldest = at;
    }
    drop(oldest);
    error = make(image, oldest);
    if (error != CL_SUCCESS)
        return error;
    oldest->as = *image;
    oldest->used = ++uses;
    *memory_out = oldest->memory;
    return CL_SUCCESS;
}

cl_int humi_cl_sampler(const struct hum_cl_sampler *sampler, cl_sampler *sampler_out)
{
    cl_int error;

    for (unsigned i = 0; i < SAMPLERS_MAX; i++) {
        struct sampler *at = &samplers[i];
        if (at->sampler && memcmp(&at->as, sampler, sizeof *sampler) != 0)
            continue;
        if (!at->sampler) {
            at->sampler = humi_cl.CreateSampler(humi_cl_device.own, sampler->normalized,
                                                sampler->addressing, sampler->filter, &error);
            if (error != CL_SUCCESS) {
                at->sampler = NULL;
                return error;
            }
            at->as = *sampler;
        }
        *sampler_out = at->sampler;
        return CL_SUCCESS;
    }
    return CL_INVALID_SAMPLER;
}
