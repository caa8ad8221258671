/* SPDX-License-Identifier: MIT */
/*
 * core.h - struct hum: what one open space consists of.
 *
 *      open.c        a space is put together and taken apart
 *      launch.c event.c stream.c module.c         work in order
 *      uses.c declared.c check.c                  what launches say that they use
 *      alloc.c transfer.c advice.c protect.c      explicit control, block by block (visit.c)
 *      look.c explain.c summary.c live.c          what can be asked, and seen from outside
 *      record.c accesses.c epochs.c watch.c       what happened: counters, trace, tools
 *      heat.c sample.c quota.c                    how often chunks are touched
 *      service.c serve.c view.c ahead.c           faults
 *           \  room.c reserve.c                   evict until there is room, and ahead of that
 *            \   |
 *          residency.c grant.c remote.c           one locked block: move, map, commit, record
 *          kept.c told.c steer.c                  the same where a driver keeps the space
 *                |
 *      block.c history.c order.c region.c meter.c kernels.c   state
 *
 * Lock order (base/lock.h): HUM, STREAM, TOLD, REGION_TREE, BLOCK, LIST, USES, DEVICE.
 */
#ifndef HUMI_CORE_CORE_H
#define HUMI_CORE_CORE_H

#include <hum/policy.h>

#include "base/link.h"
#include "core/block.h"
#include "core/meter.h"
#include "core/order.h"
#include "core/policies.h"
#include "core/region.h"
#include "device/device.h"

struct humi_accesses;
struct humi_check;
struct humi_listener;
struct humi_kernel_meter;
struct humi_live;
struct humi_sample;
struct humi_ahead;
struct humi_service;
struct humi_file;
struct humi_sink;

#define HUMI_WATCHES_MAX 8u

/* One place for a tool that watches (watch.h). */
struct humi_watch_place {
    _Atomic(struct humi_sink *) sink;          /* NULL: nobody is told */
    atomic_uint putting;                       /* threads that may be using it at this moment */
    struct hum_watch *watch;                   /* NULL: free; guarded by the HUM lock */
};

/*
 * Meters of a device's kernels by the device's numbers for them, found without a lock: a list of
 * arrays that double, so that none ever moves (kernels.h).
 */
#define HUMI_KERNEL_ARRAYS 11u
struct humi_kernel_meters {
    _Atomic(_Atomic(struct humi_kernel_meter *) *) array[HUMI_KERNEL_ARRAYS];
};

/* How a run is recorded (record.h). */
struct humi_recorder {
    atomic_uint listeners;                     /* the file and watches; 0: no record is made */
    struct humi_file *file;                    /* fixed at open; NULL: no trace is written */
    const struct humi_listener *direct;        /* fixed at open; NULL: none; told at once */
    const struct humi_witness *witness;        /* the same, but no record is made for it */
    atomic_uint watches;                       /* places in use */
    struct humi_watch_place place[HUMI_WATCHES_MAX];
    struct humi_link_model link;               /* prices of moves */
    bool pace;                                 /* moves take as long as on that link */
    bool pace_faults;                          /* and serving faults as long as modelled */
    _Atomic uint64_t link_free_ns[HUM_DIRECTION_COUNT]; /* when each queue of it is free again */
    uint64_t start_ns, unix_ns;                /* time 0; the wall clock then */
    _Atomic uint64_t launches;                 /* numbers given */
};

/* What was touched between boundaries is recorded (epochs.h). */
struct humi_epochs {
    uint32_t watched;                          /* processors, bit = number; fixed at open */
    _Atomic uint64_t count;                    /* boundaries so far */
    _Atomic uint64_t launch[HUM_PROCESSORS_MAX]; /* the last that began */
};

/* Launches whose uses are declared (uses.h). */
struct humi_in_flight {
    struct humi_lock lock;                     /* rank USES, guards the list */
    pthread_cond_t changed;                    /* one begins to run, or has ended */
    struct humi_list list;                     /* of humi_uses.link */
    uint64_t ended;                            /* so far */
    atomic_uint holding;                       /* of them, those that hold their pages */
};

