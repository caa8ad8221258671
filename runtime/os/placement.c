/* SPDX-License-Identifier: MIT */
/* placement.c - telling the scheduler about cores. */
#include "os/placement.h"

#include <sched.h>
#include <unistd.h>

void humi_placement_fix(int thread, int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (core < 0 || core >= CPU_SETSIZE)
        return;
    CPU_SET((unsigned)core, &set);
    (void)sched_setaffinity(thread, sizeof set, &set);
}

void humi_placement_avoid(int thread, int core)
{
    cpu_set_t set;

    if (core < 0 || core >= CPU_SETSIZE || sched_getaffinity(getpid(), sizeof set, &set) != 0)
        return;
    CPU_CLR((unsigned)core, &set);
    if (CPU_COUNT(&set) > 0)
        (void)sched_setaffinity(thread, sizeof set, &set);
}

void humi_placement_free(int thread)
{
    cpu_set_t set;

    if (sched_getaffinity(getpid(), sizeof set, &set) == 0) /* the main thread's */
        (void)sched_setaffinity(thread, sizeof set, &set);
}
