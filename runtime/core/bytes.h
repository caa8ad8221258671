/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - the bytes of pages: copied between the frames of two processors, or wiped.
 *
 * Frames are seen through a window, or only by the device's own copies (put and get of device.h),
 * or have no memory at all.
 *
 * Threads: the lock of the block is held.  Nothing here can fail: a device that is lost says so by
 * its launches.
 */
#ifndef HUMI_CORE_BYTES_H
#define HUMI_CORE_BYTES_H

#include "base/mask.h"
#include "device/device.h"

/* Copy the pages of the block at `offset` from q's frames to p's; done when it returns. */
void humi_bytes_copy(struct humi_processor *p, struct humi_processor *q, size_t offset,
                     const struct hum_pages *pages);

/* Zero the pages in p's frames. */
void humi_bytes_zero(struct humi_processor *p, size_t offset, const struct hum_pages *pages);

#endif
