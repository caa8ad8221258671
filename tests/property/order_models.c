/* SPDX-License-Identifier: MIT */
/* order_models.c - orders of eviction as their definitions tell them, slowly. */
#include "property/order_models.h"

#include <string.h>

/* Least first, by a, then b, then c. */
struct key {
    uint64_t a, b, c;
};

struct order {
    const char *name;
    void (*arrive)(struct order_model *, int, const struct hum_evict_facts *);
    void (*renew)(struct order_model *, int, const struct hum_evict_facts *);
    void (*leave)(struct order_model *, int, bool);
    void (*ask)(struct order_model *, int incoming); /* before the objects are sorted */
    struct key (*key)(const struct order_model *, int);
};

/* ---- looking at all objects ------------------------------------------------------------------ */

static bool is_less(struct key x, struct key y)
{
    if (x.a != y.a)
        return x.a < y.a;
    return x.b != y.b ? x.b < y.b : x.c < y.c;
}

static int count_of(const struct order_model *m, int list)
{
    int n = 0;

    for (int i = 0; i < m->objects; i++)
        n += m->object[i].list == list;
    return n;
}

static int oldest_of(const struct order_model *m, int list)
{
    int best = ORDER_NONE;

    for (int i = 0; i < m->objects; i++)
        if (m->object[i].list == list &&
            (best == ORDER_NONE || m->object[i].since < m->object[best].since))
            best = i;
    return best;
}

static void put(struct order_model *m, int object, int list)
{
    m->object[object].list = list;
    m->object[object].since = ++m->now;
}

static uint64_t heat_of(const struct hum_evict_facts *facts, uint64_t write_weight)
{
    uint64_t sum = 0, scale = 1;

    for (int i = 0; i < 32; i++)
        sum += facts->heat->reads[i] + write_weight * facts->heat->writes[i];
    for (int i = 0; i < facts->heat->scale; i++)
        scale *= 2;
    return sum * scale;
}

/* ---- one key an object ----------------------------------------------------------------------- */

static struct key by_coming(const struct order_model *m, int i)
{
    return (struct key){(uint64_t)m->object[i].came, 0, 0};
}

static struct key by_use(const struct order_model *m, int i)
{
    return (struct key){(uint64_t)m->object[i].used, 0, 0};
}

static struct key by_use_backwards(const struct order_model *m, int i)
{
    return (struct key){UINT64_MAX - (uint64_t)m->object[i].used, 0, 0};
}

static struct key by_next_use_backwards(const struct order_model *m, int i)
{
    return (struct key){UINT64_MAX - m->object[i].next_use, (uint64_t)i, 0};
}

static struct key by_frequency(const struct order_model *m, int i)
{
    const struct order_object *o = &m->object[i];

    return (struct key){o->heat ? o->heat : o->uses, o->dirty, (uint64_t)o->used};
}

static struct key by_score(const struct order_model *m, int i)
{
    return (struct key){m->object[i].score, (uint64_t)m->object[i].used, 0};
}

static struct key by_window(const struct order_model *m, int i)
{
    uint64_t before = 0;

    for (int k = 0; k < m->objects; k++)
        before += m->object[k].in && m->object[k].used < m->object[i].used;
    return (struct key){before >= m->tunables[0] ? 2 : m->object[i].dirty,
                        (uint64_t)m->object[i].used, 0};
}

/* ---- clock: list 1, uses 1 where there is a mark --------------------------------------------- */

static void clock_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    m->object[i].uses = 0;
    put(m, i, 1);
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
    for (int i; (i = oldest_of(m, 1)) != ORDER_NONE && m->object[i].uses > 0;) {
        m->object[i].uses = 0;
        put(m, i, 1);
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
    double b1 = count_of(m, B1), b2 = count_of(m, B2), p = m->target;
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
    put(m, i, from == 0 ? T1 : T2);
    while (count_of(m, B1) > 0 && count_of(m, T1) + count_of(m, B1) > most)
        m->object[oldest_of(m, B1)].list = 0;
    while (all = m->objects - count_of(m, 0), count_of(m, B2) > 0 && all > 2 * most)
        m->object[oldest_of(m, B2)].list = 0;
}

static void arc_renew(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    put(m, i, T2);
}

