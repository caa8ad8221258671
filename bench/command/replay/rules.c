/* SPDX-License-Identifier: MIT */
/* rules.c - see rules.h */
#include "command/replay/rules.h"

#include <stdlib.h>
#include <string.h>

static bool read_space(struct replay_rules *rules, const char *option,
                       struct trace_problem *problem)
{
    if (humi_policy_read(option, humi_slice_of(rules->space), &rules->policy) != HUM_OK)
        return trace_problem_hum(problem);
    if (humi_policy_text(&rules->policy, rules->whole, sizeof(rules->whole)) <
        sizeof(rules->whole))
        return true;
    return trace_problem_say(problem, "%s: a policy's text has at most %u bytes", option,
                             HUM_POLICY_TEXT_MAX - 1);
}

/* Ended by a zero, which the text has room for: behind it stands a ';' or nothing. */
static const char *ended(struct replay_rules *rules, const struct humi_slice *slice)
{
    size_t at = (size_t)(slice->text - rules->text);

    rules->text[at + slice->bytes] = '\0';
    return rules->text + at;
}

static bool is_ruled(const struct replay_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->names[i], name) == 0)
            return true;
    return false;
}

static bool add_rule(struct replay_rules *rules, const char *option, const char *policy,
                     struct trace_problem *problem)
{
    size_t used = strlen(rules->whole);
    int bytes = snprintf(rules->whole + used, sizeof(rules->whole) - used, ";region:%s=%s",
                         rules->names[rules->count], policy);

    if (used + (size_t)bytes >= sizeof(rules->whole))
        return trace_problem_say(problem, "%s: more than %u bytes of policies and rules", option,
                                 HUM_POLICY_TEXT_MAX - 1);
    rules->measures[rules->count] = (struct humi_measure){
        .kind = HUMI_MEASURE_POLICY, .name = rules->names[rules->count], .policy = policy};
    rules->count++;
    return true;
}

/* "region:graph=tree" */
static bool read_rule(struct replay_rules *rules, const char *option,
                      const struct humi_slice *rule, struct trace_problem *problem)
{
    struct humi_policy policy;
    struct humi_slice text;
    char *name = rules->names[rules->count];

    if (rules->count == REPLAY_RULES_MAX)
        return trace_problem_say(problem, "%s: more than %u rules", option, REPLAY_RULES_MAX);
    if (humi_rule_read(option, rule, name, &text) != HUM_OK ||
        (is_ruled(rules, name) && humi_rule_refuse_twice(option, name) != HUM_OK) ||
        humi_rule_read_policy(option, text, &policy) != HUM_OK)
        return trace_problem_hum(problem);
    return add_rule(rules, option, ended(rules, &text), problem);
}

bool replay_rules_read(struct replay_rules *rules, const char *option, const char *text,
                       struct trace_problem *problem)
{
    struct humi_slice space, rest, rule;
    bool good, ruled;

    *rules = (struct replay_rules){.text = strdup(text)};
    if (!rules->text)
        return trace_problem_say(problem, "out of memory");
    ruled = humi_rules_cut(humi_slice_of(rules->text), &space, &rest);
    rules->space = space.text ? ended(rules, &space) : "";
    good = read_space(rules, option, problem);
    while (good && ruled && humi_slice_next(&rest, ';', &rule))
        good = read_rule(rules, option, &rule, problem);
    if (!good)
        replay_rules_fini(rules);
    return good;
}

void replay_rules_fini(struct replay_rules *rules)
{
    free(rules->text);
    rules->text = NULL;
}
