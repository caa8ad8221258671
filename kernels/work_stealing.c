/* SPDX-License-Identifier: MIT */
#include <hum/kernel.h>

#include "work_stealing.h"

/* An index is a worker of the device. */
HUM_KERNEL(work_stealing, struct work_stealing_args)
{
    const struct stealing *job = &args->job;

    hum_for_each (i, job->workers - job->host_workers) {
        hum_atomic_add_u64(job->begun, 1);
        (void)stealing_run(job, job->host_workers + i);
    }
}
