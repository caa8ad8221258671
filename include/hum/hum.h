/* SPDX-License-Identifier: MIT */
/*
 * hum.h - one shared range of memory for a host program and its compute devices.
 *
 * What this is.  hum_open() reserves a range of addresses, the *space*, that means the same on the
 * host and on every device.  hum_alloc() hands out *regions* of it.  Either side simply touches
 * them: a page that is not there faults, and the runtime brings it.  Kernels are launched on
 * streams; hum_wait() is where their errors arrive.
 *
 * Units.  A *page* is 4 KiB and is what becomes resident here or there.  A *block* is an aligned
 * 2 MiB and is what the runtime locks and decides about.  Small regions never share a page; they do
 * share blocks, so two small regions used by different processors can slow each other down but
 * never corrupt each other (allocate with HUM_ALLOC_OWN_BLOCKS to keep a region apart).
 *
 * Processors.  HUM_HOST is the host; devices count from 0.  Where a set of processors is reported
 * as bits, HUM_BIT(HUM_HOST) is bit 0 and HUM_BIT(d) is bit d + 1.
 *
 * Coherence.  A page that one processor may write is readable nowhere else, so no processor ever
 * sees stale bytes.  Accesses of at most 8 aligned bytes are never torn.  A page never written
 * reads as zero everywhere and costs no transfer.
 *
 * Threads.  Every function may be called from any thread at any time, except that nothing may be
 * using a handle while it is destroyed or closed.  No function may be called from a signal handler.
 *
 * Errors.  Functions return enum hum_status; outputs are written only on HUM_OK.  hum_error_text()
 * gives the sentence that explains the calling thread's last failure, with the next step.  A NULL
 * where something is needed, a number that names no processor, a range that is not inside one live
 * region, and a handle of another space are HUM_ERR_INVALID everywhere, and want of memory is
 * HUM_ERR_NO_MEMORY; comments name what else there is.
 *
 * Ownership.  Modules, kernels and streams belong to the space and end with it; events belong to
 * whoever created them, who destroys them before hum_close().
 *
 * fork().  A child does not inherit the space: touching it there is a segmentation fault.  fork()
 * followed by exec(), system() and posix_spawn() are fine.
 */
#ifndef HUM_HUM_H
#define HUM_HUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HUM_API __attribute__((visibility("default")))
#define HUM_MUST_USE __attribute__((warn_unused_result))
#else
#define HUM_API
#define HUM_MUST_USE
#endif

#define HUM_VERSION_MAJOR 0
#define HUM_VERSION_MINOR 1
#define HUM_VERSION_PATCH 0

#define HUM_PAGE_SIZE ((size_t)4096)
#define HUM_BLOCK_SIZE ((size_t)2 << 20)

/* ---- status -------------------------------------------------------------------------------- */

/* X(name, value, text).  Zero is success, errors are negative, HUM_AGAIN is internal. */
#define HUM_STATUS_LIST(X)                                                                         \
    X(HUM_OK, 0, "success")                                                                        \
    X(HUM_AGAIN, 1, "state changed, start again")                                                  \
    X(HUM_ERR_INVALID, -1, "invalid argument")                                                     \
    X(HUM_ERR_NO_MEMORY, -2, "out of memory")                                                      \
    X(HUM_ERR_NO_SPACE, -3, "the space has no free range of this size")                            \
    X(HUM_ERR_NOT_FOUND, -4, "not found")                                                          \
    X(HUM_ERR_UNSUPPORTED, -5, "not supported by this system or device")                           \
    X(HUM_ERR_PERMISSION, -6, "not permitted")                                                     \
    X(HUM_ERR_SYSTEM, -7, "a system call failed")                                                  \
    X(HUM_ERR_ILLEGAL_ADDRESS, -8, "a kernel touched an address it was not granted")               \
    X(HUM_ERR_KERNEL_CRASHED, -9, "a kernel crashed")                                              \
    X(HUM_ERR_TIMEOUT, -10, "a kernel ran past the watchdog")                                      \
    X(HUM_ERR_DEVICE_LOST, -11, "the device process died")                                         \
    X(HUM_ERR_MODULE, -12, "a kernel module could not be loaded")                                  \
    X(HUM_ERR_BUSY, -13, "the object is in use")                                                   \
    X(HUM_NOT_READY, 2, "the work is not finished yet")

