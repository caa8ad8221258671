/* SPDX-License-Identifier: MIT */
/*
 * orders.c - each order of eviction against a slow model of its own: objects come, are used, leave
 * by themselves, are evicted with room and without, and at each eviction the whole order is
 * compared.
 */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "policy/evict/registry.h"
#include "property/order_models.h"
#include "support/random.h"

enum { STEPS = 400 };

static uint64_t seed;

struct world {
    const struct hum_evict *evict;
    void *state;
    struct order_model model;
    struct random random;
    uint64_t tunables[HUM_TUNABLES_MAX];
    int capacity, used;
    bool counts_heat;
    uint64_t time_ns;
    struct hum_heat heat[ORDER_OBJECTS];
};

static uint64_t draw(struct world *w, uint64_t bound)
{
    return random_below(&w->random, bound);
}

/* The initial value, the least, or one not far above it: small worlds need small numbers. */
static uint64_t draw_tunable(struct world *w, const struct hum_tunable *tunable)
{
    uint64_t range = tunable->most - tunable->least < 40 ? tunable->most - tunable->least + 1 : 40;

    switch (draw(w, 3)) {
    case 0:
        return tunable->initial;
    case 1:
        return tunable->least;
    default:
        return tunable->least + draw(w, range);
    }
}

static void create(struct world *w, const struct hum_evict *evict, uint64_t stream)
{
    int objects;

    *w = (struct world){.evict = evict, .random = random_make(seed, stream)};
    objects = 1 + (int)draw(w, ORDER_OBJECTS);
    w->capacity = 1 + (int)draw(w, (uint64_t)objects + 3);
    w->counts_heat = draw(w, 2);
    w->time_ns = draw(w, 4) ? 0 : UINT64_MAX - STEPS * 20000; /* its end may be reached */
    assert_true(evict->tunable_count <= HUM_TUNABLES_MAX);
    for (unsigned i = 0; i < evict->tunable_count; i++)
        w->tunables[i] = draw_tunable(w, &evict->tunables[i]);
    w->state = calloc(1, evict->bytes((uint64_t)w->capacity, (uint32_t)objects));
    assert_non_null(w->state);
    evict->init(w->state, (uint64_t)w->capacity, (uint32_t)objects, w->tunables);
    order_init(&w->model, objects, (uint64_t)w->capacity, w->tunables);
}

static void destroy(struct world *w)
{
    free(w->state);
}

static void heat_up(struct world *w, struct hum_heat *heat)
{
    uint8_t *counter = draw(w, 3) ? &heat->reads[draw(w, 32)] : &heat->writes[draw(w, 32)];
    unsigned more = (unsigned)draw(w, 60);

    while (*counter + more > 255) {
        for (unsigned i = 0; i < HUM_CHUNKS_PER_BLOCK; i++) {
            heat->reads[i] /= 2;
            heat->writes[i] /= 2;
        }
        heat->scale++;
    }
    *counter = (uint8_t)(*counter + more);
}

static struct hum_evict_facts draw_facts(struct world *w, int object)
{
    if (w->counts_heat)
        heat_up(w, &w->heat[object]);
    w->time_ns += draw(w, 50000);
    return (struct hum_evict_facts){
        .time_ns = w->time_ns,
        .heat = &w->heat[object],
        .resident_pages = 1 + (unsigned)draw(w, 512),
        .dirty_pages = (unsigned)draw(w, 2),
        .faults = 16,
        .sharing = (unsigned)draw(w, 17),
        .evictions = (unsigned)draw(w, 5),
        .next_use = draw(w, 8) ? draw(w, 100) : UINT64_MAX,
    };
}

/* One that is in, or one that is not; ORDER_NONE: there is none. */
static int draw_object(struct world *w, bool in)
{
    int start = (int)draw(w, (uint64_t)w->model.objects);

    for (int i = 0; i < w->model.objects; i++) {
        int object = (start + i) % w->model.objects;

        if (w->model.object[object].in == in)
            return object;
    }
    return ORDER_NONE;
}

static void print_order(const char *who, const int *order, int count)
{
    print_error("%s:", who);
    for (int i = 0; i < count; i++)
        print_error(" %d", order[i]);
    print_error("\n");
}

