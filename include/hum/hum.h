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
 * gives the sentence that explains the calling thread's last failure, with the next step.
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
                                 "driver;region:graph=tree;region:table=prefetch=none"; a name
                                 may be the path of a plug-in (policy.h): "./mine.so" */
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
                                 as by epoch; all of them make runs slower */
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
 *   a lost device    takes the space along: close it
 */

/* Wait for all work, end the devices, free every region and handle.  NULL is allowed. */
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

/* Name a region for tables and traces (copied, at most 63 bytes). */
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

/* More streams.  Work of one stream runs in order, work of several may overlap. */
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

/* Events mark a point in a stream. */
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

/* Nanoseconds from one event to another; both must have happened. */
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
 */
HUM_API HUM_MUST_USE enum hum_status hum_prefetch(struct hum *hum, const void *ptr, size_t bytes,
                                                  int processor, struct hum_stream *stream);
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
 * NULL).  text as in hum_options.policy; NULL: for a region the space's, for the space the default.
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
 * comes, others of it leave in the policy's order.  Blocks that come at the same time may pass the
 * budget by as many.
 * HUM_ERR_INVALID: no such device or region, or less than 8 MiB.
 */
HUM_API HUM_MUST_USE enum hum_status hum_budget_set(struct hum *hum, const void *ptr, int device,
                                                    size_t bytes);

/* ---- looking -------------------------------------------------------------------------------- */

/* One page, as sets of processors (HUM_BIT). */
struct hum_page_info {
    uint32_t resident;       /* has a current copy */
    uint32_t mapped;         /* may touch it without a fault */
    uint32_t writable;       /* may write it without a fault; at most one bit */
    uint32_t dirty;          /* holds the only current copy and may have changed it */
    uint32_t advice;         /* enum hum_advice bits in force (without the UNSET ones) */
    int32_t preferred;       /* processor, meaningful with HUM_ADVISE_PREFERRED */
    uint32_t accessed_by;    /* processors, meaningful with HUM_ADVISE_ACCESSED_BY */
    uint32_t remote;         /* may read and write it where it is resident, elsewhere */
    uint32_t remote_by;      /* processors, meaningful with HUM_ADVISE_REMOTE */
};

/*
 * The state of the pages that [ptr, ptr + bytes) touches, at most `count` of them, in order.
 * A snapshot, block by block; other threads may change it at once.
 */
HUM_API HUM_MUST_USE enum hum_status hum_query(struct hum *hum, const void *ptr, size_t bytes,
                                               struct hum_page_info *pages_out, size_t count);

#define HUM_CHUNK_SIZE ((size_t)64 << 10)

/*
 * How often a processor touched a chunk: 64 KiB, what access counters tell apart.  Counted are the
 * pages that faults asked for; with hum_options.sample also touches between faults, estimated from
 * samples, in a unit of their own; with hum_options.accesses "exact" every touch by kernels, and
 * then only these for devices.  So figures of one processor can be compared with each other.
 * Each is known to about one part in 128 of the largest of its 2 MiB.
 */
struct hum_chunk_heat {
    uint64_t reads, writes;
};

/*
 * Of the chunks that [ptr, ptr + bytes) touches, at most `count` of them, in order.  A snapshot,
 * block by block.  Chunks are counted since their region was allocated; one that two regions share
 * counts for both.  Exact touches of launches that ended are in it when nothing runs any more.
 * HUM_ERR_INVALID: the range is not inside one live region, or there is no such processor.
 */
HUM_API HUM_MUST_USE enum hum_status hum_heat_query(struct hum *hum, const void *ptr, size_t bytes,
                                                    int processor, struct hum_chunk_heat *heat_out,
                                                    size_t count);

/* Why a page's state changed.  X(name, text) */
#define HUM_CAUSE_LIST(X)                                                                          \
    X(HUM_CAUSE_FIRST_TOUCH, "first touch")                                                        \
    X(HUM_CAUSE_HOST_FAULT, "host fault")                                                          \
    X(HUM_CAUSE_DEVICE_FAULT, "device fault")                                                      \
    X(HUM_CAUSE_UPGRADE, "write upgrade")                                                          \
    X(HUM_CAUSE_REMAP, "map again")                                                                \
    X(HUM_CAUSE_PREFETCH_USER, "prefetch by user")                                                 \
    X(HUM_CAUSE_PREFETCH_POLICY, "prefetch by policy")                                             \
    X(HUM_CAUSE_EVICTION, "eviction")                                                              \
    X(HUM_CAUSE_ADVICE, "advice")                                                                  \
    X(HUM_CAUSE_DISCARD, "discard")                                                                \
    X(HUM_CAUSE_FREE, "free")                                                                      \
    X(HUM_CAUSE_PROTECT, "protection")                                                             \
    X(HUM_CAUSE_DEVICE_LOST, "device lost")                                                        \
    X(HUM_CAUSE_REMOTE_MAP, "remote map")                                                          \
    X(HUM_CAUSE_DECLARED, "declared use")