static void arc_leave(struct order_model *m, int i, bool evicted)
{
    put(m, i, !evicted ? 0 : m->object[i].list == T1 ? B1 : B2);
}

static void arc_ask(struct order_model *m, int incoming)
{
    int from = incoming == ORDER_NONE ? 0 : m->object[incoming].list, t1 = count_of(m, T1);
    bool recent;

    m->asked_for = incoming;
    m->asked_target = arc_target(m, from);
    recent = t1 > m->asked_target || (from == B2 && t1 == m->asked_target);
    m->first_list = t1 == 0 ? T2 : count_of(m, T2) == 0 || recent ? T1 : T2;
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
    bool full = !m->has_evicted && count_of(m, S) >= s3_share(m);
    uint64_t ghosts = m->capacity > 1000 ? 1000 : m->capacity * 9 / 10;

    (void)facts;
    put(m, i, m->object[i].list == G || full ? M : S);
    m->object[i].uses = 0;
    while ((uint64_t)count_of(m, G) > ghosts)
        m->object[oldest_of(m, G)].list = 0;
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
    put(m, i, evicted && m->object[i].list == S ? G : 0);
}

static void s3_ask(struct order_model *m, int incoming)
{
    int i;

    (void)incoming;
    if (count_of(m, S) + count_of(m, M) == 0)
        return;
    if (count_of(m, S) >= s3_share(m) || count_of(m, M) == 0) {
        while ((i = oldest_of(m, S)) != ORDER_NONE && m->object[i].uses >= 2) {
            m->object[i].uses = 0;
            put(m, i, M);
        }
        m->first_list = S;
        if (i != ORDER_NONE)
            return;
    }
    while (i = oldest_of(m, M), m->object[i].uses > 0) {
        m->object[i].uses--;
        put(m, i, M);
    }
    m->first_list = M;
}

/* ---- hot set --------------------------------------------------------------------------------- */

enum { HALVE, HOT_FROM, WRITES, COOL };

static void hot_touch(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    struct order_object *o = &m->object[i];
    uint64_t heat = heat_of(facts, m->tunables[WRITES]);
    uint64_t more = heat > o->heat ? heat - o->heat : 1;

    if (more > UINT32_MAX)
        more = UINT32_MAX;
    o->uses = o->uses + more > UINT32_MAX ? UINT32_MAX : o->uses + more;
    o->heat = heat;
    m->touches += more;
    o->list = 1; /* it is known */
    if (++m->events_since < m->wait)
        return;
    if ((m->tunables[HALVE] && m->touches >= m->tunables[HALVE]) ||
        (m->tunables[COOL] && o->uses >= m->tunables[COOL])) {
        for (int k = 0; k < m->objects; k++)
            m->object[k].uses /= 2;
        m->touches = m->events_since = m->wait = 0;
        for (int k = 0; k < m->objects; k++)
            m->wait += m->object[k].in;
    }
}

static void hot_leave(struct order_model *m, int i, bool evicted)
{
    if (!evicted)
        memset(&m->object[i], 0, sizeof m->object[i]);
}

static int bin_of(uint64_t count)
{
    int bin = 0;

    while (bin < 15 && count >= (UINT64_C(2) << bin))
        bin++;
    return bin;
}

static int hot_from(const struct order_model *m)
{
    if (m->tunables[HOT_FROM])
        return bin_of(m->tunables[HOT_FROM]);
    for (int bin = 0; bin < 16; bin++) {
        uint64_t hot = 0;

        for (int i = 0; i < m->objects; i++)
            hot += m->object[i].list == 1 && bin_of(m->object[i].uses) >= bin;
        if (hot <= m->capacity)
            return bin;
    }
    return 16;
}

static struct key by_class(const struct order_model *m, int i)
{
    int bin = bin_of(m->object[i].uses), hot = hot_from(m);

    return (struct key){bin >= hot ? 2 : bin == hot - 1 ? 1 : 0, (uint64_t)m->object[i].used, 0};
}

/* ---- tree ------------------------------------------------------------------------------------ */

static void tree_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    (void)facts;
    m->object[i].gone = false;
}

static void tree_leave(struct order_model *m, int i, bool evicted)
{
    m->object[i].gone = evicted;
    if (evicted)
        m->last = i;
}

