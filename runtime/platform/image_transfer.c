/* SPDX-License-Identifier: MIT */
/* image_transfer.c - reading, writing, copying, filling and mapping images: by the host. */
#include <stdlib.h>
#include <string.h>

#include "platform/enqueue.h"
#include "platform/entries.h"
#include "platform/error.h"
#include "platform/format.h"
#include "platform/image.h"
#include "platform/map.h"
#include "platform/misuse.h"
#include "platform/transfer.h"

/* An image that the queue may use. */
static cl_int check_image(cl_command_queue queue, cl_mem mem)
{
    return humi_mem_is_image(mem) ? humi_enqueue_check_mem(queue, mem) : CL_INVALID_MEM_OBJECT;
}

/* The program's side of a transfer: pitches of 0 are without gaps. */
static cl_int host_box(const struct _cl_mem *image, size_t row_pitch, size_t slice_pitch,
                       const size_t size[3], struct humi_box *box_out)
{
    bool rows_are_layers = image->type == CL_MEM_OBJECT_IMAGE1D_ARRAY;

    *box_out =
        (struct humi_box){.row_pitch = rows_are_layers && slice_pitch ? slice_pitch : row_pitch,
                          .slice_pitch = rows_are_layers ? 0 : slice_pitch};
    return humi_box_complete(box_out, size) ? CL_SUCCESS : CL_INVALID_VALUE;
}

/* ---- reading and writing --------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clEnqueueReadImage(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                           const size_t *origin, const size_t *region,
                                           size_t row_pitch, size_t slice_pitch, void *to,
                                           cl_uint count, const cl_event *events,
                                           cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = mem, .to = to};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error == CL_SUCCESS)
        error = check_image(queue, mem);
    if (error == CL_SUCCESS)
        error = to ? humi_image_box(mem, origin, region, &transfer.from_box, transfer.size)
                   : CL_INVALID_VALUE;
    if (error == CL_SUCCESS)
        error = host_box(mem, row_pitch, slice_pitch, transfer.size, &transfer.to_box);
    if (error == CL_SUCCESS)
        error = humi_enqueue_check_host(mem, false);
    if (error != CL_SUCCESS)
        return error;
    transfer.from = mem->start;
    return humi_transfer_submit(queue, CL_COMMAND_READ_IMAGE, &transfer, &how);
}

cl_int CL_API_CALL humi_clEnqueueWriteImage(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                            const size_t *origin, const size_t *region,
                                            size_t row_pitch, size_t slice_pitch, const void *from,
                                            cl_uint count, const cl_event *events,
                                            cl_event *event_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    struct humi_transfer transfer = {.to_mem = mem, .from = from};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error == CL_SUCCESS)
        error = check_image(queue, mem);
    if (error == CL_SUCCESS)
        error = from ? humi_image_box(mem, origin, region, &transfer.to_box, transfer.size)
                     : CL_INVALID_VALUE;
    if (error == CL_SUCCESS)
        error = host_box(mem, row_pitch, slice_pitch, transfer.size, &transfer.from_box);
    if (error == CL_SUCCESS)
        error = humi_enqueue_check_host(mem, true);
    if (error != CL_SUCCESS)
        return error;
    transfer.to = mem->start;
    return humi_transfer_submit(queue, CL_COMMAND_WRITE_IMAGE, &transfer, &how);
}

/* ---- copying --------------------------------------------------------------------------------- */

cl_int CL_API_CALL humi_clEnqueueCopyImage(cl_command_queue queue, cl_mem from, cl_mem to,
                                           const size_t *from_origin, const size_t *to_origin,
                                           const size_t *region, cl_uint count,
                                           const cl_event *events, cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = from, .to_mem = to};
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error == CL_SUCCESS)
        error = check_image(queue, from);
    if (error == CL_SUCCESS)
        error = check_image(queue, to);
    if (error == CL_SUCCESS && memcmp(&from->format, &to->format, sizeof from->format) != 0)
        error = CL_IMAGE_FORMAT_MISMATCH;
    if (error == CL_SUCCESS)
        error = humi_image_box(from, from_origin, region, &transfer.from_box, transfer.size);
    if (error == CL_SUCCESS)
        error = humi_image_box(to, to_origin, region, &transfer.to_box, transfer.size);
    if (error == CL_SUCCESS && from == to &&
        humi_boxes_overlap(&transfer.from_box, &transfer.to_box, transfer.size))
        error = CL_MEM_COPY_OVERLAP;
    if (error != CL_SUCCESS)
        return error;
    transfer.from = from->start;
    transfer.to = to->start;
    return humi_transfer_submit(queue, CL_COMMAND_COPY_IMAGE, &transfer, &how);
}

