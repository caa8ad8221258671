/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the parts that exist, and the policies that are named choices of them.
 *
 * Threads: constant data, any thread.  Nothing is owned by the caller.
 */
#ifndef HUMI_POLICY_REGISTRY_H
#define HUMI_POLICY_REGISTRY_H

#include <hum/policy.h>

/* What HUM_POLICY is when nobody says anything. */
#define HUMI_POLICY_DEFAULT "auto"
/* Whose parts a choice has that names no policy: the plainest of those that do well. */
#define HUMI_POLICY_BASE "ahead"

/* The kinds of parts.  Those that write plans come first, in the order in which they are asked. */
#define HUMI_KIND_LIST(X)                                                                          \
    X(HUMI_PLACE, "place")                                                                         \
    X(HUMI_PREFETCH, "prefetch")                                                                   \
    X(HUMI_THRASH, "thrash")                                                                       \
    X(HUMI_EVICT, "evict")

enum humi_kind {
#define HUMI_KIND_ENUM(name, text) name,
    HUMI_KIND_LIST(HUMI_KIND_ENUM)
#undef HUMI_KIND_ENUM
    HUMI_KINDS
};
#define HUMI_PLANNERS 3u /* place, prefetch, thrash */

/*
 * The number that every part of the kind has beside its own, because the runtime acts on it and
 * the part does not; NULL: there is none.  A part's own number of that name hides it.
 *
 *     evict.reserve     blocks of a full device to keep free (core/reserve.h)
 */
const struct hum_tunable *humi_kind_number(enum humi_kind kind);

/* "place", "prefetch", "thrash", "evict" */
const char *humi_kind_name(enum humi_kind kind);

/*
 * The part of a kind below HUMI_PLANNERS by the name users type; NULL if there is none.  thrash
 * "on" is the driver's.
 */
const struct hum_part *humi_part_find(enum humi_kind kind, const char *name);

/* The index-th part of the kind, NULL behind the last: for help texts and tests of all of them. */
const struct hum_part *humi_part_at(enum humi_kind kind, unsigned index);

/*
 * The part plans by the block's own pages, its region and its advice alone, so a plan holds as long
 * as these stay: whatever leaves to make room for it.
 */
bool humi_part_is_steady(const struct hum_part *part);

/* The policy of that name, NULL if there is none.  NULL or "" means the default. */
const struct hum_policy *humi_policy_find(const char *name);

/* The policy whose parts stand where none are said. */
const struct hum_policy *humi_policy_base(void);

/* The index-th policy, NULL behind the last. */
const struct hum_policy *humi_policy_at(unsigned index);

#endif
