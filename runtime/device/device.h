/* SPDX-License-Identifier: MIT */
/*
 * device.h - the contract of a processor: what the core asks of the host and of every device.
 *
 * A processor owns *frames*: memory at the same offsets as the space, present only where the core
 * asked for it (back/drop).  Frames are reached by the core through `window`, a mapping of them in
 * the runtime's process that the program and the kernels never see; so the core fills a frame
 * before anyone can see it and reads it after nobody can write it.  A second, separate thing is
 * what the processor's own threads may *touch* (map/protect/unmap).
 *
 *            space offset 0 ........................................ space_bytes
 *   frames   |  hole  | backed block |   hole   | backed | ...         (window: runtime only)
 *   access   |  none  | read | write | own      | none   | ...         (the processor's threads)
 *
 * Access of a page or a block, always as seen by the processor's threads:
 *   none    a touch faults
 *   read    a read goes through, a write faults
 *   write   both go through
 *   own     (whole blocks only) both go through, unguarded: huge pages if the frames are
 *   remote  both go through, to the frames of another processor at the same offset
 * A processor that `opens_reads` gives read access to a whole block unguarded, too.
 * A processor may always give less than told (an access the core believes in may fault again: the
 * core then just maps again); it never gives more.
 *
 * Offsets and sizes are in bytes from the start of the space, multiples of the page.
 *
 * Threads: the core holds the lock of the block concerned around back/drop/map/protect/unmap, so
 * calls for one block are serial and calls for different blocks are not.  faults() is called by one
 * thread.  submit/wait/load come from any thread.  No member may touch managed memory.
 * Ownership: open() makes the processor, close() frees it; the kernel table belongs to the device.
 */
#ifndef HUMI_DEVICE_DEVICE_H
#define HUMI_DEVICE_DEVICE_H

#include <stdatomic.h>

#include <hum/hum.h>

struct hum_pages;
struct humi_keeper_ops;
struct humi_processor;
struct humi_processor_ops;
struct humi_ask;
struct humi_reply;

/* Where the space is and how frames should be made; the same for all processors of a space. */
struct humi_space_params {
    uintptr_t start;        /* first address of the space, 1 GiB aligned; 0 for the first device
                               of a space that a driver keeps: it says where (home) */
    size_t bytes;           /* its size; with start 0: what is wanted */
    bool bytes_are_usual;   /* with start 0: less will do */
    bool huge;              /* try 2 MiB frames (private huge-page tmpfs) */
    bool kernel_faults;     /* try to serve faults of system calls too */
    bool shared_read;       /* map read-only copies if the kernel can */
    bool exact;             /* record every touch by kernels, for touches() */
    uint32_t exact_window;  /* pages whose touches are merged; 0: as many as can be */
    uint32_t sample_ppm;    /* let devices tell a sample of what kernels touch, for sampled_next(),
                               once sampled_begin() was called; it may cost this share of their
                               time; 0: do not */
    uint32_t exact_records; /* a worker waits once so many are not taken; 0: a good number */
};

/* Who keeps residency: hum, or the device's driver (keeper.h).  AUTO: the driver where it can. */
enum humi_device_mode { HUMI_MODE_DECLARED, HUMI_MODE_MANAGED, HUMI_MODE_AUTO };

/* What one device was asked to be.  Parsed from HUM_DEVICES by registry.h. */
struct humi_device_params {
    char kind[16];          /* "emu", "opencl", "cuda" */
    int index;              /* 0.. */
    size_t memory_bytes;    /* capacity, a multiple of the block */
    unsigned workers;       /* threads that run kernels */
    unsigned watchdog_ms;   /* 0: none */
    bool cannot_fault;      /* as if its touches could not be answered, see humi_processor */
    bool opencl;            /* kernels in OpenCL C are preferred to native ones */
    int unit;               /* opencl, cuda: which of the machine's; -1: the best there is */
    size_t arena_bytes;     /* opencl: most of the space that has frames; 0: as much as can be */
    bool without_svm;       /* opencl: as if it had no shared virtual memory */
    bool memory_is_usual;   /* memory_bytes was not said: less will do */
    enum humi_device_mode mode; /* cuda: who keeps residency */
    bool without_cupti;     /* cuda, managed: the driver is not asked what it does */
    bool prompt;            /* mappings that are taken are forgotten at once and one by one, also
                               where it is cheaper later, all together or more than was asked; but
                               all of a block that was mapped as a whole, if a part of it changes */
};

