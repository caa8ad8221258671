/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the kinds of devices, and reading which ones a user wants.
 *
 *     devices := device { ';' device }          device  := kind [ ':' setting { ',' setting } ]
 *     setting := "mem=" size | "watchdog=" duration
 *       emu      | "workers=" number | "kernels=" ( "native" | "opencl" ) | "faults=" switch
 *       opencl   | number of the device among all of the machine | "arena=" size | "svm=" switch
 *       cuda     | number of the GPU | "mode=" ( "declared" | "managed" | "auto" )
 *                | "cupti=" switch
 *
 *     "emu:mem=256M,workers=2;emu:mem=1G", "opencl:0,mem=256M"
 *
 * Threads: any.  Nothing is allocated.
 */
#ifndef HUMI_DEVICE_REGISTRY_H
#define HUMI_DEVICE_REGISTRY_H

#include "device/device.h"

#define HUMI_WORKERS_MAX 256u

/*
 * Read `text` (NULL or empty: one emulated device) into params_out.  What a device does not say is
 * a quarter of the machine's memory, at most 4 GiB; a worker a core; the watchdog given here; and
 * native kernels.
 * Memory is rounded down to blocks.
 * HUM_ERR_INVALID: the text names the bad word and the known ones.
 */
HUM_MUST_USE enum hum_status humi_devices_parse(const char *text, unsigned watchdog_ms,
                                                struct humi_device_params
                                                    params_out[HUM_DEVICES_MAX],
                                                unsigned *count_out);

/* Open a device of the kind that params names. */
HUM_MUST_USE enum hum_status humi_device_open(const struct humi_space_params *space,
                                              const struct humi_device_params *params,
                                              struct humi_processor **out);

#endif
