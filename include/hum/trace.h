/* SPDX-License-Identifier: MIT */
/*
 * trace.h - traces: what happened, in order, in a file; and the metrics computed from it.
 *
 * What this is.  A trace is a sequence of records.  Some say what things are (space, processors,
 * regions, kernels, settings), some what happened (events, faults, launches), some what was touched
 * (accesses), some what the program asked of the runtime (calls).  A program writes one when
 * HUM_TRACE names a file; tools read it with the functions here, or are called with every record as
 * it is made (hum_watch).  The bytes of the file are described in runtime/trace/FORMAT.md.
 *
 * Units.  Times are nanoseconds since the space was opened.  Pages are 4 KiB and are numbered from
 * the start of the space: page = (address - space.start) / HUM_PAGE_SIZE.  Blocks are 512 pages.
 * Processors are HUM_HOST and 0 .. as in hum.h.  Every figure is a fact except those whose names
 * say `modelled`.
 *
 * Order.  Records stand in the order in which they were put; times of neighbours may differ from
 * that by microseconds, because several threads put them.  Launches and batches are put when they
 * end and have the time when they began.
 *
 * Threads.  A reader belongs to one thread at a time.  Nothing here touches managed memory.
 * Trust.  A file is checked as it is read: a damaged or hostile one gives HUM_ERR_INVALID with a
 * text, never a crash, and memory use is bounded by the largest chunk allowed.
 */
#ifndef HUM_TRACE_H
#define HUM_TRACE_H

#include <hum/hum.h>
#include <hum/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text).  The text is the name in exports. */
#define HUM_TRACE_KIND_LIST(X)                                                                     \
    X(HUM_TRACE_SPACE, "space")                                                                    \
    X(HUM_TRACE_SETTING, "setting")                                                                \
    X(HUM_TRACE_PROCESSOR, "processor")                                                            \
    X(HUM_TRACE_REGION, "region")                                                                  \
    X(HUM_TRACE_REGION_END, "region end")                                                          \
    X(HUM_TRACE_KERNEL, "kernel")                                                                  \
    X(HUM_TRACE_LAUNCH, "launch")                                                                  \
    X(HUM_TRACE_EVENT, "event")                                                                    \
    X(HUM_TRACE_FAULTS, "faults")                                                                  \
    X(HUM_TRACE_BATCH, "batch")                                                                    \
    X(HUM_TRACE_EPOCH, "epoch")                                                                    \
    X(HUM_TRACE_ACCESS, "access")                                                                  \
    X(HUM_TRACE_DROPPED, "dropped")                                                                \
    X(HUM_TRACE_TOTALS, "totals")                                                                  \
    X(HUM_TRACE_CALL, "call")

enum hum_trace_kind {
#define HUM_TRACE_KIND_ENUM(name, text) name,
    HUM_TRACE_KIND_LIST(HUM_TRACE_KIND_ENUM)
#undef HUM_TRACE_KIND_ENUM
    HUM_TRACE_KIND_COUNT
};

/* The text of a kind; NULL if there is no such kind.  Static. */
HUM_API const char *hum_trace_kind_text(enum hum_trace_kind kind);

#define HUM_TRACE_PAGES_MAX (UINT64_C(1) << 52) /* no page number is above */

/* ---- records -------------------------------------------------------------------------------- */

struct hum_trace_space {
    uint64_t start;              /* first address */
    uint64_t bytes;
    uint64_t unix_ns;            /* wall clock at time 0 */
    uint32_t pid;
    char program[256];           /* the command line, cut */
};

/* What a run was made with, as text: "policy", "link", "host", "kernel", "cpu", "accesses", ... */
struct hum_trace_setting {
    char key[32];
    char value[256];
};

struct hum_trace_processor {
    int32_t processor;
    char name[64];               /* "host", "emu0" */
    char kind[16];               /* "host", "emu" */
    uint64_t capacity_bytes;     /* 0: no limit */
    uint32_t workers;
};

