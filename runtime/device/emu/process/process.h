/* SPDX-License-Identifier: MIT */
/*
 * process.h - inside of hum-emu, the process that is an emulated device.
 *
 *     main thread    talks to the runtime over the channel, ends the process when the program ends
 *     workers        take pieces of launches and run kernels; sleep on the doorbell
 *     agent thread   forgets and changes mappings on request while kernels run, is the watchdog
 *     helpers        OpenCL's threads, one a worker, if there are modules of OpenCL (opencl/)
 *
 * One process, one device: the state is global.  There are two locks, none held while a kernel
 * runs: the one of schedule.c, and below it the one of prot.c.
 *
 * Kernel code may fault, crash, or never return; trap.c takes a worker out of it.  Kernels are
 * given nothing but plain memory, so leaving one in the middle leaves nothing locked or half
 * changed here.  A helper cannot be taken out of what OpenCL does: the process ends then, and
 * leaves in the launch's slot why (`fatal`).
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_PROCESS_H
#define HUMI_DEVICE_EMU_PROCESS_PROCESS_H

#include <hum/kernel.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#include "device/emu/control.h"
#include "device/emu/message.h"
#include "device/emu/samples.h"
#include "device/emu/touches.h"

struct humi_cl_kernel;

struct humi_device {
    struct humi_emu_hello hello;
    struct humi_emu_control *control;
    struct humi_emu_touches *touches;  /* NULL: recording is not exact */
    struct humi_emu_samples *samples;  /* NULL: touches are not sampled */
    int uffd;
    int frames;                        /* the file of its own frames */
    int agent_channel;
};
extern struct humi_device humi_device; /* fixed before the first thread starts */

/* How the kernel code of one piece ended. */
struct humi_result {
    enum hum_status status;
    int signal;
    uintptr_t address;
};

/* A kernel that was found: machine code, or one that OpenCL runs.  One of the two is NULL. */
struct humi_kernel {
    const struct hum_kernel_entry *native;
    const struct hum_kernel_entry *telling; /* of native, the build that tells its touches;
                                               NULL: there is none, or nothing is sampled */
    struct humi_cl_kernel *cl;
};

/* Parts [first, end) of the launch in a slot, for one worker. */
struct humi_piece {
    unsigned queue;
    struct humi_emu_slot *slot; /* NULL: its launch has ended (humi_schedule_end) */
    const struct humi_kernel *kernel;
    const bool *cancelled;      /* atomic: the launch has failed, do not start more parts */
    size_t first, end, parts;
};

struct humi_worker {
    unsigned index;
    pthread_t thread;
    int tid;
    void *local;                /* HUM_LOCAL_MAX bytes */
    struct humi_slices *slices; /* what of its pieces is sampled; NULL: nothing */
    unsigned queue;             /* of its last piece: it goes on there if it can */
    uint64_t serial;            /* atomic: the launch whose kernel code it runs, 0: none */
    uint64_t timeout_serial;    /* atomic: the launch that the watchdog ends */
    struct humi_emu_slot *helped; /* atomic: of that launch, if its helper runs it; NULL: itself */
    sigjmp_buf escape;          /* valid while serial is not 0 */
    struct humi_result trapped; /* written before the jump */
};
extern struct humi_worker *humi_workers; /* hello.workers of them */

/* ---- catalog.c: modules and kernels; main thread only, but for entry ------------------------- */

enum hum_status humi_catalog_load(unsigned module, const char *path);
enum hum_status humi_catalog_find(unsigned module, unsigned kernel, const char *name,
                                  size_t *args_bytes_out);
/* NULL: no such kernel.  Any thread. */
const struct humi_kernel *humi_catalog_kernel(unsigned kernel);
/* A kernel of a program from text, put in and, when nobody runs it, taken out (NULL: none is). */
bool humi_catalog_put(unsigned kernel, struct humi_cl_kernel *cl);
struct humi_cl_kernel *humi_catalog_take(unsigned kernel);

/* ---- schedule.c: which worker runs what ------------------------------------------------------ */

enum hum_status humi_schedule_init(void);
/* Take something to do; false: nothing.  Wakes other workers if there is more. */
bool humi_schedule_take(struct humi_worker *worker, struct humi_piece *piece_out);
/* The piece has ended, and no kernel code of it runs any more. */
void humi_schedule_finish(struct humi_worker *worker, const struct humi_piece *piece,
                          const struct humi_result *result);
