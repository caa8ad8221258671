/* SPDX-License-Identifier: MIT */
/*
 * prot.h - page protection of a device's blocks: how a whole block is read natively, as huge pages.
 *
 * userfaultfd can guard reading with 4 KiB mappings only.  A device process is ours, so there the
 * kernel's own page protection guards writing instead: the space is mapped read-only at first, and
 * an unguarded (unregistered) block of it can be read like any memory.  A store into a read-only
 * block is a SIGSEGV, which the device process turns into a fault that the runtime serves
 * (emu/process/prot.c).  One byte a block, shared by both processes, says where it stands:
 *
 *     any but WRITE ---> OPENING ---> READ_OPEN   runtime: map READ
 *     any but WRITE ---> OPEN                     runtime: map OWN
 *     any but WRITE ---> STALE                    runtime: guard what was unguarded
 *     STALE ---> READ                             the device: mappings forgotten
 *                                                 runtime: frames dropped
 *     any but OPENING ---> WRITE                  the device: a store
 *     WRITE ---> READ                             the device: mappings forgotten
 *
 *     READ       the mapping is read-only: nobody writes, guarded or not
 *     STALE      guarded, but native read-only mappings of before may be left
 *     OPENING    about to be unguarded for reading; the device waits for what comes of it
 *     READ_OPEN  unguarded for reading
 *     OPEN       unguarded for all, but the mapping is still read-only: nothing was written yet
 *     WRITE      the mapping is writable, or will be; only being registered guards it
 *
 * Invariant: a block is unguarded without the right to write only while its byte is OPENING or
 * READ_OPEN, and its mapping is read-only then.
 *
 * Threads: the runtime changes bytes under the block's lock, the device process under a lock of its
 * own, and both by compare and exchange.  A kernel that writes over the bytes harms its own
 * device's copies and nothing else.
 */
#ifndef HUMI_DEVICE_PROT_H
#define HUMI_DEVICE_PROT_H

#include <stdbool.h>

enum humi_prot {
    HUMI_PROT_READ,     /* 0: what a new process has everywhere */
    HUMI_PROT_STALE,
    HUMI_PROT_OPENING,
    HUMI_PROT_READ_OPEN,
    HUMI_PROT_OPEN,
    HUMI_PROT_WRITE,
};

static inline enum humi_prot humi_prot_get(const unsigned char *prot)
{
    return (enum humi_prot)__atomic_load_n(prot, __ATOMIC_SEQ_CST);
}

/* False: it was something else than `from`, and stays so. */
static inline bool humi_prot_change(unsigned char *prot, enum humi_prot from, enum humi_prot to)
{
    unsigned char expected = (unsigned char)from;

    return __atomic_compare_exchange_n(prot, &expected, (unsigned char)to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* The runtime's changes.  False: the device may write the block, and it stays so. */
static inline bool humi_prot_move(unsigned char *prot, enum humi_prot to)
{
    enum humi_prot from;

    while ((from = humi_prot_get(prot)) != HUMI_PROT_WRITE)
        if (humi_prot_change(prot, from, to))
            return true;
    return false;
}

#endif
