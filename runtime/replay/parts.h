/* SPDX-License-Identifier: MIT */
/*
 * parts.h - the parts of which a policy is made, as users write them.
 *
 *     prefetch=none,evict=lru,place=move,thrash=off      in any order; what is left out is this
 *     ondemand                                           a name stands for parts
 *     lru                                                an algorithm alone: it evicts, no prefetch
 *     driver,evict=lru                                   a name first, then parts that differ
 *
 * Threads: pure functions on values and const tables.
 */
#ifndef HUMI_REPLAY_PARTS_H
#define HUMI_REPLAY_PARTS_H

#include <stdbool.h>

#include "replay/cache.h"

/* X(name, text, about) */
#define HUMI_PREFETCH_LIST(X)                                                                      \
    X(HUMI_PREFETCH_NONE, "none", "the faulted page alone")                                        \
    X(HUMI_PREFETCH_CHUNK, "chunk", "its chunk of 64 KiB")                                         \
    X(HUMI_PREFETCH_TREE, "tree", "the largest part of its block of which 51 % is there")          \
    X(HUMI_PREFETCH_STRIDE, "stride", "2 to 32 pages on, when an agent's faults are evenly spaced")

enum humi_prefetch {
#define HUMI_PREFETCH_ENUM(name, text, about) name,
    HUMI_PREFETCH_LIST(HUMI_PREFETCH_ENUM)
#undef HUMI_PREFETCH_ENUM
    HUMI_PREFETCH_COUNT
};

/* X(name, text, about) */
#define HUMI_PLACE_LIST(X)                                                                         \
    X(HUMI_PLACE_MOVE, "move", "a page goes where it is touched")                                  \
    X(HUMI_PLACE_SHARE, "share", "reads copy it, a write takes the other copies away")             \
    X(HUMI_PLACE_REMOTE, "remote", "it stays at the host, devices reach over the link")            \
    X(HUMI_PLACE_COUNTER, "counter", "remote at first, it goes after 256 touches")

enum humi_place {
#define HUMI_PLACE_ENUM(name, text, about) name,
    HUMI_PLACE_LIST(HUMI_PLACE_ENUM)
#undef HUMI_PLACE_ENUM
    HUMI_PLACE_COUNT
};

struct humi_parts {
    const struct hum_evict *evict;
    enum humi_prefetch prefetch;
    enum humi_place place;
    bool thrash;                 /* a detector of pages that go to and fro is on */
};

/*
 * Read a policy.  HUM_ERR_INVALID: the text names what there is.
 */
HUM_MUST_USE enum hum_status humi_parts_parse(const char *text, struct humi_parts *parts_out);

/* The four parts, as they would be written.  `bytes`: 96 are enough. */
void humi_parts_print(const struct humi_parts *parts, char *text_out, size_t bytes);

/* The index-th part "prefetch=none" with a line about it, or name of a policy; false behind the
 * last.  For help texts. */
bool humi_parts_at(unsigned index, const char **part_out, const char **value_out,
                   const char **about_out);

#endif
