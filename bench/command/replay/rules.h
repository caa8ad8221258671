/* SPDX-License-Identifier: MIT */
/*
 * rules.h - a policy with rules for regions, as HUM_POLICY has it, taken apart for replays:
 *
 *     driver;region:graph=tree    ->    policy "driver", and a measure: policy "tree" for "graph"
 *
 * Ownership: fini frees the texts that the measures name.
 */
#ifndef HUM_REPLAY_RULES_H
#define HUM_REPLAY_RULES_H

#include "command/trace/tool.h"
#include "model/measure.h"
#include "policy/compose.h"
#include "policy/rule.h"

#define REPLAY_RULES_MAX 64u

struct replay_rules {
    char *text;                  /* cut into pieces */
    const char *space;           /* the policy of the space, in it */
    struct humi_policy policy;   /* that */
    char names[REPLAY_RULES_MAX][HUMI_RULE_NAME_BYTES];
    struct humi_measure measures[REPLAY_RULES_MAX];
    size_t count;
    char whole[HUM_POLICY_TEXT_MAX]; /* canonical, with the rules as they were */
};

/* `option` is what errors name.  False: the problem says what is wrong with the text. */
bool replay_rules_read(struct replay_rules *rules, const char *option, const char *text,
                       struct trace_problem *problem);
void replay_rules_fini(struct replay_rules *rules);

#endif
