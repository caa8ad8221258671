/* SPDX-License-Identifier: MIT */
/*
 * control.h - memory shared by the runtime and one device process.
 *
 *     runtime                                   hum-emu
 *     slot[i] = launch, ring[tail++] = i  --->  a worker drains the ring into its queues
 *     doorbell++, wake the first sleeper  --->  and runs it
 *     unless somebody looks already       <---  attended
 *     state == DONE                       <---  outcome in slot[i], finished++, state = DONE
 *     zaps, when nothing is in flight     --->  done before the first launch behind it starts
 *     agent request                       --->  the agent thread, while launches run; a file and
 *                                               the range to map it come over its own channel
 *     fail record of a worker + signal    --->  the worker leaves the kernel
 *     prot, a byte a block                <-->  who may open and write it (device/prot.h)
 *
 * A launch is in flight from the moment submitted (the runtime's own count) is raised until
 * finished is; finished is raised when no thread can touch memory for it any more.  So
 * submitted == finished means that nothing runs, and only the runtime can end that.
 *
 * The runtime trusts nothing it reads here except as a number to check: a kernel may have written
 * over it.
 *
 * Every word that both sides use at the same time is accessed with the __atomic functions.
 */
#ifndef HUMI_DEVICE_EMU_CONTROL_H
#define HUMI_DEVICE_EMU_CONTROL_H

#include "device/device.h"
#include "device/registry.h"

#define HUMI_EMU_VERSION 7u
#define HUMI_EMU_SLOTS 16384u   /* launches in flight; a power of two */
#define HUMI_EMU_ARGS_SMALL 320u
#define HUMI_EMU_ZAPS 256u
#define HUMI_EMU_KERNELS_MAX 4096u
#define HUMI_EMU_MODULES_MAX 1024u
#define HUMI_EMU_PROGRAMS_MAX 65536u
#define HUMI_EMU_SIGNAL SIGSYS  /* see process/trap.c */

/*
 * The bits of `sleepers`, of which the lowest is woken: who alone may run launches, if that one
 * sleeps; then workers, which share bits from the 32nd on.
 */
#define HUMI_EMU_ALONE_BIT UINT32_C(1)
#define HUMI_EMU_WORKER_BIT(index) (UINT32_C(2) << ((index) % 31))

/* Slot state: code, flag, and the low bits of the serial so that a reused slot looks different. */
#define HUMI_EMU_QUEUED 1u
#define HUMI_EMU_DONE 2u
#define HUMI_EMU_CODE 3u
#define HUMI_EMU_WAITED 4u      /* somebody sleeps on the state */
#define HUMI_EMU_STATE(serial, code) ((uint32_t)((uint64_t)(serial) << 8) | (code))

struct humi_emu_slot {
    /* both: */
    uint32_t state;             /* futex */
    /* the runtime's, fixed while in flight: */
    uint32_t kernel, queue, grouped;
    uint64_t serial;            /* of the launch, never used again */
    uint64_t label;             /* the core's name for it, of its touches */
    uint64_t count;
    struct hum_grid grid;
    uint64_t args_bytes;
    /* the device's, before DONE: */
    int32_t status, signal;
    uint64_t address, start_ns, end_ns;
    uint64_t fatal;             /* the serial, written last: what is above ended the process */
    /* the argument block if it is small: eight launches touch one page */
    unsigned char args[HUMI_EMU_ARGS_SMALL] __attribute__((aligned(64)));
} __attribute__((aligned(64)));

struct humi_emu_range {
    uint64_t offset, bytes;
};

enum humi_emu_agent_kind {
    HUMI_EMU_FORGET,            /* mappings of the range */
    HUMI_EMU_AWAY,              /* the range leads to the frames of another processor */
    HUMI_EMU_HOME,              /* the range leads to own frames again, guarded */
};

struct humi_emu_worker {
    /* the device's: */
    int32_t thread;             /* its id, 0: none */
    int32_t helper;             /* the thread of OpenCL's that runs for it, 0: none */
    uint64_t serial;            /* of the launch it runs, 0: none */
    uint32_t kernel;            /* of that launch */
    /* the runtime's; serial is written last: */
    int32_t fail_status;
    uint64_t fail_address;
    uint64_t fail_serial;
} __attribute__((aligned(64)));

struct humi_emu_control {
    /* the way in */
    uint32_t doorbell __attribute__((aligned(64)));     /* futex: something to do */
    uint32_t sleepers __attribute__((aligned(64)));     /* workers that sleep on it, as bits */
    uint32_t attended;                                  /* threads that will look at the doorbell
                                                           before anything else can run */
    uint32_t tail __attribute__((aligned(64)));         /* of the ring */
    uint32_t ring[HUMI_EMU_SLOTS];

    /* the way out */
    uint64_t finished __attribute__((aligned(64)));
    uint32_t completions;                               /* futex: finished has grown */
    uint32_t completion_sleepers;                       /* the runtime's */

    /* mappings to forget before the next launch; written only while nothing is in flight */
    uint32_t zap_serial __attribute__((aligned(64)));
    uint32_t zap_count;                                 /* above HUMI_EMU_ZAPS: the whole space */
    struct humi_emu_range zaps[HUMI_EMU_ZAPS];

    /* mappings to forget, or to lead elsewhere, now */
    uint32_t agent_bell __attribute__((aligned(64)));    /* futex: look again */
    uint32_t agent_request;                              /* a number */
    uint32_t agent_done;                                 /* futex: the last one that is done */
    uint32_t agent_idle;                                 /* it does not look at the watchdog */
    uint32_t agent_kind;                                 /* enum humi_emu_agent_kind */
    int32_t agent_status;                                /* of the last one; before agent_done */
    struct humi_emu_range agent_range;                   /* not of AWAY: see message.h */

    struct humi_emu_worker workers[HUMI_WORKERS_MAX];
    struct humi_emu_slot slots[HUMI_EMU_SLOTS];
    unsigned char args[HUMI_EMU_SLOTS][HUM_ARGS_MAX];   /* of each slot, where they are larger */
    unsigned char prot[] __attribute__((aligned(4096))); /* enum humi_prot of each block */
};

/* Where the argument block of the launch in this slot is. */
static inline unsigned char *humi_emu_args(struct humi_emu_control *c, struct humi_emu_slot *slot)
{
    return slot->args_bytes <= sizeof slot->args ? slot->args : c->args[slot - c->slots];
}

/* Bytes of the control memory of a device in a space of that size. */
static inline size_t humi_emu_control_bytes(size_t space_bytes)
{
    return sizeof(struct humi_emu_control) + space_bytes / HUM_BLOCK_SIZE;
}

_Static_assert((HUMI_EMU_SLOTS & (HUMI_EMU_SLOTS - 1)) == 0, "ring positions wrap");
_Static_assert(sizeof(struct humi_emu_slot) == 512, "eight in a page");
_Static_assert(offsetof(struct humi_emu_control, args) % 64 == 0, "kernels get aligned blocks");
_Static_assert(HUMI_EMU_QUEUED < HUMI_EMU_WAITED && HUMI_EMU_WAITED < 256, "below the serial");

#endif