/* Kernel code of the piece runs only from now on; native code does since it was taken. */
void humi_schedule_started(const struct humi_piece *piece);
/*
 * The launch of a piece that runs alone has ended well; the piece stays, with no launch (slot
 * NULL), so that still nothing else runs.  Called again, it only looks.
 */
enum humi_next {
    HUMI_NEXT_NONE,             /* nothing waits */
    HUMI_NEXT_CALLED,           /* the launch that has waited longest is of a program */
    HUMI_NEXT_OTHER,            /* it is not: the piece is to be finished */
};
enum humi_next humi_schedule_end(struct humi_piece *piece, struct humi_emu_slot **next_out,
                                 const struct humi_kernel **kernel_out);
/* The launch that was found so runs now, and the piece is of it. */
void humi_schedule_repeat(struct humi_worker *worker, struct humi_piece *piece);
/* End launches that run longer than the watchdog; false: none runs. */
bool humi_schedule_watch(void);

/* ---- prot.c: what of the space may be written ------------------------------------------------ */

/* Forget the mappings of [offset, +bytes); whole blocks of it become read-only (device/prot.h). */
void humi_prot_forget(uint64_t offset, uint64_t bytes);
/*
 * Let the range, within one block, lead to the frames of that file, unguarded; the file is closed.
 */
enum hum_status humi_prot_lead_away(const struct humi_emu_away *range, int file);
/* Let it lead to own frames again, guarded, with nothing mapped.  A failure ends the process. */
void humi_prot_lead_home(uint64_t offset, uint64_t bytes);
/*
 * A touch of what may not be touched at all: it may have come while something was led home.  True:
 * try it again.  For signal handlers like the next.
 */
bool humi_prot_settle(uintptr_t address);
/*
 * A store to a mapping that is read-only: let the block be written if that is allowed, or make the
 * store fault.  HUM_OK: try it again.  HUM_ERR_ILLEGAL_ADDRESS: the address is none of ours.
 * HUM_ERR_NO_MEMORY: too many mappings.  May be called from a signal handler that interrupted
 * kernel code.
 */
enum hum_status humi_prot_store(uintptr_t address);

/* ---- slices.c: what of launches is sampled --------------------------------------------------- */

struct humi_slices;

/* Somebody wants to know now; it is never unwanted again. */
static inline bool humi_slices_are_wanted(void)
{
    return humi_device.samples && __atomic_load_n(&humi_device.samples->wanted, __ATOMIC_RELAXED);
}

/* NULL without memory.  seed: any number, another one for each worker. */
struct humi_slices *humi_slices_create(uint32_t share_ppm, uint64_t seed);
/* Run the part of the piece that `place` says; some of it in the build that tells its touches. */
void humi_slices_run(struct humi_slices *slices, const struct humi_piece *piece,
                     struct hum_place *place);
/* A piece, of all whose parts it was called, ran for so long. */
void humi_slices_earn(struct humi_slices *slices, uint64_t ran_ns);

/* ---- hooks.c: what kernels touched, for exact recording; each does nothing without it -------- */

void humi_hooks_start(unsigned worker);
/* Kernel code of the launch in this slot begins on this worker. */
void humi_hooks_begin(const struct humi_emu_slot *slot);
/*
 * It has ended: its touches are handed over before the launch can be seen to end.  wait: for room,
 * as long as it takes; else what finds none is dropped.
 */
void humi_hooks_end(bool wait);

/* ---- worker.c, trap.c, signals.c, agent.c ---------------------------------------------------- */

enum hum_status humi_workers_start(void);
/* What all helpers do is of this launch from now on; NULL: of none. */
void humi_workers_lend(struct humi_emu_slot *slot);
/*
 * Who holds the piece that runs alone waits for the next launch, at most for so long after a while
 * of looking; true: the doorbell is no longer what it was.
 */
bool humi_worker_await(uint32_t bell, int64_t timeout_ns);
/* The calling thread, not one of ours, runs what this worker gives it from now on. */
void humi_worker_help(struct humi_worker *worker);
/* Handlers of the process; then each worker's own stack for them. */
enum hum_status humi_trap_init(void);
enum hum_status humi_trap_init_worker(struct humi_worker *worker);
/* Whether the signal is one of trap.c's; then nobody else may have a handler for it (signals.c). */
bool humi_trap_handles(int number);
int humi_signals_set(int number, const struct sigaction *action);
/* Make the worker, or its helper, look whether it should leave its kernel. */
void humi_trap_interrupt(const struct humi_worker *worker);
enum hum_status humi_agent_start(void);
/* A launch has started: let the watchdog look. */
void humi_agent_wake(void);

#endif