/* The size of the group around the last that is emptied; 0: none. */
static int tree_group(const struct order_model *m)
{
    int best = 0;

    if (m->last == ORDER_NONE)
        return 0;
    for (int size = 2; size <= (int)m->tunables[0]; size *= 2) {
        int in = 0, gone = 0;

        for (int i = 0; i < m->objects; i++) {
            in += i / size == m->last / size && m->object[i].in;
            gone += i / size == m->last / size && m->object[i].gone;
        }
        if (in > 0 && gone > in)
            best = size;
    }
    return best;
}

static struct key by_group(const struct order_model *m, int i)
{
    int size = tree_group(m);

    if (size > 0 && i / size == m->last / size)
        return (struct key){0, (uint64_t)i, 0};
    return (struct key){1, (uint64_t)m->object[i].used, 0};
}

/* ---- tournament ------------------------------------------------------------------------------ */

static void take_turns(struct order_model *m)
{
    do
        m->turn = (m->turn + 1) % 3;
    while (m->dropped[m->turn]);
}

static void tournament_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    int by = m->object[i].evicted_by;
    uint64_t active = 0;
    uint64_t sum = 0;

    (void)facts;
    m->object[i].evicted_by = 0;
    if (by == 0)
        return;
    if (!m->dropped[by - 1])
        m->blames[by - 1]++;
    for (int k = 0; k < 3; k++) {
        sum += m->blames[k];
        active += !m->dropped[k];
    }
    if (sum <= m->tunables[0])
        return;
    for (int k = 0; k < 3; k++) {
        if (5 * m->blames[k] * active > 6 * sum) /* share > 1.2 / active */
            m->dropped[k] = true;
        m->blames[k] = 0;
    }
    if (m->dropped[m->turn])
        take_turns(m);
}

static void tournament_leave(struct order_model *m, int i, bool evicted)
{
    if (evicted) {
        m->object[i].evicted_by = m->turn + 1;
        take_turns(m);
    }
}

static struct key by_turn(const struct order_model *m, int i)
{
    return m->turn == 0 ? by_use(m, i) : m->turn == 1 ? by_frequency(m, i) : by_use_backwards(m, i);
}

/* ---- quarters -------------------------------------------------------------------------------- */

/* From the newest on: how many quarters are in front of it, at most 3. */
static int quarter_of(const struct order_model *m, int i)
{
    return m->object[i].list - 1;
}

/* To the front of the first; the oldest of one that has too many goes on to the next. */
static void quarter_use(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    uint64_t most = m->capacity < 8 ? 1 : m->capacity / 4;

    (void)facts;
    put(m, i, 1);
    for (int list = 1; list < 4; list++)
        if ((uint64_t)count_of(m, list) > most)
            put(m, oldest_of(m, list), list + 1);
}

static int least_blamed(const struct order_model *m)
{
    int best = 3;

    for (int k = 2; k >= 0; k--)
        if ((double)m->blame[k] / (double)m->evicted[k] <
            (double)m->blame[best] / (double)m->evicted[best])
            best = k;
    return best;
}

static void quarter_arrive(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    int by = m->object[i].evicted_by;

    m->comings++;
    if (by > 0)
        m->blame[by - 1] += 256 / (uint64_t)(m->comings - m->object[i].left);
    m->object[i].evicted_by = 0;
    quarter_use(m, i, facts);
}

static void quarter_leave(struct order_model *m, int i, bool evicted)
{
    m->object[i].list = 0;
    if (!evicted)
        return;
    m->object[i].evicted_by = m->place + 1;
    m->object[i].left = m->comings;
    m->evicted[m->place]++;
    m->evictions++;
    for (int k = 0; k < 4 && m->evictions % 128 == 0; k++) {
        m->blame[k] /= 2;
        m->evicted[k] = (m->evicted[k] + 1) / 2;
    }
    m->place = least_blamed(m);
    if (m->evictions % 8 != 0)
        return;
    do
        m->explored = (m->explored + 1) % 4;
    while (m->explored == m->place);
    m->place = m->explored;
}

/* Behind the spared ones from new to old, then the spared ones from old to new. */
static struct key by_quarter(const struct order_model *m, int i)
{
    bool spared = quarter_of(m, i) <= m->place;
    uint64_t list = (uint64_t)m->object[i].list, since = (uint64_t)m->object[i].since;

