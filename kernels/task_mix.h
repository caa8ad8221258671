/* SPDX-License-Identifier: MIT */
/* task_mix.h - one task: to[i] = to[i] * factor + from[i], modulo 2^64. */
#ifndef HUM_KERNELS_TASK_MIX_H
#define HUM_KERNELS_TASK_MIX_H

#include <stddef.h>
#include <stdint.h>

struct task_mix_args {
    uint64_t *to;
    const uint64_t *from;
    size_t count;
    uint64_t factor;
};

#endif
