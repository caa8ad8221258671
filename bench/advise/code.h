/* SPDX-License-Identifier: MIT */
/*
 * code.h - candidates as lines to write into a program, or before its command line, and why.
 *
 *     HUM_POLICY='driver;region:graph=tree'
 *     hum_advise(hum, graph, bytes, HUM_ADVISE_READ_MOSTLY, 0);
 *     hum_prefetch(hum, graph, bytes, 0, stream);
 *
 * Threads: pure functions on values.
 */
#ifndef HUM_ADVISE_CODE_H
#define HUM_ADVISE_CODE_H

#include "advise/plan.h"

/* Somebody who is told lines. */
struct advise_lines {
    void (*take)(void *self, const char *line);
    void *self;
};

/*
 * The lines of these candidates together.  policy: of the space as it is, its rules included.
 * Regions whose names cannot stand in a rule get their policy by hum_policy_set().
 */
void advise_code(const struct advise_plan *plan, const char *policy, const size_t *members,
                 size_t count, const struct advise_lines *lines);

/* What it is about: "graph", "region 7", "the program". */
const char *advise_subject_text(const struct advise_uses *uses, size_t subject, char *room,
                                size_t bytes);

/* Why, from counts: a sentence without its end.  Returns room. */
const char *advise_why(const struct advise_plan *plan, const struct humi_survey *survey,
                       const struct advise_candidate *candidate, char *room, size_t bytes);

#endif
