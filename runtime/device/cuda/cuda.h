/* SPDX-License-Identifier: MIT */
/*
 * cuda.h - a CUDA device as a processor: what its files share.
 *
 * Two modes.  Managed: the driver keeps the space, and its pages (managed.c, device/keeper.h).
 * Declared, of which the rest of this text is: hum owns residency, kernels cannot fault, and the
 * runtime does not see the frames.  All of the space, or the start of it, is reserved on the
 * device; blocks are mapped there as they are backed.  The driver gives another address than the
 * host's as a rule, because the host has the space mapped itself: then arguments are translated
 * (other_addresses).
 *
 *   cuda.c      open, close, lose, replace      frames.c    what is mapped where, handles kept
 *   copies.c    bytes to and from frames        launches.c  submit, wait, outcomes
 *   modules.c   images and kernels              peers.c     several devices of a space
 *   clock.c     times of the device on the      managed.c   managed mode
 *               host's clock
 *
 * Losing: an error that stays (humi_cuda_is_sticky), or a kernel that outlives the watchdog, loses
 * the device.  `lost` is set, life_fd becomes readable, every launch in flight ends, and nothing
 * but restart() asks the driver for anything.  Frames do not survive that (frames_die).
 *
 * Threads: every call enters through humi_cuda_enter(), which holds the gate for reading and makes
 * the primary context current for as long; restart() holds it for writing.  The locks of frames,
 * copies and launches are taken under it, one at a time.  Whoever copies from this device to
 * another holds `lent` for reading instead; restart() holds that for writing, too.
 * Ownership: the context is the device's primary one, which the program may use, too.
 */
#ifndef HUMI_DEVICE_CUDA_CUDA_H
#define HUMI_DEVICE_CUDA_CUDA_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/mask.h"
#include "device/cuda/driver.h"
#include "device/device.h"

/* What the device can do; fixed at open. */
struct humi_cuda_limits {
    int multiprocessors;
    int block_threads;          /* of one block */
    int block_size[3];
    int grid_size[3];
    int shared_bytes;           /* of one block, if asked for */
};

/* A piece of the reservation that is mapped by one handle: a block, or more where the driver's
 * granularity is larger. */
struct humi_cuda_granule {
    unsigned long long handle;
    uint32_t blocks;            /* that have pages present; 0: it is not mapped */
};

/*
 * Guarded by lock, but for the first group.  mapped + kept <= limit, or kept is 0.
 */
struct humi_cuda_frames {
    humi_cu_ptr base;           /* where the device has offset 0 */
    size_t bytes;               /* of the space, from its start, that are reserved */
    size_t granule_bytes;       /* a power of two, at least a block */
    struct humi_lock lock;
    struct humi_cuda_granule *granules;
    struct hum_pages *present;  /* pages of each block */
    unsigned long long *kept;   /* handles that nothing uses */
    size_t kept_count, mapped, limit;
};

#define HUMI_CUDA_SLOTS 8u
#define HUMI_CUDA_SLOT_BYTES ((size_t)512 << 10)

/* Pinned memory that a piece of a copy goes through, so that one moves while another is filled. */
struct humi_cuda_slot {
    struct CUevent_st *done;    /* its transfer */
    bool busy;
    void *to;                   /* get: where the bytes go when they are here */
    size_t bytes;
};

/* One direction.  Guarded by lock. */
struct humi_cuda_channel {
    struct humi_lock lock;
    struct CUstream_st *stream;
    struct CUevent_st *last;    /* after everything asked for so far */
    struct humi_cuda_slot slots[HUMI_CUDA_SLOTS];
    unsigned next;              /* slot: the oldest one */
    char *memory;               /* of all slots */
    bool registered;
};

/* Guarded by the lock of launches. */
struct humi_cuda_clock {
    struct CUstream_st *stream; /* has nothing but the anchor */
    struct CUevent_st *anchor;  /* when it was passed the host's clock was at anchor_ns */
    uint64_t anchor_ns;         /* 0: it was not asked for yet */
};

/* Of a stretch between two events, on the host's clock. */
struct humi_cuda_times {
    uint64_t end_ns, took_ns;
};

struct humi_cuda_launch;