/* A region was allocated, or (the same id again) named. */
struct hum_trace_region {
    uint32_t region;             /* never used for another region */
    uint64_t first_page;
    uint64_t bytes;              /* as asked for */
    uint32_t flags;              /* enum hum_alloc_flags; 0 in traces of version 2 */
    char name[64];               /* "" if it has none */
};

struct hum_trace_region_end {
    uint32_t region;
};

struct hum_trace_kernel {
    uint32_t kernel;             /* 1 ..; 0 stands for no kernel */
    int32_t device;
    char name[64];
};

/* A launch has ended.  The record's time is when it started. */
struct hum_trace_launch {
    uint64_t launch;             /* 1 .. in order of submission on all devices; 0: no launch */
    uint32_t kernel;
    int32_t device;
    uint32_t stream;             /* 0 is the device's default stream */
    int32_t status;              /* enum hum_status */
    uint64_t count;              /* indices, or work-items of all groups */
    uint64_t submit_ns, end_ns;
};

/*
 * One block's state changed.  The record's time is when the change began; for a fault: when its
 * batch did, or serving its block behind the others of the batch or behind evictions.
 */
struct hum_trace_event {
    uint32_t cause;              /* enum hum_cause */
    int32_t processor;           /* whom it serves; an eviction: who loses the pages */
    uint32_t region;             /* 0: none or several */
    uint32_t kernel;             /* that touched, 0: none */
    uint32_t thread;             /* host thread that touched, 0: none */
    uint32_t block;              /* pages 512 * block .. */
    struct hum_pages pages;      /* of the block, that the change is about */
    struct hum_pages moved;      /* of these and no others, the ones whose bytes were copied */
    uint64_t bytes[HUM_DIRECTION_COUNT];
    uint32_t move_ns;            /* copying, measured */
    uint32_t modelled_ns;        /* the same on the modelled link; 0: no link is modelled */
    bool evicted;                /* a block left a device; clean if no bytes moved */
};

/* Faults that were answered together, at the time of the events that answer them. */
struct hum_trace_faults {
    int32_t processor;
    uint32_t region;
    uint32_t kernel;
    uint32_t faults;             /* duplicates included */
    uint32_t duplicates;         /* that found their page accessible */
};

/* The fault service woke up and had work; the record's time is when it had read the faults. */
struct hum_trace_batch {
    int32_t processor;
    uint32_t faults;
    uint32_t service_ns;
};

/*
 * Boundary of an epoch: accesses behind it belong to it.  In traces with "accesses" "epoch" every
 * launch and every end of a wait is one, and the accesses of an epoch say which pages a processor
 * touched in it and which it wrote, not how often; a page may be named more than once.  Both sets
 * are exact.  A page whose first touch is a write may have been read, too: nobody sees that.
 */
struct hum_trace_epoch {
    uint64_t epoch;              /* 1 .. */
    uint64_t launch;             /* that begins with it; 0: it begins with a wait's end */
};

/*
 * `pages` neighbouring pages were touched `count` times each, by one agent.  In exact traces
 * `lines` says which 64-byte lines of a page (of each, if several) were touched, bit i for bytes
 * [64 i, 64 i + 64); 0: not known.  In traces with "accesses" "told", where a driver keeps the
 * pages, these are the touches that it said faulted.
 */
struct hum_trace_access {
    uint32_t agent;              /* a thread of execution: host threads and device workers */
    int32_t processor;
    uint32_t kernel;
    uint64_t launch;
    uint64_t first_page;
    uint32_t pages;
    uint32_t count;
    bool write;
    uint64_t lines;
};

/* Records that could not be kept. */
struct hum_trace_dropped {
    uint32_t kind;               /* enum hum_trace_kind */
    uint64_t count;
};

/* The runtime's own counters when the space was closed: must equal what the records sum up to. */
struct hum_trace_totals {
    struct hum_counters counters;
};

