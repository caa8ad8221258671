/* SPDX-License-Identifier: MIT */
/*
 * broken.c - plug-ins that break one limit each: built once a case, with the case as a macro of
 * value 1.  Those that nothing is wrong with except what a case says.
 */
#include <hum/policy.h>

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan_out)
{
    (void)view;
    (void)context;
    (void)plan_out;
}

static size_t bytes(uint64_t capacity, uint32_t objects)
{
    (void)capacity;
#if CASE_huge_state
    return (size_t)objects << 40;
#else
    return objects;
#endif
}

static void init(void *state, uint64_t capacity, uint32_t objects, const uint64_t *tunables)
{
    (void)state;
    (void)capacity;
    (void)objects;
    (void)tunables;
}

static void come(void *state, uint32_t object, const struct hum_evict_facts *facts)
{
    (void)state;
    (void)object;
    (void)facts;
}

static void leave(void *state, uint32_t object, bool evicted)
{
    (void)state;
    (void)object;
    (void)evicted;
}

static uint32_t victim(void *state, uint32_t incoming, uint32_t after)
{
    (void)state;
    (void)incoming;
    (void)after;
    return HUM_EVICT_NONE;
}

static const struct hum_tunable tunables[9] = {
#if CASE_number_name
    {.name = "a,b", .most = 1},
#elif CASE_number_range
    {.name = "size", .initial = 5, .least = 6, .most = 7},
#elif CASE_number_twice
    {.name = "size", .most = 1},
    {.name = "size", .most = 1},
#else
    {.name = "size", .initial = 3, .least = 1, .most = 9},
    {.name = "other", .most = UINT64_MAX},
#endif
};

static const struct hum_part prefetch = {
#if CASE_part_name
    .name = "",
#elif !CASE_part_no_name
    .name = "mine",
#endif
#if !CASE_part_plan
    .plan = plan,
#endif
#if !CASE_number_table
    .tunables = tunables,
#endif
    .tunable_count = CASE_number_count ? 9 : 2,
    .memory_bytes = {[HUM_MEMORY_SPACE] = CASE_memory_space ? 65537 : 0,
                     [HUM_MEMORY_BLOCK] = CASE_memory_block ? 65 : 0},
};

static const struct hum_evict evict = {
    .name = "mine",
    .feed = CASE_evict_feed ? 8 : CASE_evict_renew ? HUM_EVICT_ON_MOVE : 0,
    .bytes = bytes,
    .init = init,
    .arrive = come,
    .leave = leave,
#if !CASE_evict_victim
    .victim = victim,
#endif
};

#if CASE_unresolved
extern int nobody_defines_this(void);
int calls_it(void);
__attribute__((visibility("default"))) int calls_it(void)
{
    return nobody_defines_this();
}
#endif

#if CASE_no_symbol
HUM_API extern const struct hum_policy another_symbol;
const struct hum_policy another_symbol = {
#else
const struct hum_policy hum_policy_plugin = {
#endif
    .struct_size = sizeof(struct hum_policy) - (CASE_struct_size ? 8 : 0),
    .version = HUM_POLICY_VERSION + (CASE_version ? 1 : 0),
#if !CASE_policy_name
    .name = "mine",
#endif
    .prefetch = &prefetch,
    .evict = &evict,
#if CASE_settings
    .settings = "prefetch.nothing=1",
#else
    .settings = "prefetch.size=4",
#endif
};
