/* SPDX-License-Identifier: MIT */
/*
 * hotset.c - what belongs to the hot set stays: the largest set of objects touched most that fits.
 *
 *     bin:       0     1     2  ...  T-2  |  T-1  |   T   ...  15       touches: 2^bin and more
 *                        cold             |  warm |      hot
 *
 * The touches of every object that is known, in or not, are counted into 16 bins.  T is the lowest
 * bin for which all objects from there on fit the capacity together.  Cold ones leave first, then
 * warm ones, then hot ones; of a class, the one used longest ago.  The bin of warm ones is the
 * hysteresis: what falls by one bin is not among the first to leave.
 * After every so many touches all counts are halved, so that what was hot is forgotten.
 * Touches are those counted in the block's heat, and at least one each time it comes or is used.
 * What leaves without being evicted is forgotten.
 *
 * Source: T. Lee, S. K. Monga, C. Min, Y. I. Eom, "MEMTIS: efficient memory tiering with dynamic
 * page classification and page size determination", SOSP 2023.  With hot=8, writes=2 and cool=18 it
 * is the order of A. Raybuck, T. Stamler, W. Zhang, M. Erez, S. Peter, "HeMem: scalable tiered
 * memory management for big data applications and real NVM", SOSP 2021, whose thresholds are fixed:
 * 8 reads or 4 writes are hot, and 18 on one object halve all; hot is rounded down to a power of 2.
 *
 * A count has a level, its logarithm; levels of 15 and more are bin 15.  Each level has a list in
 * the order of use.  To halve, lists and histogram turn by one level, and levels 0 and 1 become
 * one; counts are brought up to date when they are looked at.
 */
#include "policy/evict/chain.h"
#include "policy/evict/heat.h"

enum { LEVELS = 32, BINS = 16 };
enum { COLD, WARM, HOT };
enum { HALVE, HOT_FROM, WRITES, COOL, TUNABLES };

static const struct hum_tunable tunables[TUNABLES] = {
    [HALVE] = {"halve", "touches after which all counts are halved; 0: never", 2000000, 0,
               UINT64_MAX},
    [HOT_FROM] = {"hot", "touches from which an object is hot; 0: as many as fit", 0, 0, 32768},
    [WRITES] = {"writes", "how many touches a write counts for", 1, 1, HUMI_WRITE_WEIGHT_MAX},
    [COOL] = {"cool", "touches of one object that halve all counts; 0: none", 0, 0, UINT32_MAX},
};

struct object {
    uint64_t used;     /* when it came or was used last, by `events`; 0: not known */
    uint64_t heat;     /* its heat then */
    uint32_t count;    /* touches, as they were when ... */
    uint32_t halvings; /* ... so many halvings had been */
};

struct hotset {
    struct object *object;
    struct humi_chain *links;   /* of the objects, then a head a level; see list_of() */
    uint64_t capacity;          /* fixed at init */
    uint64_t tunable[TUNABLES]; /* fixed at init */
    uint32_t objects;           /* fixed at init */
    uint32_t halvings;
    uint64_t events, touches; /* touches: since the last halving */
    uint64_t known[LEVELS];   /* objects of each level, in or not; see turned() */
};

static size_t hotset_bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
    return sizeof(struct hotset) + objects * sizeof(struct object) +
           ((size_t)objects + LEVELS) * sizeof(struct humi_chain);
}

static void hotset_init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *values)
{
    struct hotset *hotset = state;

    hotset->object = (struct object *)(hotset + 1);
    hotset->links = (struct humi_chain *)(hotset->object + objects);
    hotset->capacity = capacity;
    hotset->objects = objects;
    for (unsigned i = 0; i < TUNABLES; i++)
        hotset->tunable[i] = values[i];
    for (uint32_t level = 0; level < LEVELS; level++)
        humi_chain_make_head(hotset->links, objects + level);
}

/* Where a level is in arrays that turn with each halving. */
static uint32_t turned(const struct hotset *hotset, unsigned level)
{
    return (hotset->halvings + level) % LEVELS;
}

static uint32_t list_of(const struct hotset *hotset, unsigned level)
{
    return hotset->objects + turned(hotset, level);
}

static unsigned logarithm(uint32_t count)
{
    return count > 0 ? 31u - (unsigned)__builtin_clz(count) : 0;
}

static uint32_t count_of(const struct hotset *hotset, const struct object *object)
{
    uint32_t since = hotset->halvings - object->halvings;

    return since < 32 ? object->count >> since : 0;
}

static unsigned level_of(const struct hotset *hotset, const struct object *object)
{
    return logarithm(count_of(hotset, object));
}

/* Lists are in the order of use. */
static void merge(struct hotset *hotset, uint32_t from, uint32_t into)
{
    struct humi_chain *links = hotset->links;
    uint32_t place = humi_chain_next(links, into);

    while (!humi_chain_is_empty(links, from)) {
        uint32_t at = humi_chain_first(links, from);

        while (place != into && hotset->object[place].used < hotset->object[at].used)
            place = humi_chain_next(links, place);
        humi_chain_remove(links, at);
        humi_chain_insert_before(links, place, at);
    }
}

