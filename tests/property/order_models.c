/* SPDX-License-Identifier: MIT */
/* order_models.c - orders of eviction as their definitions tell them, slowly. */
#include "property/order_lists.h"

#include <string.h>

/* ---- looking at all objects ------------------------------------------------------------------ */

static bool is_less(struct key x, struct key y)
{
    if (x.a != y.a)
        return x.a < y.a;
    return x.b != y.b ? x.b < y.b : x.c < y.c;
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
    order_put(m, i, 1);
    for (int list = 1; list < 4; list++)
        if ((uint64_t)order_count(m, list) > most)
            order_put(m, order_oldest(m, list), list + 1);
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

/* Its members are those that have a key alone. */
static const struct order tournament = {"tournament",     tournament_arrive, NULL,
                                        tournament_leave, NULL,              by_turn};

static const struct order *const orders[] = {
    &(const struct order){"fifo", NULL, NULL, NULL, NULL, by_coming},
    &(const struct order){"lru", NULL, NULL, NULL, NULL, by_use},
    &(const struct order){"lrm", NULL, NULL, NULL, NULL, by_use},
    &(const struct order){"mru", NULL, NULL, NULL, NULL, by_use_backwards},
    &order_clock,
    &(const struct order){"lfu", NULL, NULL, NULL, NULL, by_frequency},
    &order_arc,
    &order_s3fifo,
    &(const struct order){"hotset", hot_touch, hot_touch, hot_leave, NULL, by_class},
    &(const struct order){"second-chance", chance_fault, chance_fault, NULL, NULL, by_score},
    &(const struct order){"clean", NULL, NULL, NULL, NULL, by_window},
    &(const struct order){"tree", tree_arrive, NULL, tree_leave, NULL, by_group},
    &tournament,
    &(const struct order){"quarters", quarter_arrive, quarter_use, quarter_leave, NULL, by_quarter},
    &(const struct order){"min", NULL, NULL, NULL, NULL, by_next_use_backwards},
};

static const struct order *order_of(const char *name)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i]->name, name) == 0)
            return orders[i];
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
    if (order->arrive == NULL || order == &tournament) {
        o->uses++;
        o->heat = heat_of(facts, 1);
    }
}

void order_arrive(struct order_model *m, const char *name, int i,
                  const struct hum_evict_facts *facts)
{
    const struct order *order = order_of(name);

    if (order->arrive == NULL || order == &tournament)
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