/* One fault.  `write` is what the processor wanted to do. */
struct humi_fault {
    uintptr_t address;      /* exact where the kernel tells it, else of the page */
    int thread;             /* whom fail() must address; 0 unknown */
    unsigned kernel;        /* 1 + number of the kernel that touched; 0: none or unknown */
    bool write;
};

enum humi_map_access { HUMI_MAP_READ, HUMI_MAP_WRITE, HUMI_MAP_OWN, HUMI_MAP_UPGRADE };

/* A launch as data.  args is copied by submit(). */
struct humi_launch {
    unsigned kernel;        /* id given by load() */
    unsigned queue;         /* launches of one queue run in order, 0 .. HUMI_QUEUES_MAX-1 */
    uint64_t label;         /* anything; its touches carry it */
    unsigned restarted;     /* the processor's when the first of what it uses was brought */
    bool grouped;           /* false: count indices; true: grid */
    size_t count;
    struct hum_grid grid;
    const void *args;
    size_t args_bytes;
};
#define HUMI_QUEUES_MAX 64u

/* How a launch ended. */
struct humi_outcome {
    enum hum_status status; /* HUM_OK, ILLEGAL_ADDRESS, KERNEL_CRASHED, TIMEOUT, DEVICE_LOST */
    uintptr_t address;      /* of the bad touch or crash, 0 if none */
    int signal;             /* KERNEL_CRASHED: which signal */
    char kernel[64];        /* name of the kernel */
    uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC */
};

/*
 * What kernel code on one worker touched: `pages` neighbouring pages, one after the other, each
 * `count` times and in these lines.  A touch counts once for each line it has a part in.
 */
struct humi_touch {
    uint64_t launch;        /* label of the launch */
    uint64_t lines;         /* of each page; bit i: bytes [64 i, 64 i + 64) */
    uint32_t kernel;        /* id given by kernel() */
    uint32_t worker;        /* 0 .. workers - 1 */
    uint32_t page, pages;   /* page 0 starts the space */
    uint32_t count;
    bool write;
};

/* What touches that a device sampled stand for, of one block: [0] reads, [1] writes by chunk. */
struct humi_sampled {
    uint32_t block;
    uint32_t touches[2][HUM_BLOCK_SIZE / HUM_CHUNK_SIZE];
};

/* What that sampling cost so far: time of the device, and pieces of launches that were sampled. */
struct humi_sampled_cost {
    uint64_t ns, slices;
};

