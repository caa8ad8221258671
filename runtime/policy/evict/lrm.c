/* SPDX-License-Identifier: MIT */
/*
 * lrm.c - least recently moved: what has not been moved or allocated for longest leaves.
 *
 * Uses of what is in are not seen, however many.  Over pages, which come whole, it is `fifo`.
 * Source: NVIDIA's driver (open kernel modules 595.45.04, uvm_pmm_gpu.c): a root chunk goes to the
 * end of the list of used ones when something of it is allocated or migrated, and the first leaves.
 */
#include "policy/evict/single.h"

const struct hum_evict humi_evict_lrm = {
    .name = "lrm",
    .description = "what has not been moved for longest leaves, as in NVIDIA's driver",
    .feed = HUM_EVICT_ON_MOVE,
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .arrive = humi_single_arrive,
    .renew = humi_single_renew_last,
    .leave = humi_single_leave,
    .victim = humi_single_victim,
};
