/* SPDX-License-Identifier: MIT */
/*
 * fifo.c - first in, first out: what came first leaves first, used or not.
 *
 * Source: L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM
 * Systems Journal 5(2), 1966.  More capacity may mean more misses (Belady, Nelson, Shedler 1969).
 */
#include "policy/evict/single.h"

const struct hum_evict humi_evict_fifo = {
    .name = "fifo",
    .description = "what came first leaves first",
    .bytes = humi_single_bytes,
    .init = humi_single_init,
    .arrive = humi_single_arrive,
    .renew = humi_single_renew_nothing,
    .leave = humi_single_leave,
    .victim = humi_single_victim,
};
