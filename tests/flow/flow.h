/* SPDX-License-Identifier: MIT */
/*
 * flow.h - what the stories share: opening, running a kernel, reading counters, children.
 *
 * On the main thread failures are cmocka failures: ok(), and cmocka's own assertions.  In other
 * threads and in child processes they end the process with a line that says where: must().
 * Policy and features come from the environment where a story does not fix them, so that ctest runs
 * the same stories under several of each.
 */
#ifndef HUM_FLOW_H
#define HUM_FLOW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hum/hum.h>

#include "flow/kernels/flow_args.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define PAGE HUM_PAGE_SIZE
#define BLOCK HUM_BLOCK_SIZE
#define WORDS_PER_PAGE (PAGE / sizeof(uint64_t))
#define ONE_DEVICE "emu:mem=64M,workers=2"
#define TWO_DEVICES "emu:mem=64M,workers=2;emu:mem=64M,workers=1"

/* Any thread, any process: ends the process with the place and the last hum error. */
#define must(x) ((x) ? (void)0 : flow_must_failed(#x, __FILE__, __LINE__))
_Noreturn void flow_must_failed(const char *what, const char *file, int line);

/* Main thread: a cmocka failure unless the status is the wanted one. */
#define ok(call) status_is(HUM_OK, call)
#define status_is(want, call) flow_status((want), (call), #call, __FILE__, __LINE__)
void flow_status(enum hum_status want, enum hum_status got, const char *what, const char *file,
                 int line);

/* Open with these devices; policy NULL: as the environment says. */
struct hum *flow_open(const char *devices, const char *policy);

/* Allocate or fail. */
void *flow_alloc(struct hum *hum, size_t bytes);

/* A kernel of flow_memory or flow_faulty. */
struct hum_kernel *flow_kernel(struct hum *hum, int device, const char *name);

/* Launch on the default stream and wait; the status of the work. */
enum hum_status flow_try(struct hum *hum, int device, const char *kernel, const void *args,
                         size_t args_bytes, size_t count);

/* The same and it must succeed. */
#define flow_run(hum, device, kernel, args, count)                                                 \
    flow_status(HUM_OK, flow_try((hum), (device), (kernel), (args), sizeof *(args), (count)),      \
                "kernel " kernel, __FILE__, __LINE__)

/* fill, add, ... on words; device 0. */
#define flow_words(hum, kernel, words_, n_, value_)                                                \
    flow_run((hum), 0, kernel,                                                                     \
             (&(struct flow_words){.words = (words_), .n = (n_), .value = (value_)}), (n_))

/* The sum of n words as the device sees it; `stride` words apart. */
uint64_t flow_sum(struct hum *hum, int device, const uint64_t *words, size_t n, size_t stride,
                  uint64_t *result);

struct hum_stats flow_stats(struct hum *hum);
struct hum_system_info flow_system(struct hum *hum);
/*
 * Read-only copies on several processors can be had (Linux 6.4, HUM_FEATURES without -share), and
 * the policy, which is named, makes them.
 */
bool flow_can_share(struct hum *hum);
struct hum_device_info flow_device(struct hum *hum, int device);
struct hum_page_info flow_page(struct hum *hum, const void *ptr);

/* Bytes moved between processors since the earlier snapshot. */
uint64_t flow_moved(struct hum *hum, const struct hum_stats *since, enum hum_direction direction);
uint64_t flow_moved_any(struct hum *hum, const struct hum_stats *since);

/* Run body in a child process; its wait status.  No space may be open. */
int flow_child(void (*body)(void *context), void *context);

/* The child ended well / by that signal. */
void flow_child_ok(int wait_status);
void flow_child_signal(int wait_status, int signal);

double flow_now(void); /* seconds, monotonic */

#endif
