/* SPDX-License-Identifier: MIT */
/* eviction_models.c - eviction algorithms as their papers tell them, slowly. */
#include "property/eviction_models.h"

#include <string.h>

/* ---- looking at all pages -------------------------------------------------------------------- */

static int size_of(const struct model *m, int list)
{
    int n = 0;

    for (int i = 0; i < m->pages; i++)
        n += m->list[i] == list;
    return n;
}

static int oldest_of(const struct model *m, int list)
{
    int best = MODEL_NONE;

    for (int i = 0; i < m->pages; i++)
        if (m->list[i] == list && (best == MODEL_NONE || m->since[i] < m->since[best]))
            best = i;
    return best;
}

static int newest_of(const struct model *m, int list)
{
    int best = MODEL_NONE;

    for (int i = 0; i < m->pages; i++)
        if (m->list[i] == list && (best == MODEL_NONE || m->since[i] > m->since[best]))
            best = i;
    return best;
}

static void put(struct model *m, int page, int list)
{
    m->list[page] = list;
    m->since[page] = ++m->time;
}

/* ---- one list: 1 ----------------------------------------------------------------------------- */

static int fifo_victim(struct model *m)
{
    return oldest_of(m, 1);
}

static int mru_victim(struct model *m)
{
    return newest_of(m, 1);
}

static int clock_victim(struct model *m)
{
    int page;

    while (page = oldest_of(m, 1), m->uses[page] > 0) {
        m->uses[page] = 0;
        put(m, page, 1);
    }
    return page;
}

static int lfu_victim(struct model *m)
{
    int best = MODEL_NONE;

    for (int i = 0; i < m->pages; i++)
        if (m->list[i] == 1 && (best == MODEL_NONE || m->uses[i] < m->uses[best] ||
                                (m->uses[i] == m->uses[best] && m->since[i] < m->since[best])))
            best = i;
    return best;
}

static int next_use_of(const struct model *m, int page)
{
    int i = m->now + 1;

    while (i < m->length && m->trace[i] != page)
        i++;
    return i;
}

static int min_victim(struct model *m)
{
    int best = MODEL_NONE;

    for (int i = 0; i < m->pages; i++)
        if (m->list[i] == 1 && (best == MODEL_NONE || next_use_of(m, i) > next_use_of(m, best)))
            best = i;
    return best;
}

/* `moves`: a hit counts as coming again. */
static struct model_outcome one_list(struct model *m, int page, bool moves,
                                     int (*victim)(struct model *))
{
    struct model_outcome out = {m->list[page] == 1, MODEL_NONE};

    if (out.hit) {
        m->uses[page]++;
        if (moves)
            put(m, page, 1);
        return out;
    }
    if (size_of(m, 1) == m->capacity) {
        out.victim = victim(m);
        m->list[out.victim] = 0;
    }
    m->uses[page] = 0;
    put(m, page, 1);
    return out;
}

/* ---- ARC, figure 4 of the paper -------------------------------------------------------------- */

enum { T1 = 1, T2, B1, B2 };

static int arc_replace(struct model *m, bool in_b2)
{
    int t1 = size_of(m, T1), victim;

    if (t1 + size_of(m, T2) < m->capacity) /* ours: only after a page was taken away */
        return MODEL_NONE;
    if (t1 >= 1 && ((in_b2 && t1 == m->target) || t1 > m->target)) {
        victim = oldest_of(m, T1);
        put(m, victim, B1);
    } else {
        victim = oldest_of(m, T2);
        put(m, victim, B2);
    }
    return victim;
}

static struct model_outcome arc(struct model *m, int x)
{
    int c = m->capacity, was = m->list[x];
    int t1 = size_of(m, T1), t2 = size_of(m, T2), b1 = size_of(m, B1), b2 = size_of(m, B2);
    struct model_outcome out = {was == T1 || was == T2, MODEL_NONE};

    if (out.hit) {
        put(m, x, T2);
    } else if (was == B1) {
        double delta = b1 >= b2 ? 1 : (double)b2 / b1;
        m->target = m->target + delta < c ? m->target + delta : c;
        out.victim = arc_replace(m, false);
        put(m, x, T2);
    } else if (was == B2) {
        double delta = b2 >= b1 ? 1 : (double)b1 / b2;
        m->target = m->target - delta > 0 ? m->target - delta : 0;
        out.victim = arc_replace(m, true);
        put(m, x, T2);
    } else {
        if (t1 + b1 == c) {
            if (t1 < c) {
                m->list[oldest_of(m, B1)] = 0;
                out.victim = arc_replace(m, false);
            } else {
                out.victim = oldest_of(m, T1);
                m->list[out.victim] = 0;
            }
        } else if (t1 + t2 + b1 + b2 >= c) {
            if (t1 + t2 + b1 + b2 == 2 * c)
                m->list[oldest_of(m, B2)] = 0;
            out.victim = arc_replace(m, false);
        }
        put(m, x, T1);
    }
    return out;
}

/* ---- S3-FIFO, algorithm 1 of the paper, one victim a miss, M filled first -------------------- */

enum { S = 1, M, G };

