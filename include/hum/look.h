/* SPDX-License-Identifier: MIT */
/*
 * look.h - what a space is like just now, what it did, and why.  Part of hum.h.
 *
 * Where pages are and how hot; what regions, devices and the system are like; counters of the
 * space, of each processor and each kernel; and the history of a page that says why it is where it
 * is.  Nothing here changes where pages are.
 *
 * Threads.  Any, at any time, as in hum.h; what one call tells is a snapshot, which other threads
 * may have changed when it returns.
 */
#ifndef HUM_LOOK_H
#define HUM_LOOK_H

#include <hum/hum.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pages ---------------------------------------------------------------------------------- */

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

/* ---- counters -------------------------------------------------------------------------------- */

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

/* The text of a cause; never NULL, static. */
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

/* ---- regions --------------------------------------------------------------------------------- */

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

/* ---- devices and the system ------------------------------------------------------------------ */

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

/* 0 of NULL. */
HUM_API unsigned hum_device_count(const struct hum *hum);
HUM_API HUM_MUST_USE enum hum_status hum_device_info(struct hum *hum, int device,
                                                     struct hum_device_info *info_out);

/* What this system gives and what is reduced.  Texts live until hum_close(). */
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

#endif
