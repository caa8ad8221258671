/* SPDX-License-Identifier: MIT */
/*
 * device.h - the OpenCL device and its part for each worker.
 *
 * Written by humi_cl_device_open(), fixed from then on.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_DEVICE_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_DEVICE_H

#include "device/opencl/program.h"
#include "device/registry.h"

struct humi_cl_device {
    struct humi_cl_target target;
    cl_platform_id platform;
    cl_command_queue whole;
    cl_command_queue queue[HUMI_WORKERS_MAX];   /* of each worker's sub-device */
    cl_context own;                             /* of programs from text: the undivided device */
    cl_command_queue calls;                     /* in that context */
};
extern struct humi_cl_device humi_cl_device;

/* Once; the first failure is told again at every call. */
HUM_MUST_USE enum hum_status humi_cl_device_open(void);

#endif
