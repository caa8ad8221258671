/* SPDX-License-Identifier: MIT */
/*
 * pages.h - the blocks that a trace touches and the state of their pages as it is read.
 *
 * First pass: pages_see() notes which pages of which blocks occur.  pages_arrange() then lays the
 * occurring parts of all blocks end to end; that *axis* leaves out everything never touched, so a
 * space of a terabyte with two regions of a megabyte fills a picture.  Second pass: pages_of().
 *
 * A page's *holder* is the processor that last received it, by copy or by first touch, and has not
 * lost it since by eviction, discard or free.  Whoever only maps it again does not become holder;
 * a trace does not say whether a reader's copy is its only one, so "holder" is all that is claimed.
 *
 * Memory: 2.5 KiB a touched block of 2 MiB, at most PAGES_BLOCKS_MAX of them; pages of blocks
 * beyond are counted, not kept.
 */
#ifndef HUM_REPORT_PAGES_H
#define HUM_REPORT_PAGES_H

#include <stdbool.h>

#include <hum/trace.h>

#include "report/index.h"

#define PAGES_BLOCKS_MAX (1u << 17) /* 256 GiB touched */

enum { HOLDER_NOBODY, HOLDER_HOST, HOLDER_DEVICE }; /* device d is HOLDER_DEVICE + d */
#define HOLDERS (HOLDER_DEVICE + HUM_DEVICES_MAX)

struct page_state {
    uint8_t holder[HUM_PAGES_PER_BLOCK];
    uint16_t to_device[HUM_PAGES_PER_BLOCK]; /* moves; stops at UINT16_MAX */
    uint16_t to_host[HUM_PAGES_PER_BLOCK];
    uint32_t region; /* the last that an event named, 0: none */
};

struct page_block {
    uint32_t block;
    uint16_t low, high;       /* pages [low, high) occur */
    uint64_t position;        /* of page `low` on the axis */
    struct page_state *state; /* NULL until pages_state() */
};

struct pages {
    struct index index;       /* by number of the block */
    struct page_block *block; /* in the order in which they were seen */
    uint32_t *order;          /* their places by address, after pages_arrange() */
    uint32_t count, room;
    uint64_t axis_pages;
    uint64_t untracked; /* records about blocks beyond PAGES_BLOCKS_MAX */
};

/* Neighbouring pages of one block that moved equally often. */
struct page_run {
    uint64_t first_page;
    uint32_t pages;
    uint32_t to_device, to_host; /* moves of each */
    uint32_t region;             /* 0: not known */
};

void pages_init(struct pages *pages);
void pages_fini(struct pages *pages);
/* Pages [low, high) of a block occur.  False: no memory. */
bool pages_see(struct pages *pages, uint32_t block, unsigned low, unsigned high);
bool pages_arrange(struct pages *pages);
/* NULL: not tracked. */
struct page_block *pages_of(struct pages *pages, uint32_t block);
/* With its state in being; NULL: no memory. */
struct page_state *pages_state(struct page_block *block);
/* The page at a place of the axis below axis_pages. */
uint64_t pages_at(const struct pages *pages, uint64_t position);
/* The runs that moved most, most first; the number written. */
uint32_t pages_worst(const struct pages *pages, struct page_run *runs_out, uint32_t max);

/* The next run of set bits at or behind *bit_io: its end, with *bit_io its start; 0: none. */
unsigned pages_run(const struct hum_pages *mask, unsigned *bit_io);

#endif
