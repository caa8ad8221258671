/* SPDX-License-Identifier: MIT */
/* code.c - see code.h */
#include "advise/code.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "policy/registry.h"

#define LINE_BYTES (HUM_POLICY_TEXT_MAX + 128u)

/* ---- names ----------------------------------------------------------------------------------- */

const char *advise_subject_text(const struct advise_uses *uses, size_t subject, char *room,
                                size_t bytes)
{
    const struct advise_subject *told = subject == ADVISE_WHOLE ? NULL : &uses->subjects[subject];

    if (!told)
        snprintf(room, bytes, "the program");
    else if (*told->name)
        snprintf(room, bytes, "%s", told->name);
    else
        snprintf(room, bytes, "region %u", told->region);
    return room;
}

/* A variable that a program may call it. */
static const char *variable(const struct advise_subject *subject, char *room, size_t bytes)
{
    if (*subject->name)
        snprintf(room, bytes, "%s%s", isdigit((unsigned char)*subject->name) ? "_" : "",
                 subject->name);
    else
        snprintf(room, bytes, "region%u", subject->region);
    for (char *c = room; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return room;
}

static const char *processor_text(int processor, char *room, size_t bytes)
{
    if (processor == HUM_HOST)
        snprintf(room, bytes, "HUM_HOST");
    else
        snprintf(room, bytes, "%d", processor);
    return room;
}

/* ---- HUM_POLICY ------------------------------------------------------------------------------ */

/* In a rule ',' is a policy's, ';' and '=' are the rules', and a shell has its own ideas. */
static bool fits_rule(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-.:+/", *c))
            return false;
    return *name != '\0';
}

/* The policy with the rule behind it; false: it has no place there. */
static bool add_rule(char *policy, const struct advise_subject *subject, const char *text)
{
    size_t used = strlen(policy);
    int bytes;

    if (!fits_rule(subject->name))
        return false;
    bytes = snprintf(policy + used, HUM_POLICY_TEXT_MAX - used, ";region:%s=%s", subject->name,
                     text);
    if (used + (size_t)bytes < HUM_POLICY_TEXT_MAX)
        return true;
    policy[used] = '\0';
    return false;
}

/* Another policy for the space, the rules stay. */
static void set_space(char *policy, const char *text)
{
    const char *rules = strchr(policy, ';');
    char changed[HUM_POLICY_TEXT_MAX];

    snprintf(changed, sizeof(changed), "%s%s", text, rules ? rules : "");
    memcpy(policy, changed, sizeof(changed));
}

static void policy_lines(const struct advise_plan *plan, const char *before,
                         const size_t *members, size_t count, const struct advise_lines *lines)
{
    char policy[HUM_POLICY_TEXT_MAX], line[LINE_BYTES], name[80];
    bool changed = false;

    snprintf(policy, sizeof(policy), "%s", before);
    for (size_t i = 0; i < count; i++) {
        const struct advise_candidate *candidate = &plan->candidates[members[i]];

        if (candidate->policy && candidate->subject == ADVISE_WHOLE) {
            set_space(policy, candidate->policy);
            changed = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct advise_candidate *candidate = &plan->candidates[members[i]];
        const struct advise_subject *subject;

        if (!candidate->policy || candidate->subject == ADVISE_WHOLE)
            continue;
        subject = &plan->uses->subjects[candidate->subject];
        if (add_rule(policy, subject, candidate->policy)) {
            changed = true;
            continue;
        }
        snprintf(line, sizeof(line), "hum_policy_set(hum, %s, \"%s\");",
                 variable(subject, name, sizeof(name)), candidate->policy);
        lines->take(lines->self, line);
    }
    if (!changed)
        return;
    snprintf(line, sizeof(line), "HUM_POLICY='%s'", policy);
    lines->take(lines->self, line);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static const char *advice_text(enum hum_advice advice)
{
    switch (advice) {
#define ADVICE_TEXT(name, bit, text)                                                               \
    case name:                                                                                     \
        return #name;
        HUM_ADVICE_LIST(ADVICE_TEXT)
#undef ADVICE_TEXT
    }
    return "0";
}

static void call_line(const struct advise_subject *subject, const struct humi_measure *measure,
                      const struct advise_lines *lines)
{
    char line[LINE_BYTES], name[80], processor[16] = "0";

    variable(subject, name, sizeof(name));
    if (measure->kind == HUMI_MEASURE_PREFETCH || measure->advice != HUM_ADVISE_READ_MOSTLY)
        processor_text(measure->processor, processor, sizeof(processor));
    if (measure->kind == HUMI_MEASURE_ADVICE)
        snprintf(line, sizeof(line), "hum_advise(hum, %s, bytes, %s, %s);", name,
                 advice_text(measure->advice), processor);
    else if (measure->kind == HUMI_MEASURE_PREFETCH)
        snprintf(line, sizeof(line), "hum_prefetch(hum, %s, bytes, %s, stream);", name, processor);
    else
        return;
    lines->take(lines->self, line);
}

void advise_code(const struct advise_plan *plan, const char *policy, const size_t *members,
                 size_t count, const struct advise_lines *lines)
{
    policy_lines(plan, policy, members, count, lines);
    for (size_t i = 0; i < count; i++) {
        const struct advise_candidate *candidate = &plan->candidates[members[i]];

        for (size_t m = 0; m < candidate->measure_count; m++)
            call_line(&plan->uses->subjects[candidate->subject], &candidate->measures[m], lines);
    }
}
