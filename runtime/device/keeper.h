/* SPDX-License-Identifier: MIT */
/*
 * keeper.h - a space whose pages a device's driver keeps: what the core asks of it, and is told.
 *
 * Some drivers make memory that the host and devices share and move its pages by themselves (CUDA's
 * managed memory).  Such a driver is the *keeper* of the space: the space lies where the driver put
 * it, touches are answered by the driver, and the core steers and watches:
 *
 *     core                       keeper                        driver
 *     prefetch, discard, advice  ---->  what to do with pages  moves, evicts, maps by itself
 *     masks, events, trace       <----  what it says it did    (told)
 *
 * So the core's masks are what the driver has *told*, never what the core asked for; pages of which
 * nothing was told are not known to be anywhere.  Nothing is backed, mapped or copied through
 * struct humi_processor_ops, whose members for that do nothing.
 *
 * Every device of such a space has these ops (humi_processor.keeper); the first one has made the
 * memory and says where it is (home).  The host is a processor without frames and faults.
 *
 * Threads: any; told() by one thread at a time.  No lock of the core is held, but the block's at
 * look().  Offsets and sizes are in bytes from the start of the space.
 */
#ifndef HUMI_DEVICE_KEEPER_H
#define HUMI_DEVICE_KEEPER_H

#include "device/device.h"

#define HUMI_KEEPER_HOST (-1)   /* as a unit */
#define HUMI_KEEPER_NOWHERE (-2)

struct humi_keeper_range {
    size_t offset, bytes;       /* whole pages */
};

/* What the driver answers about one page.  Units are those of humi_processor.unit. */
struct humi_keeper_answer {
    bool read_mostly;
    int preferred;              /* HUMI_KEEPER_NOWHERE: none */
    int prefetched;             /* where it was last asked to be, which it need not have reached */
    uint64_t accessed_by;       /* bit unit + 1 */
};

/* X(name, text) */
#define HUMI_TOLD_LIST(X)                                                                          \
    X(HUMI_TOLD_MOVED, "moved")             /* bytes went from one place to another */             \
    X(HUMI_TOLD_FAULTED, "faulted")         /* `to` touched what was not mapped there */           \
    X(HUMI_TOLD_REMOTE, "mapped remotely")  /* `to` touches pages of `from` where they are */      \
    X(HUMI_TOLD_THRASHED, "thrashed")       /* pages that several processors fight for */          \
    X(HUMI_TOLD_THROTTLED, "throttled")     /* `to` was made to wait for them */                   \
    X(HUMI_TOLD_DROPPED, "dropped")         /* `count` things that could not be kept */

enum humi_told_kind {
#define HUMI_TOLD_ENUM(name, text) name,
    HUMI_TOLD_LIST(HUMI_TOLD_ENUM)
#undef HUMI_TOLD_ENUM
    HUMI_TOLD_COUNT
};

/* One thing that the driver did. */
struct humi_told {
    enum humi_told_kind kind;
    enum hum_cause cause;       /* of a move or a mapping */
    int from, to;               /* units */
    size_t offset, bytes;       /* of a fault: the page */
    uint64_t count;             /* of a fault: how many were answered together */
    bool write;
    uint64_t start_ns, end_ns;  /* of humi_clock_ns() */
};

struct humi_keeper_ops {
    /* Have the ranges brought to `unit`.  `wait`: returns when the driver has done it. */
    HUM_MUST_USE enum hum_status (*prefetch)(struct humi_processor *p,
                                             const struct humi_keeper_range *ranges, size_t count,
                                             int unit, bool wait);

    /* What the ranges hold does not matter any more.  Afterwards it is undefined. */
    HUM_MUST_USE enum hum_status (*discard)(struct humi_processor *p,
                                            const struct humi_keeper_range *ranges, size_t count);

    /* Zeros, wherever they are made; returns when they are there. */
    HUM_MUST_USE enum hum_status (*zero)(struct humi_processor *p, size_t offset, size_t bytes);

    /* One of enum hum_advice, about a unit. */
    HUM_MUST_USE enum hum_status (*advise)(struct humi_processor *p,
                                           const struct humi_keeper_range *range,
                                           enum hum_advice advice, int unit);

    /* What the driver knows of the page at `offset`. */
    HUM_MUST_USE enum hum_status (*look)(struct humi_processor *p, size_t offset,
                                         struct humi_keeper_answer *answer_out);

    /* Wait until nothing runs on the device. */
    void (*idle)(struct humi_processor *p);

    /*
     * Take up to max things that the driver did since, oldest first; returns how many.  `wait`:
     * have the driver hand out first what it holds back.  NULL: it tells nothing.
     */
    unsigned (*told)(struct humi_processor *p, struct humi_told *told_out, unsigned max, bool wait);
};

/* The host beside a keeper, in the space that this says. */
HUM_MUST_USE enum hum_status humi_kept_host_open(const struct humi_space_params *space,
                                                 struct humi_processor **out);

#endif