enum hum_status {
#define HUM_STATUS_ENUM(name, value, text) name = value,
    HUM_STATUS_LIST(HUM_STATUS_ENUM)
#undef HUM_STATUS_ENUM
};

/* The general text of a status; never NULL, static. */
HUM_API const char *hum_status_text(enum hum_status status);

/* The name of a status as written in C, "HUM_ERR_INVALID"; never NULL, static. */
HUM_API const char *hum_status_name(enum hum_status status);

/*
 * The sentence about the calling thread's last failure: exact cause and next step.  Never NULL;
 * valid until the thread's next hum call.  After hum_wait() it names the kernel and the address.
 */
HUM_API const char *hum_error_text(void);

/* ---- opening ------------------------------------------------------------------------------- */

struct hum;
struct hum_module;
struct hum_kernel;
struct hum_stream;
struct hum_event;

#define HUM_HOST (-1)                       /* the host as a processor */
#define HUM_ALL (-2)                        /* hum_wait(): every device */
#define HUM_DEVICES_MAX 15                  /* devices of one space */
#define HUM_PROCESSORS_MAX (HUM_DEVICES_MAX + 1)
#define HUM_BIT(processor) (1u << ((processor) + 1))

#define HUM_EXACT_WINDOW_MAX 1024u /* pages, see hum_options.accesses */

/*
 * Options.  Initialise with HUM_OPTIONS_INIT and set what you want; a zero or NULL member means
 * "the environment variable named beside it, else the default".
 */
struct hum_options {
    size_t struct_size;       /* set by HUM_OPTIONS_INIT */
    const char *devices;      /* HUM_DEVICES  "emu:mem=256M,workers=2;emu:mem=1G"  (one emu); with
                                 "emu:kernels=opencl" modules are loaded as OpenCL C; "opencl:0"
                                 is the machine's first OpenCL device, see hum/declared.h;
                                 "cuda:0,mode=managed": NVIDIA's driver keeps residency, see below;
                                 mode=auto: if the device can, else as without (declared) */
    const char *policy;       /* HUM_POLICY   "auto" | "driver" | "ondemand" | ... ("auto"), or
                                 parts and numbers: "driver,evict=lru,prefetch.threshold=75"; with
                                 no name before them they change "ahead";
                                 behind it rules for regions by name:
                                 "driver;region:graph=tree;region:table=prefetch=none"; these
                                 names have no '=' and no ';', nor blanks at their ends.  A
                                 policy's name may be the path of a plug-in (policy.h):
                                 "./mine.so" */
    const char *kernel_path;  /* HUM_KERNEL_PATH  folders of kernel modules, separated by ':' */
    size_t space_bytes;       /* HUM_SPACE    size of the space, "1T"; multiple of 1 GiB */
    size_t host_bytes;        /* HUM_HOST_MEM most memory the host side may hold   (no limit) */
    unsigned watchdog_ms;     /* HUM_WATCHDOG longest run of one kernel, ms        (no limit) */
    const char *features;     /* HUM_FEATURES "-huge,-share,-kernel_faults" takes features away */
    const char *trace;        /* HUM_TRACE    file to write a trace to (trace.h); %p: process id */
    const char *link;         /* HUM_LINK     "pcie3x16" | "pcie4x16" | "pcie5x16" | "nvlink-c2c" |
                                              "alpha=1.8us,beta=12.8G": prices of moves, modelled */
    const char *accesses;     /* HUM_ACCESSES "exact": the trace holds every access by kernels, of
                                 one page together while a worker touches fewer than
                                 HUM_EXACT_WINDOW_MAX others ("exact:16": fewer than 16 others);
                                 "epoch": the pages that each processor read and wrote between
                                 launches and waits, by faults; "full": as exact, and the host's
                                 as by epoch; all need a trace, and make runs slower   (nothing) */
    const char *sample;       /* HUM_SAMPLE   "off" | "on" | "0.5%": sample touches that would not
                                 be seen, for so much of the run time; "on" is 2 %; with none it
                                 is "off", but for a policy that decides by touches ("auto"
                                 does): "on" from the first page that it maps where it is */
    bool pace;                /* HUM_PACE=on  moves take at least as long as on that link */
    const char *check;        /* HUM_CHECK    "uses": report touches that launches did not declare,
                                              makes runs slower; "released": keep the host's
                                              touches of what it released; see declared.h
                                                                                     (nothing) */
    bool deterministic;       /* HUM_DETERMINISTIC=on  nothing depends on which thread is faster:
                                 one worker a device, launches and prefetches end before the call
                                 returns, blocks ahead come before the fault that asked for them.
                                 A program of one thread then has the same moves each time; kernels
                                 that wait for the host never end */
};
#define HUM_OPTIONS_INIT                                                                           \
    {                                                                                              \
        sizeof(struct hum_options), NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL,       \
            false, NULL, false                                                                     \
    }

