/* SPDX-License-Identifier: MIT */
/* compat_theirs.c - the same values in NVIDIA's headers. */
#include <cuda.h>
#include <cuda_runtime_api.h>

#include "compat_values.h"

COMPAT_TABLE(compat_theirs);
