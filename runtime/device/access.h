/* SPDX-License-Identifier: MIT */
/*
 * access.h - what a processor's threads may touch, done with a userfaultfd.
 *
 * Shared by the host and by emulated devices: the calls are the same, only whose address space they
 * act on, and how mappings are forgotten there (zap), differ.
 *
 *     none   registered, not mapped                read   registered, mapped write-protected
 *     write  registered, mapped                    own    unregistered: the kernel maps natively
 *     remote unregistered, a mapping of its own that leads to another file (away.h)
 *
 * Where page protection is used (prot.h), a whole block that may only be read is unregistered too.
 *
 * An unregistered block is registered again *before* its mappings are taken, so that a touch in
 * between faults instead of bringing the mapping back.
 *
 * Threads: as device.h says: calls for one block are serial.  Nothing here locks for long.
 */
#ifndef HUMI_DEVICE_ACCESS_H
#define HUMI_DEVICE_ACCESS_H

#include "device/device.h"
#include "device/own.h"

struct humi_access {
    uintptr_t start;    /* of the space */
    size_t bytes;
    int uffd;           /* of the processor's process; the number never changes */
    bool huge;
    bool shared_read;
    struct humi_own own;   /* unregistered blocks */
    struct humi_own away;  /* pages whose mapping does not lead to frames of this processor */
    unsigned char *prot;   /* enum humi_prot of each block; NULL: page protection is not used */
    /* Forget the mappings of [offset, +bytes) in the processor's process before returning. */
    void (*zap)(struct humi_access *access, size_t offset, size_t bytes);
    /* The same if that is cheap right now; false: nothing was done. */
    bool (*zap_if_cheap)(struct humi_access *access, size_t offset, size_t bytes);
    /* Of one block, in the processor's process: map `file` there, unguarded. */
    enum hum_status (*lead_away)(struct humi_access *access, size_t offset, size_t bytes,
                                 int file);
    /* The same with the processor's own frames, guarded. */
    enum hum_status (*lead_home)(struct humi_access *access, size_t offset, size_t bytes);
    bool prompt;           /* see struct humi_device_params */
    bool lead_home_late;   /* not when access is taken away, but when it is given again */
};

/* At most so many runs of own blocks and of pages that are away. */
struct humi_access_limits {
    size_t own_runs, away_runs;
};

/* The caller has filled in all but own and away. */
HUM_MUST_USE enum hum_status humi_access_init(struct humi_access *access,
                                              const struct humi_access_limits *limits);
void humi_access_fini(struct humi_access *access);
/* A new process stands behind the descriptor, in which nothing is mapped. */
void humi_access_reset(struct humi_access *access);

/* The members map, protect, unmap, forget and resume of struct humi_processor_ops. */
HUM_MUST_USE enum hum_status humi_access_map(struct humi_access *access, size_t offset,
                                             size_t bytes, enum humi_map_access what,
                                             bool *own_out);
void humi_access_protect(struct humi_access *access, size_t offset, size_t bytes);
void humi_access_unmap(struct humi_access *access, size_t offset, size_t bytes);
void humi_access_forget(struct humi_access *access, size_t offset, size_t bytes);
void humi_access_resume(struct humi_access *access, size_t offset, size_t bytes);

/* The frames of [offset, +bytes), which is guarded, are gone, and all that was mapped of them. */
void humi_access_dropped(struct humi_access *access, size_t offset, size_t bytes);

/*
 * Forget what may be mapped as huge pages in [offset, +bytes), which is registered.  Such a mapping
 * cannot be changed page by page: the kernel drops it at the first write, which then faults.
 */
void humi_access_break(struct humi_access *access, size_t offset, size_t bytes);

/* Every touch of what is not mapped in [offset, +bytes) faults from now on.  True: some was own. */
bool humi_access_guard(struct humi_access *access, size_t offset, size_t bytes);

/*
 * The same of blocks with frames of its own, before these go.  What leads away stays unguarded: the
 * kernel forgets all of a huge mapping when a part of it changes, and brings the rest back by
 * itself, which would be a fault of ours under a guard.
 */
bool humi_access_guard_own(struct humi_access *access, size_t offset, size_t bytes);

#endif
