/* SPDX-License-Identifier: MIT */
/*
 * format.h - formats of pixels.
 * Threads: plain data.
 */
#ifndef HUMI_PLATFORM_FORMAT_H
#define HUMI_PLATFORM_FORMAT_H

#include <stddef.h>

#include "platform/opencl.h"

/* Bytes of one pixel; 0: OpenCL has no such format. */
size_t humi_format_bytes(const cl_image_format *format);

/* A colour as clEnqueueFillImage has it (four floats, ints or unsigned ints), as one pixel. */
void humi_format_pack(const cl_image_format *format, const void *color, void *pixel_out);

#endif