/* X(name, text).  Functions of hum.h that change where pages are, or may be. */
#define HUM_TRACE_CALL_LIST(X)                                                                     \
    X(HUM_TRACE_CALL_PREFETCH, "prefetch")                                                         \
    X(HUM_TRACE_CALL_DISCARD, "discard")                                                           \
    X(HUM_TRACE_CALL_ADVISE, "advise")                                                             \
    X(HUM_TRACE_CALL_PROTECT, "protect")                                                           \
    X(HUM_TRACE_CALL_POLICY, "policy")                                                             \
    X(HUM_TRACE_CALL_BUDGET, "budget")

enum hum_trace_call_kind {
#define HUM_TRACE_CALL_ENUM(name, text) name,
    HUM_TRACE_CALL_LIST(HUM_TRACE_CALL_ENUM)
#undef HUM_TRACE_CALL_ENUM
    HUM_TRACE_CALL_COUNT
};

/* The text of a call; NULL if there is no such one.  Static. */
HUM_API const char *hum_trace_call_text(enum hum_trace_call_kind call);

/* The text of advice, as in HUM_ADVICE_LIST; NULL if there is no such advice.  Static. */
HUM_API const char *hum_trace_advice_text(enum hum_advice advice);

/*
 * The program called hum_prefetch(), hum_discard(), hum_advise(), hum_protect(), hum_policy_set()
 * or hum_budget_set(), which accepted it.  The record stands where the call takes effect, before
 * the events that follow from it; its time is when that began: of work put on a stream, behind
 * the stream's earlier work.
 *
 * A call of several ranges (hum_prefetch_batch) or with a policy that does not fit is as many
 * records, one behind the other, `rest` of which counts down to 0; the call takes effect at the
 * last one.
 */
struct hum_trace_call {
    uint32_t call;               /* enum hum_trace_call_kind */
    uint32_t region;             /* 0: none; of a policy: the whole space */
    int32_t processor;           /* prefetch, advise, protect, budget: that it is about */
    int32_t device;              /* of the stream it was put on; HUM_HOST: on none */
    uint32_t stream;             /* as in launches */
    uint32_t rest;               /* records of the same call behind this one */
    uint32_t advice;             /* advise: enum hum_advice; else 0 */
    uint32_t access;             /* protect: bits of enum hum_access; else 0 */
    uint64_t offset;             /* prefetch, discard, advise: first byte, from the space's start */
    uint64_t bytes;              /* the same: of the range; budget: that may be held */
    uint64_t submit_ns;          /* when the program called */
    char text[256];              /* policy: as hum_policy_set() takes it; "": the default */
};

struct hum_trace_record {
    enum hum_trace_kind kind;
    uint64_t time_ns;
    union {
        struct hum_trace_space space;
        struct hum_trace_setting setting;
        struct hum_trace_processor processor;
        struct hum_trace_region region;
        struct hum_trace_region_end region_end;
        struct hum_trace_kernel kernel;
        struct hum_trace_launch launch;
        struct hum_trace_event event;
        struct hum_trace_faults faults;
        struct hum_trace_batch batch;
        struct hum_trace_epoch epoch;
        struct hum_trace_access access;
        struct hum_trace_dropped dropped;
        struct hum_trace_totals totals;
        struct hum_trace_call call;
    };
};

/* ---- reading -------------------------------------------------------------------------------- */

struct hum_trace;

/*
 * Open a trace file, of version 2 or 3.  HUM_ERR_NOT_FOUND: there is none; HUM_ERR_INVALID: it is
 * no trace, or of another version; the error text says which.
 */
HUM_API HUM_MUST_USE enum hum_status hum_trace_open(const char *path,
                                                    struct hum_trace **trace_out);
HUM_API void hum_trace_close(struct hum_trace *trace);

/*
 * The next record.  HUM_ERR_NOT_FOUND: there are no more.  HUM_ERR_INVALID: damaged behind what
 * was read so far.  A file whose program was killed ends at its last whole chunk, which is no
 * error; a file that still grows can be asked again.  Of *record_out only the member of its kind is
 * set; after a failure nothing in it means anything.
 */
