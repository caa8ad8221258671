/* SPDX-License-Identifier: MIT */
/*
 * uvm.h - where pages of managed memory are: the part of the double that stands for the driver's
 * fault handler.  Only for devices with concurrent access, and where userfaultfd can be had.
 *
 * Bytes stay where they are: one file stands for all places.  What moves is who may touch: a page
 * is mapped only where it is, so that a touch from elsewhere is a real fault, in the program or in
 * a device's process, at any time.  A thread answers it:
 *
 *     nowhere yet                   it is at whoever touched
 *     advised to stay elsewhere     mapped there remotely
 *     elsewhere                     it moves, and the rest of its 64 KiB with it; read-mostly pages
 *                                   that are read stay at both, mapped read-only
 *     a device is full              the 2 MiB that came there longest ago go to the host
 *
 * Each of these leaves a record, as CUPTI has them (cupti.c hands them out).
 *
 * Threads: any; one lock, taken after the double's own.  The thread takes this one alone, because
 * who holds the double's may wait for a kernel that faults.
 */
#ifndef SUPPORT_CUDA_DOUBLE_UVM_H
#define SUPPORT_CUDA_DOUBLE_UVM_H

#include <stdbool.h>
#include <stdint.h>

#include "device/cuda/cupti_abi.h"

#define UVM_HOST (-1)

struct mapping;

/* Begin to follow a mapping of managed memory, which the host has mapped and no device yet. */
bool uvm_follow(struct mapping *m);
bool uvm_follows(const struct mapping *m);
/* Its addresses are going to be unmapped. */
void uvm_forget(struct mapping *m);

/* The descriptor and the agent's socket of a device's process; -1, -1: it has ended. */
void uvm_device(int device, int faults, int agent);

/* A prefetch, or a fill by a device (as if it had touched).  place: a device or UVM_HOST. */
void uvm_prefetch(struct mapping *m, uintptr_t start, uint64_t bytes, int place);
void uvm_touch(struct mapping *m, uintptr_t start, uint64_t bytes, int place);
/* They are nowhere. */
void uvm_discard(struct mapping *m, uintptr_t start, uint64_t bytes);

/* For changes of what is known of pages (advice). */
void uvm_lock(void);
void uvm_unlock(void);

/* Records: turn them on or off, take up to max of those there are, oldest first. */
void uvm_record(bool on);
unsigned uvm_take(struct humi_cupti_record *out, unsigned max, uint64_t *dropped_out);
uint64_t uvm_clock_ns(void);

void uvm_reset(void);
/* In a child of fork(). */
void uvm_abandon(void);

/* ---- between uvm.c and uvm_faults.c ---------------------------------------------------------- */

/* What the descriptors of all places do; `place` as above.  The lock is held. */
bool faults_watch(int place, uintptr_t start, uint64_t bytes); /* host only */
bool faults_map(int place, uintptr_t page, bool writable); /* false: the file has no page */
void faults_read_only(int place, uintptr_t page, uint64_t bytes);
void faults_unmap(int place, uintptr_t start, uint64_t bytes);
void faults_release(int place, uintptr_t page); /* nobody answers there any more */
void faults_stop(void);
/* A touch, to be answered. */
void uvm_fault(int place, uintptr_t address, bool write);

#endif
