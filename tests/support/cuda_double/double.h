/* SPDX-License-Identifier: MIT */
/*
 * double.h - inside of the double: its world and how a call enters it.
 *
 * One lock guards everything here.  A call takes it, checks, changes tables or appends an operation
 * to a stream, and lets go.  Streams run operations on threads of their own, which take the lock to
 * find what an operation touches and let go of it while bytes are moved or a kernel runs.
 *
 *   memory      one physical piece: a file, mapped whole at `window` for the double alone
 *   mapping     [start, +bytes) of the devices' addresses, backed by a memory
 *   device      its process (executor.c) maps what it may touch: WIRE_* of wire.h
 *
 * Objects that a test destroys are marked dead and stay until cuda_double_reset(), so that a stale
 * handle is told from a good one.
 */
#ifndef SUPPORT_CUDA_DOUBLE_DOUBLE_H
#define SUPPORT_CUDA_DOUBLE_DOUBLE_H

#include <pthread.h>
#include <stdbool.h>

#include "device/cuda/functions.h"
#include "support/cuda_double/cuda_double.h"
#include "support/cuda_double/wire.h"

/*
 * Where addresses are taken: far from what processes have mapped by themselves, the executors too,
 * which must get the same ones.  The thread sanitizer leaves programs only some ranges.
 */
#if defined(__SANITIZE_THREAD__)
#define DOUBLE_ADDRESS_FIRST ((uintptr_t)0x6000000000u)
#define DOUBLE_ADDRESS_END ((uintptr_t)0x8000000000u)
#else
#define DOUBLE_ADDRESS_FIRST ((uintptr_t)0x200000000000u)
#define DOUBLE_ADDRESS_END ((uintptr_t)0x300000000000u)
#endif

#define DEVICES_MAX 8
#define NAMES_MAX 16
#define PAGE 4096u

/* The driver's own functions, as the list has them. */
#define DOUBLE_PROTOTYPE(symbol, name, since, need, parameters)                                    \
    CUDA_DOUBLE_API enum humi_cu_result symbol parameters;
HUMI_CUDA_FUNCTIONS(DOUBLE_PROTOTYPE)
#undef DOUBLE_PROTOTYPE

struct options {
    int devices, version, compute_mode;
    int compute[2];         /* major, minor */
    size_t memory, granularity, managed_most;
    bool peers, concurrent, vmm, managed, cupti, cupti_early;
    bool recover;           /* a reset of the primary context ends a sticky error */
    bool over_host;         /* a reservation may lie over addresses that the host uses */
    unsigned delay_us, seed, turns;
    int missing_count, fail_count;
    char missing[NAMES_MAX][48];
    struct {
        char name[48];
        unsigned call;      /* this one fails; 1 is the next */
        int result;         /* with this */
    } fail[NAMES_MAX];
};

struct device {
    int index;
    int socket;             /* -1: no process yet */
    int agent;              /* the other one; -1: uvm has it, or there is none */
    int pid;
    pthread_mutex_t lock;   /* of the socket: one request at a time */
    size_t used;            /* bytes of its memory */
    bool failed_before;     /* sticky and recover=0 */
};

struct CUctx_st {
    struct device *device;
    unsigned retained, flags;
    bool live;
    enum humi_cu_result sticky; /* CUDA_SUCCESS: none */
    unsigned generation;        /* counts resets: objects of older ones are dead */
    unsigned peers;             /* bit i: device i's memory may be touched */
    struct CUstream_st *none;   /* the default stream */
};

struct memory {
    struct memory *next;
    unsigned long long handle; /* of cuMemCreate(), 0: none */
    size_t bytes;
    int file, device;          /* device -1: the host */
    char *window;
    unsigned references;       /* handles; mappings are counted apart */
    unsigned mappings;
};

struct uvm_block;

enum kind { KIND_ALLOC, KIND_MANAGED, KIND_MAPPED };

/* What is known of one page of managed memory. */
struct page {
    bool read_mostly;
    signed char preferred, prefetched; /* device, -1 host, -2 none */
    unsigned char accessed_by;         /* bit i: device i; bit 7: host */
    unsigned char where, mapped;       /* the same bits; guarded by uvm's lock (uvm.h) */
};

