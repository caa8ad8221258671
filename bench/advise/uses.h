/* SPDX-License-Identifier: MIT */
/*
 * uses.h - who uses what in a trace: the subjects that advice can be about, and what each costs.
 *
 * A *subject* is a region, or all regions of one name: they come from one line of the program, and
 * advice is one line.  A *turn* is what one launch, or the host without a break, does to it.
 *
 * Filled in two passes: the accesses of the trace, then the records of a replay, which cost.
 * Threads: one.  Ownership: fini frees.
 */
#ifndef HUM_ADVISE_USES_H
#define HUM_ADVISE_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/trace/tool.h"
#include "model/survey.h"

struct advise_launches {
    uint64_t *list;              /* ascending once the pass has ended */
    size_t count, room;
};

struct advise_subject {
    char name[64];               /* "": an unnamed region */
    uint32_t region;             /* number of the first */
    unsigned regions;            /* so many */
    uint64_t bytes;              /* of all of them */

    /* by processor + 1; those of a host that is taken for device 0 are device 0's */
    uint64_t reads[HUM_PROCESSORS_MAX], writes[HUM_PROCESSORS_MAX]; /* touches of pages */
    uint64_t read_turns[HUM_PROCESSORS_MAX], write_turns[HUM_PROCESSORS_MAX];
    struct advise_launches launches[HUM_PROCESSORS_MAX]; /* that touch it */
    uint64_t handovers;          /* turns of another processor than the turn before */

    /* of a replay */
    uint64_t faults, bytes_moved;
    uint64_t evictions;
    uint64_t cost_ns;            /* modelled: as if nothing of it went on beside anything else */

    /* the turn that goes on; processor < 0: none */
    int turn_processor;
    uint64_t turn_launch;
    bool turn_reads, turn_writes;
};

struct advise_live {
    uint64_t first, end;         /* pages */
    size_t subject;
    uint32_t region;
};

struct advise_uses {
    struct advise_subject *subjects;
    size_t count, room;
    struct advise_live *live;    /* regions that live now, by first page */
    size_t live_count, live_room;
    size_t *of_region;           /* subject by number of region; SIZE_MAX: none */
    size_t region_room;
    uint64_t end_page;           /* of all regions */
    bool host_is_device;
    bool failed;                 /* no memory */
};

/* What is touched, from a trace that was surveyed; it is read from its beginning. */
bool advise_uses_read(struct advise_uses *uses, struct hum_trace *trace,
                      const struct humi_survey *survey, struct trace_problem *problem);
void advise_uses_fini(struct advise_uses *uses);

/* A listener of a replay over a modelled link: what each subject costs. */
void advise_uses_take(void *uses, const struct hum_trace_record *record);

/* Subjects by cost, dearest first, those that cost nothing left out: at most `most`.  How many. */
size_t advise_uses_dearest(const struct advise_uses *uses, size_t most, size_t *subjects_out);

#endif