/* Guarded by lock. */
struct humi_cuda_launches {
    struct humi_lock lock;
    struct CUstream_st *queues[HUMI_QUEUES_MAX]; /* NULL: not used yet */
    struct humi_list flying;    /* submitted and not known to have ended, oldest first */
    struct humi_list ended;     /* outcome known, not waited for */
    struct humi_list spare;     /* with events, to be used again */
    struct humi_cuda_clock clock;
    const struct humi_cuda_launch *hung; /* the kernel that cannot be stopped, NULL: none */
};

struct humi_cuda_kernel {
    char name[64];
    unsigned module;
    struct CUfunc_st *function;
    size_t args_bytes;
    int block_threads;          /* at most, for this kernel */
    int static_bytes;           /* shared memory that it has anyway */
    int dynamic_bytes;          /* asked for so far; guarded by the lock of launches */
};

struct humi_cuda_module {
    char *path;
    char *image;                /* with a '\0' behind */
    struct CUmod_st *handle;
};

/* Guarded by lock; what was added stays. */
struct humi_cuda_modules {
    struct humi_lock lock;
    struct humi_cuda_module *modules;
    struct humi_cuda_kernel **kernels;
    unsigned module_count, kernel_count;
};

#define HUMI_CUDA_MANAGED_LEAST ((size_t)1 << 30) /* unit of a space that the driver makes */

/* Managed mode (managed.c).  Fixed at open. */
struct humi_cuda_managed {
    humi_cu_ptr memory;         /* the space, from cuMemAllocManaged(); 0: another device's */
    struct CUstream_st *stream; /* for what is done to pages */
    struct humi_cupti *cupti;   /* of who made the space; NULL: nothing is told */
    bool silent;                /* nothing is to be told (cupti=off) */
};

/* Of so many devices of the driver frames can be given to others. */
#define HUMI_CUDA_ORDINALS 64

struct humi_cuda_device {
    struct humi_processor base;
    struct humi_cuda cu;
    struct humi_space_params space;
    struct humi_cuda_limits limits;
    int ordinal;                /* the driver's number of it */
    unsigned watchdog_ms;
    enum humi_device_mode mode; /* MANAGED: frames and copies are not used */
    struct humi_rwlock gate, lent;
    struct CUctx_st *context;   /* NULL: none any more; guarded by gate, or lent */
    atomic_int lost;            /* result that lost it, 0: it is there */
    atomic_size_t lost_bytes;   /* asked for while it was lost */
    struct humi_cuda_frames frames;
    struct humi_cuda_channel up, down;
    struct humi_cuda_managed managed;
    struct humi_cuda_launches launches;
    struct humi_cuda_modules modules;
    struct humi_cuda_device *next; /* all of the process; of peers.c */
    _Atomic uint64_t readers;   /* bit i: what is mapped anew is given to the driver's device i */
};

static inline struct humi_cuda_device *humi_cuda_of(struct humi_processor *p)
{
    return (struct humi_cuda_device *)(void *)p;
}

/* ---- cuda.c ---------------------------------------------------------------------------------- */

/* False: the device is lost, and nothing was entered. */
bool humi_cuda_enter(struct humi_cuda_device *d);
void humi_cuda_leave(struct humi_cuda_device *d);

/* Any thread, any lock.  The first reason counts. */
void humi_cuda_lose(struct humi_cuda_device *d, enum humi_cu_result result);

static inline bool humi_cuda_is_lost(struct humi_cuda_device *d)
{
    return atomic_load(&d->lost) != 0;
}

/* The status of a call of the driver; an error that stays loses the device. */
enum hum_status humi_cuda_result(struct humi_cuda_device *d, enum humi_cuda_function function,
                                 enum humi_cu_result result);
