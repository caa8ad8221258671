/* SPDX-License-Identifier: MIT */
/*
 * floor.h - what the hardware and the kernel cost without hum: the lower half of every ratio.
 *
 * A floor does the least that any program would have to do for the same result, with the same
 * kernel interfaces and in the same arrangement of processes, and nothing else: no ownership, no
 * locks, no statistics, no policy.  Everything a floor could avoid by preparing it is prepared:
 * its buffers are huge pages and warm, its frames exist, its threads are started.
 *
 * Floors that need a process of their own fork, so they are opened while this process has one
 * thread and no space open.
 *
 * Functions that can fail return 0 or an errno.
 */
#ifndef HUM_FLOOR_H
#define HUM_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in seconds. */
double floor_now(void);

/* ---- memory.c ------------------------------------------------------------------------------- */

/* Private memory, aligned to 2 MiB, with huge pages if the system gives them; all of it touched. */
int floor_memory(size_t bytes, void **memory_out, bool *huge_out);
void floor_memory_free(void *memory, size_t bytes);

/* ---- fault.c -------------------------------------------------------------------------------- */

enum floor_fault_kind {
    FLOOR_FAULT_PROCESS, /* a thread of a child process touches, this process serves: as a device */
    FLOOR_FAULT_THREAD,  /* a thread of this process touches: as the host */
};

/*
 * A bare userfaultfd loop.  The touched range is a shared mapping of a memfd, registered MISSING,
 * MINOR and WP; a handler thread polls, reads the message, copies 4 KiB through its own mapping of
 * the file and maps the page with UFFDIO_CONTINUE, or, for a page that is only write-protected,
 * un-protects it.
 */
struct floor_fault;

int floor_fault_open(enum floor_fault_kind kind, size_t pages, struct floor_fault **out);
void floor_fault_close(struct floor_fault *f);

/* Let handler and toucher run on one CPU, which spares waking another. */
int floor_fault_pin(struct floor_fault *f);

/* Take every mapping away (frames stay), so that each page faults again. */
int floor_fault_unmap(struct floor_fault *f);
/* Map every page readable, so that each faults at its first write.  FLOOR_FAULT_THREAD only. */
int floor_fault_protect(struct floor_fault *f);

/* Touch one word of each listed page, in order; seconds for all.  Writes if `write`. */
int floor_fault_touch(struct floor_fault *f, const uint64_t *pages, size_t count, bool write,
                      double *seconds_out);

/* ---- futex.c -------------------------------------------------------------------------------- */

/* Two processes that wake each other through shared memory. */
struct floor_futex;

int floor_futex_open(struct floor_futex **out);
void floor_futex_close(struct floor_futex *f);
/* Seconds for `count` round trips. */
double floor_futex_trips(struct floor_futex *f, unsigned count);

#endif