/* The part of every processor that the core sees.  Back ends embed it as their first member. */
struct humi_processor {
    const struct humi_processor_ops *ops;
    char name[64];          /* "host", "emu0" */
    char kind[16];          /* "host", "emu" */
    char model[96];         /* what its driver calls it; "" where there is none */
    size_t memory_bytes;    /* capacity, 0: no limit */
    unsigned workers;
    char *window;           /* frames as the runtime sees them: window + offset; NULL: it sees none,
                               they are reached by put() and get().  Without these there is no
                               memory: pages are only kept account of */
    int fault_fd;           /* readable when faults() has something; -1: cannot fault.  Replaced by
                               restart(): read it again after that */
    int frames_fd;          /* the file of its frames, which others are given for map_remote(); -1:
                               they cannot be mapped elsewhere */
    int life_fd;            /* readable once the processor's process has died; -1: none */
    atomic_int pid;         /* of its process, 0 if none; restart() changes it */
    bool huge;              /* frames are 2 MiB pages */
    bool shared_read;       /* HUMI_MAP_READ works; else the core maps for writing only */
    bool opens_reads;       /* HUMI_MAP_READ of a whole block costs no more than one page */
    bool kernel_faults;     /* faults of system calls are served */
    bool returns_writable;  /* see map_remote(); the host alone may be so */
    atomic_bool other_addresses; /* its kernels see the space at another address: words of argument
                               blocks that point into it are translated, pointers in memory not */
    atomic_uintptr_t there; /* where its kernels see the space then; 0: that cannot be told */
    bool cannot_fault;      /* its touches cannot be answered: what a launch touches is mapped
                               before it is submitted, and stays until it has ended.  A fault of
                               it ends its launch */
    bool prefers_opencl;    /* of a module in several forms load() is to be given the .cl */
    bool prefers_cuda;      /* the same of .cubin, .fatbin and .ptx; it takes no other */
    bool frames_die;        /* what its frames hold is gone after restart(): the core drops them
                               all before it calls that */
    const struct humi_keeper_ops *keeper; /* NULL: hum keeps residency (keeper.h) */
    int unit;               /* with a keeper: the driver's number of it */
    uintptr_t home;         /* with a keeper: the space that it made is here; 0: another device's */
    size_t home_bytes;
    char reduced[256];      /* "" or what it gives less than was asked, a sentence without a dot */
    atomic_uint restarted;  /* counts restart()s of those whose frames die: a launch is submitted to
                               the device that it was brought to, or not at all */
};

/* args_bytes_out of kernel() where the device cannot tell them: any number is right. */
#define HUMI_ARGS_UNKNOWN SIZE_MAX

/*
 * Every member is required of devices, but for map_pages(), map_remote(), copy(), follow(),
 * blame(), touches(), ask(), the three of sampling, and put(), get() and fence() of those with a
 * window; the host has those marked H only, the others are NULL.
 */
struct humi_processor_ops {
    const char *kind;

    /* H  End it: kill its process, unmap its window, free it.  NULL is allowed. */
    void (*close)(struct humi_processor *p);

    /*
     * H  Make frames present for [offset, +bytes) (within one block) so that the window can be
     * written there without failing.  New frames read as zero; present ones are left alone.
     * HUM_ERR_NO_MEMORY: the system has none; HUM_ERR_UNSUPPORTED: this processor cannot have
     * frames there.  Nothing is changed then.  NULL: none need be made, where there is no memory.
     */
    enum hum_status (*back)(struct humi_processor *p, size_t offset, size_t bytes);

    /*
     * H  Give the frames of [offset, +bytes) back; every access to them ends first, also of
     * threads that run at the moment.  Afterwards a touch faults.  Any number of blocks.
     */
    void (*drop)(struct humi_processor *p, size_t offset, size_t bytes);

    /*
     * Where there is no window: copy between frames that are present, [offset, +bytes) of one
     * block, and memory of this process, which stays as it is until fence().  `from` NULL: zeros.
     * fence() returns when every copy that its caller asked for is done.  Copies of a lost device
     * read zeros and write nothing, and the next wait() of any launch tells that it is lost.
     */
    void (*put)(struct humi_processor *p, size_t offset, size_t bytes, const void *from);
    void (*get)(struct humi_processor *p, size_t offset, size_t bytes, void *to);
    void (*fence)(struct humi_processor *p);

    /*
     * Where neither has a window: copy to frames that are present from those of `from` at the same
     * offset, which stay as they are until fence() of `p`.  False: not between these two, nothing
     * was asked for.
     */
    bool (*copy)(struct humi_processor *p, struct humi_processor *from, size_t offset,
                 size_t bytes);

    /*
     * H  Let the processor touch [offset, +bytes), whose frames are present and filled, and wake
     * whoever waits there.  Pages that are mapped already are brought to this access too.
     * HUMI_MAP_UPGRADE: as WRITE where the core believes that reading is mapped; where it is not,
     * nothing may be mapped, and the touch faults again.
     * HUMI_MAP_OWN: offset and bytes are whole blocks.  If it cannot be had (too many mappings)
     * the processor falls back to write access by itself and returns HUM_OK with *own_out false.
     */
    enum hum_status (*map)(struct humi_processor *p, size_t offset, size_t bytes,
                           enum humi_map_access access, bool *own_out);

