/* SPDX-License-Identifier: MIT */
/*
 * device.h - what programs are told about a device.
 *
 * Memory, its size, addresses, queues and sharing are hum's and answered here; what kernels can do
 * is answered by the OpenCL implementation in the device's process.
 * Threads: any.
 */
#ifndef HUMI_PLATFORM_DEVICE_H
#define HUMI_PLATFORM_DEVICE_H

#include "platform/platform.h"

/* Alignment of what clCreateBuffer gives, and of the origin of a sub-buffer: bytes. */
#define HUMI_ALIGN_BYTES 128u

/* Sizes that CL_DEVICE_GLOBAL_MEM_SIZE and CL_DEVICE_MAX_MEM_ALLOC_SIZE tell. */
cl_ulong humi_device_memory(const struct _cl_device_id *device);
cl_ulong humi_device_largest(const struct _cl_device_id *device);

/* CL_DEVICE_SVM_CAPABILITIES */
cl_device_svm_capabilities humi_device_svm(const struct _cl_device_id *device);

/* No memory object of so many bytes: a strict device says so, others move what does not fit. */
bool humi_device_refuses(const struct _cl_device_id *device, size_t bytes);

/* A number that the device's implementation answers; `otherwise` if it does not. */
cl_ulong humi_device_number(const struct _cl_device_id *device, cl_device_info what, size_t bytes,
                            cl_ulong otherwise);

#endif
