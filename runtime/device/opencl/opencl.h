/* SPDX-License-Identifier: MIT */
/*
 * opencl.h - a device of the installed OpenCL, in the program's own process; inside of this folder.
 *
 *     space    | 0 ........................ arena_bytes |  no frames possible   |
 *                        frame of offset X
 *     device   | arena: one allocation, 0 . arena_bytes |
 *
 * Its memory is one allocation, the *arena*: the frame of space offset X lies at arena offset X.
 * Kernels see it at another address than the program does, so words of argument blocks that point
 * into the space are moved by the difference.  Two ways:
 *   shared   shared virtual memory (coarse-grained): the arena has an address, kernels of both
 *            forms run
 *   buffer   one buffer: only plain kernels run, each pointer among their arguments becomes a
 *            sub-buffer that ends with the arena
 * The device cannot fault, nor keep a kernel from touching what it was not given in the arena.
 *
 * When OpenCL says that the device is gone, or a kernel runs past the watchdog, the device is
 * *lost* for good: a kernel cannot be ended from outside.  Launches in flight end, others are
 * refused, copies do nothing, and what OpenCL has is left as it is, for the kernel may still run.
 *
 * Threads: as device.h says.  Kernels run on threads of OpenCL's own, which have all signals
 * blocked.
 * Locks: `gate`, of rank DEVICE; `building`, a mutex above it.
 */
#ifndef HUMI_DEVICE_OPENCL_OPENCL_H
#define HUMI_DEVICE_OPENCL_OPENCL_H

#include "base/list.h"
#include "base/lock.h"
#include "base/mask.h"
#include "device/device.h"
#include "device/opencl/program.h"

#define HUMI_OPENCL_MODULES_MAX 256u
#define HUMI_OPENCL_KERNELS_MAX 1024u

/* Pages of one block.  Guarded by the core's lock of the block. */
struct humi_opencl_block {
    struct hum_pages present;
    struct hum_pages blank;     /* of these, read as zero and are not written yet */
};

struct humi_opencl_module {
    char *path;
    cl_program program;
};

struct humi_opencl_kernel {
    /* fixed by kernel() */
    unsigned module;
    char name[64];
    size_t args_bytes;
    size_t items_max;           /* work-items of a group */
    struct humi_cl_form form;
    /* guarded by gate: arguments are set on it */
    cl_kernel object;
};

/* Guarded by gate. */
struct humi_opencl_queue {
    cl_command_queue queue;     /* in order; NULL until it is used */
    void *args;                 /* shared: argument block of the launch that runs */
    struct humi_list launches;  /* of humi_opencl_launch, in order, until waited for */
};

struct humi_opencl {
    struct humi_processor base;
    /* fixed by open() */
    struct humi_cl_target target;
    struct humi_space_params space;
    unsigned watchdog_ms;       /* 0: none */
    bool is_gpu;                /* work-items of a group run in step */
    size_t local_bytes;         /* local memory of a group */
    size_t align_bytes;         /* where sub-buffers may start */
    size_t arena_bytes;         /* whole blocks */
    char *arena;                /* shared: its address on the device; NULL: buffer */
    cl_mem buffer;
    cl_command_queue in, out;   /* copies to and from the arena */
    struct humi_opencl_block *blocks;
    /* guarded by building */
    pthread_mutex_t building;
    struct humi_opencl_module modules[HUMI_OPENCL_MODULES_MAX];
    unsigned module_count;
    /* written under building, then fixed; the count is atomic */
    struct humi_opencl_kernel *kernels[HUMI_OPENCL_KERNELS_MAX];
    unsigned kernel_count;
    /* guarded by gate */
    struct humi_lock gate;
    struct humi_opencl_queue queues[HUMI_QUEUES_MAX];
    uint64_t launches;          /* so far */
    int64_t clock_ahead_ns;     /* CLOCK_MONOTONIC less the device's clock, or a little more */
    /* atomic */
    bool lost;
    uint32_t ended;             /* launches, as a futex */
    uint32_t calls_due;         /* of OpenCL, to tell of launches that ended */
    struct humi_opencl *next_left; /* of those that were lost and closed */
};

static inline struct humi_opencl *humi_opencl_of(struct humi_processor *p)
{
    return (struct humi_opencl *)p;
}

static inline bool humi_opencl_is_lost(const struct humi_opencl *device)
{
    return __atomic_load_n(&device->lost, __ATOMIC_ACQUIRE);
}

/*
 * A call failed; the status.  Where the error says that the device is gone, it is lost from now on:
 * HUM_ERR_DEVICE_LOST.  gate is not held.
 */
enum hum_status humi_opencl_fail(struct humi_opencl *device, const char *what, cl_int error);

/* An in-order queue of the device; NULL: *error_out. */
cl_command_queue humi_opencl_make_queue(struct humi_opencl *device, cl_int *error_out);

/* ---- memory.c -------------------------------------------------------------------------------- */

/* The arena, of `bytes` at most; `shared` if it can be.  close() on failure, too. */
HUM_MUST_USE enum hum_status humi_opencl_memory_open(struct humi_opencl *device, bool shared,
                                                     size_t bytes);
void humi_opencl_memory_close(struct humi_opencl *device);

enum hum_status humi_opencl_back(struct humi_processor *p, size_t offset, size_t bytes);
void humi_opencl_drop(struct humi_processor *p, size_t offset, size_t bytes);
void humi_opencl_put(struct humi_processor *p, size_t offset, size_t bytes, const void *from);
void humi_opencl_get(struct humi_processor *p, size_t offset, size_t bytes, void *to);
void humi_opencl_fence(struct humi_processor *p);
enum hum_status humi_opencl_map(struct humi_processor *p, size_t offset, size_t bytes,
                                enum humi_map_access access, bool *own_out);

/* ---- modules.c ------------------------------------------------------------------------------- */

enum hum_status humi_opencl_load(struct humi_processor *p, const char *path, unsigned *module_out);
enum hum_status humi_opencl_kernel(struct humi_processor *p, unsigned module, const char *name,
                                   unsigned *kernel_out, size_t *args_bytes_out);
void humi_opencl_modules_close(struct humi_opencl *device);

/* ---- pointers.c ------------------------------------------------------------------------------ */

/* Shared memory: make the block as the device is to see it; a buffer: whether it can be used. */
enum hum_status humi_opencl_move_args(const struct humi_opencl *device,
                                      const struct humi_opencl_kernel *kernel, char *args,
                                      size_t args_bytes);

/* ---- launches.c ------------------------------------------------------------------------------ */

void humi_opencl_launches_open(struct humi_opencl *device);
/* Waits for all that runs; not for a lost device. */
void humi_opencl_launches_close(struct humi_opencl *device);
enum hum_status humi_opencl_submit(struct humi_processor *p, const struct humi_launch *launch,
                                   uint64_t *ticket_out);
enum hum_status humi_opencl_wait(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                                 struct humi_outcome *outcome_out);

/* A kernel of it touched the host's pages: its launch ends, and the device is lost. */
bool humi_opencl_blame(struct humi_processor *p, const struct humi_fault *fault);

/* From now on the device is lost: every launch in flight has ended so.  gate is not held. */
void humi_opencl_lose(struct humi_opencl *device, const char *why);

#endif
