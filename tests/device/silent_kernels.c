/* SPDX-License-Identifier: MIT */
/* silent_kernels.c - a module that is built without exact recording. */
#include <hum/kernel.h>

#include "device/kernels.h"

HUM_KERNEL(touch, struct touch_args)
{
    *args->at = args->value;
}
