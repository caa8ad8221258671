/* SPDX-License-Identifier: MIT */
/*
 * emu.h - inside of the runtime's half of an emulated device.
 *
 * The device is a process (process/), its frame file, and four ways to reach it: control memory
 * (launches, zaps), a channel (modules, programs), one more of its agent (files of others'
 * frames), and its userfaultfd (access).  The descriptors of the userfaultfd and of the life keep
 * their numbers when the process is replaced, so a call that races with a restart acts on the old
 * process or on the new one, never on something else.
 *
 * Locks, in this order: command, agent, gate.
 *   command  the channel, the modules, starting and ending the process.  May be held for seconds.
 *   agent    one request to the agent thread at a time.  May be held for seconds.
 *   gate     tickets, slots, the list of zaps, and whether the device is lost.  Held shortly.
 * The fault service takes all three, so the program's threads hold them with signals held back
 * (base/signals.h): the gate by being a humi_lock, the others by hand.
 */
#ifndef HUMI_DEVICE_EMU_EMU_H
#define HUMI_DEVICE_EMU_EMU_H

#include <pthread.h>

#include "base/lock.h"
#include "device/access.h"
#include "device/device.h"
#include "device/emu/control.h"
#include "device/emu/message.h"
#include "device/emu/samples.h"
#include "device/emu/touches.h"
#include "device/program.h"
#include "os/frames.h"
#include "os/process.h"

#define HUMI_EMU_PATIENCE_NS INT64_C(10000000000)
#define HUMI_EMU_LOOK_NS INT64_C(50000000)        /* while waiting, look whether it lives */
#define HUMI_EMU_NO_SLOT UINT32_MAX

struct humi_emu_module {
    char *path;
};

/* A kernel; what submit() reads of it, name and size of arguments, never changes. */
struct humi_emu_kernel {
    unsigned module;        /* of a program: that, HUMI_EMU_NO_PROGRAM: its program has gone */
    char name[64];
    size_t args_bytes;
    char *full_name;        /* of a program's kernel, of any length; NULL: it is of a module */
};
#define HUMI_EMU_NO_PROGRAM UINT32_MAX

/* programs.c */
struct humi_emu_program;

/* A launch that nobody has waited for yet. */
struct humi_emu_ticket {
    uint32_t generation;    /* odd: in use */
    uint32_t slot;          /* HUMI_EMU_NO_SLOT: outcome is written */
    uint32_t next_free;
    unsigned kernel;
    struct humi_outcome outcome; /* without the kernel's name */
};

/* Mappings the device forgets before its next launch.  Above HUMI_EMU_ZAPS ranges: all. */
struct humi_emu_zaps {
    uint32_t count;         /* guarded by gate; read without it to see that there are none */
    struct humi_emu_range ranges[HUMI_EMU_ZAPS];
};

struct humi_emu {
    struct humi_processor base;     /* first: the core holds a pointer to it */
    struct humi_access access;

    /* fixed at open */
    struct humi_space_params space;
    struct humi_device_params params;
    struct humi_frames frames;
    int control_fd;
    struct humi_emu_control *control;
    int touches_fd;                 /* empty unless recording is exact or touches are sampled */
    struct humi_emu_touches *touches; /* NULL: not exact */
    struct humi_emu_samples *samples; /* NULL: not sampled */
    uint32_t touch_records;         /* of a worker's ring */
    char path[4096];                /* of hum-emu */
    int64_t patience_ns;            /* an answer later than this: the device is lost */

    /* guarded by command */
    pthread_mutex_t command;
    struct humi_emu_module *modules;
    unsigned module_count;
    struct humi_emu_kernel *kernels; /* HUMI_EMU_KERNELS_MAX of them */
    unsigned kernel_count;          /* atomic: grows under command, read by submit */
    struct humi_emu_program **programs; /* by number; NULL: none has it */
    unsigned program_room;
    bool warned_silent;             /* that exact recording does not see such kernels */

    /* guarded by agent */
    pthread_mutex_t agent;
    uint32_t agent_serial;
    int agent_channel;              /* our end of it; -1: none yet */

    /* guarded by gate */
    struct humi_lock gate;
    struct humi_process process;    /* also needs command to change */
    bool lost;
    uint64_t submitted, serial;
    uint64_t crashes;               /* launches that ended the process and left in their slot why */
    uint32_t tail;
    uint32_t zap_serial;
    struct humi_emu_zaps zaps;
    uint32_t free_slots[HUMI_EMU_SLOTS], free_count;
    uint32_t slot_ticket[HUMI_EMU_SLOTS]; /* index into tickets, UINT32_MAX: slot is free */
    struct humi_emu_ticket *tickets;
    uint32_t ticket_count, ticket_free;

    /* used by the thread that reads faults */
    uint64_t fault_serial[HUMI_WORKERS_MAX];

    /* used by the thread that takes touches */
    unsigned touch_worker;          /* counts calls: whose ring is first */
    uint32_t touch_done[HUMI_WORKERS_MAX]; /* touches handed out of the record at the tail */
};

static inline struct humi_emu *humi_emu_of(struct humi_processor *p)
{
    return (struct humi_emu *)p;
}

/* ---- lifetime.c ------------------------------------------------------------------------------ */

