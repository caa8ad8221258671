/* SPDX-License-Identifier: MIT */
/*
 * kernels.h - a meter for each kernel, found by the number that its device gives it.
 *
 * Made at hum_kernel_get() and kept until the space is closed, so that the fault path finds them
 * with two loads and never allocates.  Two handles of one kernel share a meter.
 *
 * Threads: making is guarded by the HUM lock; finding and walking may be done by any thread at any
 * time, with any lock held.
 */
#ifndef HUMI_CORE_KERNELS_H
#define HUMI_CORE_KERNELS_H

#include "core/core.h"

struct humi_kernel_meter {
    /* fixed once made */
    unsigned processor, id;          /* number of the device, and the kernel's at the device */
    char name[64];
    /* atomic */
    _Atomic uint64_t launches, launch_ns;
    struct humi_meter counters;
};

/* The meter of that kernel, made if there is none.  HUM_ERR_NO_MEMORY, also for 131 008 on. */
HUM_MUST_USE enum hum_status humi_kernels_make(struct hum *hum, unsigned processor, unsigned id,
                                               const char *name,
                                               struct humi_kernel_meter **meter_out);

/* NULL: nobody got that kernel. */
struct humi_kernel_meter *humi_kernels_find(struct hum *hum, unsigned processor, unsigned id);

/* The first one of the device from number *id on, whose number goes to *id; NULL: no more. */
struct humi_kernel_meter *humi_kernels_next(struct hum *hum, unsigned processor, unsigned *id);

/* Free all.  Nobody records any more. */
void humi_kernels_close(struct hum *hum);

#endif