enum hum_cause {
#define HUM_CAUSE_ENUM(name, text) name,
    HUM_CAUSE_LIST(HUM_CAUSE_ENUM)
#undef HUM_CAUSE_ENUM
    HUM_CAUSE_COUNT
};

HUM_API const char *hum_cause_text(enum hum_cause cause);

/* Direction of bytes. */
enum hum_direction { HUM_H2D, HUM_D2H, HUM_D2D, HUM_DIRECTION_COUNT };

/*
 * Counts since hum_open (for a region: since hum_alloc, for a kernel: since hum_kernel_get).  All
 * but modelled_ns are facts.
 */
struct hum_counters {
    uint64_t faults_host;                     /* faults served for host threads */
    uint64_t faults_device;                   /* faults served for devices */
    uint64_t faults_duplicate;                /* faults that found the page already there */
    uint64_t batches;                         /* wake-ups of the fault service that found work */
    uint64_t bytes[HUM_DIRECTION_COUNT];      /* bytes copied between processors */
    uint64_t events[HUM_CAUSE_COUNT];         /* state changes, one a block and cause */
    uint64_t pages[HUM_CAUSE_COUNT];          /* pages those events concerned */
    uint64_t bytes_by_cause[HUM_CAUSE_COUNT]; /* bytes they copied */
    uint64_t evictions_clean;                 /* blocks that left a device without a copy */
    uint64_t evictions_dirty;                 /* blocks that left with one */
    uint64_t move_ns[HUM_DIRECTION_COUNT];    /* time spent copying */
    uint64_t service_ns;                      /* time spent serving faults, copying included */
    uint64_t modelled_ns[HUM_DIRECTION_COUNT]; /* modelled: the same copies on options.link; 0
                                                  where no link is modelled */
};

/*
 * What happened between two snapshots of the same counters: after - before, word by word.  out may
 * be one of the two.
 */
HUM_API void hum_counters_subtract(const struct hum_counters *after,
                                   const struct hum_counters *before, struct hum_counters *out);

struct hum_stats {
    struct hum_counters total;
    unsigned devices;                         /* number of devices */
    uint64_t capacity_bytes[HUM_PROCESSORS_MAX]; /* by processor + 1; 0 = no limit */
    uint64_t resident_bytes[HUM_PROCESSORS_MAX]; /* pages with a current copy */
    uint64_t frame_bytes[HUM_PROCESSORS_MAX];    /* memory of blocks with resident pages */
    uint64_t spare_bytes[HUM_PROCESSORS_MAX];    /* memory kept for the next pages; the two together
                                                    never exceed the capacity */
    uint64_t launches;
    uint64_t regions;                         /* live regions */
    uint64_t region_bytes;                    /* their sizes, rounded to pages */
    uint64_t metadata_bytes;                  /* the runtime's own bookkeeping */
    uint64_t samples_taken;                   /* pieces of launches whose touches were told, and
                                                 blocks whose mappings were taken away to see the
                                                 next touch (hum_options.sample) */
    uint64_t samples_touched;                 /* the same without blocks that nobody touched; not
                                                 counted as faults */
    uint64_t sample_ns;                       /* what that cost: measured, with an estimate of the
                                                 kernel's part */
    uint64_t told_thrashed;                   /* where a device's driver keeps the pages (CUDA,
                                                 mode=managed): ranges that it said processors
                                                 fight for, */
    uint64_t told_throttled, told_throttled_ns; /* how often and how long it made one wait, */
    uint64_t told_dropped;                    /* and what it did that could not be told */
    uint32_t sample_ppm;                      /* the most it may cost, in millionths of the time
                                                 that a processor runs; 0: nothing is sampled */
};

/* A snapshot; cheap, takes no lock that faults wait for. */
HUM_API HUM_MUST_USE enum hum_status hum_stats(struct hum *hum, struct hum_stats *stats_out);

/*
 * The part of the total that served one processor: faults of its own threads or kernels, and
 * changes that brought it pages, or took pages from it.  The processors sum up to the total.  What
 * served none of them (a discard, a free) counts for the host.
 * HUM_ERR_INVALID: there is no such processor.
 */
HUM_API HUM_MUST_USE enum hum_status hum_stats_processor(struct hum *hum, int processor,
                                                         struct hum_counters *counters_out);

struct hum_kernel_stats {
    uint64_t launches;                        /* that ran and whose end has been seen */
    uint64_t launch_ns;                       /* from their starts to their ends, summed */
    struct hum_counters counters;             /* faults of the kernel and what they caused */
};

/*
 * What a kernel did on its device.  A kernel got twice, from two loads of its module too, has the
 * same figures.  Prefetches, evictions and faults by whom the device could not name count for no
 * kernel; nor do batches, one of which may serve several.
 */
HUM_API HUM_MUST_USE enum hum_status hum_stats_kernel(struct hum_kernel *kernel,
                                                      struct hum_kernel_stats *stats_out);

struct hum_region_info {
    void *ptr;
    size_t bytes;                             /* as asked for */
    unsigned flags;
    char name[64];                            /* "" if never named */
    struct hum_counters counters;
};

/* The region that holds ptr. */
HUM_API HUM_MUST_USE enum hum_status hum_region_info(struct hum *hum, const void *ptr,
                                                     struct hum_region_info *info_out);