HUM_API HUM_MUST_USE enum hum_status hum_trace_next(struct hum_trace *trace,
                                                    struct hum_trace_record *record_out);

/* From the first record again. */
HUM_API HUM_MUST_USE enum hum_status hum_trace_rewind(struct hum_trace *trace);

/* About the file; complete once hum_trace_next() has come to the end. */
struct hum_trace_info {
    uint32_t version;
    uint64_t file_bytes, raw_bytes;              /* compressed; records before compression */
    uint64_t chunks;
    uint64_t records[HUM_TRACE_KIND_COUNT];
    bool truncated;                              /* the end is missing: the program was killed */
};
HUM_API void hum_trace_info(const struct hum_trace *trace, struct hum_trace_info *info_out);

/* ---- writing -------------------------------------------------------------------------------- */

/*
 * For tools that make traces (importers, generators, filters).  Records are checked as a reader
 * would (HUM_ERR_INVALID).  The file is complete after hum_trace_writer_close() returned HUM_OK;
 * the writer is gone in any case.
 */
struct hum_trace_writer;

HUM_API HUM_MUST_USE enum hum_status hum_trace_create(const char *path,
                                                      struct hum_trace_writer **writer_out);
HUM_API HUM_MUST_USE enum hum_status hum_trace_put(struct hum_trace_writer *writer,
                                                   const struct hum_trace_record *record);
/* Write what is held back as a chunk of its own. */
HUM_API HUM_MUST_USE enum hum_status hum_trace_flush(struct hum_trace_writer *writer);
HUM_API HUM_MUST_USE enum hum_status hum_trace_writer_close(struct hum_trace_writer *writer);

/* ---- watching ------------------------------------------------------------------------------- */

/*
 * Be called with every record that a trace of `hum` would hold, while the program runs; with and
 * without a trace.  At most 8 tools watch a space at once; more are HUM_ERR_BUSY.  With no trace
 * and no watch an event costs one branch more than its counters.
 *
 * What comes.  First what things are: the space, its settings and processors as in a trace, then
 * the kernels and regions that live, with the time of this call.  Then everything that happens from
 * now on, in the order in which it was put, at most 20 ms late while the callback keeps up.  A
 * region that is being made or freed during this call may be told twice, or only its end.  Records
 * of accesses come only where the program records them (HUM_ACCESSES, which needs HUM_TRACE).
 *
 * Too slow.  8192 records wait for the callback; what finds no room is lost.  HUM_TRACE_DROPPED
 * says how many of each kind since it was said last, and comes before 256 more records are given.
 * The program is never held up.
 *
 * The callback is called by one thread of the runtime for this watch, never at the same time as
 * itself, with no lock held; all signals are blocked there.  The record is valid during the call.
 * The callback may call hum_stats(), hum_query() and every other function, launch and wait, and
 * touch managed memory: it is no part of the fault service.  What it does is told to it too.  It
 * must not call hum_close(), which then does nothing, nor hum_unwatch(), which is HUM_ERR_BUSY
 * there; let it set a flag, and end the watch from another thread.
 *
 * The end.  hum_unwatch() takes the place of the watch at once, gives the callback what was put
 * before, and returns after the last call has ended.  hum_close() ends the watches that are left;
 * their last record is HUM_TRACE_TOTALS.  No fault is served any more by then: who touches managed
 * memory in a callback ends the watch before hum_close().
 */
struct hum_watch;

HUM_API HUM_MUST_USE enum hum_status
hum_watch(struct hum *hum, void (*callback)(void *user, const struct hum_trace_record *record),
          void *user, struct hum_watch **watch_out);

/* The handle is gone after HUM_OK.  NULL is allowed and does nothing. */
HUM_API enum hum_status hum_unwatch(struct hum_watch *watch);

/* ---- metrics -------------------------------------------------------------------------------- */

