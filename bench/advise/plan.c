/* SPDX-License-Identifier: MIT */
/* plan.c - see plan.h */
#include "advise/plan.h"

#include <stdlib.h>
#include <string.h>

#include "policy/registry.h"
#include "replay/capacity.h"

const char *advise_kind_text(enum advise_kind kind)
{
    static const char *const texts[] = {
#define KIND_TEXT(name, text) [name] = text,
        ADVISE_KIND_LIST(KIND_TEXT)
#undef KIND_TEXT
    };

    return texts[kind];
}

/* ---- adding ---------------------------------------------------------------------------------- */

struct maker {
    const struct advise_scene *scene;
    struct advise_plan *plan;
    bool failed;
};

/* NULL: no memory. */
static struct advise_candidate *add(struct maker *maker, enum advise_kind kind, size_t subject)
{
    struct advise_plan *plan = maker->plan;

    if (plan->count == plan->room) {
        size_t room = plan->room ? plan->room * 2 : 64;
        struct advise_candidate *more =
            reallocarray(plan->candidates, room, sizeof(*plan->candidates));

        if (!more) {
            maker->failed = true;
            return NULL;
        }
        plan->candidates = more;
        plan->room = room;
    }
    plan->candidates[plan->count] =
        (struct advise_candidate){.kind = kind, .subject = subject, .processor = HUM_HOST};
    return &plan->candidates[plan->count++];
}

/* By name where there is one: then it is meant for all regions that have it. */
static struct humi_measure *add_measure(const struct maker *maker,
                                        struct advise_candidate *candidate,
                                        enum humi_measure_kind kind)
{
    const struct advise_subject *subject = &maker->scene->uses->subjects[candidate->subject];
    struct humi_measure *measure = &candidate->measures[candidate->measure_count++];

    *measure = (struct humi_measure){.kind = kind, .processor = HUM_HOST};
    if (*subject->name)
        measure->name = subject->name;
    else
        measure->region = subject->region;
    return measure;
}

static void add_advice(const struct maker *maker, struct advise_candidate *candidate,
                       enum hum_advice advice, int processor)
{
    struct humi_measure *measure = add_measure(maker, candidate, HUMI_MEASURE_ADVICE);

    measure->advice = advice;
    measure->processor = processor;
}

/* ---- one subject ----------------------------------------------------------------------------- */

/* The host's accesses may stand for those of a device that the trace does not name. */
static unsigned processors_of(const struct maker *maker)
{
    unsigned processors = maker->scene->survey->processors;

    return processors < 2 ? 2 : processors;
}

static bool uses_it(const struct advise_subject *subject, unsigned p)
{
    return subject->reads[p] + subject->writes[p] > 0;
}

static void add_one_advice(struct maker *maker, enum advise_kind kind, size_t subject,
                           enum hum_advice advice, int processor)
{
    struct advise_candidate *candidate = add(maker, kind, subject);

    if (!candidate)
        return;
    candidate->processor = processor;
    add_advice(maker, candidate, advice, processor);
}

static void add_prefetch(struct maker *maker, size_t subject, unsigned p)
{
    const struct advise_launches *launches =
        &maker->scene->uses->subjects[subject].launches[p];
    struct advise_candidate *candidate =
        launches->count ? add(maker, ADVISE_PREFETCH, subject) : NULL;
    struct humi_measure *measure;

    if (!candidate)
        return;
    candidate->processor = (int)p - 1;
    measure = add_measure(maker, candidate, HUMI_MEASURE_PREFETCH);
    measure->processor = candidate->processor;
    measure->launches = launches->list;
    measure->launch_count = launches->count;
}

static void add_stays_home(struct maker *maker, size_t subject)
{
    const struct advise_subject *told = &maker->scene->uses->subjects[subject];
    struct advise_candidate *candidate = add(maker, ADVISE_STAYS_HOME, subject);

    if (!candidate)
        return;
    add_advice(maker, candidate, HUM_ADVISE_PREFERRED, HUM_HOST);
    for (unsigned p = 1; p < processors_of(maker); p++)
        if (uses_it(told, p))
            add_advice(maker, candidate, HUM_ADVISE_ACCESSED_BY, (int)p - 1);
}

