/* SPDX-License-Identifier: MIT */
/* image.c - see image.h: making images. */
#include "platform/image.h"

#include <string.h>

#include "platform/device.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/format.h"
#include "platform/misuse.h"

void humi_image_describe(const struct _cl_mem *mem, struct hum_cl_image *image_out)
{
    *image_out = (struct hum_cl_image){
        .pixels = mem->start,
        .flags = mem->flags & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY),
        .order = mem->format.image_channel_order,
        .type = mem->format.image_channel_data_type,
        .kind = mem->type,
        .width = mem->desc.image_width,
        .height = mem->desc.image_height,
        .depth = mem->desc.image_depth,
        .array_size = mem->desc.image_array_size,
        .row_pitch = mem->desc.image_row_pitch,
        .slice_pitch = mem->desc.image_slice_pitch,
    };
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/* Pixels, rows and slices; layers are rows or slices. */
static void extent(cl_mem_object_type type, const cl_image_desc *desc, size_t extent_out[3])
{
    extent_out[0] = desc->image_width;
    extent_out[1] = type == CL_MEM_OBJECT_IMAGE1D_ARRAY ? desc->image_array_size
                    : type == CL_MEM_OBJECT_IMAGE2D || type == CL_MEM_OBJECT_IMAGE2D_ARRAY ||
                            type == CL_MEM_OBJECT_IMAGE3D
                        ? desc->image_height
                        : 1;
    extent_out[2] = type == CL_MEM_OBJECT_IMAGE3D         ? desc->image_depth
                    : type == CL_MEM_OBJECT_IMAGE2D_ARRAY ? desc->image_array_size
                                                          : 1;
}

static bool has_slices(cl_mem_object_type type)
{
    return type == CL_MEM_OBJECT_IMAGE1D_ARRAY || type == CL_MEM_OBJECT_IMAGE2D_ARRAY ||
           type == CL_MEM_OBJECT_IMAGE3D;
}

cl_int humi_image_box(const struct _cl_mem *mem, const size_t *origin, const size_t *region,
                      struct humi_box *box_out, size_t size_out[3])
{
    size_t whole[3];

    if (!origin || !region)
        return CL_INVALID_VALUE;
    extent(mem->type, &mem->desc, whole);
    for (unsigned d = 0; d < 3; d++)
        if (!region[d] || origin[d] > whole[d] || region[d] > whole[d] - origin[d])
            return CL_INVALID_VALUE;
    *box_out = (struct humi_box){.origin = {origin[0] * mem->element_bytes, origin[1], origin[2]},
                                 .row_pitch = mem->type == CL_MEM_OBJECT_IMAGE1D_ARRAY
                                                  ? mem->desc.image_slice_pitch
                                                  : mem->desc.image_row_pitch,
                                 .slice_pitch = mem->desc.image_slice_pitch};
    size_out[0] = region[0] * mem->element_bytes;
    size_out[1] = region[1];
    size_out[2] = region[2];
    return CL_SUCCESS;
}

/* ---- checking -------------------------------------------------------------------------------- */

static cl_int check_pitches(cl_image_desc *desc, size_t element, const void *host_ptr)
{
    size_t row, rows, slice;

    if (!host_ptr && (desc->image_row_pitch || desc->image_slice_pitch))
        return CL_INVALID_IMAGE_DESCRIPTOR;
    if (__builtin_mul_overflow(desc->image_width, element, &row))
        return CL_INVALID_IMAGE_SIZE;
    if (!desc->image_row_pitch)
        desc->image_row_pitch = row;
    if (desc->image_row_pitch < row || desc->image_row_pitch % element)
        return CL_INVALID_IMAGE_DESCRIPTOR;
    rows = desc->image_type == CL_MEM_OBJECT_IMAGE1D_ARRAY ? 1 : desc->image_height;
    if (!has_slices(desc->image_type)) {
        desc->image_slice_pitch = 0;
        return CL_SUCCESS;
    }
    if (__builtin_mul_overflow(desc->image_row_pitch, rows, &slice))
        return CL_INVALID_IMAGE_SIZE;
    if (!desc->image_slice_pitch)
        desc->image_slice_pitch = slice;
    return desc->image_slice_pitch < slice || desc->image_slice_pitch % desc->image_row_pitch
               ? CL_INVALID_IMAGE_DESCRIPTOR
               : CL_SUCCESS;
}

