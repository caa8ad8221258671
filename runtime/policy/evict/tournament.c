/* SPDX-License-Identifier: MIT */
/*
 * tournament.c - three orders take turns; those blamed for what comes back are dropped.
 *
 *     lru | lfu | mru (what was used last leaves: protects a cyclic scan)
 *
 * Each eviction is the choice of the next one whose turn it is.  If a block that was evicted comes
 * back, whoever evicted it is blamed.  When there are more blames than the limit, each of the n
 * that are left whose share of the blames is greater than 1.2 / n is dropped, and blames are
 * counted anew. Shares add up to 1, so one always stays.  Who was dropped does not return.
 *
 * Source: such an elimination among these three is published for oversubscribed unified memory; the
 * factor is theirs, the limit ours.  A miss as regret about who evicted is also in G. Vietri et
 * al., "Driving cache replacement with ML-based LeCaR", HotStorage 2018, which weighs instead of
 * dropping.
 */
#include <hum/policy.h>

extern const struct hum_evict humi_evict_lru, humi_evict_lfu, humi_evict_mru;

static const struct hum_evict *const members[] = {
    &humi_evict_lru,
    &humi_evict_lfu,
    &humi_evict_mru,
};

enum { MEMBERS = sizeof members / sizeof *members };

static const struct hum_tunable tunables[] = {
    {"blames", "blocks that came back after which orders blamed too often are dropped", 64, 1,
     UINT32_MAX},
};

struct tournament {
    void *state[MEMBERS];
    uint8_t *evicted_by;      /* of each object: member + 1; 0: it is in, or was never evicted */
    uint64_t limit;           /* fixed at init */
    uint64_t blames[MEMBERS]; /* since the last judgement */
    bool is_active[MEMBERS];
    unsigned turn; /* an active member: whose choice the next eviction is */
};

/* So that what follows is aligned for any type. */
static size_t rounded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

static size_t tournament_bytes(uint64_t capacity, uint32_t objects)
{
    size_t bytes = rounded(sizeof(struct tournament));

    for (unsigned i = 0; i < MEMBERS; i++)
        bytes += rounded(members[i]->bytes(capacity, objects));
    return bytes + objects;
}

static void tournament_init(void *state, uint64_t capacity, uint32_t objects,
                            const uint64_t *values)
{
    struct tournament *tournament = state;
    char *memory = (char *)state + rounded(sizeof(struct tournament));

    tournament->limit = values[0];
    for (unsigned i = 0; i < MEMBERS; i++) {
        tournament->state[i] = memory;
        members[i]->init(memory, capacity, objects, NULL); /* they have no tunables */
        memory += rounded(members[i]->bytes(capacity, objects));
        tournament->is_active[i] = true;
    }
    tournament->evicted_by = (uint8_t *)memory;
}

static void next_turn(struct tournament *tournament)
{
    do
        tournament->turn = (tournament->turn + 1) % MEMBERS;
    while (!tournament->is_active[tournament->turn]);
}

/* Drop who has more than its share of blames. */
static void judge(struct tournament *tournament)
{
    uint64_t sum = 0, active = 0;

    for (unsigned i = 0; i < MEMBERS; i++) {
        sum += tournament->blames[i];
        active += tournament->is_active[i];
    }
    if (sum <= tournament->limit)
        return;
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (tournament->blames[i] * active * 10 > sum * 12)
            tournament->is_active[i] = false;
        tournament->blames[i] = 0;
    }
    if (!tournament->is_active[tournament->turn])
        next_turn(tournament);
}

static void tournament_arrive(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct tournament *tournament = state;
    unsigned by = tournament->evicted_by[object];

    for (unsigned i = 0; i < MEMBERS; i++)
        members[i]->arrive(tournament->state[i], object, facts);
    if (by == 0)
        return;
    tournament->evicted_by[object] = 0;
    if (tournament->is_active[by - 1])
        tournament->blames[by - 1]++;
    judge(tournament);
}

static void tournament_renew(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    struct tournament *tournament = state;

    for (unsigned i = 0; i < MEMBERS; i++)
        members[i]->renew(tournament->state[i], object, facts);
}

static void tournament_leave(void *state, uint32_t object, bool evicted)
{
    struct tournament *tournament = state;

    for (unsigned i = 0; i < MEMBERS; i++)
        members[i]->leave(tournament->state[i], object, evicted);
    if (!evicted)
        return;
    tournament->evicted_by[object] = (uint8_t)(tournament->turn + 1);
    next_turn(tournament);
}

static uint32_t tournament_victim(void *state, uint32_t incoming, uint32_t after)
{
    struct tournament *tournament = state;

    return members[tournament->turn]->victim(tournament->state[tournament->turn], incoming, after);
}

const struct hum_evict humi_evict_tournament = {
    .name = "tournament",
    .description = "lru, lfu and mru take turns; who is blamed for what comes back is dropped",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof *tunables,
    .feed = HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH,
    .bytes = tournament_bytes,
    .init = tournament_init,
    .arrive = tournament_arrive,
    .renew = tournament_renew,
    .leave = tournament_leave,
    .victim = tournament_victim,
};