#define humi_cuda_do(d, symbol, ...)                                                               \
    humi_cuda_result((d), HUMI_CUDA_FN_##symbol, (d)->cu.symbol(__VA_ARGS__))

/* ---- the parts: entered, or the gate is held for writing in open and close ------------------- */

/* Reserve the space.  HUM_ERR_NO_MEMORY: not even a block of it. */
HUM_MUST_USE enum hum_status humi_cuda_frames_open(struct humi_cuda_device *d);
/* Everything mapped is unmapped and given back; NULL tables are allowed. */
void humi_cuda_frames_close(struct humi_cuda_device *d);
enum hum_status humi_cuda_back(struct humi_processor *p, size_t offset, size_t bytes);
void humi_cuda_drop(struct humi_processor *p, size_t offset, size_t bytes);

HUM_MUST_USE enum hum_status humi_cuda_copies_open(struct humi_cuda_device *d);
/* `alive` false: the context is gone, and with it everything but the memory. */
void humi_cuda_copies_close(struct humi_cuda_device *d, bool alive);
/* Memory of this process is pinned still, after a close that was not alive. */
bool humi_cuda_copies_pinned(const struct humi_cuda_device *d);
/* False: it stays so.  Its context, or another of the device, is current. */
bool humi_cuda_copies_unpin(struct humi_cuda_device *d);
/* Every copy is done.  Entered. */
void humi_cuda_copies_finish(struct humi_cuda_device *d);
/* Zero frames.  Entered. */
void humi_cuda_copies_zero(struct humi_cuda_device *d, size_t offset, size_t bytes);
void humi_cuda_put(struct humi_processor *p, size_t offset, size_t bytes, const void *from);
void humi_cuda_get(struct humi_processor *p, size_t offset, size_t bytes, void *to);
void humi_cuda_fence(struct humi_processor *p);

/*
 * Managed mode in place of frames and copies.  HUM_ERR_UNSUPPORTED: the device has no concurrent
 * managed access; HUM_ERR_NO_MEMORY: the driver gives no such space.
 */
HUM_MUST_USE enum hum_status humi_cuda_managed_open(struct humi_cuda_device *d);
void humi_cuda_managed_close(struct humi_cuda_device *d, bool alive);

/* Know the other devices of the space, and be known; not entered. */
void humi_cuda_peers_join(struct humi_cuda_device *d);
void humi_cuda_peers_leave(struct humi_cuda_device *d);
/* Give what was mapped at `at` to this device, and to those that reach it.  Entered. */
HUM_MUST_USE enum hum_status humi_cuda_peers_give(struct humi_cuda_device *d, humi_cu_ptr at,
                                                  size_t bytes);
bool humi_cuda_copy(struct humi_processor *p, struct humi_processor *from, size_t offset,
                    size_t bytes);

HUM_MUST_USE enum hum_status humi_cuda_launches_open(struct humi_cuda_device *d);
void humi_cuda_launches_close(struct humi_cuda_device *d, bool alive);
/* Give every launch in flight of a lost device its outcome. */
void humi_cuda_launches_settle(struct humi_cuda_device *d);
/* The kernel that outlived the watchdog runs on.  Its name, "" if there is none. */
const char *humi_cuda_launches_hung(struct humi_cuda_device *d);
enum hum_status humi_cuda_submit(struct humi_processor *p, const struct humi_launch *launch,
                                 uint64_t *ticket_out);
enum hum_status humi_cuda_follow(struct humi_processor *p, const struct humi_launch *launch,
                                 void *native, uint64_t *ticket_out);
enum hum_status humi_cuda_wait(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                               struct humi_outcome *outcome_out);

HUM_MUST_USE enum hum_status humi_cuda_clock_open(struct humi_cuda_device *d);
void humi_cuda_clock_close(struct humi_cuda_device *d, bool alive);
/* Before a launch, so that its times will be precise; waits for nothing.  Lock of launches. */
HUM_MUST_USE enum hum_status humi_cuda_clock_renew(struct humi_cuda_device *d);
/* Both events were passed.  Never in the future.  Lock of launches. */
enum hum_status humi_cuda_clock_read(struct humi_cuda_device *d, struct CUevent_st *start,
                                     struct CUevent_st *end, struct humi_cuda_times *out);

/* Load every module again, after a restart. */
HUM_MUST_USE enum hum_status humi_cuda_modules_reload(struct humi_cuda_device *d);
void humi_cuda_modules_free(struct humi_cuda_device *d);
/* NULL: there is none. */
struct humi_cuda_kernel *humi_cuda_kernel_of(struct humi_cuda_device *d, unsigned kernel);
enum hum_status humi_cuda_load(struct humi_processor *p, const char *path, unsigned *module_out);
enum hum_status humi_cuda_kernel(struct humi_processor *p, unsigned module, const char *name,
                                 unsigned *kernel_out, size_t *args_bytes_out);

#endif