/*
 * Open a space with its devices.  options may be NULL.  Several spaces may be open at once; memory
 * of one is foreign to the devices of another.
 * HUM_ERR_INVALID: unknown option or device; HUM_ERR_UNSUPPORTED: the kernel lacks a needed
 * feature (the error text names the fix); HUM_ERR_NO_SPACE: no address range is free.
 */
HUM_API HUM_MUST_USE enum hum_status hum_open(const struct hum_options *options,
                                              struct hum **hum_out);

/*
 * How many devices hum_open() would open, as far as that can be told without opening one: for
 * emulated devices, which have their program and a kernel that lets them fault.  `devices` as in
 * hum_options, or NULL.  0: only hum_open() can tell, or would fail.  Costs a few system calls.
 */
HUM_API unsigned hum_devices_foreseen(const char *devices);

/*
 * Where a driver keeps residency (hum_device_info.managed) it faults, moves and evicts, and hum
 * prefetches, advises and tells.  What differs then:
 *   the space        is where the driver put it; its default size is what the driver gives
 *   hum_query        resident and remote are what the driver told so far (CUPTI), 0: nothing was
 *                    told; mapped, writable and dirty are not known; advice is the driver's answer
 *   hum_stats        counts what was told: faults, moves, evictions, remote maps, and told_*
 *   hum_free         waits until the devices are idle; a touch afterwards is not found out
 *   hum_discard      fills with zeros at once
 *   hum_advise       ACCESSED_BY and REMOTE are one thing to the driver
 *   hum_protect      HUM_ERR_UNSUPPORTED, as are host_bytes, deterministic, accesses, check, sample
 *   policies         prefetch ahead of kernels that run; they place, evict and throttle nothing
 *   hum_budget_set   is HUM_OK and limits nothing: the driver evicts
 *   a lost device    takes the space along: close it
 */

/* Wait for all work, end the devices, free all regions and handles but events.  NULL is allowed. */
HUM_API void hum_close(struct hum *hum);

/* ---- regions ------------------------------------------------------------------------------- */

enum hum_alloc_flags {
    HUM_ALLOC_OWN_BLOCKS = 1u << 0, /* share no block with another region */
};

/*
 * A new region of at least `bytes` (1 .. the size of the space), page aligned (block aligned from
 * 2 MiB on), reading as zero, backed by nothing until touched.
 * HUM_ERR_INVALID: bytes is 0 or a flag is unknown; HUM_ERR_NO_SPACE: the space is full.
 */
HUM_API HUM_MUST_USE enum hum_status hum_alloc(struct hum *hum, size_t bytes, unsigned flags,
                                               void **ptr_out);

/*
 * Free the region that starts at ptr (NULL is allowed and does nothing).  Waits for nothing: a
 * kernel still using the region fails with HUM_ERR_ILLEGAL_ADDRESS, a host thread that touches it
 * afterwards gets SIGSEGV.  (Where kernels cannot fault, see declared.h, it waits for those that
 * use the region.)
 * HUM_ERR_INVALID: ptr is not the start of a live region.
 */
HUM_API enum hum_status hum_free(struct hum *hum, void *ptr);

enum hum_access { HUM_NONE = 0, HUM_READ = 1, HUM_WRITE = 2 };

/*
 * What a processor may do with a whole region: HUM_NONE, HUM_READ or HUM_READ | HUM_WRITE.  Every
 * processor starts with both.  Takes effect before the call returns, also for running kernels,
 * which then fail with HUM_ERR_ILLEGAL_ADDRESS; a host thread gets SIGSEGV.
 * HUM_ERR_UNSUPPORTED: read-only access on a kernel before Linux 6.4.
 */