/* What each kind may not be larger than. */
static const struct {
    cl_mem_object_type type;
    cl_device_info limits[3]; /* of pixels, rows, slices; 0: there is one */
} kinds[] = {
    {CL_MEM_OBJECT_IMAGE1D, {CL_DEVICE_IMAGE2D_MAX_WIDTH}},
    {CL_MEM_OBJECT_IMAGE1D_BUFFER, {CL_DEVICE_IMAGE_MAX_BUFFER_SIZE}},
    {CL_MEM_OBJECT_IMAGE1D_ARRAY, {CL_DEVICE_IMAGE2D_MAX_WIDTH, CL_DEVICE_IMAGE_MAX_ARRAY_SIZE}},
    {CL_MEM_OBJECT_IMAGE2D, {CL_DEVICE_IMAGE2D_MAX_WIDTH, CL_DEVICE_IMAGE2D_MAX_HEIGHT}},
    {CL_MEM_OBJECT_IMAGE2D_ARRAY,
     {CL_DEVICE_IMAGE2D_MAX_WIDTH, CL_DEVICE_IMAGE2D_MAX_HEIGHT, CL_DEVICE_IMAGE_MAX_ARRAY_SIZE}},
    {CL_MEM_OBJECT_IMAGE3D,
     {CL_DEVICE_IMAGE3D_MAX_WIDTH, CL_DEVICE_IMAGE3D_MAX_HEIGHT, CL_DEVICE_IMAGE3D_MAX_DEPTH}},
};

static cl_int check_extent(cl_context context, const cl_image_desc *desc)
{
    size_t size[3];

    extent(desc->image_type, desc, size);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type != desc->image_type)
            continue;
        for (unsigned d = 0; d < 3; d++) {
            if (kinds[i].limits[d] && !size[d])
                return CL_INVALID_IMAGE_DESCRIPTOR;
            if (kinds[i].limits[d] &&
                size[d] > humi_device_number(context->devices[0], kinds[i].limits[d],
                                             sizeof(size_t), SIZE_MAX))
                return CL_INVALID_IMAGE_SIZE;
        }
        return CL_SUCCESS;
    }
    return CL_INVALID_IMAGE_DESCRIPTOR;
}

static bool supports_images(cl_context context)
{
    for (unsigned i = 0; i < context->device_count; i++)
        if (humi_device_number(context->devices[i], CL_DEVICE_IMAGE_SUPPORT, sizeof(cl_bool), 0))
            return true;
    return false;
}

static bool supports_format(cl_context context, cl_mem_flags flags, cl_mem_object_type type,
                            const cl_image_format *format)
{
    cl_image_format formats[512];
    cl_uint count = 0;
    cl_mem_flags access = flags & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY |
                                   CL_MEM_KERNEL_READ_AND_WRITE);

    if (humi_clGetSupportedImageFormats(context, access ? access : CL_MEM_READ_WRITE, type, 512,
                                        formats, &count) != CL_SUCCESS)
        return false;
    for (cl_uint i = 0; i < count && i < 512; i++)
        if (memcmp(&formats[i], format, sizeof *format) == 0)
            return true;
    return false;
}

static cl_int check(cl_context context, cl_mem_flags flags, const cl_image_format *format,
                    cl_image_desc *desc, const void *host_ptr)
{
    size_t element = format ? humi_format_bytes(format) : 0;
    cl_int error;

    if (!element)
        return CL_INVALID_IMAGE_FORMAT_DESCRIPTOR;
    if (desc->num_mip_levels || desc->num_samples)
        return CL_INVALID_IMAGE_DESCRIPTOR;
    error = humi_mem_check_flags(flags, host_ptr);
    if (error == CL_SUCCESS)
        error = check_extent(context, desc);
    if (error != CL_SUCCESS)
        return error;
    if (!supports_images(context))
        return CL_INVALID_OPERATION;
    if (!supports_format(context, flags, desc->image_type, format))
        return CL_IMAGE_FORMAT_NOT_SUPPORTED;
    return desc->mem_object ? CL_SUCCESS : check_pitches(desc, element, host_ptr);
}

/* ---- creating -------------------------------------------------------------------------------- */

/* Bytes of an image in a buffer, with its pitch filled in. */
static cl_int measure_in_buffer(struct _cl_mem *mem, size_t *bytes_out)
{
    cl_image_desc *desc = &mem->desc;
    size_t row = desc->image_width * mem->element_bytes; /* limits were checked */

    if (desc->image_slice_pitch || (mem->type != CL_MEM_OBJECT_IMAGE2D && desc->image_row_pitch))
        return CL_INVALID_IMAGE_DESCRIPTOR;
    if (!desc->image_row_pitch)
        desc->image_row_pitch = row;
    if (desc->image_row_pitch < row)
        return CL_INVALID_IMAGE_DESCRIPTOR;
    if (desc->image_row_pitch % (HUMI_IMAGE_PITCH_ALIGN * mem->element_bytes))
        return CL_INVALID_IMAGE_FORMAT_DESCRIPTOR;
    if (mem->type != CL_MEM_OBJECT_IMAGE2D)
        *bytes_out = row;
    else if (__builtin_mul_overflow(desc->image_row_pitch, desc->image_height, bytes_out))
        return CL_INVALID_IMAGE_SIZE;
    return CL_SUCCESS;
}

