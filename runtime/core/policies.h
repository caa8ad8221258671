/* SPDX-License-Identifier: MIT */
/*
 * policies.h - which policy decides where.
 *
 * The space has one, and a region may have one of its own: set by the program, or by a rule
 * "region:NAME=POLICY" of HUM_POLICY when it gets that name.
 *
 *     HUM_POLICY="driver;region:graph=adaptive;region:table=prefetch=none"
 *
 * A processor has one order of eviction, so evict is always the space's.
 *
 * A policy that was set once is kept until the space closes, each different text once, because
 * faults may be deciding with it at any time.  Policies with the same place, prefetch and thrash
 * share what these remember (memo.h).
 *
 * Threads: open and close while nobody else knows the space; setting is guarded by the HUM lock;
 * the rest: any.
 * Ownership: everything belongs to the space.
 */
#ifndef HUMI_CORE_POLICIES_H
#define HUMI_CORE_POLICIES_H

#include "core/memo.h"
#include "policy/compose.h"
#include "policy/rule.h"

struct hum;
struct humi_region;

struct humi_choice {
    struct humi_policy policy;
    char *text;                  /* canonical */
    unsigned parts;              /* number of the set of its parts that plan, 1 .. */
    struct humi_choice *next;
};

struct humi_rule {
    char name[HUMI_RULE_NAME_BYTES]; /* of regions */
    struct humi_choice *choice;
};

struct humi_policies {
    _Atomic(struct humi_choice *) space;
    _Atomic(struct humi_memo *) memo;    /* of the space */
    atomic_size_t memo_bytes;            /* of all memos */
    struct humi_choice *all;             /* guarded by the HUM lock */
    struct humi_rule *rules;             /* fixed at open */
    unsigned rule_count;
    char *text;                          /* as opened, with its rules; canonical; fixed */
};

/*
 * Read the policy of the space and its rules.  HUM_ERR_INVALID: the error text names `option` and
 * what may be written.
 */
HUM_MUST_USE enum hum_status humi_policies_open(struct hum *hum, const char *option,
                                                struct humi_slice text);

/* Take the policy of a table: tests and tools that bring their own.  NULL: the default. */
HUM_MUST_USE enum hum_status humi_policies_open_table(struct hum *hum,
                                                      const struct hum_policy *table);

void humi_policies_close(struct hum *hum);

/* What decides for the region. */
struct humi_choice *humi_policies_of(const struct hum *hum, const struct humi_region *region);

/* It decides by counted touches. */
bool humi_policies_of_counts(const struct hum *hum, const struct humi_region *region);

/* ... also by the host's: its place part has a number `host` that is not 0. */
bool humi_policies_of_counts_host(const struct hum *hum, const struct humi_region *region);

/* The policy of the space, or one that a rule names, decides by counted touches. */
bool humi_policies_count_touches(const struct hum *hum);

/* The region has got a name; the regions' lock is held.  A policy set by the program stays. */
void humi_policies_named(struct hum *hum, struct humi_region *region, const char *name);

#endif