    return spared ? (struct key){1, 4 - list, since} : (struct key){0, list, UINT64_MAX - since};
}

/* ---- second chance --------------------------------------------------------------------------- */

static void chance_fault(struct order_model *m, int i, const struct hum_evict_facts *facts)
{
    uint64_t bonus = m->tunables[0] * 1000 * facts->sharing;

    m->object[i].score = facts->time_ns > UINT64_MAX - bonus ? UINT64_MAX : facts->time_ns + bonus;
}

/* ---- by name --------------------------------------------------------------------------------- */

static const struct order orders[] = {
    {"fifo", NULL, NULL, NULL, NULL, by_coming},
    {"lru", NULL, NULL, NULL, NULL, by_use},
    {"lrm", NULL, NULL, NULL, NULL, by_use},
    {"mru", NULL, NULL, NULL, NULL, by_use_backwards},
    {"clock", clock_arrive, clock_renew, clock_leave, clock_ask, by_mark},
    {"lfu", NULL, NULL, NULL, NULL, by_frequency},
    {"arc", arc_arrive, arc_renew, arc_leave, arc_ask, by_list},
    {"s3fifo", s3_arrive, s3_renew, s3_leave, s3_ask, by_list},
    {"hotset", hot_touch, hot_touch, hot_leave, NULL, by_class},
    {"second-chance", chance_fault, chance_fault, NULL, NULL, by_score},
    {"clean", NULL, NULL, NULL, NULL, by_window},
    {"tree", tree_arrive, NULL, tree_leave, NULL, by_group},
    {"tournament", tournament_arrive, NULL, tournament_leave, NULL, by_turn},
    {"quarters", quarter_arrive, quarter_use, quarter_leave, NULL, by_quarter},
    {"min", NULL, NULL, NULL, NULL, by_next_use_backwards},
};

static const struct order *order_of(const char *name)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i].name, name) == 0)
            return &orders[i];
    return NULL;
}

bool order_is_known(const char *name)
{
    return order_of(name) != NULL;
}

void order_init(struct order_model *m, int objects, uint64_t capacity, const uint64_t *tunables)
{
    memset(m, 0, sizeof *m);
    m->objects = objects;
    m->capacity = capacity;
    m->tunables = tunables;
    m->asked_for = m->last = ORDER_NONE;
    m->place = 2;
    for (int k = 0; k < 4; k++) {
        m->blame[k] = k == 0 ? 8 : k == 2 ? 2 : 4;
        m->evicted[k] = 1;
    }
}

/* What is kept for the orders that have a key alone; the others keep their own in between. */
static void note(struct order_model *m, const struct order *order, int i,
                 const struct hum_evict_facts *facts)
{
    struct order_object *o = &m->object[i];

    o->used = ++m->now;
    o->dirty = facts->dirty_pages > 0;
    o->next_use = facts->next_use;
    if (order->arrive == NULL || order->key == by_turn) {
        o->uses++;
        o->heat = heat_of(facts, 1);
    }
}

void order_arrive(struct order_model *m, const char *name, int i,
                  const struct hum_evict_facts *facts)
{
    const struct order *order = order_of(name);

    if (order->arrive == NULL || order->key == by_turn)
        m->object[i].uses = 0;
    note(m, order, i, facts);
    m->object[i].in = true;
    m->object[i].came = m->now;
    if (order->arrive)
        order->arrive(m, i, facts);
}

void order_renew(struct order_model *m, const char *name, int i,
                 const struct hum_evict_facts *facts)
{
    const struct order *order = order_of(name);

    note(m, order, i, facts);
    if (order->renew)
        order->renew(m, i, facts);
}

void order_leave(struct order_model *m, const char *name, int i, bool evicted)
{
    const struct order *order = order_of(name);

    m->object[i].in = false;
    if (order->leave)
        order->leave(m, i, evicted);
}

int order_list(struct order_model *m, const char *name, int incoming, int *out)
{
    const struct order *order = order_of(name);
    int n = 0;

    if (order->ask)
        order->ask(m, incoming);
    for (int i = 0; i < m->objects; i++) {
        int at = n;

        if (!m->object[i].in)
            continue;
        for (n++; at > 0 && is_less(order->key(m, i), order->key(m, out[at - 1])); at--)
            out[at] = out[at - 1];
        out[at] = i;
    }
    return n;
}
