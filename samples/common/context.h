/* SPDX-License-Identifier: MIT */
/*
 * context.h - an open hum, the sample's kernels, and a meter of time, faults and bytes.
 *
 * The meter runs during a sample's run() and stands still between context_pause() and
 * context_resume(), which the explicit-copy twins need (device_copy.h says why).
 * Threads: one.
 */
#ifndef SAMPLES_CONTEXT_H
#define SAMPLES_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

/*
 * A sample is a small program: what fails ends it, with the sentence that hum gives.
 * The expression is a hum call.
 */
#define CHECK(call) context_check((call), #call, __FILE__, __LINE__)
void context_check(enum hum_status status, const char *call, const char *file, int line);

/*
 * malloc that ends the program when there is no memory; bytes may be 0.  Large buffers are of huge
 * pages if the system lets them, so that the twins' host memory is as fast as hum's.
 */
void *context_malloc(size_t bytes);

/* What one run cost. */
struct meter {
    uint64_t ns;
    uint64_t faults;        /* of both sides */
    uint64_t h2d_bytes, d2h_bytes;
};

struct context {
    struct hum *hum;
    struct hum_stream *stream;       /* default stream of device 0 */
    struct hum_module *module;       /* kernels of the sample */
    struct hum_kernel *own;          /* device_copy.c */
    bool own_blocks;                 /* for each array; whoever opened it may set it */
    size_t device_bytes;             /* capacity of device 0 */
    size_t device_used;              /* by device_alloc() */
    struct meter meter;              /* total of the metered stretches of this run */
    struct meter start;              /* when the present stretch began */
};

/*
 * One emulated device with device_bytes of memory (0: what HUM_DEVICES says).  Ends the program if
 * anything fails.
 */
void context_open(struct context *context, const char *module, size_t device_bytes);
void context_close(struct context *context);

/* Since it was opened. */
struct hum_counters context_counters(struct context *context);

/* A kernel of the sample's module. */
struct hum_kernel *context_kernel(struct context *context, const char *name);

/* Launch on device 0; hum_wait() brings the errors. */
void context_launch(struct context *context, struct hum_kernel *kernel, size_t count,
                    const void *args, size_t args_bytes);

/* The same in groups. */
void context_launch_nd(struct context *context, struct hum_kernel *kernel,
                       const struct hum_grid *grid, const void *args, size_t args_bytes);

/*
 * Wait until what was launched has made *word other than 0, with an atomic, or has ended.  For a
 * host that wants to be at work at the same time as the device, and not before it.
 */
void context_await(struct context *context, const uint64_t *word);

/* Memory of the space, with a name for reports.  Ends with hum_free() or context_close(). */
void *context_alloc(struct context *context, size_t bytes, const char *name);

void context_start(struct context *context);   /* the meter from zero */
void context_pause(struct context *context);
void context_resume(struct context *context);

uint64_t context_clock_ns(void);

#endif
