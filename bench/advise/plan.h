/* SPDX-License-Identifier: MIT */
/*
 * plan.h - what could be tried: candidates, each one thing that a program may do for one subject,
 * or for all of it.
 *
 *     read-mostly        hum_advise(READ_MOSTLY)
 *     preferred          hum_advise(PREFERRED, a processor)
 *     accessed-by        hum_advise(ACCESSED_BY, a device)
 *     stays home         hum_advise(PREFERRED, host) and ACCESSED_BY each device: mapped far
 *     remote             hum_advise(REMOTE, a processor): touches what others have where it is
 *     prefetch           hum_prefetch() to a device before each launch there that touches it
 *     policy             a named policy, for the subject or the space
 *     capacity           devices of another size: a hint, and no part of a combination
 *
 * Ownership: the plan owns its candidates and refers to the uses, whose launches they name.
 */
#ifndef HUM_ADVISE_PLAN_H
#define HUM_ADVISE_PLAN_H

#include "advise/uses.h"
#include "comparison/figures.h"
#include "model/measure.h"
#include "policy/compose.h"

#define ADVISE_WHOLE SIZE_MAX /* the subject of what is about the whole program */
#define ADVISE_PARTS_MAX HUM_PROCESSORS_MAX /* measures of one candidate */

/* X(name, text in JSON) */
#define ADVISE_KIND_LIST(X)                                                                        \
    X(ADVISE_READ_MOSTLY, "read-mostly")                                                           \
    X(ADVISE_PREFERRED, "preferred")                                                               \
    X(ADVISE_ACCESSED_BY, "accessed-by")                                                           \
    X(ADVISE_STAYS_HOME, "preferred-accessed-by")                                                  \
    X(ADVISE_REMOTE, "remote")                                                                     \
    X(ADVISE_PREFETCH, "prefetch")                                                                 \
    X(ADVISE_POLICY, "policy")                                                                     \
    X(ADVISE_CAPACITY, "capacity")

enum advise_kind {
#define ADVISE_KIND_ENUM(name, text) name,
    ADVISE_KIND_LIST(ADVISE_KIND_ENUM)
#undef ADVISE_KIND_ENUM
};

const char *advise_kind_text(enum advise_kind kind);

struct advise_candidate {
    enum advise_kind kind;
    size_t subject;              /* of the uses, or ADVISE_WHOLE */
    int processor;               /* that it names, if it names one */
    const char *policy;          /* static; NULL: none */
    uint64_t capacity;           /* pages of each device; 0: as it is */
    struct humi_measure measures[ADVISE_PARTS_MAX];
    size_t measure_count;

    bool failed;                 /* its replay, alone */
    char why_failed[240];
    struct compare_figures figures; /* of the replay with it alone */
};

struct advise_plan {
    const struct advise_uses *uses;
    struct advise_candidate *candidates;
    size_t count, room;
};

/* What a plan is made for. */
struct advise_scene {
    const struct advise_uses *uses;
    const struct humi_survey *survey;
    const size_t *subjects;      /* that are looked at */
    size_t subject_count;
    struct humi_policy base;     /* of the space */
    uint64_t capacity;           /* pages of each device; 0: no limit, or not the same for all */
    uint64_t everything;         /* pages in whole blocks that hold all regions */
    bool evicts;                 /* something left a device for want of room */
};

/* False: no memory. */
bool advise_plan_make(const struct advise_scene *scene, struct advise_plan *plan_out);
void advise_plan_fini(struct advise_plan *plan);

#endif
