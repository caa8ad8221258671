/* SPDX-License-Identifier: MIT */
/*
 * device.h - the OpenCL device and its part for each worker.
 *
 * Written by humi_cl_device_open(), fixed from then on.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_DEVICE_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_DEVICE_H

#include "device/emu/process/opencl/library.h"
#include "device/registry.h"

struct humi_cl_device {
    cl_device_id id;
    cl_context context;
    cl_command_queue whole;
    cl_command_queue queue[HUMI_WORKERS_MAX];   /* of each worker's sub-device */
    size_t items_max;                           /* work-items of a group */
    bool takes_spirv;
    char name[128];
};
extern struct humi_cl_device humi_cl_device;

/* Once; the first failure is told again at every call. */
HUM_MUST_USE enum hum_status humi_cl_device_open(void);

/* A folder below hum's cache, made if need be.  False: there is none. */
bool humi_cl_cache_folder(const char *name, char *path_out, size_t bytes);

#endif