struct mapping {
    struct mapping *next;
    enum kind kind;
    uintptr_t start;
    size_t bytes, offset;      /* offset in the memory */
    struct memory *memory;
    struct CUctx_st *context;  /* ALLOC, MANAGED: whose */
    enum wire_access access[DEVICES_MAX];
    enum wire_access host;     /* KIND_MAPPED of host memory */
    struct page *pages;        /* MANAGED */
    struct uvm_block *blocks;  /* MANAGED; guarded by uvm's lock, as is `followed` */
    struct mapping *followed;
    unsigned attach;           /* MANAGED: CU_MEM_ATTACH_* */
    struct CUstream_st *only;  /* MANAGED, attached to it alone */
    bool locked;               /* MANAGED: the host may not touch it now */
};

struct reservation {
    struct reservation *next;
    uintptr_t start;
    size_t bytes;
    bool over_host;            /* the host's addresses were left alone */
};

struct pinned {
    struct pinned *next;
    uintptr_t start;
    size_t bytes;
    unsigned flags;
};

struct world {
    pthread_mutex_t lock;
    pthread_cond_t changed;    /* an operation has finished, or hold has changed */
    struct options options;
    bool read, initialised, hold;
    int pid;                   /* whose it is; a child of fork() has none of the threads */
    unsigned generation;       /* counts resets of the whole double */
    struct device devices[DEVICES_MAX];
    struct CUctx_st contexts[DEVICES_MAX];
    struct memory *memories;
    struct mapping *mappings;
    struct reservation *reservations;
    struct pinned *pinned;
    struct CUstream_st *streams;
    struct CUevent_st *events;
    struct CUmod_st *modules;
    unsigned long long next_handle;
    struct cuda_double_counts counts;
};
extern struct world world;

/* ---- options.c ------------------------------------------------------------------------------ */
bool options_read(struct options *out, const char *text);
/* The version of the driver or the option missing= hides this function. */
bool options_hide(const struct options *o, const char *symbol, const char *name, int since);

/* ---- state.c -------------------------------------------------------------------------------- */

/*
 * Every call begins with one of these, which take the lock; RETURN() lets go of it.  They end the
 * call if it was told to fail, the driver is not initialised, there is no context, or the context
 * has an error that stays.
 */
enum humi_cu_result enter(const char *symbol, bool needs_init);
enum humi_cu_result enter_context(const char *symbol, struct CUctx_st **context_out);

