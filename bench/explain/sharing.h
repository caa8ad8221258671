/* SPDX-License-Identifier: MIT */
/*
 * sharing.h - the pages of a range that do not rest, and why.
 *
 * Second reading: moves (sharing_moves), by events alone.  A page is at the processor that received
 * its bytes last, touched it first, or took it for writing from the others.  It makes a *round
 * trip* each time it comes back to where it has been since the last one; what an eviction took away
 * is counted apart.  Pages with at least `trips` round trips *ping-pong* and become candidates.
 * Third reading: uses (sharing_uses), of candidates only.  turns.h judges them, and that gives the
 * page's kind:
 *
 *     dragged    its users alone would not make it go to and fro that often, and at least half of
 *                its copies were prefetched: it moves with its neighbours
 *     false      at least three of four judged turns are false and none is unknown
 *     true       at least three of four are true
 *     both       neither, and none is unknown
 *     read       nobody writes, and yet it moves
 *     unknown    it ping-pongs, but who uses which lines is not known well enough
 *     capacity   it does not ping-pong, but came back that often after an eviction
 *     rest       all others
 *
 * Memory: 44 KiB a block with events, SHARING_BLOCKS_MAX of them; uses of SHARING_CANDIDATES_MAX
 * pages, SHARING_USES_MAX each.  What is beyond is counted and told.
 */
#ifndef HUM_EXPLAIN_SHARING_H
#define HUM_EXPLAIN_SHARING_H

#include "explain/book.h"
#include "explain/turns.h"
#include "report/index.h"

#define SHARING_BLOCKS_MAX 8192u      /* 16 GiB in use */
#define SHARING_CANDIDATES_MAX 16384u /* 64 MiB that ping-pongs */
#define SHARING_USES_MAX 128u
#define SHARING_GROUPS_MAX 256u

#define SHARING_KIND_LIST(X)                                                                       \
    X(SHARING_REST, "rest", "moves seldom")                                                        \
    X(SHARING_FALSE, "false", "ping-pongs, falsely shared")                                        \
    X(SHARING_TRUE, "true", "ping-pongs, truly shared")                                            \
    X(SHARING_BOTH, "both", "ping-pongs, shared truly and falsely")                                \
    X(SHARING_READ, "read", "ping-pongs, only read")                                               \
    X(SHARING_DRAGGED, "dragged", "ping-pongs with its neighbours")                                \
    X(SHARING_UNKNOWN, "unknown", "ping-pongs, lines not known")                                   \
    X(SHARING_CAPACITY, "capacity", "evicted and brought back")

enum sharing_kind {
#define SHARING_KIND_ENUM(name, key, text) name,
    SHARING_KIND_LIST(SHARING_KIND_ENUM)
#undef SHARING_KIND_ENUM
    SHARING_KIND_COUNT
};

const char *sharing_kind_key(enum sharing_kind kind);
const char *sharing_kind_text(enum sharing_kind kind);

/* What events did to a page, or to the pages of a group together. */
struct sharing_moves {
    uint64_t to_host, to_device;    /* copies of a page, by where they went */
    uint64_t by_fault, by_prefetch, by_eviction; /* the same by why; the rest: advice, ... */
    uint64_t evictions;             /* times it left a device so, copied or not */
    uint64_t copy_ns, modelled_ns;  /* its share of what the events took */
};

static inline uint64_t copies_of(const struct sharing_moves *moves)
{
    return moves->to_host + moves->to_device;
}

struct sharing_group {
    uint64_t first_page;
    uint32_t pages;                 /* neighbours of one kind, with the same users */
    enum sharing_kind kind;
    uint32_t trips_min, trips_max;  /* of each; of capacity: returns after evictions */
    struct sharing_moves moves;
    struct turns turns;             /* counts summed; lines of the first page */
    bool uses_cut;                  /* some page has more uses than are kept */
};

struct sharing_range {
    uint64_t first_page, end_page;
    uint32_t region;                /* only while this region lives; 0: always */
    uint32_t trips;                 /* at least; 1 .. */
};

struct sharing;

HUM_MUST_USE enum hum_status sharing_create(const struct book *book,
                                            const struct sharing_range *range,
                                            struct sharing **sharing_out);
void sharing_destroy(struct sharing *sharing);

/* Second reading, record by record; then sharing_choose(); then the third. */
HUM_MUST_USE enum hum_status sharing_moves(struct sharing *sharing,
                                           const struct hum_trace_record *record);
HUM_MUST_USE enum hum_status sharing_choose(struct sharing *sharing);
HUM_MUST_USE enum hum_status sharing_uses(struct sharing *sharing,
                                          const struct hum_trace_record *record);

/* Groups, those first that moved most bytes; valid until destroy. */
struct sharing_result {
    const struct sharing_group *group;
    uint32_t groups;
    uint32_t pages[SHARING_KIND_COUNT]; /* that have events */
    uint32_t untold;                /* groups beyond SHARING_GROUPS_MAX */
    uint64_t untracked;             /* events on blocks beyond SHARING_BLOCKS_MAX */
    uint32_t unjudged;              /* pages that ping-pong beyond SHARING_CANDIDATES_MAX */
};
struct sharing_result sharing_result(struct sharing *sharing);

#endif