/* The pixels one after the other in a buffer, from `offset` on. */
static cl_int buffer_box(cl_mem buffer, size_t offset, const size_t size[3],
                         struct humi_box *box_out)
{
    size_t bytes = size[0] * size[1] * size[2];

    *box_out = (struct humi_box){{0}, size[0], size[0] * size[1]};
    return offset <= buffer->bytes && bytes <= buffer->bytes - offset ? CL_SUCCESS
                                                                      : CL_INVALID_VALUE;
}

static cl_int check_copy(cl_command_queue queue, cl_mem image, cl_mem buffer,
                         const struct humi_wait *wait)
{
    cl_int error = humi_enqueue_check(queue, wait);

    if (error == CL_SUCCESS)
        error = check_image(queue, image);
    return error == CL_SUCCESS ? humi_enqueue_check_buffer(queue, buffer) : error;
}

cl_int CL_API_CALL humi_clEnqueueCopyImageToBuffer(cl_command_queue queue, cl_mem image,
                                                   cl_mem buffer, const size_t *origin,
                                                   const size_t *region, size_t offset,
                                                   cl_uint count, const cl_event *events,
                                                   cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = image, .to_mem = buffer};
    cl_int error = check_copy(queue, image, buffer, &how.wait);

    if (error == CL_SUCCESS)
        error = humi_image_box(image, origin, region, &transfer.from_box, transfer.size);
    if (error == CL_SUCCESS)
        error = buffer_box(buffer, offset, transfer.size, &transfer.to_box);
    if (error != CL_SUCCESS)
        return error;
    transfer.from = image->start;
    transfer.to = buffer->start + offset;
    return humi_transfer_submit(queue, CL_COMMAND_COPY_IMAGE_TO_BUFFER, &transfer, &how);
}

cl_int CL_API_CALL humi_clEnqueueCopyBufferToImage(cl_command_queue queue, cl_mem buffer,
                                                   cl_mem image, size_t offset,
                                                   const size_t *origin, const size_t *region,
                                                   cl_uint count, const cl_event *events,
                                                   cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_transfer transfer = {.from_mem = buffer, .to_mem = image};
    cl_int error = check_copy(queue, image, buffer, &how.wait);

    if (error == CL_SUCCESS)
        error = humi_image_box(image, origin, region, &transfer.to_box, transfer.size);
    if (error == CL_SUCCESS)
        error = buffer_box(buffer, offset, transfer.size, &transfer.from_box);
    if (error != CL_SUCCESS)
        return error;
    transfer.from = buffer->start + offset;
    transfer.to = image->start;
    return humi_transfer_submit(queue, CL_COMMAND_COPY_BUFFER_TO_IMAGE, &transfer, &how);
}

/* ---- filling --------------------------------------------------------------------------------- */

struct fill {
    struct _cl_event event;
    cl_mem mem; /* held */
    struct humi_box box;
    size_t size[3];
    char pixel[16];
};

static cl_int fill_run(struct _cl_event *event)
{
    struct fill *fill = (struct fill *)event;
    size_t element = fill->mem->element_bytes;
    char *start = fill->mem->start + humi_box_start(&fill->box);

    humi_misuse_begin(start);
    for (size_t k = 0; k < fill->size[2]; k++)
        for (size_t j = 0; j < fill->size[1]; j++)
            for (size_t i = 0; i < fill->size[0]; i += element)
                memcpy(start + k * fill->box.slice_pitch + j * fill->box.row_pitch + i, fill->pixel,
                       element);
    humi_misuse_end(start);
    return CL_COMPLETE;
}

