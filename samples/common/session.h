/* SPDX-License-Identifier: MIT */
/*
 * session.h - an open hum, the sample's kernels, and a meter of time, faults and bytes.
 *
 * The meter runs during a sample's run() and stands still between session_pause() and
 * session_resume(), which the explicit-copy twins need (device_copy.h says why).
 * Threads: one.
 */
#ifndef SAMPLES_SESSION_H
#define SAMPLES_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

/*
 * A sample is a small program: what fails ends it, with the sentence that hum gives.
 * The expression is a hum call.
 */
#define CHECK(call) session_check((call), #call, __FILE__, __LINE__)
void session_check(enum hum_status status, const char *call, const char *file, int line);

/*
 * malloc that ends the program when there is no memory; bytes may be 0.  Large buffers are of huge
 * pages if the system lets them, so that the twins' host memory is as fast as hum's.
 */
void *session_malloc(size_t bytes);

/* What one run cost. */
struct meter {
    uint64_t ns;
    uint64_t faults;        /* of both sides */
    uint64_t h2d_bytes, d2h_bytes;
};

struct session {
    struct hum *hum;
    struct hum_stream *stream;       /* default stream of device 0 */
    struct hum_module *module;       /* kernels of the sample */
    struct hum_kernel *own;          /* device_copy.c */
    size_t device_bytes;             /* capacity of device 0 */
    size_t device_used;              /* by device_alloc() */
    struct meter meter;              /* total of the metered stretches of this run */
    struct meter start;              /* when the present stretch began */
};

/*
 * One emulated device with device_bytes of memory (0: what HUM_DEVICES says).  Ends the program if
 * anything fails.
 */
void session_open(struct session *session, const char *module, size_t device_bytes);
void session_close(struct session *session);

/* A kernel of the sample's module. */
struct hum_kernel *session_kernel(struct session *session, const char *name);

/* Launch on device 0; hum_wait() brings the errors. */
void session_launch(struct session *session, struct hum_kernel *kernel, size_t count,
                    const void *args, size_t args_bytes);

/* Memory of the space. */
void *session_alloc(struct session *session, size_t bytes);

void session_start(struct session *session);   /* the meter from zero */
void session_pause(struct session *session);
void session_resume(struct session *session);

uint64_t session_clock_ns(void);

#endif
