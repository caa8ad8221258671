/* SPDX-License-Identifier: MIT */
/*
 * cuda_double.h - what a test may ask of the double of the CUDA driver beside the driver's calls.
 *
 * libcuda_double.so is a test double: it keeps the rules of the driver API that hum uses, over host
 * memory, and runs kernels in their native form in another process.  It is no GPU, and no time that
 * it takes means anything.  README.md says what it keeps and what it does not.
 *
 * These functions are exported beside the driver's; a test finds them with dlsym().
 * Threads: any, but for cuda_double_reset().
 */
#ifndef SUPPORT_CUDA_DOUBLE_CUDA_DOUBLE_H
#define SUPPORT_CUDA_DOUBLE_CUDA_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>

#define CUDA_DOUBLE_API __attribute__((visibility("default")))

/*
 * Forget everything, as after a fresh load, and read these options (README.md); NULL: those of
 * CUDA_DOUBLE.  No other thread is in a call.  In a child of fork() the parent's world is
 * left alone.  False: an option is wrong, standard error says which.
 */
typedef bool cuda_double_reset_function(const char *options);
CUDA_DOUBLE_API cuda_double_reset_function cuda_double_reset;

/* True: streams start nothing any more; false: they go on.  What has started is finished. */
typedef void cuda_double_hold_function(bool hold);
CUDA_DOUBLE_API cuda_double_hold_function cuda_double_hold;

struct cuda_double_counts {
    uint64_t launches;      /* kernels that were run */
    uint64_t copies;        /* copies, fills and discards that were run */
    uint64_t copied_bytes;
    uint64_t peer_copies;   /* those between two devices */
    uint64_t direct_copies; /* of them: where the one that is written reaches what is read */
    uint64_t prefetches;
    uint64_t illegal;       /* address of the last touch that was not granted, 0: none */
    uint64_t live_bytes;    /* device memory in use, of all devices */
    uint64_t live_objects;  /* streams, events, modules, reservations, handles, allocations */
};
/* One more record for CUPTI's readers, as if the driver had done that. */
struct humi_cupti_record;
typedef void cuda_double_tell_function(const struct humi_cupti_record *record);
CUDA_DOUBLE_API cuda_double_tell_function cuda_double_tell;

typedef void cuda_double_count_function(struct cuda_double_counts *out);
CUDA_DOUBLE_API cuda_double_count_function cuda_double_count;

#endif
