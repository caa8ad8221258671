/* SPDX-License-Identifier: MIT */
/* can.c - the replay that runs alone was built (runtime/cmake/HumAlone.cmake). */
#include "model/door.h"

#ifdef __x86_64__
#define HAS_ITS_VECTORS (__builtin_cpu_supports("x86-64-v4") != 0)
#else
#define HAS_ITS_VECTORS false
#endif

bool humi_model_has_alone(void)
{
    return true;
}

bool humi_model_can_alone(void)
{
    return HAS_ITS_VECTORS;
}