/* Ask for all choices: each object that is in exactly once, in the order of the model. */
static int list_all(struct world *w, int incoming, int *got)
{
    uint32_t in = incoming == ORDER_NONE ? HUM_EVICT_NONE : (uint32_t)incoming, victim;
    int want[ORDER_OBJECTS], count = 0, wanted;

    wanted = order_list(&w->model, w->evict->name, incoming, want);
    victim = w->evict->victim(w->state, in, HUM_EVICT_NONE);
    while (victim != HUM_EVICT_NONE && count < ORDER_OBJECTS) {
        got[count++] = (int)victim;
        victim = w->evict->victim(w->state, in, victim);
    }
    assert_true(victim == HUM_EVICT_NONE);
    if (count != wanted || memcmp(got, want, sizeof(int) * (size_t)count) != 0) {
        print_error("%s, %d objects, capacity %d, incoming %d\n", w->evict->name, w->model.objects,
                    w->capacity, incoming);
        print_order("it says", got, count);
        print_order("the model says", want, wanted);
    }
    assert_int_equal(count, wanted);
    assert_memory_equal(got, want, sizeof(int) * (size_t)count);
    return count;
}

static void leave(struct world *w, int object, bool evicted)
{
    w->evict->leave(w->state, (uint32_t)object, evicted);
    order_leave(&w->model, w->evict->name, object, evicted);
    w->used--;
}

/* The first choice, seldom a later one: those before could not leave. */
static void evict_for(struct world *w, int incoming)
{
    int order[ORDER_OBJECTS], count = list_all(w, incoming, order);

    assert_int_equal(count, w->used);
    if (count > 0)
        leave(w, order[draw(w, 5) ? 0 : draw(w, (uint64_t)count)], true);
}

static void arrive(struct world *w)
{
    int object = draw_object(w, false);
    struct hum_evict_facts facts;

    if (object == ORDER_NONE)
        return;
    if (w->used == w->capacity)
        evict_for(w, object);
    facts = draw_facts(w, object);
    w->evict->arrive(w->state, (uint32_t)object, &facts);
    order_arrive(&w->model, w->evict->name, object, &facts);
    w->used++;
}

static void renew(struct world *w)
{
    int object = draw_object(w, true);
    struct hum_evict_facts facts;

    if (object == ORDER_NONE)
        return;
    facts = draw_facts(w, object);
    w->evict->renew(w->state, (uint32_t)object, &facts);
    if (w->evict->feed)
        order_renew(&w->model, w->evict->name, object, &facts);
}

static void step(struct world *w)
{
    int order[ORDER_OBJECTS], object;

    switch (draw(w, 24)) {
    case 0: /* it is freed */
        object = draw_object(w, true);
        if (object != ORDER_NONE)
            leave(w, object, false);
        break;
    case 1: /* room is made before it is needed */
        evict_for(w, ORDER_NONE);
        break;
    case 2: /* asked for somebody who then does not come */
        list_all(w, draw_object(w, false), order);
        break;
    default:
        if (draw(w, 2))
            arrive(w);
        else
            renew(w);
    }
}

static void each_order_is_that_of_its_model(void **state)
{
    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++)
        assert_true(order_is_known(humi_evict_at(i)->name));
    for (uint64_t round = 0, rounds = random_steps(40); round < rounds; round++)
        for (unsigned i = 0; humi_evict_at(i); i++) {
            struct world world;

            create(&world, humi_evict_at(i), round * 100 + i);
            for (int k = 0; k < STEPS; k++)
                step(&world);
            destroy(&world);
        }
}

/* With no more capacity than there can be, and none of it ever used up. */
static void an_endless_capacity_is_an_order_too(void **state)
{
    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        struct world world;
        int order[ORDER_OBJECTS];

        create(&world, humi_evict_at(i), 5000 + i);
        destroy(&world);
        world.capacity = INT32_MAX;
        world.state = calloc(1, world.evict->bytes(UINT64_MAX, (uint32_t)world.model.objects));
        assert_non_null(world.state);
        world.evict->init(world.state, UINT64_MAX, (uint32_t)world.model.objects, world.tunables);
        order_init(&world.model, world.model.objects, UINT64_MAX, world.tunables);
        for (int k = 0; k < STEPS; k++)
            step(&world);
        list_all(&world, ORDER_NONE, order);
        destroy(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_order_is_that_of_its_model),
        cmocka_unit_test(an_endless_capacity_is_an_order_too),
    };

    seed = random_seed("property_orders");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
