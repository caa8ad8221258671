/* SPDX-License-Identifier: MIT */
/*
 * platform.h - the one platform, and its devices: those of a space that is opened when a program
 * first asks for devices.  It stays open to the end of the process.
 *
 * In the process of an emulated device the platform hides: the OpenCL that runs kernels there is
 * another one, and a space in it would start a device again.
 *
 * Threads: any.
 */
#ifndef HUMI_PLATFORM_PLATFORM_H
#define HUMI_PLATFORM_PLATFORM_H

#include <hum/hum.h>

#include "platform/object.h"

struct _cl_platform_id {
    struct humi_object object;
};

struct _cl_device_id {
    struct humi_object object;
    int number;                  /* of hum's devices */
    struct hum_device_info info; /* as it was opened */
};

extern struct _cl_platform_id humi_platform;

#define HUMI_HIDE_ENV "HUM_OPENCL_HIDE" /* set in the process of a device */

bool humi_platform_is_hidden(void);

/* Opens the space.  How many devices it has; 0: it cannot be opened, hum_error_text() says why. */
unsigned humi_platform_open(void);

/*
 * The same number without opening the space, where that can be told: what counts devices does not
 * use them, above all the loader, which does so in every program.
 */
unsigned humi_platform_count(void);

/* The space; it is open. */
struct hum *humi_space(void);
/* The program's own blocks lie in it, too: fine-grained system SVM. */
bool humi_platform_shares_heap(void);
/* number < humi_platform_open() */
cl_device_id humi_platform_device(unsigned number);

/* Allocations that a device would not hold are refused: HUM_CL_STRICT=1. */
bool humi_platform_is_strict(void);

#endif
