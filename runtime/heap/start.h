/* SPDX-License-Identifier: MIT */
/*
 * start.h - from when on blocks come from the space, and which.
 *
 *     not yet    nothing is asked of hum; the C library gives all
 *     on         since hum_heap_start(), or the start of a program that is linked to OpenCL
 *     left       in a child of fork(), whose blocks are copies, and when the process ends: none is
 *                given back
 *
 * Threads: any.
 */
#ifndef HUMI_HEAP_START_H
#define HUMI_HEAP_START_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct hum;

extern atomic_bool humi_heap_on;
extern size_t humi_heap_least; /* bytes of the smallest block of the space, HUM_SYSTEM_SVM_MIN */

/* The space; blocks come from it. */
struct hum *humi_heap_space(void);

void humi_heap_leave(void);

#endif