static int s3_evict_m(struct model *m)
{
    for (;;) {
        int t = oldest_of(m, M);

        if (m->uses[t] == 0) {
            m->list[t] = 0;
            return t;
        }
        m->uses[t]--;
        put(m, t, M);
    }
}

static int s3_evict(struct model *m)
{
    int share = m->capacity / 10 > 1 ? m->capacity / 10 : 1;
    int ghosts = m->capacity * 9 / 10;

    if (size_of(m, S) < share)
        return s3_evict_m(m);
    for (int t; (t = oldest_of(m, S)) != MODEL_NONE;) {
        if (m->uses[t] <= 1) {
            put(m, t, G);
            if (size_of(m, G) > ghosts)
                m->list[oldest_of(m, G)] = 0;
            return t;
        }
        m->uses[t] = 0;
        put(m, t, M);
    }
    return s3_evict_m(m);
}

static struct model_outcome s3fifo(struct model *m, int x)
{
    struct model_outcome out = {m->list[x] == S || m->list[x] == M, MODEL_NONE};
    int share = m->capacity / 10 > 1 ? m->capacity / 10 : 1;
    int into = m->list[x] == G ? M : S;

    if (out.hit) {
        m->uses[x] = m->uses[x] + 1 < 3 ? m->uses[x] + 1 : 3;
        return out;
    }
    m->list[x] = 0;
    if (size_of(m, S) + size_of(m, M) == m->capacity) {
        out.victim = s3_evict(m);
        m->has_evicted = true;
    }
    if (!m->has_evicted && size_of(m, S) >= share)
        into = M;
    m->uses[x] = 0;
    put(m, x, into);
    return out;
}

/* ---- the others: demand paging with the model of an order ------------------------------------ */

static bool ordered(struct model *m, const char *name, int page, struct model_outcome *out)
{
    static const struct hum_heat nothing_known;
    const struct hum_evict_facts facts = {
        .time_ns = (uint64_t)m->now + 1, .heat = &nothing_known, .resident_pages = 1};
    int order[ORDER_OBJECTS];

    if (!order_is_known(name))
        return false;
    if (m->now++ == 0)
        order_init(&m->order, m->pages, (uint64_t)m->capacity, m->tunables);
    *out = (struct model_outcome){m->order.object[page].in, MODEL_NONE};
    if (out->hit) {
        if (m->hits_are_told)
            order_renew(&m->order, name, page, &facts);
        return true;
    }
    if (order_list(&m->order, name, page, order) == m->capacity) {
        out->victim = order[0];
        order_leave(&m->order, name, order[0], true);
    }
    order_arrive(&m->order, name, page, &facts);
    return true;
}

/* ---- by name --------------------------------------------------------------------------------- */

bool model_access(struct model *m, const char *name, int page, struct model_outcome *out)
{
    if (strcmp(name, "fifo") == 0)
        *out = one_list(m, page, false, fifo_victim);
    else if (strcmp(name, "lru") == 0)
        *out = one_list(m, page, true, fifo_victim);
    else if (strcmp(name, "mru") == 0)
        *out = one_list(m, page, true, mru_victim);
    else if (strcmp(name, "clock") == 0)
        *out = one_list(m, page, false, clock_victim);
    else if (strcmp(name, "lfu") == 0)
        *out = one_list(m, page, true, lfu_victim);
    else if (strcmp(name, "min") == 0)
        *out = one_list(m, page, false, min_victim);
    else if (strcmp(name, "arc") == 0)
        *out = arc(m, page);
    else if (strcmp(name, "s3fifo") == 0)
        *out = s3fifo(m, page);
    else
        return ordered(m, name, page, out);
    m->now++;
    return true;
}

/* In every algorithm what is in is in lists 1 and 2, or in 1 alone. */
void model_remove(struct model *m, const char *name, int page)
{
    if (m->order.objects > 0)
        order_leave(&m->order, name, page, false);
    m->list[page] = 0;
}

/* ---- all choices ----------------------------------------------------------------------------- */

#define SETS 64
#define TOO_MANY 1000

int model_fewest_misses(const int *trace, int length, int capacity)
{
    int fewest[SETS], best = TOO_MANY; /* of each set of pages that can be in now */

    for (int set = 0; set < SETS; set++)
        fewest[set] = set == 0 ? 0 : TOO_MANY;
    for (int i = 0; i < length; i++) {
        int next[SETS], page = 1 << trace[i];

        for (int set = 0; set < SETS; set++)
            next[set] = TOO_MANY;
        for (int set = 0; set < SETS; set++) {
            bool hit = set & page;

            /* `out` 0: nothing leaves */
            for (int out = 0; out < SETS && fewest[set] < TOO_MANY; out = out ? 2 * out : 1) {
                int then = (set & ~out) | page, cost = fewest[set] + !hit;

                if ((out && (hit || !(set & out))) || __builtin_popcount((unsigned)then) > capacity)
                    continue;
                if (cost < next[then])
                    next[then] = cost;
            }
        }
        memcpy(fewest, next, sizeof fewest);
    }
    for (int set = 0; set < SETS; set++)
        best = fewest[set] < best ? fewest[set] : best;
    return best;
}