/*
 * One definition of every metric, for live runs, traces and replays alike.  A metric that needs
 * records of a kind that a trace lacks, or that divides by nothing, is HUM_METRIC_UNKNOWN.
 */
#define HUM_METRIC_UNKNOWN (-1.0)

/*
 * Causes fall into demand (first touch, host fault, device fault, write upgrade, map again, remote
 * map), prefetch (by user, by policy), eviction (an event that is `evicted` or has that cause) and
 * other.
 * A page *leaves* a processor when it is evicted, discarded, freed, lost with its device or written
 * by another processor.
 */
struct hum_metrics {
    uint64_t far_faults;          /* faults less duplicates */
    uint64_t faults[2];           /* [0] of host threads, [1] of devices; duplicates included */
    uint64_t duplicate_faults;
    uint64_t batches;
    double batch_faults;          /* mean faults of a batch */
    uint64_t bytes[HUM_DIRECTION_COUNT];
    uint64_t pages[HUM_DIRECTION_COUNT];          /* copied: bytes / 4096 */
    uint64_t bytes_demand, bytes_prefetch, bytes_eviction, bytes_other; /* their sum is all bytes */
    uint64_t distinct_bytes;      /* of pages that accesses touched; without accesses: that events
                                     of any cause brought or mapped */
    double amplification;         /* bytes moved / distinct bytes */
    uint64_t evictions_clean, evictions_dirty;    /* blocks that left a device */
    uint64_t bytes_written_back;  /* by evictions */
    uint64_t thrashed_pages;      /* moved to a processor again after they were evicted there */
    uint64_t round_trips;         /* block moves to a device behind a move of it to the host */
    uint64_t prefetched_pages;    /* that prefetch events are about */
    double prefetch_accuracy;     /* touched before they left / prefetched; needs accesses */
    double prefetch_coverage;     /* a / (a + far faults), a: pages touched that were prefetched and
                                     would have faulted; needs accesses */
    uint64_t upgrades;            /* write upgrades, events */
    uint64_t remote_accesses;     /* touches of pages that the processor mapped in the frame of
                                     another one, as the file has it: accesses may be told a while
                                     after they were made; needs accesses */
    uint64_t remote_bytes;        /* the lines of 64 bytes these are; no cache is assumed */
    double hit_rate;              /* (touches - far faults) / touches; needs accesses, and not
                                     those of epochs, which do not say how often */
    double occupancy;             /* mean part of a block resident when it is evicted */
    double utilisation;           /* mean part of these pages that was touched there since they
                                     came; needs accesses */
    uint64_t move_ns[HUM_DIRECTION_COUNT];        /* measured; an event counts where most bytes
                                                     of it go */
    uint64_t modelled_ns[HUM_DIRECTION_COUNT];    /* modelled: the link alone */
    double link_busy[HUM_DIRECTION_COUNT];        /* modelled_ns / duration; needs a link */
    uint64_t service_ns;          /* of batches */
    uint64_t duration_ns;         /* first to last time */
    uint64_t events[HUM_CAUSE_COUNT];
    uint64_t event_pages[HUM_CAUSE_COUNT];
    uint64_t bytes_by_cause[HUM_CAUSE_COUNT];
};

/*
 * Records go in one by one, in the order of the file; metrics can be read at any time.  Memory
 * follows the blocks that records name, up to 2 TiB of them; more is HUM_ERR_NO_MEMORY.  A record
 * that is none is HUM_ERR_INVALID and changes nothing.
 */
struct hum_metering;
HUM_API HUM_MUST_USE enum hum_status hum_metering_create(struct hum_metering **metering_out);
HUM_API void hum_metering_destroy(struct hum_metering *metering);
HUM_API HUM_MUST_USE enum hum_status hum_metering_feed(struct hum_metering *metering,
                                                       const struct hum_trace_record *record);
HUM_API void hum_metering_read(const struct hum_metering *metering,
                               struct hum_metrics *metrics_out);

#ifdef __cplusplus
}
#endif
#endif
