/* SPDX-License-Identifier: MIT */
/*
 * cupti.h - what the driver did to managed memory, from CUPTI's activity records.
 *
 * libcupti is loaded with dlopen() (libcupti.so.13, .12, or the file that HUM_CUPTI_LIBRARY names).
 * A process has one reader of activities: hum's callbacks take the buffers, and each record goes to
 * the space that holds its address.  A program that reads activities by itself, or runs under a
 * tool that does, opens its device with cupti=off.
 *
 *     CUPTI's thread -> complete() -> queue of the space -> humi_cupti_take() -> core/told.c
 *
 * A queue holds HUMI_CUPTI_QUEUE things; what finds no room is counted and told as dropped.
 *
 * Times are brought from CUPTI's clock to humi_clock_ns() by their difference at open.
 * Threads: any.  Ownership: close() frees.
 */
#ifndef HUMI_DEVICE_CUDA_CUPTI_H
#define HUMI_DEVICE_CUDA_CUPTI_H

#include <hum/hum.h>

struct humi_told;
struct humi_cupti;

#define HUMI_CUPTI_QUEUE 65536u

/*
 * Listen to what happens in [start, +bytes).
 * HUM_ERR_UNSUPPORTED: there is no CUPTI, or it has no such records here; the text says what to do.
 */
HUM_MUST_USE enum hum_status humi_cupti_open(uintptr_t start, size_t bytes,
                                             struct humi_cupti **cupti_out);
/* NULL is allowed. */
void humi_cupti_close(struct humi_cupti *cupti);

/* Take up to max; `flush`: have CUPTI hand out what it holds back. */
unsigned humi_cupti_take(struct humi_cupti *cupti, struct humi_told *told_out, unsigned max,
                         bool flush);

#endif