#define ENTER(symbol)                                                                              \
    do {                                                                                           \
        enum humi_cu_result entered = enter(#symbol, true);                                        \
        if (entered)                                                                               \
            return entered;                                                                        \
    } while (0)
#define ENTER_CONTEXT(symbol, context)                                                             \
    do {                                                                                           \
        enum humi_cu_result entered = enter_context(#symbol, &(context));                          \
        if (entered)                                                                               \
            return entered;                                                                        \
    } while (0)
#define RETURN(result)                                                                             \
    do {                                                                                           \
        enum humi_cu_result returned = (result);                                                   \
        pthread_mutex_unlock(&world.lock);                                                         \
        return returned;                                                                           \
    } while (0)

bool device_is_valid(int device);
bool context_is_valid(const struct CUctx_st *context);
/* Every later call in this context fails with it. */
void context_fail(struct CUctx_st *context, enum humi_cu_result result);
struct CUctx_st *context_current(void);

/*
 * ---- executor.c: the process of a device.  The lock is held; a kernel runs without it, and other
 * requests wait for the kernel that runs.
 */
bool executor_start(struct device *device);
void executor_stop(struct device *device);
/* executor_ask() returns WIRE_FAILED when the process has died. */
struct wire_reply executor_ask(struct device *device, const struct wire_request *request, int file);
/* Map, change, take away what device may touch of a mapping; false: the system refused. */
bool executor_map(struct device *device, const struct mapping *m);
bool executor_protect(struct device *device, const struct mapping *m);
void executor_unmap(struct device *device, const struct mapping *m);

/* ---- memory.c ------------------------------------------------------------------------------- */
struct memory *memory_create(size_t bytes, int device);
/* Free it if nothing refers to it. */
void memory_settle(struct memory *memory);
/* Addresses for `bytes` that nobody may touch yet; 0: there are none. */
uintptr_t take_addresses(size_t bytes);
struct mapping *mapping_at(uintptr_t address);
/* A mapping that has a part in the range, NULL: none. */
struct mapping *mapping_in(uintptr_t start, size_t bytes);
struct mapping *mapping_add(enum kind kind, uintptr_t start, size_t bytes, struct memory *memory);
/* Take it from every device and forget it. */
void mapping_remove(struct mapping *mapping);
/* All of [start, +bytes) is managed memory. */
bool range_is_managed(uintptr_t start, size_t bytes);
struct pinned *pinned_at(uintptr_t start, size_t bytes);
void memory_forget_context(struct CUctx_st *context);
void memory_reset(void);
/*
 * The rule of devices without concurrent access: guard() when a kernel is queued takes managed
 * memory from the host, release() when the host has seen the device idle gives it back.
 */
void managed_guard(struct CUctx_st *context, struct CUstream_st *stream);
void managed_release(struct CUctx_st *context);

/* ---- mapping.c ------------------------------------------------------------------------------ */
void reservations_reset(void);

/* ---- stream.c ------------------------------------------------------------------------------- */
enum operation_kind {
    OP_TO_DEVICE, OP_TO_HOST, OP_BETWEEN, OP_FILL, OP_DISCARD, OP_PREFETCH, OP_KERNEL, OP_CALL,
    OP_NOTHING,
};

struct wait {
    struct CUstream_st *stream;
    uint64_t ticket; /* until so many of its operations have finished */
};

struct operation {
    struct operation *next;
    enum operation_kind kind;
    uintptr_t to, from;
    size_t bytes;
    void *snapshot;             /* of a pageable source, freed with it */
    unsigned char value;
    int where;                  /* PREFETCH: device, -1 host */
    struct CUctx_st *context, *to_context, *from_context;
    humi_cu_host_function *call;
    void *data;
    struct CUevent_st *event;   /* NOTHING: recorded here */
    struct wire_request *kernel;
    size_t wait_count;
    struct wait *waits;
};

struct CUstream_st {
    struct CUstream_st *next;
    struct CUctx_st *context;
    unsigned generation;
    unsigned flags;
    int priority;
    bool dead;                  /* takes no more; its thread ends once it is empty */
    bool stop;                  /* its thread ends now */
    pthread_t thread;
    struct operation *first, *last;
    uint64_t queued, finished;  /* operations */
    uint64_t random;
    size_t wait_count;          /* that the next operation inherits */
    struct wait *waits;
};

struct CUevent_st {
    struct CUevent_st *next;
    struct CUctx_st *context;
    unsigned generation, flags;
    bool dead, recorded;
    struct CUstream_st *stream; /* of the last record */
    uint64_t ticket, time_ns;
};

/* The stream that a handle means, NULL: none.  0 and 1 are the default stream. */
struct CUstream_st *stream_of(struct CUctx_st *context, struct CUstream_st *handle);
struct CUstream_st *stream_make(struct CUctx_st *context, unsigned flags, int priority);
/* Append a copy of op to the stream. */
enum humi_cu_result stream_append(struct CUstream_st *stream, const struct operation *op);
/* Wait until the first `ticket` operations have finished.  The lock is given up meanwhile. */
void stream_wait(struct CUstream_st *stream, uint64_t ticket);
bool stream_is_idle(const struct CUstream_st *stream);
bool context_is_idle(const struct CUctx_st *context);
void streams_end(struct CUctx_st *context); /* NULL: of all */

/* ---- work.c: what the thread of a stream does; the lock is held at the call and the return --- */
void operation_run(struct CUstream_st *stream, struct operation *op);

/* ---- cupti.c -------------------------------------------------------------------------------- */
void cupti_deliver(void); /* no lock is held */
void cupti_reset(void); /* who has registered stays: it is loaded as long as the double is */

/* ---- module.c ------------------------------------------------------------------------------- */
void modules_forget(struct CUctx_st *context); /* NULL: all */
uint64_t modules_count(void);

#endif
