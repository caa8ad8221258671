/* SPDX-License-Identifier: MIT */
/* compat_ours.c - the values of hum/compat/values.h. */
#include <hum/compat/values.h>

#include "compat_values.h"

COMPAT_TABLE(compat_ours);
