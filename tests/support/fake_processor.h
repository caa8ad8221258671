/* SPDX-License-Identifier: MIT */
/*
 * fake_processor.h - a processor for tests of the core: no process, no page fault, but a ledger of
 * everything the core granted.
 *
 * Frames are private memory of which only backed pages can be touched: the core that reads or
 * writes a frame it never asked for, or dropped, gets SIGSEGV.  Fresh frames are zero.  For every
 * page the fake knows what its threads could do, so a test compares real grants with the core's
 * masks.  What the contract (device/device.h) forbids is kept as a sentence in `violation`.
 *
 *     fake_world_open    a struct hum by hand: N fakes, table, regions, orders, meter, no threads
 *     fake_world_check   real grants against masks, for one block
 *
 * Threads: any; `lock` guards the ledger, the queues and the counts.  Reports, never asserts.
 */
#ifndef SUPPORT_FAKE_PROCESSOR_H
#define SUPPORT_FAKE_PROCESSOR_H

#include <pthread.h>

#include "core/core.h"
#include "device/device.h"

enum fake_access { FAKE_NONE, FAKE_READ, FAKE_WRITE, FAKE_OWN, FAKE_REMOTE };

/* How often each member was called. */
struct fake_calls {
    unsigned back, drop, map, map_remote, protect, unmap, forget, faults, resume, fail, submit,
        wait, restart;
};

/* A touch that the core could not serve. */
struct fake_failed {
    struct humi_fault fault;
    enum hum_status status;
};

struct fake_launch {
    unsigned kernel, queue;
    bool finished, collected;
    struct humi_outcome outcome;
};

#define FAKE_FAULTS_MAX 4096u
#define FAKE_FAILED_MAX 1024u

struct fake {
    struct humi_processor processor; /* first: the core's view */
    size_t space_bytes;              /* fixed */
    pthread_mutex_t lock;            /* guards what follows */
    pthread_cond_t changed;          /* after every call of the core */

    unsigned char *access;           /* enum fake_access of each page of the space */
    bool *backed;                    /* of each page */
    const struct fake **owner;       /* of each page that is FAKE_REMOTE: whose frame it is */
    bool *away;                      /* of each page: was remote, must come back for writing */
    struct fake *const *all;         /* of the world; fixed */
    unsigned all_count;
    char violation[160];             /* first breach of the contract by the core; "" if none */
    struct fake_calls calls;

    /* Faults waiting to be taken, touches that wait for an answer, and those that were refused. */
    struct humi_fault faults[FAKE_FAULTS_MAX];
    unsigned fault_count, fault_batch_max; /* most that one call of faults() gives */
    struct humi_fault asleep[FAKE_FAULTS_MAX];
    unsigned asleep_count;
    struct fake_failed failed[FAKE_FAILED_MAX];
    unsigned failed_count;

    /* Launches; a ticket is an index + 1. */
    struct fake_launch *launches;
    size_t launch_count, launch_room, finished_count;
    bool finish_at_once;             /* a launch has finished when submit() returns */
    unsigned waiters;                /* threads that wait in wait() */
    unsigned waiters_most;           /* at a time, so far */
    uint64_t waited;                 /* the ticket of the last that began to wait */
    bool patient;                    /* a wait for some time is one for ever */

    /* Failures to order: the n-th call from now fails, once; 0: none. */
    unsigned fail_back, fail_map, fail_remote, fail_submit;
    enum hum_status fail_status;     /* with which; HUM_ERR_NO_MEMORY at first */
    bool refuse_own;                 /* own falls back to write */
    bool refuse_restart;
};

static inline struct fake *fake_of(struct humi_processor *processor)
{
    return (struct fake *)(void *)processor;
}

enum fake_access fake_access(struct fake *fake, size_t offset);

/* The frame of an offset, as the processor's threads would reach it. */
static inline char *fake_frame(struct fake *fake, size_t offset)
{
    return fake->processor.window + offset;
}

/* A touch by one of the processor's threads: it waits for nothing, it only queues the fault. */
void fake_fault(struct fake *fake, uintptr_t address, bool write, int thread);

/* Wait until `ready(fake, context)`, checked under the lock; false: it took over 20 s. */
bool fake_wait(struct fake *fake, bool (*ready)(struct fake *fake, void *context), void *context);

/* The process is gone: no access is left and life_fd can be read. */
void fake_die(struct fake *fake);

/* Let the oldest unfinished launch end so.  Sets its kernel name and times if they are not set. */
void fake_finish(struct fake *fake, enum hum_status status, uint64_t end_ns);

/* ---- a space of fakes ------------------------------------------------------------------------ */

struct fake_params {
    unsigned processors;                  /* the host and devices */
    unsigned blocks;                      /* of the space; at most 512 */
    uint64_t capacity[HUM_PROCESSORS_MAX]; /* in blocks, 0: no limit */
    bool huge, no_shared_read;            /* of all processors */
    const struct hum_policy *policy;      /* NULL: the default */
};

struct fake_world {
    struct hum hum;
    struct fake *fake[HUM_PROCESSORS_MAX];
};

/* NULL: out of memory.  No thread is started, no stream is there. */
struct fake_world *fake_world_open(const struct fake_params *params);
void fake_world_close(struct fake_world *world);

/*
 * Does what the fakes really grant agree with the block's masks, are both within R1 to R4, and did
 * the core keep the contract?  NULL: yes; else the first thing that is wrong.  No thread may be at
 * work on the block.
 */
const char *fake_world_check(struct fake_world *world, const struct humi_block *block);

/* The same for every block of the space, and the sums in struct hum. */
const char *fake_world_check_all(struct fake_world *world);

#endif
