/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "task_mix.h"

HUM_KERNEL(task_mix, struct task_mix_args)
{
    hum_for_each (i, args->count)
        args->to[i] = args->to[i] * args->factor + args->from[i];
}