static void fill_release(struct _cl_event *event)
{
    humi_drop(&((struct fill *)event)->mem->object);
}

static void fill_look(struct _cl_event *event)
{
    const struct fill *fill = (struct fill *)event;
    struct humi_use use = {.call = humi_misuse_call(event->type),
                           .start = fill->mem->start,
                           .box = fill->box,
                           .writes = true};

    memcpy(use.size, fill->size, sizeof use.size);
    humi_misuse_use(&use);
}

static const struct humi_command_ops fill_ops = {
    .run = fill_run, .release = fill_release, .look = fill_look};

cl_int CL_API_CALL humi_clEnqueueFillImage(cl_command_queue queue, cl_mem mem, const void *color,
                                           const size_t *origin, const size_t *region,
                                           cl_uint count, const cl_event *events,
                                           cl_event *event_out)
{
    const struct humi_submit how = {.wait = {count, events}, .event_out = event_out};
    struct humi_box box;
    struct fill *fill;
    size_t size[3];
    cl_int error = humi_enqueue_check(queue, &how.wait);

    if (error == CL_SUCCESS)
        error = check_image(queue, mem);
    if (error == CL_SUCCESS)
        error = color ? humi_image_box(mem, origin, region, &box, size) : CL_INVALID_VALUE;
    if (error != CL_SUCCESS)
        return error;
    fill = humi_command_create(queue, sizeof *fill, CL_COMMAND_FILL_IMAGE, &fill_ops);
    if (!fill)
        return CL_OUT_OF_HOST_MEMORY;
    humi_hold(&mem->object);
    fill->mem = mem;
    fill->box = box;
    memcpy(fill->size, size, sizeof size);
    humi_format_pack(&mem->format, color, fill->pixel);
    return humi_graph_submit(&fill->event, &how);
}

/* ---- mapping --------------------------------------------------------------------------------- */

static cl_int map_box(cl_command_queue queue, cl_mem mem, cl_map_flags flags, const size_t *origin,
                      const size_t *region, const struct humi_wait *wait,
                      struct humi_mapping *mapping)
{
    cl_int error = humi_enqueue_check(queue, wait);

    if (error == CL_SUCCESS)
        error = check_image(queue, mem);
    if (error == CL_SUCCESS && !humi_map_flags_are_valid(flags))
        error = CL_INVALID_VALUE;
    if (error == CL_SUCCESS)
        error = humi_image_box(mem, origin, region, &mapping->box, mapping->size);
    return error == CL_SUCCESS ? humi_map_check_host(mem, flags) : error;
}

void *CL_API_CALL humi_clEnqueueMapImage(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                         cl_map_flags flags, const size_t *origin,
                                         const size_t *region, size_t *row_pitch_out,
                                         size_t *slice_pitch_out, cl_uint count,
                                         const cl_event *events, cl_event *event_out,
                                         cl_int *error_out)
{
    const struct humi_submit how = {
        .wait = {count, events}, .blocking = blocking, .event_out = event_out};
    struct humi_mapping *mapping = calloc(1, sizeof *mapping);
    char *pointer;
    cl_int error = CL_OUT_OF_HOST_MEMORY;

    if (mapping)
        error = map_box(queue, mem, flags, origin, region, &how.wait, mapping);
    if (error == CL_SUCCESS &&
        (!row_pitch_out || (mem->desc.image_slice_pitch && !slice_pitch_out)))
        error = CL_INVALID_VALUE;
    if (error != CL_SUCCESS) {
        free(mapping);
        humi_error_tell(error_out, error);
        return NULL;
    }
    mapping->flags = flags;
    mapping->pointer = pointer = humi_map_pointer(mem, &mapping->box);
    error = humi_map_submit(queue, mem, mapping, CL_COMMAND_MAP_IMAGE, &how);
    humi_error_tell(error_out, error);
    if (error != CL_SUCCESS) {
        free(humi_mapping_remove(mem, pointer));
        return NULL;
    }
    *row_pitch_out = mem->desc.image_row_pitch;
    if (slice_pitch_out)
        *slice_pitch_out = mem->desc.image_slice_pitch;
    return pointer;
}