    /*
     * H  map() for each run of `pages` of the block at `offset`, in their order, READ or WRITE, at
     * once.  NULL: it is called run by run.
     */
    enum hum_status (*map_pages)(struct humi_processor *p, size_t offset,
                                 const struct hum_pages *pages, enum humi_map_access access);

    /*
     * H  Let the processor touch [offset, +bytes), of one block, in the frames of `owner`, which
     * are present.  Nothing is copied, and who waits there is not woken yet: resume() does that.
     * No page of it may be mapped here, nor the block be own; pages that are remote already are
     * mapped again.  unmap() takes it away; what is done to the whole block may take it away, too:
     * the touch then faults.  It must be taken away before the owner drops the frames.
     * HUM_ERR_NO_MEMORY: too many mappings, or no memory; nothing is mapped then.
     *
     * Where `returns_writable` is set, the first map() behind it that gives these pages access to
     * frames of their own may let any touch through while it runs: it must give WRITE or OWN, and
     * nobody else may have the pages then.
     * NULL: not on this kind of processor.
     */
    enum hum_status (*map_remote)(struct humi_processor *p, size_t offset, size_t bytes,
                                  const struct humi_processor *owner);

    /*
     * H  No thread may write [offset, +bytes) any more when this returns.  Reads may go on.  No
     * page of it is remote.
     */
    void (*protect)(struct humi_processor *p, size_t offset, size_t bytes);

    /*
     * H  No thread may touch [offset, +bytes) any more when this returns; frames stay.  A device
     * on which nothing runs may defer the work to its next launch: nobody can tell.
     */
    void (*unmap)(struct humi_processor *p, size_t offset, size_t bytes);

    /*
     * H  Sampling (core/sample.h) takes mappings that the core goes on to believe in, in two steps.
     * watch: whole blocks; a touch of what is not mapped there faults from now on, what is mapped
     * stays.  forget: threads lose what is mapped in [offset, +bytes), any number of blocks; frames
     * stay.  Needs no lock: a mapping that is given meanwhile may be forgotten, too.
     */
    void (*watch)(struct humi_processor *p, size_t offset, size_t bytes);
    void (*forget)(struct humi_processor *p, size_t offset, size_t bytes);

    /* H  Take up to max waiting faults without blocking; returns how many. */
    unsigned (*faults)(struct humi_processor *p, struct humi_fault *faults_out, unsigned max);

    /* H  Wake threads that wait at [offset, +bytes) so that they try again. */
    void (*resume)(struct humi_processor *p, size_t offset, size_t bytes);

    /*
     * H  The touch cannot be served.  A device ends the launch of that thread with `status` and the
     * address; the host sends SIGSEGV (ILLEGAL_ADDRESS) or SIGBUS (NO_MEMORY and others) with
     * si_addr to the thread.
     */
    void (*fail)(struct humi_processor *p, const struct humi_fault *fault, enum hum_status status);

    /*
     * Load a module from a path: its number, the same when it is loaded again; and the number of a
     * kernel of it, with the bytes of its arguments.  Both start the device's process if it died.
     */
    enum hum_status (*load)(struct humi_processor *p, const char *path, unsigned *module_out);
    enum hum_status (*kernel)(struct humi_processor *p, unsigned module, const char *name,
                              unsigned *kernel_out, size_t *args_bytes_out);

    /* Queue a launch; the ticket is for wait().  Tickets of one queue finish in order. */
    enum hum_status (*submit)(struct humi_processor *p, const struct humi_launch *launch,
                              uint64_t *ticket_out);

    /*
     * Wait for a ticket (timeout_ns < 0: for ever; 0: only look).  HUM_OK: finished, outcome
     * written; HUM_NOT_READY.  A ticket is waited for once; its outcome is kept until then.
     */
    enum hum_status (*wait)(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                            struct humi_outcome *outcome_out);

