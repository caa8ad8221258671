/* SPDX-License-Identifier: MIT */
/*
 * launch.h - what every device refuses to launch.
 * Threads: any.
 */
#ifndef HUMI_DEVICE_LAUNCH_H
#define HUMI_DEVICE_LAUNCH_H

#include "device/device.h"

/* HUM_ERR_INVALID: no such queue, a bad grid, or not the bytes of arguments that it takes. */
HUM_MUST_USE enum hum_status humi_launch_check(const struct humi_launch *launch,
                                               const char *kernel, size_t args_bytes);

#endif