/* Pixels in a row, or in rows.  Images of images no device here has. */
static cl_int lie_in_buffer(struct _cl_mem *mem, cl_mem_flags flags, cl_mem buffer)
{
    size_t bytes = 0;
    cl_int error;

    if (mem->type != CL_MEM_OBJECT_IMAGE1D_BUFFER && mem->type != CL_MEM_OBJECT_IMAGE2D)
        return CL_INVALID_IMAGE_DESCRIPTOR;
    if (!humi_mem_is_buffer(buffer))
        return humi_is(buffer, HUMI_KIND_MEM) && mem->type == CL_MEM_OBJECT_IMAGE2D
                   ? CL_INVALID_OPERATION
                   : CL_INVALID_IMAGE_DESCRIPTOR;
    error = buffer->context == mem->context ? measure_in_buffer(mem, &bytes) : CL_INVALID_CONTEXT;
    if (error == CL_SUCCESS)
        error = humi_mem_check_part(buffer->flags, flags);
    if (error != CL_SUCCESS)
        return error;
    if (bytes > buffer->bytes)
        return CL_INVALID_IMAGE_SIZE;
    mem->flags = humi_mem_inherit(buffer->flags, flags);
    humi_mem_lie_in(mem, buffer, 0, bytes);
    return CL_SUCCESS;
}

static cl_int fill(struct _cl_mem *mem, cl_mem_flags flags, void *host_ptr)
{
    size_t whole[3], bytes;
    cl_int error;

    if (mem->desc.mem_object)
        return lie_in_buffer(mem, flags, mem->desc.mem_object);
    if (mem->type == CL_MEM_OBJECT_IMAGE1D_BUFFER)
        return CL_INVALID_IMAGE_DESCRIPTOR;
    extent(mem->type, &mem->desc, whole);
    bytes = mem->type == CL_MEM_OBJECT_IMAGE1D_ARRAY ? mem->desc.image_slice_pitch * whole[1]
            : has_slices(mem->type)                  ? mem->desc.image_slice_pitch * whole[2]
                                                     : mem->desc.image_row_pitch * whole[1];
    error = humi_mem_allocate(mem, bytes);
    if (error == CL_SUCCESS && host_ptr)
        memcpy(mem->start, host_ptr, bytes);
    if (error == CL_SUCCESS && humi_misuse_is_sought())
        humi_misuse_made(mem->context, mem->start, bytes, host_ptr, 0);
    if (mem->flags & CL_MEM_USE_HOST_PTR) {
        mem->host_ptr = host_ptr;
        mem->uses_host_ptr = true;
    }
    return error;
}

cl_mem CL_API_CALL humi_clCreateImageWithProperties(
    cl_context context, const cl_mem_properties *properties, cl_mem_flags flags,
    const cl_image_format *format, const cl_image_desc *desc, void *host_ptr, cl_int *error_out)
{
    struct _cl_mem *mem = NULL;
    cl_image_desc mine = desc ? *desc : (cl_image_desc){0};
    cl_int error = CL_INVALID_CONTEXT;

    if (humi_is(context, HUMI_KIND_CONTEXT))
        error = desc ? check(context, flags, format, &mine, host_ptr) : CL_INVALID_IMAGE_DESCRIPTOR;
    if (error == CL_SUCCESS && !(mem = humi_mem_create(context, mine.image_type, flags)))
        error = CL_OUT_OF_HOST_MEMORY;
    if (error == CL_SUCCESS) {
        mem->format = *format;
        mem->desc = mine;
        mem->element_bytes = humi_format_bytes(format);
        error = humi_mem_copy_properties(mem, properties);
    }
    if (error == CL_SUCCESS)
        error = fill(mem, flags, host_ptr);
    humi_error_tell(error_out, error);
    if (error == CL_SUCCESS)
        return mem;
    humi_drop(mem ? &mem->object : NULL);
    return NULL;
}

cl_mem CL_API_CALL humi_clCreateImage(cl_context context, cl_mem_flags flags,
                                      const cl_image_format *format, const cl_image_desc *desc,
                                      void *host_ptr, cl_int *error_out)
{
    return humi_clCreateImageWithProperties(context, NULL, flags, format, desc, host_ptr,
                                            error_out);
}

cl_mem CL_API_CALL humi_clCreateImage2D(cl_context context, cl_mem_flags flags,
                                        const cl_image_format *format, size_t width, size_t height,
                                        size_t row_pitch, void *host_ptr, cl_int *error_out)
{
    const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D,
                                .image_width = width,
                                .image_height = height,
                                .image_row_pitch = row_pitch};

    return humi_clCreateImage(context, flags, format, &desc, host_ptr, error_out);
}

cl_mem CL_API_CALL humi_clCreateImage3D(cl_context context, cl_mem_flags flags,
                                        const cl_image_format *format, size_t width, size_t height,
                                        size_t depth, size_t row_pitch, size_t slice_pitch,
                                        void *host_ptr, cl_int *error_out)
{
    const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE3D,
                                .image_width = width,
                                .image_height = height,
                                .image_depth = depth,
                                .image_row_pitch = row_pitch,
                                .image_slice_pitch = slice_pitch};

    return humi_clCreateImage(context, flags, format, &desc, host_ptr, error_out);
}
