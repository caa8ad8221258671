/* SPDX-License-Identifier: MIT */
/* error.c - see error.h */
#include "platform/error.h"

cl_int humi_error_of(enum hum_status status)
{
    switch (status) {
    case HUM_OK:
        return CL_SUCCESS;
    case HUM_ERR_NO_MEMORY:
    case HUM_ERR_NO_SPACE:
        return CL_MEM_OBJECT_ALLOCATION_FAILURE;
    case HUM_ERR_INVALID:
        return CL_INVALID_VALUE;
    case HUM_ERR_UNSUPPORTED:
        return CL_INVALID_OPERATION;
    default:
        return CL_OUT_OF_RESOURCES;
    }
}
