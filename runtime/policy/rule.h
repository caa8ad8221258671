/* SPDX-License-Identifier: MIT */
/*
 * rule.h - rules for regions by name, which may stand behind a policy's text.
 *
 *     driver;region:graph=adaptive;region:table=prefetch=none
 *
 * Blanks around a name are left out, and it ends at the first '='; so a region whose name begins or
 * ends with a blank, or has '=' or ';' in it, cannot be named.  A name has one rule.
 *
 * Threads: pure functions; what they give points into the text.
 */
#ifndef HUMI_POLICY_RULE_H
#define HUMI_POLICY_RULE_H

#include "policy/compose.h"

#define HUMI_RULE_NAME_BYTES 64u /* of a region's name, the ending zero included */

/* Part the space's policy from the rules behind it.  False: there are none.  Rules alone: the first
 * is empty. */
bool humi_rules_cut(struct humi_slice text, struct humi_slice *space_out,
                    struct humi_slice *rules_out);

/*
 * Take a rule, "region:graph=tree", apart.  HUM_ERR_INVALID: it is none; the error text names
 * `option` and what may be written.
 */
HUM_MUST_USE enum hum_status humi_rule_read(const char *option, const struct humi_slice *rule,
                                            char name_out[HUMI_RULE_NAME_BYTES],
                                            struct humi_slice *policy_out);

/*
 * humi_policy_read() for a region: a processor has one order of eviction, so none may be chosen.
 * HUM_ERR_INVALID as there.
 */
HUM_MUST_USE enum hum_status humi_rule_read_policy(const char *option, struct humi_slice text,
                                                   struct humi_policy *policy_out);

/* A second rule for a name is refused so: HUM_ERR_INVALID. */
HUM_MUST_USE enum hum_status humi_rule_refuse_twice(const char *option, const char *name);

#endif
