/* SPDX-License-Identifier: MIT */
/*
 * eviction.c - caches with each order of eviction against a slow model of its own, and what must
 * hold between orders, on random traces.
 */
#include "support/test.h"

#include "property/eviction_models.h"
#include "policy/evict/registry.h"
#include "replay/cache.h"
#include "replay/next_use.h"
#include "support/random.h"

enum { LENGTH = 500, SMALL_LENGTH = 16, SMALL_PAGES = 6 };

static uint64_t seed;

struct trace {
    int pages, length;
    int page[LENGTH];
    uint64_t next[LENGTH];
};

/* Uniform, skewed, a scan with jumps, or a hot set that moves on: one of four shapes. */
static int draw(struct random *random, int shape, int pages, int i)
{
    int any = (int)random_below(random, (uint64_t)pages);

    switch (shape) {
    case 0:
        return any;
    case 1:
        return (int)random_below(random, (uint64_t)any + 1);
    case 2:
        return random_below(random, 10) == 0 ? any : i % pages;
    default:
        return random_below(random, 4) == 0 ? any : (i / 60 * 5 + any / 4) % pages;
    }
}

static void make_trace(struct trace *trace, struct random *random, int pages, int length)
{
    uint32_t objects[LENGTH];
    const struct humi_accesses accesses = {objects, (size_t)length, (uint32_t)pages};
    int shape = (int)random_below(random, 4);

    trace->pages = pages;
    trace->length = length;
    for (int i = 0; i < length; i++) {
        trace->page[i] = draw(random, shape, pages, i);
        objects[i] = (uint32_t)trace->page[i];
    }
    assert_int_equal(humi_next_use(&accesses, trace->next), HUM_OK);
}

static struct humi_cache create(const struct hum_evict *algorithm, int capacity, int pages)
{
    const struct humi_cache_size size = {.capacity = (uint32_t)capacity,
                                         .objects = (uint32_t)pages};
    struct humi_cache cache;

    assert_int_equal(humi_cache_create(algorithm, &size, &cache), HUM_OK);
    return cache;
}

/* What an outcome means for what is in; checks that it can be true. */
static void follow(bool *in, int page, struct humi_cache_outcome outcome, int *count, int capacity)
{
    assert_int_equal(outcome.hit, in[page]);
    if (outcome.victim != HUMI_OBJECT_NONE) {
        assert_false(outcome.hit);
        assert_int_equal(*count, capacity);
        assert_true(outcome.victim != (uint32_t)page && in[outcome.victim]);
        in[outcome.victim] = false;
        --*count;
    }
    *count += !outcome.hit;
    assert_true(*count <= capacity);
    in[page] = true;
}

static int count_misses(const struct hum_evict *algorithm, const struct trace *trace, int capacity)
{
    struct humi_cache cache = create(algorithm, capacity, trace->pages);
    bool in[MODEL_PAGES] = {false};
    int misses = 0, count = 0;

    for (int i = 0; i < trace->length; i++) {
        struct humi_cache_outcome outcome =
            humi_cache_access(&cache, (uint32_t)trace->page[i], trace->next[i]);

        follow(in, trace->page[i], outcome, &count, capacity);
        misses += !outcome.hit;
    }
    humi_cache_destroy(&cache);
    return misses;
}

static void compare(const struct hum_evict *algorithm, const struct trace *trace, int capacity)
{
    struct model model = {.capacity = capacity,
                          .pages = trace->pages,
                          .trace = trace->page,
                          .length = trace->length,
                          .hits_are_told = algorithm->feed & HUM_EVICT_ON_TOUCH};
    uint64_t tunables[HUM_TUNABLES_MAX];
    struct humi_cache cache = create(algorithm, capacity, trace->pages);

    humi_evict_initial(algorithm, tunables);
    model.tunables = tunables;
    for (int i = 0; i < trace->length; i++) {
        struct humi_cache_outcome got =
            humi_cache_access(&cache, (uint32_t)trace->page[i], trace->next[i]);
        int victim = got.victim == HUMI_OBJECT_NONE ? MODEL_NONE : (int)got.victim;
        struct model_outcome want;

        assert_true(model_access(&model, algorithm->name, trace->page[i], &want));
        if (got.hit != want.hit || victim != want.victim)
            print_error("%s, %d pages, capacity %d, access %d of page %d: hit %d victim %d, "
                        "the model says hit %d victim %d\n",
                        algorithm->name, trace->pages, capacity, i, trace->page[i], got.hit, victim,
                        want.hit, want.victim);
        assert_int_equal(got.hit, want.hit);
        assert_int_equal(victim, want.victim);
    }
    humi_cache_destroy(&cache);
}