static void halve(struct hotset *hotset)
{
    merge(hotset, list_of(hotset, 0), list_of(hotset, 1));
    hotset->known[turned(hotset, 1)] += hotset->known[turned(hotset, 0)];
    hotset->known[turned(hotset, 0)] = 0; /* the highest level from now on */
    hotset->halvings++;
    hotset->touches = 0;
}

static uint64_t new_touches(const struct object *object, uint64_t heat)
{
    uint64_t touches = heat > object->heat ? heat - object->heat : 1;

    return touches < UINT32_MAX ? touches : UINT32_MAX;
}

/* Count what happened to an object that is in no list. */
static void count(struct hotset *hotset, struct object *object, const struct hum_evict_facts *facts)
{
    uint64_t heat = humi_heat_weighted(facts->heat, (uint32_t)hotset->tunable[WRITES]);
    uint64_t touches = new_touches(object, heat);
    uint64_t sum = count_of(hotset, object) + touches;

    if (object->used != 0)
        hotset->known[turned(hotset, level_of(hotset, object))]--;
    object->used = ++hotset->events;
    object->heat = heat;
    object->count = (uint32_t)(sum < UINT32_MAX ? sum : UINT32_MAX);
    object->halvings = hotset->halvings;
    hotset->known[turned(hotset, level_of(hotset, object))]++;
    hotset->touches += touches;
}

static void hotset_arrive(void *state, uint32_t at, const struct hum_evict_facts *facts)
{
    struct hotset *hotset = state;
    struct object *object = &hotset->object[at];

    count(hotset, object, facts);
    humi_chain_push_back(hotset->links, list_of(hotset, level_of(hotset, object)), at);
    if ((hotset->tunable[HALVE] > 0 && hotset->touches >= hotset->tunable[HALVE]) ||
        (hotset->tunable[COOL] > 0 && object->count >= hotset->tunable[COOL]))
        halve(hotset);
}

static void hotset_renew(void *state, uint32_t at, const struct hum_evict_facts *facts)
{
    struct hotset *hotset = state;

    humi_chain_remove(hotset->links, at);
    hotset_arrive(hotset, at, facts);
}

static void hotset_leave(void *state, uint32_t at, bool evicted)
{
    struct hotset *hotset = state;
    struct object *object = &hotset->object[at];

    humi_chain_remove(hotset->links, at);
    if (evicted)
        return;
    hotset->known[turned(hotset, level_of(hotset, object))]--;
    *object = (struct object){0};
}

/* T: BINS if even the last bin does not fit. */
static unsigned threshold(const struct hotset *hotset)
{
    unsigned bin = BINS;
    uint64_t sum = 0;

    if (hotset->tunable[HOT_FROM] > 0)
        return logarithm((uint32_t)hotset->tunable[HOT_FROM]);
    for (unsigned level = LEVELS; level-- > 0;) {
        sum += hotset->known[turned(hotset, level)];
        if (sum > hotset->capacity)
            break;
        if (level < BINS)
            bin = level;
    }
    return bin;
}

static int class_of(unsigned level, unsigned hot_from)
{
    unsigned bin = level < BINS ? level : BINS - 1;

    return bin >= hot_from ? HOT : bin + 1 == hot_from ? WARM : COLD;
}

/* The first of a level that was used after `used`; HUM_EVICT_NONE: no other. */
static uint32_t first_after(const struct hotset *hotset, unsigned level, uint64_t used)
{
    uint32_t head = list_of(hotset, level), at = humi_chain_next(hotset->links, head);

    while (at != head && hotset->object[at].used <= used)
        at = humi_chain_next(hotset->links, at);
    return at == head ? HUM_EVICT_NONE : at;
}

static uint32_t first_of_class(const struct hotset *hotset, int class, unsigned hot_from,
                               uint64_t used)
{
    uint32_t best = HUM_EVICT_NONE;

    for (unsigned level = 0; level < LEVELS; level++) {
        uint32_t at;

        if (class_of(level, hot_from) != class)
            continue;
        at = first_after(hotset, level, used);
        if (at != HUM_EVICT_NONE &&
            (best == HUM_EVICT_NONE || hotset->object[at].used < hotset->object[best].used))
            best = at;
    }
    return best;
}

static uint32_t hotset_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct hotset *hotset = state;
    unsigned hot_from = threshold(hotset);
    uint64_t used = 0;
    int class = COLD;

    (void)incoming;
    if (after != HUM_EVICT_NONE) {
        used = hotset->object[after].used;
        class = class_of(level_of(hotset, &hotset->object[after]), hot_from);
    }
    for (; class <= HOT; class ++, used = 0) {
        uint32_t victim = first_of_class(hotset, class, hot_from, used);

        if (victim != HUM_EVICT_NONE)
            return victim;
    }
    return HUM_EVICT_NONE;
}

const struct hum_evict humi_evict_hotset = {
    .name = "hotset",
    .description = "what is not in the largest set of hot blocks that fits leaves",
    .tunables = tunables,
    .tunable_count = TUNABLES,
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = hotset_bytes,
    .init = hotset_init,
    .arrive = hotset_arrive,
    .renew = hotset_renew,
    .leave = hotset_leave,
    .victim = hotset_victim,
};
