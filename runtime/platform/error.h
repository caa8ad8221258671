/* SPDX-License-Identifier: MIT */
/*
 * error.h - a status of hum as an error code of OpenCL.
 */
#ifndef HUMI_PLATFORM_ERROR_H
#define HUMI_PLATFORM_ERROR_H

#include <hum/hum.h>

#include "platform/opencl.h"

/*
 *   NO_MEMORY, NO_SPACE                            CL_MEM_OBJECT_ALLOCATION_FAILURE
 *   INVALID                                        CL_INVALID_VALUE
 *   UNSUPPORTED                                    CL_INVALID_OPERATION
 *   a kernel or device failed, and everything else CL_OUT_OF_RESOURCES
 */
cl_int humi_error_of(enum hum_status status);

/* Where a function returns its error through a pointer that may be NULL. */
static inline void humi_error_tell(cl_int *error_out, cl_int error)
{
    if (error_out)
        *error_out = error;
}

#endif