HUM_API HUM_MUST_USE enum hum_status hum_protect(struct hum *hum, void *ptr, int processor,
                                                 unsigned access);

/* Name the region that holds ptr, for tables, traces and policies; copied, 63 bytes of it. */
HUM_API HUM_MUST_USE enum hum_status hum_name(struct hum *hum, void *ptr, const char *name);

/* ---- kernels and streams -------------------------------------------------------------------- */

/*
 * Load the module `name` on a device.  A name with a '/' is a path; otherwise name.so is searched
 * beside the program, in options.kernel_path / HUM_KERNEL_PATH, then name.cl and name.spv; the
 * other way round on a device with kernels=opencl or of kind opencl.  A name that ends in one of
 * these is that file.
 * Belongs to hum; closed with it.
 *
 * name.cl is OpenCL C 3.0, name.spv SPIR-V where the implementation takes it.  The OpenCL
 * implementation of the machine builds and runs them in the device's process (on Debian
 * pocl-opencl-icd and ocl-icd-libopencl1), its caches are in HUM_CACHE_DIR, else
 * $XDG_CACHE_HOME/hum, else ~/.cache/hum.  When such a kernel crashes or is ended, its launch says
 * why as ever, but the device's process ends with it: what else is in flight ends with
 * HUM_ERR_DEVICE_LOST.  Programs from text: program.h.
 *
 * HUM_ERR_NOT_FOUND: the error text lists where was searched; HUM_ERR_MODULE: the loader's reason,
 * or the first lines of the compiler and the file with all of them; HUM_ERR_UNSUPPORTED: no OpenCL
 * implementation; the text names the packages.
 */
HUM_API HUM_MUST_USE enum hum_status hum_module_load(struct hum *hum, int device, const char *name,
                                                     struct hum_module **module_out);

/*
 * A kernel of a module by the name given to HUM_KERNEL, or by its own in OpenCL C.  Belongs to the
 * module.
 *
 * The argument block of the latter is a struct with the kernel's arguments as members, in order:
 * an address of the space for a __global or __constant pointer, a size_t with its bytes for a
 * __local one, numbers, vectors (aligned to their size, one of 3 as one of 4) and structs as they
 * are.  hum_launch() runs it over [0, count) in groups that OpenCL chooses, hum_launch_nd() over
 * groups * items; grid.local_bytes is not used.  Such kernels run one at a time on a device.
 *
 * HUM_ERR_NOT_FOUND: the module has no such kernel; HUM_ERR_UNSUPPORTED: an argument is an image
 * or a sampler, or a struct in SPIR-V, which does not tell its size.
 */
HUM_API HUM_MUST_USE enum hum_status hum_kernel_get(struct hum_module *module, const char *name,
                                                    struct hum_kernel **kernel_out);

/* The default stream of a device, NULL if there is no such device. */
HUM_API struct hum_stream *hum_stream(struct hum *hum, int device);

/*
 * More streams.  Work of one stream runs in order, work of several may overlap.
 * HUM_ERR_BUSY: the device has 64.
 */
HUM_API HUM_MUST_USE enum hum_status hum_stream_create(struct hum *hum, int device,
                                                       struct hum_stream **stream_out);

/* Wait for the stream's work, then destroy it.  NULL is allowed; the default stream is not. */
HUM_API void hum_stream_destroy(struct hum_stream *stream);

#define HUM_ARGS_MAX ((size_t)4096)         /* bytes of one argument block */
#define HUM_LOCAL_MAX ((size_t)256 << 10)   /* bytes of local memory of one group */

/*
 * Run `kernel` for indices 0 .. count-1 after the stream's earlier work.  args is copied before the
 * call returns (args_bytes <= HUM_ARGS_MAX).  count 0 is allowed and runs nothing.
 * Returns at once; errors of the kernel itself arrive at hum_wait().
 * HUM_ERR_INVALID: the kernel is another device's, or takes another argument block.
 */
HUM_API HUM_MUST_USE enum hum_status hum_launch(struct hum_stream *stream,
                                                struct hum_kernel *kernel, size_t count,
                                                const void *args, size_t args_bytes);

