/* SPDX-License-Identifier: MIT */
/* order_lists.c - orders that keep objects in lists: clock, ARC, S3-FIFO. */
#include "property/order_lists.h"

int order_count(const struct order_model *m, int list)
{
    int n = 0;

    for (int i = 0; i < m->objects; i++)
        n += m->object[i].list == list;
    return n;
}

int order_oldest(const struct order_model *m, int list)
{
    int best = ORDER_NONE;

    for (int i = 0; i < m->objects; i++)
        if (m->object[i].list == list &&
            (best == ORDER_NONE || m->object[i].since < m->object[best].since))
            best = i;
    return best;
}

void order_put(struct order_model *m, int object, int list)
{
    m->object[object].list = list;
    m->object[object].since = ++m->now;
}

/* ---- clock: list 1, uses 1 where there is a mark --------------------------------------------- */

static void clock_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    m->object[i].uses = 0;
    order_put(m, i, 1);
}

static void clock_renew(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    m->object[i].uses = 1;
}

static void clock_leave(struct order_model *m, int i, bool evicted)
{
    (void)evicted;
    m->object[i].list = 0;
}

static void clock_ask(struct order_model *m, int incoming)
{
    (void)incoming;
    for (int i; (i = order_oldest(m, 1)) != ORDER_NONE && m->object[i].uses > 0;) {
        m->object[i].uses = 0;
        order_put(m, i, 1);
    }
}

static struct key by_mark(const struct order_model *m, int i)
{
    return (struct key){m->object[i].uses, (uint64_t)m->object[i].since, 0};
}

/* ---- ARC: T1, T2, B1, B2 --------------------------------------------------------------------- */

enum { T1 = 1, T2, B1, B2 };

static double arc_target(const struct order_model *m, int from)
{
    double b1 = order_count(m, B1), b2 = order_count(m, B2), p = m->target;
    double most = m->capacity < (uint64_t)m->objects ? (double)m->capacity : m->objects;

    if (from == B1)
        p += b2 > b1 ? b2 / b1 : 1;
    if (from == B2)
        p -= b1 > b2 ? b1 / b2 : 1;
    return p < 0 ? 0 : p > most ? most : p;
}

static void arc_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    int from = m->object[i].list, all;
    int most = m->capacity < (uint64_t)m->objects ? (int)m->capacity : m->objects;

    (void)facts;
    m->target = m->asked_for == i ? m->asked_target : arc_target(m, from);
    m->asked_for = ORDER_NONE;
    order_put(m, i, from == 0 ? T1 : T2);
    while (order_count(m, B1) > 0 && order_count(m, T1) + order_count(m, B1) > most)
        m->object[order_oldest(m, B1)].list = 0;
    while (all = m->objects - order_count(m, 0), order_count(m, B2) > 0 && all > 2 * most)
        m->object[order_oldest(m, B2)].list = 0;
}

static void arc_renew(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    order_put(m, i, T2);
}

static void arc_leave(struct order_model *m, int i, bool evicted)
{
    order_put(m, i, !evicted ? 0 : m->object[i].list == T1 ? B1 : B2);
}

static void arc_ask(struct order_model *m, int incoming)
{
    int from = incoming == ORDER_NONE ? 0 : m->object[incoming].list, t1 = order_count(m, T1);
    bool recent;

    m->asked_for = incoming;
    m->asked_target = arc_target(m, from);
    recent = t1 > m->asked_target || (from == B2 && t1 == m->asked_target);
    m->first_list = t1 == 0 ? T2 : order_count(m, T2) == 0 || recent ? T1 : T2;
}

static struct key by_list(const struct order_model *m, int i)
{
    return (struct key){m->object[i].list != m->first_list, (uint64_t)m->object[i].since, 0};
}

/* ---- S3-FIFO: S, M, G ------------------------------------------------------------------------ */

enum { S = 1, M, G };

static int s3_share(const struct order_model *m)
{
    int tenth = m->capacity > 1000 ? 100 : (int)m->capacity / 10; /* there are no 100 objects */

    return tenth < 1 ? 1 : tenth;
}

static void s3_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    bool full = !m->has_evicted && order_count(m, S) >= s3_share(m);
    uint64_t ghosts = m->capacity > 1000 ? 1000 : m->capacity * 9 / 10;

    (void)facts;
    order_put(m, i, m->object[i].list == G || full ? M : S);
    m->object[i].uses = 0;
    while ((uint64_t)order_count(m, G) > ghosts)
        m->object[order_oldest(m, G)].list = 0;
}

static void s3_renew(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    if (m->object[i].uses < 3)
        m->object[i].uses++;
}

static void s3_leave(struct order_model *m, int i, bool evicted)
{
    m->has_evicted |= evicted;
    order_put(m, i, evicted && m->object[i].list == S ? G : 0);
}

static void s3_ask(struct order_model *m, int incoming)
{
    int i;

    (void)incoming;
    if (order_count(m, S) + order_count(m, M) == 0)
        return;
    if (order_count(m, S) >= s3_share(m) || order_count(m, M) == 0) {
        while ((i = order_oldest(m, S)) != ORDER_NONE && m->object[i].uses >= 2) {
            m->object[i].uses = 0;
            order_put(m, i, M);
        }
        m->first_list = S;
        if (i != ORDER_NONE)
            return;
    }
    while (i = order_oldest(m, M), m->object[i].uses > 0) {
        m->object[i].uses--;
        order_put(m, i, M);
    }
    m->first_list = M;
}

/* ---- by name --------------------------------------------------------------------------------- */

const struct order order_clock = {"clock",     clock_arrive, clock_renew,
                                  clock_leave, clock_ask,    by_mark};
const struct order order_arc = {"arc", arc_arrive, arc_renew, arc_leave, arc_ask, by_list};
const struct order order_s3fifo = {"s3fifo", s3_arrive, s3_renew, s3_leave, s3_ask, by_list};
