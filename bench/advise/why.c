/* SPDX-License-Identifier: MIT */
/* why.c - the counts that speak for a candidate, as a sentence. */
#include <stdio.h>

#include "advise/code.h"
#include "command/text.h"

static const char *name_of(const struct humi_survey *survey, int processor, char *room,
                           size_t bytes)
{
    const char *name = survey->traits[processor + 1].name;

    if (*name)
        snprintf(room, bytes, "%s", name);
    else if (processor == HUM_HOST)
        snprintf(room, bytes, "the host");
    else
        snprintf(room, bytes, "device %d", processor);
    return room;
}

static uint64_t touches_of(const struct advise_subject *subject, unsigned p)
{
    return subject->reads[p] + subject->writes[p];
}

static uint64_t turns_of(const uint64_t turns[HUM_PROCESSORS_MAX])
{
    uint64_t sum = 0;

    for (unsigned p = 0; p < HUM_PROCESSORS_MAX; p++)
        sum += turns[p];
    return sum;
}

static double share_of(const struct advise_subject *subject, unsigned p)
{
    uint64_t all = 0;

    for (unsigned q = 0; q < HUM_PROCESSORS_MAX; q++)
        all += touches_of(subject, q);
    return all ? 100.0 * (double)touches_of(subject, p) / (double)all : 0;
}

static void of_reading(const struct advise_subject *subject, char *room, size_t bytes)
{
    uint64_t reads = turns_of(subject->read_turns), writes = turns_of(subject->write_turns);

    if (!writes)
        snprintf(room, bytes, "it is read in %s turns and nobody writes it", text_count(reads).s);
    else
        snprintf(room, bytes, "it is read in %s turns and written in %s: %s to one",
                 text_count(reads).s, text_count(writes).s,
                 text_number((double)reads / (double)writes).s);
}

static void of_sharing(const struct advise_subject *subject, const char *name, unsigned p,
                       char *room, size_t bytes)
{
    snprintf(room, bytes, "it changes hands %s times, and %s makes %.3g %% of its touches",
             text_count(subject->handovers).s, name, share_of(subject, p));
}

/* All devices together. */
static void of_home(const struct advise_subject *subject, char *room, size_t bytes)
{
    uint64_t pages = (subject->bytes + HUM_PAGE_SIZE - 1) / HUM_PAGE_SIZE;
    uint64_t touches = 0;

    for (unsigned p = 1; p < HUM_PROCESSORS_MAX; p++)
        touches += touches_of(subject, p);
    snprintf(room, bytes, "it changes hands %s times, and devices touch each of its %s pages %s "
                          "times in all", text_count(subject->handovers).s, text_count(pages).s,
             text_number(pages ? (double)touches / (double)pages : 0).s);
}

static void of_policy(const char *name, char *room, size_t bytes)
{
    const struct hum_policy *policy = humi_policy_find(name);

    snprintf(room, bytes, "%s: %s", name, policy ? policy->description : "");
}

const char *advise_why(const struct advise_plan *plan, const struct humi_survey *survey,
                       const struct advise_candidate *candidate, char *room, size_t bytes)
{
    const struct advise_subject *subject =
        candidate->subject == ADVISE_WHOLE ? NULL : &plan->uses->subjects[candidate->subject];
    unsigned p = (unsigned)(candidate->processor + 1);
    char name[80];

    *room = '\0';
    name_of(survey, candidate->processor, name, sizeof(name));
    if (candidate->kind == ADVISE_POLICY)
        of_policy(candidate->policy, room, bytes);
    else if (subject && candidate->kind == ADVISE_READ_MOSTLY)
        of_reading(subject, room, bytes);
    else if (subject && candidate->kind == ADVISE_STAYS_HOME)
        of_home(subject, room, bytes);
    else if (subject && candidate->kind == ADVISE_PREFETCH)
        snprintf(room, bytes, "%s touches it in %s launches: what comes before each needs no fault",
                 name, text_count(subject->launches[p].count).s);
    else if (subject)
        of_sharing(subject, name, p, room, bytes);
    return room;
}