/* A launch in groups: groups[d] groups of items[d] work-items in each of 1..3 dimensions. */
struct hum_grid {
    unsigned dimensions;   /* 1, 2 or 3; the other entries are ignored */
    size_t groups[3];
    size_t items[3];       /* work-items of one group; their product is at most 65536 */
    size_t local_bytes;    /* local memory of one group, <= HUM_LOCAL_MAX, undefined at start */
};

/* Run `kernel` over a grid, else as hum_launch(). */
HUM_API HUM_MUST_USE enum hum_status hum_launch_nd(struct hum_stream *stream,
                                                   struct hum_kernel *kernel,
                                                   const struct hum_grid *grid, const void *args,
                                                   size_t args_bytes);

/*
 * Wait until all work of the device's streams (HUM_ALL: of every device) has finished.  Returns the
 * first error of the work since the last wait and forgets it; the error text names kernel and
 * address.  After an error of a kernel the stream goes on with the work behind it.
 */
HUM_API enum hum_status hum_wait(struct hum *hum, int device);

/* The same for one stream. */
HUM_API enum hum_status hum_stream_wait(struct hum_stream *stream);

/* Events mark a point in a stream.  NULL may be destroyed. */
HUM_API HUM_MUST_USE enum hum_status hum_event_create(struct hum *hum,
                                                      struct hum_event **event_out);
HUM_API void hum_event_destroy(struct hum_event *event);

/* The event happens when the stream's work so far is done.  May be recorded again. */
HUM_API HUM_MUST_USE enum hum_status hum_event_record(struct hum_event *event,
                                                      struct hum_stream *stream);

/* Later work of `stream` (of any device) waits for the event as last recorded. */
HUM_API HUM_MUST_USE enum hum_status hum_stream_wait_event(struct hum_stream *stream,
                                                           struct hum_event *event);

/* Wait on the host; an event never recorded has happened. */
HUM_API enum hum_status hum_event_wait(struct hum_event *event);

/* HUM_OK if it has happened, HUM_NOT_READY if not. */
HUM_API enum hum_status hum_event_query(struct hum_event *event);

/* Nanoseconds from one event to another.  HUM_ERR_INVALID: one has not happened. */
HUM_API HUM_MUST_USE enum hum_status hum_event_elapsed(struct hum_event *start,
                                                       struct hum_event *end, int64_t *ns_out);

/* What became of the work before an event in its stream.  Times are of CLOCK_MONOTONIC. */
struct hum_event_result {
    uint64_t start_ns;       /* when the last launch before it started; 0: there was none */
    uint64_t end_ns;         /* when the event happened */
    enum hum_status status;  /* first error of the stream's work up to there since its last wait */
};

/*
 * Does not wait, and forgets no error: hum_stream_wait() returns it yet.
 * HUM_NOT_READY: it has not happened; HUM_ERR_INVALID: it was never recorded.
 */
HUM_API HUM_MUST_USE enum hum_status hum_event_result(struct hum_event *event,
                                                      struct hum_event_result *result_out);

/* ---- explicit control ----------------------------------------------------------------------- */

/* A range [ptr, ptr + bytes) for the batch forms; it must lie within one region. */
struct hum_range {
    void *ptr;
    size_t bytes;
};

/*
 * Make the range resident on `processor` (HUM_HOST or a device) after the stream's earlier work.
 * Copies elsewhere stay valid until someone writes.  With stream NULL it happens before the call
 * returns.  A device too small for the range holds what fits.
 * HUM_ERR_PERMISSION, with a stream at the wait: the processor may not read there (hum_protect).
 */
HUM_API HUM_MUST_USE enum hum_status hum_prefetch(struct hum *hum, const void *ptr, size_t bytes,
                                                  int processor, struct hum_stream *stream);
/* Several ranges; all are checked before anything is done. */
HUM_API HUM_MUST_USE enum hum_status hum_prefetch_batch(struct hum *hum,
                                                        const struct hum_range *ranges,
                                                        size_t count, int processor,
                                                        struct hum_stream *stream);

/*
 * The content of the range is no longer needed: no bytes move for it, its memory can hold other
 * pages at once, and it reads as zero until written.  Only whole pages inside the range are
 * discarded.  Ordered after the stream's earlier work; with stream NULL it happens before the call
 * returns.
 */
HUM_API HUM_MUST_USE enum hum_status hum_discard(struct hum *hum, void *ptr, size_t bytes,
                                                 struct hum_stream *stream);
