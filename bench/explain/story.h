/* SPDX-License-Identifier: MIT */
/*
 * story.h - the life of one page: events in order, and who touched it.
 *
 * The first and the last `keep` events are kept.  Memory: 56 bytes each, a row for each kernel that
 * touched the page, and some 30 bytes for each of its launches.
 */
#ifndef HUM_EXPLAIN_STORY_H
#define HUM_EXPLAIN_STORY_H

#include "explain/book.h"

#define STORY_KEEP 10u
#define STORY_KEEP_ALL (1u << 20)
#define STORY_TOUCHES_MAX 256u
#define STORY_LAUNCHES_MAX (1u << 20)

/* One event of the page.  Figures are of the whole event. */
struct story_event {
    uint64_t time_ns;
    uint32_t cause;
    int32_t processor;           /* whom it served; an eviction: who lost the page */
    uint32_t region, kernel, thread;
    uint32_t pages;
    uint64_t bytes;
    uint32_t move_ns, modelled_ns;
    bool moved;                  /* this page was copied */
    bool evicted;
};

/* Accesses by one kernel on one processor, or by the host. */
struct story_touch {
    int32_t processor;
    uint32_t kernel;
    struct index launch;         /* the launches, STORY_LAUNCHES_MAX at most */
    uint64_t reads, writes;      /* touches */
    uint64_t read_lines, write_lines;
    bool by_page;                /* of some the lines are not known */
    uint64_t first_ns, last_ns;  /* of launches if they are known */
};

struct story {
    const struct book *book;
    uint64_t page;
    uint32_t keep;
    struct story_event *event;   /* the first `keep`, then a ring of as many */
    uint32_t room;
    uint64_t events;             /* all of them */
    struct story_event arrival;  /* the last that brought the page anywhere ... */
    bool has_arrival;            /* ... unless its content was discarded or freed since */
    uint64_t moves;              /* that copied the page */
    uint64_t share_ns, share_modelled_ns; /* this page's share of what they took */
    struct story_touch touch[STORY_TOUCHES_MAX];
    uint32_t touches;
    uint64_t untold;             /* accesses of kernels beyond */
};

void story_init(struct story *story, const struct book *book, uint64_t page, uint32_t keep);
void story_fini(struct story *story);
/* False: no memory. */
bool story_note(struct story *story, const struct hum_trace_record *record);

/* Everything is noted: put who touched in order of time. */
void story_arrange(struct story *story);

/* Event i of those kept, in order; NULL behind the last. */
const struct story_event *story_event(const struct story *story, uint64_t i);
/* Events left out between the first and the last ones, and where. */
uint64_t story_left_out(const struct story *story);

#endif
