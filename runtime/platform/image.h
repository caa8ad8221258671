/* SPDX-License-Identifier: MIT */
/*
 * image.h - images: pixels in the space, which kernels see through the device's own images.
 *
 * Pixels lie row by row and slice by slice, the layers of an array as slices do; of a 1D array each
 * layer is a row.  An image made from a buffer lies in it.
 *
 * Threads: all is fixed.
 */
#ifndef HUMI_PLATFORM_IMAGE_H
#define HUMI_PLATFORM_IMAGE_H

#include <hum/program.h>

#include "platform/box.h"
#include "platform/mem.h"

/* In pixels: of rows of an image in a buffer, and of where that begins. */
#define HUMI_IMAGE_PITCH_ALIGN 1u
#define HUMI_IMAGE_BASE_ALIGN 1u

/* What a launch takes along of an image. */
void humi_image_describe(const struct _cl_mem *mem, struct hum_cl_image *image_out);

/*
 * Pixels [origin, origin + region) of the image as a box of bytes.  CL_INVALID_VALUE: not inside,
 * or no such box of this kind of image.
 */
cl_int humi_image_box(const struct _cl_mem *mem, const size_t *origin, const size_t *region,
                      struct humi_box *box_out, size_t size_out[3]);

#endif
