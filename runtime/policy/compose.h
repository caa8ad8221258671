/* SPDX-License-Identifier: MIT */
/*
 * compose.h - a policy put together from four parts, and a plan made with it.
 *
 * Users write a choice of parts and settings, separated by commas, in any order but for a policy's
 * name, which stands first:
 *
 *     driver                                       a named policy
 *     prefetch=tree,evict=lfu                      parts; those not named are those of `ahead`
 *     driver,evict=lru,prefetch.threshold=75       a named policy with a part and a number changed
 *     ./mine.so,evict=lru                          a plug-in (plugin.h) where a name may stand
 *     driver,prefetch=./mine.so                    one part of a plug-in
 *
 * The same choice has one canonical text: the name of the policy that consists of these parts if
 * there is one, else all four parts, then the numbers that differ from it.  It reads back as the
 * very same choice.
 *
 * Threads: reading and printing are pure; a policy that has been made does not change (`broken` is
 * atomic), so any number of threads may plan with it.
 * Ownership: the caller's; a policy holds pointers to constant tables only.
 */
#ifndef HUMI_POLICY_COMPOSE_H
#define HUMI_POLICY_COMPOSE_H

#include <stdatomic.h>

#include "base/options.h"
#include "policy/registry.h"

#define HUMI_NUMBERS_MAX (HUM_TUNABLES_MAX + 1u)
#define HUMI_NUMBER_OF_KIND HUM_TUNABLES_MAX /* place of what every part of a kind has */

struct humi_policy {
    const struct hum_part *part[HUMI_PLANNERS];
    const struct hum_evict *evict;
    uint64_t tunables[HUMI_KINDS][HUMI_NUMBERS_MAX]; /* values, in the order of the part's table;
                                                        behind them that of the kind */
    uint32_t offset[HUMI_PLANNERS][HUM_MEMORY_COUNT]; /* of each part's memory in that of all */
    uint32_t bytes[HUM_MEMORY_COUNT];                /* of all parts together */
    unsigned chosen;                                 /* bit k: the part of kind k or a number of it
                                                        was written, not only a policy's name */
    bool steady;                                     /* its plans hold while room is made */
    atomic_bool broken;                              /* a plan that breaks the rules was logged */
};

/* The numbers of one part, as its table has them. */
struct humi_tunables {
    const struct hum_tunable *table;
    unsigned count;
};

#define HUMI_POLICY_TEXT_MAX 4096u /* bytes of a canonical text, the ending zero included */

/*
 * Read a choice; an empty text is the default policy.  HUM_ERR_INVALID: the error text names
 * `option` (a variable, a function) and lists what may be written.  *policy_out is then unchanged.
 */
HUM_MUST_USE enum hum_status humi_policy_read(const char *option, struct humi_slice text,
                                              struct humi_policy *policy_out);

/*
 * The policy of a table: one of ours, or a user's.  HUM_ERR_INVALID: it breaks the header's
 * limits (table.h), or its settings name what its parts do not have.
 */
HUM_MUST_USE enum hum_status humi_policy_of(const char *option, const struct hum_policy *table,
                                            struct humi_policy *policy_out);

/* The canonical text, as snprintf() does: returns the length of the whole. */
size_t humi_policy_text(const struct humi_policy *policy, char *text, size_t bytes);

struct humi_tunables humi_policy_tunables(const struct humi_policy *policy, enum humi_kind kind);

/* What the value at that place is, 0 .. HUMI_NUMBERS_MAX - 1; NULL: nothing. */
const struct hum_tunable *humi_policy_number(const struct humi_policy *policy, enum humi_kind kind,
                                             unsigned place);
const char *humi_policy_part_name(const struct humi_policy *policy, enum humi_kind kind);

/* Give every number its initial value. */
void humi_policy_initials(struct humi_policy *policy);

/* The same parts, so that what one of them remembers is of use to the other. */
bool humi_policy_same_parts(const struct humi_policy *a, const struct humi_policy *b);

/*
 * Ask place, prefetch and thrash in turn, and check the plan.  memory: one piece of
 * policy->bytes[kind] a kind, aligned to 8 bytes, NULL where that is 0.
 */
void humi_policy_plan(struct humi_policy *policy, const struct hum_view *view,
                      void *const memory[HUM_MEMORY_COUNT], struct hum_plan *plan_out);

/* The first rule of policy.h that the plan breaks, in words; NULL: none. */
const char *humi_plan_broken(const struct hum_view *view, const struct hum_plan *plan);

#endif
