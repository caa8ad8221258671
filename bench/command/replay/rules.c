/* SPDX-License-Identifier: MIT */
/* rules.c - see rules.h */
#include "command/replay/rules.h"

#include <stdlib.h>
#include <string.h>

static const char word[] = "region:";

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

static bool is_rule(const char *text)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* "region:graph=tree" */
static bool read_rule(struct replay_rules *rules, const char *option, char *rule,
                      struct trace_problem *problem)
{
    size_t used = strlen(rules->whole);
    char *equals = strchr(rule, '=');
    struct humi_policy policy;
    int bytes = snprintf(rules->whole + used, sizeof(rules->whole) - used, ";%s", rule);

    if (!is_rule(rule) || !equals || equals == rule + strlen(word))
        return trace_problem_say(problem, "%s: '%.64s' is no rule for a region (write "
                                          "region:NAME=POLICY)", option, rule);
    if (rules->count == REPLAY_RULES_MAX || used + (size_t)bytes >= sizeof(rules->whole))
        return trace_problem_say(problem, "%s: more than %u rules, or %u bytes", option,
                                 REPLAY_RULES_MAX, HUM_POLICY_TEXT_MAX - 1);
    *equals = '\0';
    if (humi_policy_read(option, humi_slice_of(equals + 1), &policy) != HUM_OK)
        return trace_problem_hum(problem);
    rules->measures[rules->count++] = (struct humi_measure){
        .kind = HUMI_MEASURE_POLICY, .name = rule + strlen(word), .policy = equals + 1};
    return true;
}

bool replay_rules_read(struct replay_rules *rules, const char *option, const char *text,
                       struct trace_problem *problem)
{
    char *rest, *rule;
    bool good;

    *rules = (struct replay_rules){.text = strdup(text)};
    rest = rules->text;
    if (!rest)
        return trace_problem_say(problem, "out of memory");
    /* rules alone: the space has the default */
    rules->space = is_rule(text) ? "" : strsep(&rest, ";");
    good = read_space(rules, option, problem);
    while (good && (rule = strsep(&rest, ";")))
        good = read_rule(rules, option, rule, problem);
    if (!good)
        replay_rules_fini(rules);
    return good;
}

void replay_rules_fini(struct replay_rules *rules)
{
    free(rules->text);
    rules->text = NULL;
}
