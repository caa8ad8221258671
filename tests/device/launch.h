/* SPDX-License-Identifier: MIT */
/* launch.h - launching kernels of device_kernels.so in tests. */
#ifndef DEVICE_LAUNCH_H
#define DEVICE_LAUNCH_H

#include "device/world.h"

extern const struct mode launch_mode; /* an emulated device with everything */

uint64_t launch_start(struct world *w, const char *kernel, unsigned queue, size_t count,
                      const void *args, size_t args_bytes);
/* Fails the test if the launch does not end within 20 s. */
struct humi_outcome launch_end(struct world *w, uint64_t ticket);

/* Run in queue 1 and see it succeed. */
void launch_ok(struct world *w, const char *kernel, size_t count, const void *args,
               size_t args_bytes);
void launch_grid_ok(struct world *w, const char *kernel, const struct hum_grid *grid,
                    const void *args, size_t args_bytes);

#endif
