/* SPDX-License-Identifier: MIT */
/* image_info.c - clGetImageInfo and clGetSupportedImageFormats. */
#include <stdlib.h>
#include <string.h>

#include "platform/answer.h"
#include "platform/entries.h"
#include "platform/image.h"
#include "platform/platform.h"
#include "platform/program.h"

cl_int CL_API_CALL humi_clGetImageInfo(cl_mem mem, cl_image_info what, size_t room, void *value,
                                       size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (!humi_mem_is_image(mem))
        return CL_INVALID_MEM_OBJECT;
    switch (what) {
    case CL_IMAGE_FORMAT:
        return humi_answer(&answer, &mem->format, sizeof mem->format);
    case CL_IMAGE_ELEMENT_SIZE:
        return HUMI_ANSWER(&answer, size_t, mem->element_bytes);
    case CL_IMAGE_ROW_PITCH:
        return HUMI_ANSWER(&answer, size_t, mem->desc.image_row_pitch);
    case CL_IMAGE_SLICE_PITCH:
        return HUMI_ANSWER(&answer, size_t, mem->desc.image_slice_pitch);
    case CL_IMAGE_WIDTH:
        return HUMI_ANSWER(&answer, size_t, mem->desc.image_width);
    case CL_IMAGE_HEIGHT:
        return HUMI_ANSWER(&answer, size_t, mem->desc.image_height);
    case CL_IMAGE_DEPTH:
        return HUMI_ANSWER(&answer, size_t, mem->desc.image_depth);
    case CL_IMAGE_ARRAY_SIZE:
        return HUMI_ANSWER(&answer, size_t, mem->desc.image_array_size);
    case CL_IMAGE_BUFFER:
        return HUMI_ANSWER(&answer, cl_mem, mem->desc.mem_object);
    case CL_IMAGE_NUM_MIP_LEVELS:
    case CL_IMAGE_NUM_SAMPLES:
        return HUMI_ANSWER(&answer, cl_uint, 0);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int CL_API_CALL humi_clGetSupportedImageFormats(cl_context context, cl_mem_flags flags,
                                                   cl_mem_object_type type, cl_uint room,
                                                   cl_image_format *formats_out, cl_uint *count_out)
{
    unsigned count = 0;
    int code = CL_SUCCESS;
    enum hum_status status;

    _Static_assert(sizeof(cl_image_format) == sizeof(uint32_t[2]), "a format is a pair of words");
    if (!humi_is(context, HUMI_KIND_CONTEXT))
        return CL_INVALID_CONTEXT;
    if (type < CL_MEM_OBJECT_IMAGE2D || type > CL_MEM_OBJECT_IMAGE1D_BUFFER ||
        (!room && formats_out))
        return CL_INVALID_VALUE;
    status = hum_cl_image_formats(humi_space(), context->devices[0]->number, flags, type,
                                  (uint32_t(*)[2])(void *)formats_out, room, &count, &code);
    if (status == HUM_OK && count_out)
        *count_out = count;
    return humi_program_error(status, code);
}