static void add_advices(struct maker *maker, size_t subject)
{
    const struct advise_subject *told = &maker->scene->uses->subjects[subject];

    add_one_advice(maker, ADVISE_READ_MOSTLY, subject, HUM_ADVISE_READ_MOSTLY, HUM_HOST);
    add_one_advice(maker, ADVISE_PREFERRED, subject, HUM_ADVISE_PREFERRED, HUM_HOST);
    for (unsigned p = 0; p < processors_of(maker); p++) {
        int processor = (int)p - 1;

        if (!uses_it(told, p))
            continue;
        add_one_advice(maker, ADVISE_REMOTE, subject, HUM_ADVISE_REMOTE, processor);
        if (processor == HUM_HOST)
            continue;
        add_one_advice(maker, ADVISE_PREFERRED, subject, HUM_ADVISE_PREFERRED, processor);
        add_one_advice(maker, ADVISE_ACCESSED_BY, subject, HUM_ADVISE_ACCESSED_BY, processor);
        add_prefetch(maker, subject, p);
    }
    add_stays_home(maker, subject);
}

/* ---- policies -------------------------------------------------------------------------------- */

/* The same but for evict, which a region has not. */
static bool plans_alike(const struct humi_policy *a, const struct humi_policy *b)
{
    return memcmp(a->part, b->part, sizeof(a->part)) == 0 &&
           memcmp(a->tunables, b->tunables, HUMI_PLANNERS * sizeof(a->tunables[0])) == 0;
}

static bool are_alike(const struct humi_policy *a, const struct humi_policy *b)
{
    return plans_alike(a, b) && a->evict == b->evict &&
           memcmp(a->tunables, b->tunables, sizeof(a->tunables)) == 0;
}

/* An earlier one does the same, or the base does. */
static bool is_tried(const struct maker *maker, unsigned index, size_t subject,
                     const struct humi_policy *policy)
{
    bool (*same)(const struct humi_policy *, const struct humi_policy *) =
        subject == ADVISE_WHOLE ? are_alike : plans_alike;
    struct humi_policy other;

    if (same(policy, &maker->scene->base))
        return true;
    for (unsigned i = 0; i < index; i++)
        if (humi_policy_of("policy", humi_policy_at(i), &other) == HUM_OK && same(policy, &other))
            return true;
    return false;
}

static void add_policies(struct maker *maker, size_t subject)
{
    const struct hum_policy *table;
    struct humi_policy policy;

    for (unsigned i = 0; (table = humi_policy_at(i)); i++) {
        struct advise_candidate *candidate;

        if (humi_policy_of("policy", table, &policy) != HUM_OK ||
            is_tried(maker, i, subject, &policy) ||
            !(candidate = add(maker, ADVISE_POLICY, subject)))
            continue;
        candidate->policy = table->name;
        if (subject != ADVISE_WHOLE)
            add_measure(maker, candidate, HUMI_MEASURE_POLICY)->policy = table->name;
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void add_capacity(struct maker *maker, uint64_t pages)
{
    const struct advise_scene *scene = maker->scene;
    struct advise_candidate *candidate;

    pages -= pages % HUM_PAGES_PER_BLOCK;
    if (pages / HUM_PAGES_PER_BLOCK < HUMI_CAPACITY_BLOCKS_LEAST || pages == scene->capacity ||
        pages > scene->everything || !(candidate = add(maker, ADVISE_CAPACITY, ADVISE_WHOLE)))
        return;
    candidate->capacity = pages;
}

/* Where nothing had to leave, more of it is of no use, but less may do. */
static void add_capacities(struct maker *maker)
{
    const struct advise_scene *scene = maker->scene;

    if (!scene->capacity)
        return;
    add_capacity(maker, scene->capacity / 2);
    if (!scene->evicts)
        return;
    if (scene->capacity * 2 < scene->everything)
        add_capacity(maker, scene->capacity * 2);
    add_capacity(maker, scene->everything);
}

bool advise_plan_make(const struct advise_scene *scene, struct advise_plan *plan_out)
{
    struct advise_plan plan = {.uses = scene->uses};
    struct maker maker = {.scene = scene, .plan = &plan};

    add_policies(&maker, ADVISE_WHOLE);
    for (size_t i = 0; i < scene->subject_count; i++) {
        add_advices(&maker, scene->subjects[i]);
        add_policies(&maker, scene->subjects[i]);
    }
    add_capacities(&maker);
    if (maker.failed) {
        advise_plan_fini(&plan);
        return false;
    }
    *plan_out = plan;
    return true;
}

void advise_plan_fini(struct advise_plan *plan)
{
    free(plan->candidates);
    *plan = (struct advise_plan){.candidates = NULL};
}