/*
 * The first region that starts at or after ptr (NULL: the first of all); HUM_ERR_NOT_FOUND: none.
 */
HUM_API HUM_MUST_USE enum hum_status hum_region_next(struct hum *hum, const void *ptr,
                                                     struct hum_region_info *info_out);

/* ---- why a page is where it is -------------------------------------------------------------- */

#define HUM_EXPLAIN_EVENTS_MAX 6

/* One event of a page.  It was an event of the block: figures are of all its pages together. */
struct hum_explained_event {
    enum hum_cause cause;
    int32_t processor;        /* whom it served; an eviction: who lost the pages */
    char kernel[64];          /* that touched (of a prefetch: a neighbour), "" if none did */
    uint32_t thread;          /* host thread that did, 0: none or not known */
    uint64_t start_ns;        /* since hum_open */
    bool brought;             /* this page became resident at `processor`; eviction: at the host */
    bool copied;              /* and with its bytes: it was not just zero */
    bool evicted;             /* the block left a device */
    uint32_t pages;           /* of the block, that it was about */
    uint64_t bytes[HUM_DIRECTION_COUNT]; /* that it copied */
    uint64_t move_ns;         /* copying them, measured */
    uint64_t modelled_ns;     /* the same on the link of the options; 0: none */
};

/*
 * What the runtime knows about a page.  Its events are those since its region was allocated.  They
 * are kept by block, and only few of them, so on a page whose neighbours are busy there may be none
 * left: then older_lost is set.  A trace has them all (HUM_TRACE, then `hum explain`).
 */
struct hum_explanation {
    uintptr_t page;           /* its first address */
    uintptr_t region_start;
    size_t region_bytes;      /* as asked for */
    char region_name[64];     /* "" if never named */
    uint32_t region_id;       /* as in traces */
    struct hum_page_info state;
    unsigned processors;      /* 1 + devices */
    char processor_name[HUM_PROCESSORS_MAX][32]; /* by processor + 1 */
    uint64_t now_ns;          /* since hum_open */

    unsigned events;          /* of event[] */
    struct hum_explained_event event[HUM_EXPLAIN_EVENTS_MAX]; /* of this page, newest first */
    bool older_lost;          /* there were older ones that are not kept */
    int arrival;              /* of event[], the newest that brought it to where it is; -1: none */

    /* Of the whole block, regions that share it or had it before included. */
    uint32_t block_events;
    uint32_t block_moves[HUM_DIRECTION_COUNT];   /* events that copied bytes */
    uint64_t block_bytes[HUM_DIRECTION_COUNT];
    uint64_t block_move_ns;
    uint32_t block_faults_host, block_faults_device;
    uint32_t block_evictions;
};

/*
 * Why is the page of `pointer` where it is, who moved it, when, how often, at what cost?  A
 * snapshot; cheap; waits for the block while a move of it is under way.
 * HUM_ERR_INVALID: pointer is not in a live region.
 */
HUM_API HUM_MUST_USE enum hum_status hum_explain(struct hum *hum, const void *pointer,
                                                 struct hum_explanation *out);

/*
 * The same as sentences for people, a line each.  At most `bytes` bytes are written, the ending
 * zero included; returns the length of the whole, as snprintf() does.  text may be NULL if bytes
 * is 0.  4096 bytes hold any.
 */
HUM_API size_t hum_explain_text(const struct hum_explanation *explanation, char *text,
                                size_t bytes);

struct hum_device_info {
    char name[64];            /* "emu0" */
    char kind[16];            /* "emu" */
    uint64_t memory_bytes;    /* capacity */
    unsigned workers;         /* threads that run kernels */
    int pid;                  /* of the device process, 0 if none runs */
    bool same_address;        /* pointers in memory mean the same to its kernels */
    bool managed;             /* its driver keeps residency, see at hum_open */
    bool faults;              /* its kernels may touch what is elsewhere; else see declared.h */
    bool huge_pages;          /* frames are 2 MiB pages */
    bool lost;                /* died; starts again at the next launch */
    uint64_t restarts;        /* how often it was started again */
    char model[96];           /* what its driver calls it, "" for an emulated one */
};

HUM_API unsigned hum_device_count(const struct hum *hum);
HUM_API HUM_MUST_USE enum hum_status hum_device_info(struct hum *hum, int device,
                                                     struct hum_device_info *info_out);

/* What this system gives and what is reduced. */
struct hum_system_info {
    uintptr_t space_start;    /* first address */
    size_t space_bytes;
    const char *policy;       /* the shortest text that gives the same policy */
    bool kernel_faults;       /* system calls on managed pointers work */
    bool shared_read;         /* read-only copies can be mapped (Linux >= 6.4) */
    bool huge_pages;          /* frames are 2 MiB pages */
    const char *reduced;      /* "" or what is reduced and how to lift it, a line each */
};
HUM_API HUM_MUST_USE enum hum_status hum_system_info(struct hum *hum,
                                                     struct hum_system_info *info_out);

#ifdef __cplusplus
}
#endif

#include <hum/declared.h>

#endif