/* Capacities around what the pages need, and around multiples of ten, where shares change. */
static const int capacities[] = {1, 2, 3, 4, 6, 9, 10, 11, 19, 20, 21, 30, 47, 60};

static void each_algorithm_does_what_its_model_does(void **state)
{
    struct random random = random_make(seed, 1);

    (void)state;
    for (uint64_t round = 0, rounds = random_steps(12); round < rounds; round++)
        for (size_t c = 0; c < COUNT_OF(capacities); c++) {
            int pages = 1 + (int)random_below(&random, MODEL_PAGES);
            struct trace trace;

            make_trace(&trace, &random, pages, LENGTH);
            for (unsigned i = 0; humi_evict_at(i); i++)
                compare(humi_evict_at(i), &trace, capacities[c]);
        }
}

static void no_algorithm_misses_less_than_min(void **state)
{
    const struct hum_evict *min = humi_evict_find("min");
    struct random random = random_make(seed, 2);

    (void)state;
    for (uint64_t round = 0, rounds = random_steps(40); round < rounds; round++)
        for (size_t c = 0; c < COUNT_OF(capacities); c++) {
            struct trace trace;
            int fewest;

            make_trace(&trace, &random, MODEL_PAGES, LENGTH);
            fewest = count_misses(min, &trace, capacities[c]);
            for (unsigned i = 0; humi_evict_at(i); i++)
                assert_true(count_misses(humi_evict_at(i), &trace, capacities[c]) >= fewest);
        }
}

static void min_is_the_best_of_all_choices(void **state)
{
    const struct hum_evict *min = humi_evict_find("min");
    struct random random = random_make(seed, 3);

    (void)state;
    for (uint64_t round = 0, rounds = random_steps(100); round < rounds; round++)
        for (int capacity = 1; capacity <= SMALL_PAGES; capacity++) {
            struct trace trace;

            make_trace(&trace, &random, SMALL_PAGES, SMALL_LENGTH);
            assert_int_equal(count_misses(min, &trace, capacity),
                             model_fewest_misses(trace.page, trace.length, capacity));
        }
}

/* Mattson's inclusion: at any time a larger LRU cache holds what a smaller one does. */
static void a_larger_lru_cache_holds_the_smaller_one(void **state)
{
    enum { CAPACITIES = 24 };
    struct random random = random_make(seed, 4);
    struct humi_cache caches[CAPACITIES];
    bool in[CAPACITIES][MODEL_PAGES] = {{false}};
    int count[CAPACITIES] = {0};
    struct trace trace;

    (void)state;
    make_trace(&trace, &random, MODEL_PAGES, LENGTH);
    for (int c = 0; c < CAPACITIES; c++)
        caches[c] = create(humi_evict_find("lru"), c + 1, MODEL_PAGES);
    for (int i = 0; i < LENGTH; i++) {
        for (int c = 0; c < CAPACITIES; c++)
            follow(in[c], trace.page[i],
                   humi_cache_access(&caches[c], (uint32_t)trace.page[i], trace.next[i]), &count[c],
                   c + 1);
        for (int c = 1; c < CAPACITIES; c++)
            for (int page = 0; page < MODEL_PAGES; page++)
                assert_true(!in[c - 1][page] || in[c][page]);
    }
    for (int c = 0; c < CAPACITIES; c++)
        humi_cache_destroy(&caches[c]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_does_what_its_model_does),
        cmocka_unit_test(no_algorithm_misses_less_than_min),
        cmocka_unit_test(min_is_the_best_of_all_choices),
        cmocka_unit_test(a_larger_lru_cache_holds_the_smaller_one),
    };

    seed = random_seed("property_eviction");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