/* Several ranges; all are checked before anything is done. */
HUM_API HUM_MUST_USE enum hum_status hum_discard_batch(struct hum *hum,
                                                       const struct hum_range *ranges, size_t count,
                                                       struct hum_stream *stream);

/* X(name, bit, text) */
#define HUM_ADVICE_LIST(X)                                                                         \
    X(HUM_ADVISE_READ_MOSTLY, 1u << 0, "read-mostly")                                              \
    X(HUM_ADVISE_PREFERRED, 1u << 1, "preferred location")                                         \
    X(HUM_ADVISE_ACCESSED_BY, 1u << 2, "accessed by")                                              \
    X(HUM_ADVISE_REMOTE, 1u << 3, "remote")                                                        \
    X(HUM_ADVISE_UNSET_READ_MOSTLY, 1u << 8, "unset read-mostly")                                  \
    X(HUM_ADVISE_UNSET_PREFERRED, 1u << 9, "unset preferred location")                             \
    X(HUM_ADVISE_UNSET_ACCESSED_BY, 1u << 10, "unset accessed by")                                 \
    X(HUM_ADVISE_UNSET_REMOTE, 1u << 11, "unset remote")

enum hum_advice {
#define HUM_ADVICE_ENUM(name, bit, text) name = bit,
    HUM_ADVICE_LIST(HUM_ADVICE_ENUM)
#undef HUM_ADVICE_ENUM
};

/*
 * Advice about the blocks that the range touches.  It changes cost, never results.
 *   READ_MOSTLY   a reader gets the whole block at once and keeps its copy; `processor` ignored
 *   PREFERRED     first touch by `processor` takes the whole block, and eviction from a device
 *                 that is the preferred location comes last
 *   ACCESSED_BY   when the block's pages become resident anywhere, `processor` is given its copy
 *                 at its first touch of any page of it, whole; but pages that are at a PREFERRED
 *                 location of theirs stay there and are touched as with REMOTE
 *   REMOTE        `processor` touches pages that another one has where they are, over the link:
 *                 nothing moves, both may write, and atomic operations of both meet in one place.
 *                 Pages that nobody has come to it as ever; a prefetch moves them as ever.  Where
 *                 it cannot be had (hum_protect() lets it only read, epochs are recorded, too many
 *                 mappings) pages move.
 */
HUM_API HUM_MUST_USE enum hum_status hum_advise(struct hum *hum, const void *ptr, size_t bytes,
                                                enum hum_advice advice, int processor);

/*
 * Which policy decides about a region (ptr lies in it), or where no region has one of its own (ptr
 * NULL).  text as in hum_options.policy, without rules; NULL: for a region the space's, for the
 * space the default.
 * Takes effect from the next fault on and may be called at any time: to turn a number, say
 * "driver,prefetch.threshold=75".  What parts have learnt stays while they are the same.  Which
 * block leaves a full device is the space's to say: a region's evict is refused if written, and
 * left aside if a named policy brings it.
 * HUM_ERR_INVALID: the error text lists what may be written.
 */
HUM_API HUM_MUST_USE enum hum_status hum_policy_set(struct hum *hum, const void *ptr,
                                                    const char *text);

#define HUM_POLICY_TEXT_MAX 1024u /* bytes of a policy's text, the ending zero included */

/* The shortest text that gives the policy that decides there. */
HUM_API HUM_MUST_USE enum hum_status hum_policy_get(struct hum *hum, const void *ptr,
                                                    char *text_out, size_t bytes);

/*
 * A region (ptr lies in it) may hold at most so many bytes of a device: at least 8 MiB, because one
 * access may need several blocks at once, and counted in whole blocks, also those that it shares
 * with others; 0: as many as fit.  What is too much leaves by and by: before a block of the region
 * comes, others of it leave in the policy's order; for what is only mapped far none does.  Blocks
 * that come at the same time may pass the budget by as many, and a launch that cannot fault has all
 * that it uses.
 * HUM_ERR_INVALID: no such device or region, or less than 8 MiB.
 */
HUM_API HUM_MUST_USE enum hum_status hum_budget_set(struct hum *hum, const void *ptr, int device,
                                                    size_t bytes);

#ifdef __cplusplus
}
#endif

#include <hum/declared.h>
#include <hum/look.h>

#endif
