/* SPDX-License-Identifier: MIT */
/* property_args.h - argument blocks and the word format of the coherence test. */
#ifndef HUM_PROPERTY_ARGS_H
#define HUM_PROPERTY_ARGS_H

#include <stddef.h>
#include <stdint.h>

/* ---- one step after the other ---------------------------------------------------------------- */

struct step_bytes {
    uint8_t *bytes;
    size_t n;
    uint64_t value;
    uint64_t *result;
};

struct step_words {
    uint64_t *words;
    size_t n;
    uint64_t value;
};

struct step_copy {
    uint8_t *to;
    const uint8_t *from;
    size_t n;
};

static inline uint8_t step_byte(uint64_t value, size_t i)
{
    return (uint8_t)(value + i * 7 + (i >> 8));
}

/* What byte i adds to the check sum of a range; order does not matter. */
static inline uint64_t step_weight(uint8_t byte, size_t i)
{
    return ((uint64_t)byte + 1) * (i * 2654435761u + 1);
}

/* ---- all at once ----------------------------------------------------------------------------- */

/*
 * A stamp is a counter in a word with its complement in the other half, so that a torn word shows.
 * Zero is the stamp of a word nobody has written.
 */
static inline uint64_t stamp_make(uint32_t count)
{
    return count ? (uint64_t)count << 32 | (uint32_t)~count : 0;
}

static inline int stamp_is_whole(uint64_t stamp)
{
    return stamp == 0 || (uint32_t)(stamp >> 32) == (uint32_t)~(uint32_t)stamp;
}

static inline uint32_t stamp_count(uint64_t stamp)
{
    return (uint32_t)(stamp >> 32);
}

/* What an agent reports; `bad` counts, the rest describes one of them. */
struct together_report {
    uint64_t bad, index, first, second, seen, rule;
};

enum together_rule { RULE_NONE, RULE_TORN, RULE_BACKWARDS, RULE_ORDER, RULE_FOREIGN };

/*
 * One round of one agent over n pairs.  Pair i belongs to agent i % agents: it alone writes it, the
 * first word before the second.  Everybody else reads the second before the first.
 */
struct together_round {
    uint64_t *first, *second; /* n pairs, `spread` words apart */
    uint64_t *seen;           /* n words of this agent alone: the last second count it saw */
    uint64_t *counters;       /* `counters_n` words that everybody adds to */
    uint64_t *loose;          /* n words that are discarded now and then: zero or a whole stamp */
    struct together_report *report;
    size_t n, spread, counters_n;
    unsigned agent, agents;
    uint64_t turn;            /* changes the order of the pairs */
};

/* Look at pair i or, if it is the agent's own, write it. */
static inline void together_pair(const struct together_round *r, size_t i)
{
    uint64_t *first = &r->first[i * r->spread], *second = &r->second[i * r->spread];
    uint64_t s, f, loose;
    uint32_t count;
    unsigned rule = RULE_NONE;

    if (i % r->agents == r->agent) {
        count = stamp_count(__atomic_load_n(second, __ATOMIC_RELAXED));
        if (count < stamp_count(r->seen[i]))
            rule = RULE_FOREIGN; /* what only this agent writes is not what it wrote */
        f = s = stamp_make(count + 1);
        __atomic_store_n(first, f, __ATOMIC_RELEASE);
        __atomic_store_n(second, s, __ATOMIC_RELEASE);
        __atomic_store_n(&r->loose[i * r->spread], s, __ATOMIC_RELAXED);
    } else {
        s = __atomic_load_n(second, __ATOMIC_ACQUIRE);
        f = __atomic_load_n(first, __ATOMIC_ACQUIRE);
        loose = __atomic_load_n(&r->loose[i * r->spread], __ATOMIC_RELAXED);
        if (!stamp_is_whole(s) || !stamp_is_whole(f) || !stamp_is_whole(loose))
            rule = RULE_TORN;
        else if (stamp_count(s) < stamp_count(r->seen[i]))
            rule = RULE_BACKWARDS;
        else if (stamp_count(f) < stamp_count(s))
            rule = RULE_ORDER;
    }
    if (rule != RULE_NONE && __atomic_fetch_add(&r->report->bad, 1, __ATOMIC_SEQ_CST) == 0) {
        r->report->index = i;
        r->report->first = f;
        r->report->second = s;
        r->report->seen = r->seen[i];
        r->report->rule = rule;
    }
    r->seen[i] = s;
    if (i % 3 == 0) {
        uint64_t *counter = &r->counters[i % r->counters_n * r->spread];
        if (i % 2)
            __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
        else
            for (uint64_t old = __atomic_load_n(counter, __ATOMIC_RELAXED);
                 !__atomic_compare_exchange_n(counter, &old, old + 1, 0, __ATOMIC_SEQ_CST,
                                              __ATOMIC_RELAXED);) {
            }
    }
}

/* How much a round over n pairs adds to all counters together. */
static inline uint64_t together_added(size_t n)
{
    return (n + 2) / 3;
}

#endif
