/* SPDX-License-Identifier: MIT */
/*
 * target.h - what a user asks about: a page or a region of a trace.
 *
 *     0x200000001000, 35184372092928   an address: the page, in the last region that had it
 *     graph+0x1000, 3+64K              an offset into a region by its name or number
 *     graph, 3                         the region
 */
#ifndef HUM_EXPLAIN_TARGET_H
#define HUM_EXPLAIN_TARGET_H

#include "explain/book.h"

struct target {
    bool is_page;
    uint64_t first_page, end_page;
    uint32_t row;                /* of the ledger's regions; 0: the trace knows no region there */
    uint32_t others;             /* regions that had the page before */
};

/* False: problem says why, and what there is. */
bool target_find(const struct book *book, const char *text, struct target *target_out,
                 char *problem, size_t bytes);
/* Only a region. */
bool target_find_region(const struct book *book, const char *text, struct target *target_out,
                        char *problem, size_t bytes);

#endif