/* Start the process and load what was loaded before.  Needs command; the process is ended. */
HUM_MUST_USE enum hum_status humi_emu_start(struct humi_emu *emu);

/* Start the process again if it died.  Needs command. */
HUM_MUST_USE enum hum_status humi_emu_revive(struct humi_emu *emu);
/* End the process; launches in flight end with DEVICE_LOST.  Needs command. */
void humi_emu_stop(struct humi_emu *emu);
/* Look whether the process lives; if not, end its launches.  True: it is lost.  Needs gate. */
bool humi_emu_is_lost(struct humi_emu *emu);
/* It does not answer: kill it.  Needs gate. */
void humi_emu_kill(struct humi_emu *emu, const char *why);
enum hum_status humi_emu_restart(struct humi_processor *p);

/* ---- modules.c ------------------------------------------------------------------------------- */

enum hum_status humi_emu_load(struct humi_processor *p, const char *path, unsigned *module_out);
enum hum_status humi_emu_kernel(struct humi_processor *p, unsigned module, const char *name,
                                unsigned *kernel_out, size_t *args_bytes_out);
/* Load all modules into a new process.  Needs command. */
HUM_MUST_USE enum hum_status humi_emu_reload(struct humi_emu *emu);
void humi_emu_forget_modules(struct humi_emu *emu);

/* ---- talk.c ---------------------------------------------------------------------------------- */

/*
 * Send a request with request->bytes of `bytes` and wait for its answer, whose bytes go to `room`
 * if they are no more than request->room.  HUM_ERR_DEVICE_LOST, without a text: it died, or was
 * silent for so long and is ended.  Needs command.
 */
HUM_MUST_USE enum hum_status humi_emu_talk(struct humi_emu *emu, struct humi_emu_request *request,
                                           const void *bytes, int64_t patience_ns,
                                           struct humi_emu_answer *answer_out, void *room);

/* ---- programs.c ------------------------------------------------------------------------------ */

enum hum_status humi_emu_ask(struct humi_processor *p, const struct humi_ask *ask,
                             struct humi_reply *reply_out);
/*
 * Make all programs and their kernels in a new process; what OpenCL refuses now is left out.
 * HUM_ERR_DEVICE_LOST: it died over one, which is left out the next time.  Needs command.
 */
HUM_MUST_USE enum hum_status humi_emu_rebuild(struct humi_emu *emu);
void humi_emu_forget_programs(struct humi_emu *emu);

/* ---- launches.c ------------------------------------------------------------------------------ */

enum hum_status humi_emu_submit(struct humi_processor *p, const struct humi_launch *launch,
                                uint64_t *ticket_out);
enum hum_status humi_emu_wait(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                              struct humi_outcome *outcome_out);
/* Empty ring, free slots.  Needs gate; the process is ended. */
void humi_emu_reset_launches(struct humi_emu *emu);
/* Every launch in flight ends with DEVICE_LOST.  Needs gate. */
void humi_emu_lose_launches(struct humi_emu *emu);
/* No launch is in flight.  Needs gate; stays so until the gate is let go. */
bool humi_emu_is_idle(const struct humi_emu *emu);

/* ---- touches.c ------------------------------------------------------------------------------- */

/* Also makes the empty file if recording is not exact. */
HUM_MUST_USE enum hum_status humi_emu_open_touches(struct humi_emu *emu);
void humi_emu_close_touches(struct humi_emu *emu);
unsigned humi_emu_touches(struct humi_processor *p, struct humi_touch *touches_out, unsigned max,
                          int64_t timeout_ns);
/* "a.exact.so" of "a.so", if it can be read; itself if it is one.  False: there is none. */
bool humi_emu_exact_path(const char *path, char *out, size_t bytes);

/* ---- samples.c ------------------------------------------------------------------------------- */

/* Behind humi_emu_open_touches(), whose file it uses. */
HUM_MUST_USE enum hum_status humi_emu_open_samples(struct humi_emu *emu);
void humi_emu_close_samples(struct humi_emu *emu);
void humi_emu_sampled_begin(struct humi_processor *p);
bool humi_emu_sampled_next(struct humi_processor *p, uint32_t *cursor,
                           struct humi_sampled *sampled_out);
struct humi_sampled_cost humi_emu_sampled_cost(struct humi_processor *p);

/* ---- zaps.c ---------------------------------------------------------------------------------- */

/* Members of struct humi_access. */
void humi_emu_zap(struct humi_access *access, size_t offset, size_t bytes);
bool humi_emu_zap_if_cheap(struct humi_access *access, size_t offset, size_t bytes);
HUM_MUST_USE enum hum_status humi_emu_lead_away(struct humi_access *access, size_t offset,
                                                size_t bytes, int file);
HUM_MUST_USE enum hum_status humi_emu_lead_home(struct humi_access *access, size_t offset,
                                                size_t bytes);
/* The range is mapped again: what was deferred for it is void.  True: there was something. */
bool humi_emu_keep(struct humi_emu *emu, size_t offset, size_t bytes);
/* Hand the deferred ranges over with the next launch.  Needs gate; nothing is in flight. */
void humi_emu_flush_zaps(struct humi_emu *emu);

#endif