    /*
     * A ticket that ends when what the program itself has queued so far in its own queue `native`
     * of this device has finished; later launches of launch->queue wait for that.  Of the launch
     * only `queue` and `restarted` count.  HUM_ERR_INVALID: there is no such queue.
     * NULL: the program cannot reach this kind of device by itself.
     */
    enum hum_status (*follow)(struct humi_processor *p, const struct humi_launch *launch,
                              void *native, uint64_t *ticket_out);

    /*
     * A thread of this process touched what launches hold against the host: if it runs kernels of
     * this device its launch ends with ILLEGAL_ADDRESS, in time, and true is returned.
     * NULL: kernels of this kind of device run elsewhere.
     */
    bool (*blame)(struct humi_processor *p, const struct humi_fault *fault);

    /*
     * After life_fd became readable: every launch in flight ends with DEVICE_LOST, frames stay
     * readable through the window, and a new process starts in which nothing is mapped (modules
     * are loaded again).  fault_fd and life_fd are new.  May be tried again when it failed.
     * Where frames_die they were dropped before, and `restarted` goes up: submit() refuses what was
     * brought before with DEVICE_LOST.
     */
    enum hum_status (*restart)(struct humi_processor *p);

    /*
     * Take up to max recorded touches; returns how many.  NULL: this kind of device records none.
     * If there are none, waits up to timeout_ns (0: not at all) until it is worth while to look
     * again, and may return 0 before.  Without `exact` there are none, and it returns at once.
     *
     * One thread at a time; it must come again and again, because a worker whose touches are not
     * taken waits.  What wait() has told to be finished is all there to be taken, also if the
     * device dies afterwards.  Touches of a worker are in the order in which it first touched their
     * pages, see emu/process/touch.h; workers are not ordered.  Of a launch that did not end with
     * HUM_OK the last ones may be missing or there twice.
     */
    unsigned (*touches)(struct humi_processor *p, struct humi_touch *touches_out, unsigned max,
                        int64_t timeout_ns);

    /*
     * Begin to sample, where `sample_ppm` allows it; any thread, also more than once.  Take what
     * was sampled of the next block from *cursor on, which moves behind it; false: there is no
     * more.  Any thread; what one takes no other gets.  All three or none; NULL: this kind of
     * device samples nothing by itself.
     */
    void (*sampled_begin)(struct humi_processor *p);
    bool (*sampled_next)(struct humi_processor *p, uint32_t *cursor,
                         struct humi_sampled *sampled_out);
    struct humi_sampled_cost (*sampled_cost)(struct humi_processor *p);

    /*
     * Programs in OpenCL C from text, see program.h.  HUM_OK: the reply is written; HUM_ERR_MODULE:
     * OpenCL says no, and the reply has its error; HUM_ERR_UNSUPPORTED: there is none;
     * HUM_ERR_DEVICE_LOST: it died over this.  Starts the device's process if it died before, with
     * all programs as they were.  The answer was checked for nothing but its size.
     * NULL: not on this kind of device.
     */
    enum hum_status (*ask)(struct humi_processor *p, const struct humi_ask *ask,
                           struct humi_reply *reply_out);
};

/* There are bytes behind its frames, to be filled and copied. */
static inline bool humi_processor_has_memory(const struct humi_processor *p)
{
    return p->window || p->ops->put;
}

/* The host as a processor: maps the space into this process.  runtime/device/host/. */
enum hum_status humi_host_open(const struct humi_space_params *space, size_t host_bytes,
                               struct humi_processor **out);

/* An emulated device: a process of its own.  runtime/device/emu/. */
enum hum_status humi_emu_open(const struct humi_space_params *space,
                              const struct humi_device_params *params,
                              struct humi_processor **out);

/* A device of the installed OpenCL, in this process.  runtime/device/opencl/. */
enum hum_status humi_opencl_open(const struct humi_space_params *space,
                                 const struct humi_device_params *params,
                                 struct humi_processor **out);
/* A GPU of NVIDIA's, through its driver.  runtime/device/cuda/. */
enum hum_status humi_cuda_device_open(const struct humi_space_params *space,
                                      const struct humi_device_params *params,
                                      struct humi_processor **out);

#endif