struct hum {
    /* fixed at open */
    struct humi_space_params params;
    unsigned processors;                       /* 1 + devices */
    struct humi_processor *processor[HUM_PROCESSORS_MAX];
    struct humi_processor *keeper;             /* NULL: hum keeps residency; else the first device,
                                                  whose driver does (kept.h) */
    unsigned char *used_before;                /* with a keeper: a bit a block that held a region
                                                  which was freed */
    unsigned char *asked_ahead;                /* ... a bit a block that a policy had prefetched */
    uint64_t stale_max;                        /* host blocks that may hold frames for later use */
    bool deterministic;                        /* nothing depends on which thread is faster */
    uint32_t exact;                            /* processors, bit = number, that are given access to
                                                  what they touch and to nothing beside it */
    struct humi_check *check;                  /* NULL: nothing is checked (check.h) */
    bool check_uses;                           /* what launches declare is, too */
    bool modelled;                             /* a replay: blocks keep no history, and all waits
                                                  while its trace is behind */
    char *kernel_path;
    struct hum *next_opened;                   /* opened.c guards it */
    char *reduced;                             /* hum_system_info.reduced */
    struct humi_service *service;
    _Atomic(struct humi_ahead *) ahead; /* the service's while it runs; else NULL */
    struct humi_accesses *accesses;            /* NULL: none are recorded */
    struct humi_sample *sample;                /* NULL: nothing is sampled */
    struct humi_live *live;                    /* NULL: there is no live view */

    /* state, each with its own rule */
    struct humi_regions regions;
    struct humi_table table;
    struct humi_policies policies;
    struct humi_order order[HUM_PROCESSORS_MAX];
    struct humi_meter beside_kernels[HUM_PROCESSORS_MAX]; /* by processor (counts.h) */
    struct {
        _Atomic uint64_t batches, moved_bytes, service_ns;
    } sum;                                     /* of all meters but those of regions */
    struct humi_kernel_meters kernel_meters[HUM_PROCESSORS_MAX];
    struct humi_recorder recorder;
    struct humi_epochs epochs;
    struct humi_in_flight in_flight;
    struct humi_lock told_lock;                /* rank TOLD: one thread takes what is told */
    _Atomic uint64_t thrashed, throttled, throttled_ns, untold; /* told by a keeper */
    _Atomic uint64_t resident_pages[HUM_PROCESSORS_MAX];
    _Atomic uint64_t present_pages[HUM_PROCESSORS_MAX];
    _Atomic uint64_t spare_pages[HUM_PROCESSORS_MAX]; /* present in stale blocks */
    _Atomic uint64_t launches;
    atomic_uint running[HUM_PROCESSORS_MAX];   /* launches whose outcome nobody has seen yet */
    atomic_bool lost[HUM_PROCESSORS_MAX];
    atomic_bool restarting[HUM_PROCESSORS_MAX]; /* takes long where programs are built again */
    _Atomic uint64_t restarts[HUM_PROCESSORS_MAX];

    /* guarded by `lock`, rank HUM */
    struct humi_lock lock;
    struct humi_list streams;                  /* of hum_stream.all */
    struct humi_list modules;                  /* of hum_module.all */
    struct hum_stream *default_stream[HUM_DEVICES_MAX];
};

/* Number of a public processor: HUM_HOST is 0, device d is d + 1. */
static inline unsigned humi_number(int processor)
{
    return (unsigned)(processor + 1);
}

static inline int humi_public(unsigned number)
{
    return (int)number - 1;
}

/*
 * The time that policies decide by.  In deterministic runs, and in replays of them, a batch of
 * faults takes a tenth of a millisecond and nothing else any time.
 */
static inline uint64_t humi_decision_ns(const struct hum *hum, uint64_t now_ns)
{
    if (!hum->deterministic)
        return now_ns;
    return atomic_load_explicit(&hum->sum.batches, memory_order_relaxed) * UINT64_C(100000);
}

static inline bool humi_is_exact(const struct hum *hum, unsigned processor)
{
    return (hum->exact >> processor) & 1;
}

static inline bool humi_is_processor(const struct hum *hum, int processor)
{
    return processor >= HUM_HOST && humi_number(processor) < hum->processors;
}

static inline bool humi_is_device(const struct hum *hum, int device)
{
    return device >= 0 && humi_number(device) < hum->processors;
}

static inline uintptr_t humi_block_start(const struct hum *hum, const struct humi_block *block)
{
    return hum->params.start + humi_block_offset(block);
}

static inline uint32_t humi_space_block(const struct hum *hum, uintptr_t address)
{
    return (uint32_t)((address - hum->params.start) / HUM_BLOCK_SIZE);
}

static inline bool humi_in_space(const struct hum *hum, uintptr_t address)
{
    return address - hum->params.start < hum->params.bytes;
}

#endif
