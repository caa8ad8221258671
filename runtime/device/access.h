/* SPDX-License-Identifier: MIT */
/*
 * access.h - what a processor's threads may touch, done with a userfaultfd.
 *
 * Shared by the host and by emulated devices: the calls are the same, only whose address space they
 * act on, and how mappings are forgotten there (zap), differ.
 *
 *     none   registered, not mapped                read   registered, mapped write-protected
 *     write  registered, mapped                    own    unregistered: the kernel maps natively
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
    unsigned char *prot;   /* enum humi_prot of each block; NULL: page protection is not used */
    /* Forget the mappings of [offset, +bytes) in the processor's process before returning. */
    void (*zap)(struct humi_access *access, size_t offset, size_t bytes);
    /* The same if that is cheap right now; false: nothing was done. */
    bool (*zap_if_cheap)(struct humi_access *access, size_t offset, size_t bytes);
};

/* The caller has filled in all but own. */
HUM_MUST_USE enum hum_status humi_access_init(struct humi_access *access, size_t runs_max);
void humi_access_fini(struct humi_access *access);

/* The members map, protect, unmap and resume of struct humi_processor_ops. */
HUM_MUST_USE enum hum_status humi_access_map(struct humi_access *access, size_t offset,
                                             size_t bytes, enum humi_map_access what,
                                             bool *own_out);
void humi_access_protect(struct humi_access *access, size_t offset, size_t bytes);
void humi_access_unmap(struct humi_access *access, size_t offset, size_t bytes);
void humi_access_resume(struct humi_access *access, size_t offset, size_t bytes);

/*
 * Forget what may be mapped as huge pages in [offset, +bytes), which is registered.  Such a mapping
 * cannot be changed page by page: the kernel drops it at the first write, which then faults.
 */
void humi_access_break(struct humi_access *access, size_t offset, size_t bytes);

/* Every touch of what is not mapped in [offset, +bytes) faults from now on.  True: some was own. */
bool humi_access_guard(struct humi_access *access, size_t offset, size_t bytes);

#endif
