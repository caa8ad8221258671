/* SPDX-License-Identifier: MIT */
/*
 * exact_world.h - a device that records what its kernels touch, and a model to compare it with.
 *
 * The model says by hand what a kernel touches, in the simplest way: an array over all pages.  What
 * is taken from the device is added up in another one.
 */
#ifndef DEVICE_EXACT_WORLD_H
#define DEVICE_EXACT_WORLD_H

#include "device/exact_kernels.h"
#include "device/launch.h"

#define EXACT_PAGES ((size_t)8192)
#define EXACT_BYTES (EXACT_PAGES * HUM_PAGE_SIZE) /* mapped from the start */
#define EXACT_LABEL 77000
#define EXACT_USUAL 0u /* records of a ring */

extern struct world exact_w;

/* The first touches since it was opened. */
extern struct humi_touch exact_order[64];
extern size_t exact_order_count;

/* Kernels are those of exact_kernels.c. */
void exact_open(uint32_t records, unsigned workers, unsigned watchdog_ms);
/* A device that records nothing; kernels are those of device_kernels.c. */
void exact_open_plain(unsigned workers);

/* The model: a touch.  Forget all of it and what was seen.  Compare, counts too or lines only. */
void exact_expect(const void *at, size_t bytes, bool write);
void exact_forget(void);
void exact_check(bool counts);

/* Take touches: a few, how many; all there are; or on a thread, and what is left at its end. */
size_t exact_take_some(int64_t timeout_ns);
void exact_take_all(void);
void exact_start_taking(void);
void exact_end_taking(void);

/* Launch; or launch, take touches meanwhile, and see it succeed. */
uint64_t exact_start(const char *kernel, size_t count, const void *args, size_t args_bytes);
void exact_run(const struct humi_launch *what, const char *kernel);
void exact_run_flat(const char *kernel, size_t count, const void *args, size_t args_bytes);

#endif
