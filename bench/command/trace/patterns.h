/* SPDX-License-Identifier: MIT */
/*
 * patterns.h - access patterns as sequences of touches, made of a few numbers and nothing else.
 *
 * The same spec gives the same touches on every machine: only integers decide, and random numbers
 * are splitmix64's.  A pass is the pattern's natural round; patterns that have none (random, zipf,
 * hotcold) touch as many times as there are pages.  A turn is what one launch does, or the host
 * between launches; turns count up from 0.
 *
 * Parts are integers, billionths of one: 0.99 is 990 000 000.  Pages are 4 KiB and count from 0 in
 * each array of the pattern.
 *
 * Threads: a pattern belongs to one at a time.  Memory: chase, frontier and --scatter hold 4 bytes
 * a page, all taken at create; everything else is small.
 */
#ifndef HUM_COMMAND_TRACE_PATTERNS_H
#define HUM_COMMAND_TRACE_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_ONE 1000000000u          /* a part that is all */
#define PATTERN_PAGES_MAX UINT32_MAX
#define PATTERN_ARRAYS_MAX 3

/* X(name, text).  Options that belong to some patterns only. */
#define PATTERN_OPTION_LIST(X)                                                                     \
    X(PATTERN_WRITES, "writes")                                                                    \
    X(PATTERN_STRIDE, "stride")                                                                    \
    X(PATTERN_THETA, "theta")                                                                      \
    X(PATTERN_HOT, "hot")                                                                          \
    X(PATTERN_HEAT, "heat")                                                                        \
    X(PATTERN_SCATTER, "scatter")                                                                  \
    X(PATTERN_ROW, "row")                                                                          \
    X(PATTERN_TILE, "tile")

enum pattern_option {
#define PATTERN_OPTION_ENUM(name, text) name,
    PATTERN_OPTION_LIST(PATTERN_OPTION_ENUM)
#undef PATTERN_OPTION_ENUM
    PATTERN_OPTION_COUNT
};

/* Its name without dashes.  Static. */
const char *pattern_option_text(enum pattern_option option);

struct pattern_spec {
    const char *name;
    uint64_t pages;              /* footprint, all arrays together, at most */
    uint64_t accesses;           /* to stop after; 0: passes count */
    uint64_t passes;             /* 0: the pattern's own */
    uint64_t seed;
    uint32_t devices, agents;    /* turns go round the devices; agents: of each device */
    uint64_t values[PATTERN_OPTION_COUNT]; /* pages, parts, or 1 for yes */
    uint32_t given;              /* bit o: values[o] counts; else the pattern's own */
};

struct pattern_touch {
    uint64_t page;               /* of the array */
    uint64_t turn;
    uint32_t array;
    int32_t processor;           /* -1: the host */
    uint32_t agent;              /* 0: the host's, 1 ..: of device 0, then those of device 1 .. */
    bool write;
};

struct pattern_array {
    const char *name;
    uint64_t pages;
};

/* What a pattern is called, and a sentence about it.  false: there are no more. */
bool pattern_name(size_t index, const char **name_out, const char **about_out);

struct pattern;

/* NULL: the spec makes no sense, `why` (of `bytes`) says how in a sentence; or out of memory. */
struct pattern *pattern_create(const struct pattern_spec *spec, char *why, size_t bytes);
void pattern_destroy(struct pattern *pattern);

/* false: that was all. */
bool pattern_next(struct pattern *pattern, struct pattern_touch *touch_out);

/* The spec with everything that was left open filled in; `given` has what the pattern uses. */
const struct pattern_spec *pattern_spec_of(const struct pattern *pattern);
uint64_t pattern_accesses(const struct pattern *pattern);

/* The arrays in order; how many. */
size_t pattern_arrays(const struct pattern *pattern, struct pattern_array out[PATTERN_ARRAYS_MAX]);

#endif
