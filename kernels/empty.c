/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "empty.h"

HUM_KERNEL(empty, struct empty_args)
{
}
