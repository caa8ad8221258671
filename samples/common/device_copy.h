/* SPDX-License-Identifier: MIT */
/*
 * device_copy.h - device memory and copies to and from it, for the explicit-copy twins.
 *
 * A program with explicit copies keeps its data in ordinary host memory and pays one copy of every
 * buffer to the device, and one of every result back.  hum has no call for memory that only the
 * device may see, so the twins make it from a region:
 *
 *   to the device   memcpy host -> region, then hum_prefetch(region, device)    metered: the second
 *   to the host     hum_prefetch(region, HUM_HOST), then memcpy region -> host  metered: the first
 *
 * The prefetch is the one bulk copy that such a program pays; the meter stands still during the
 * memcpy, which only stages.  It also stands still while the device takes the region for itself
 * (the `own` kernel), so that kernels of a twin run without a single fault.  The twin is thus as
 * fast as hum can make explicit copies, and is charged for nothing that it would not pay elsewhere.
 *
 * The meter must be running.  Every function ends the program when hum reports an error.
 */
#ifndef SAMPLES_DEVICE_COPY_H
#define SAMPLES_DEVICE_COPY_H

#include <stdbool.h>
#include <stddef.h>

#include "context.h"

/* Whether the device has room for another buffer of this size. */
bool device_fits(const struct context *context, size_t bytes);

/* Bytes the device has left for one buffer. */
size_t device_free_bytes(const struct context *context);

/* Device memory of its own blocks, in the device's hands, zero.  The meter must stand still. */
void *device_alloc(struct context *context, size_t bytes);
void device_free(struct context *context, void *device, size_t bytes);

/* The first `bytes` of the buffer `device`, from and to host memory. */
void copy_to_device(struct context *context, void *device, const void *host, size_t bytes);
void copy_to_host(struct context *context, void *host, void *device, size_t bytes);

#endif
