/* SPDX-License-Identifier: MIT */
/*
 * test_evict.c - orders of eviction over blocks: cases that can be checked by eye, memory that is
 * never touched, what each costs.
 *
 * A case is a script of steps, 10 us apart, and the order in which the blocks would leave then:
 *
 *     +a   block a comes        a    it is used        small: clean   capital: dirty
 *     -a   it leaves by itself  !a   it is evicted
 *     a digit behind a step: sharing; and touches by then, 10^digit, 0 for not counted
 */
#include "support/test.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "policy/evict/registry.h"

#define LETTERS 26u

struct world {
    const struct hum_evict *evict;
    void *state;
    uint64_t time_ns;
};

/* `tunables` "name=value": one that is not as the table says; "": none. */
static void set_tunables(const struct hum_evict *evict, const char *tunables, uint64_t *values)
{
    humi_evict_initial(evict, values);
    while (*tunables) {
        size_t name = strcspn(tunables, "=");
        unsigned i = 0;

        while (i < evict->tunable_count && (strlen(evict->tunables[i].name) != name ||
                                            strncmp(evict->tunables[i].name, tunables, name) != 0))
            i++;
        assert_true(i < evict->tunable_count);
        values[i] = strtoull(tunables + name + 1, NULL, 10);
        assert_in_range(values[i], evict->tunables[i].least, evict->tunables[i].most);
        tunables += strcspn(tunables, ",");
        tunables += *tunables == ',';
    }
}

static void create(struct world *world, const char *name, const char *tunables, uint64_t capacity)
{
    uint64_t values[HUM_TUNABLES_MAX];

    *world = (struct world){.evict = humi_evict_find(name)};
    assert_non_null(world->evict);
    set_tunables(world->evict, tunables, values);
    world->state = calloc(1, world->evict->bytes(capacity, LETTERS));
    assert_non_null(world->state);
    world->evict->init(world->state, capacity, LETTERS, values);
}

static struct hum_heat heat_of(int digit)
{
    struct hum_heat heat = {.reads = {0}};
    unsigned touches = 1;

    for (int i = 0; i < digit; i++)
        touches *= 10;
    if (digit == 0)
        return heat;
    while (touches > 255) {
        touches /= 2;
        heat.scale++;
    }
    heat.writes[31] = (uint8_t)(touches / 2);
    heat.reads[0] = (uint8_t)(touches - touches / 2);
    return heat;
}

/* One step of a script; where the next begins. */
static const char *step(struct world *world, const char *at)
{
    char what = strchr("+-!", *at) ? *at++ : '=';
    bool dirty = isupper((unsigned char)*at);
    uint32_t block = (uint32_t)(tolower((unsigned char)*at++) - 'a');
    int digit = isdigit((unsigned char)*at) ? *at++ - '0' : 0;
    const struct hum_heat heat = heat_of(digit);
    const struct hum_evict_facts facts = {
        .time_ns = world->time_ns += 10000,
        .heat = &heat,
        .resident_pages = 512,
        .dirty_pages = dirty,
        .sharing = (unsigned)digit,
    };

    assert_true(block < LETTERS);
    if (what == '+')
        world->evict->arrive(world->state, block, &facts);
    else if (what == '=')
        world->evict->renew(world->state, block, &facts);
    else
        world->evict->leave(world->state, block, what == '!');
    return at + strspn(at, " ");
}

static void list(struct world *world, char *out)
{
    uint32_t victim = HUM_EVICT_NONE;

    while ((victim = world->evict->victim(world->state, HUM_EVICT_NONE, victim)) != HUM_EVICT_NONE)
        *out++ = (char)('a' + victim);
    *out = '\0';
}

static const struct {
    const char *name, *tunables;
    uint64_t capacity;
    const char *script, *order;
} cases[] = {
    {"lru", "", 3, "+a +b +c a", "bca"},
    {"lru", "", 3, "+a +b +c -b a +b", "cab"},
    {"lrm", "", 3, "+a +b +c a", "bca"}, /* it is told of moves only */
    {"mru", "", 3, "+a +b +c a", "acb"},
    {"fifo", "", 3, "+a +b +c a", "abc"},
    /* asked, the hand passes a; then b has no mark and c has one */
    {"clock", "", 3, "+a +b +c a c", "bac"},
    /* by heat, 1000 before 100; then of equals the clean ones, then the older */
    {"lfu", "", 4, "+a3 +b2 +c2 +d2", "bcda"},
    {"lfu", "", 4, "+a3 +B2 +c2 +d2", "cdba"},
    {"lfu", "", 4, "+a3 +B2 +c2 b2", "cba"}, /* b is clean by now, but younger */
    /* without heat: uses, and none are remembered */
    {"lfu", "", 3, "+a a a +b b +c", "cba"},
    {"lfu", "", 3, "+a a a +b b !a +a", "ab"},
    /* dirty or clean as of the last use; 2 of the window: a before B; then C D */
    {"clean", "window=2", 4, "+B +a +C +d", "abcd"},
    {"clean", "window=4", 4, "+B +a +C +d", "adbc"},
    {"clean", "window=1", 4, "+B +a +C +d", "bacd"},
    {"clean", "window=4", 4, "+B +a +C +d A", "dbca"},
    /* a was faulted on 30 us before d, but its 9 agents count for 900 us */
    {"second-chance", "", 4, "+a9 +b1 +c2 +d1", "bdca"},
    {"second-chance", "bonus_us=0", 4, "+a9 +b1 +c2 +d1", "abcd"},
    {"second-chance", "bonus_us=10", 3, "+a2 +b1 +c", "abc"}, /* equal scores */
    /* room for two: a and b are hot, d is one bin below, c was just here */
    {"hotset", "", 2, "+a2 !a +b3 +c1", "cb"},
    {"hotset", "hot=64", 9, "+a2 +b1 +c3 +d1", "bdac"},
    {"hotset", "hot=16", 9, "+a1 +b +c2 +d1", "badc"}, /* 10 touches are a bin below 16: warm */
    /* 100 and 10 are halved to 50 and 5 by the 110th touch; b then counts 7 and is cold */
    {"hotset", "hot=32,halve=110", 9, "+a2 +b1 b b", "ba"},
    /* one block touched 18 times halves all: a has 9, b 1 and is older */
    {"hotset", "hot=16,cool=18", 9, "+b +a a a a a a a a a a a a a a a a a a", "ba"},
    /* writes count twice: 5 reads and 5 writes are 15 and hot, once they are 10 */
    {"hotset", "hot=8,writes=2", 9, "+b1 +a", "ab"},
    /* of a..d more than half is gone, so the rest follows by number */
    {"tree", "", 9, "+h +c +d +a +b !a !b", "hcd"},
    {"tree", "", 9, "+h +c +d +a +b !a !b !c", "dh"},
    {"tree", "reach=2", 9, "+h +c +d +a +b !a !b !c", "hd"},
    /* what leaves by itself is not gone; what came back is not either */
    {"tree", "", 9, "+h +c +d +a +b -a -b !c", "hd"},
    {"tree", "", 9, "+h +c +d +a +b !a !b !c +a", "hda"},
    /* h g | f e | d c | b a: behind the spared three the newest leaves, of those the oldest */
    {"quarters", "", 8, "+a +b +c +d +e +f +g +h", "bacdefgh"},
    {"quarters", "", 8, "+a +b +c +d +e +f +g +h a", "cbdefgha"},
    /* b comes back at once: the place behind three is blamed, and the next one is the oldest */
    {"quarters", "", 8, "+a +b +c +d +e +f +g +h !b +b", "cadefghb"},
    {"quarters", "", 8, "+a +b +c +d +e +f +g +h !b +b !c", "adefghb"},
    /* all of fewer than fit are spared */
    {"quarters", "", 12, "+a +b +c a", "bca"},
    /* each eviction is the next one's: lru, lfu, mru, lru */
    {"tournament", "", 9, "+a +b b +c a", "bca"},
    {"tournament", "", 9, "+a +b b +c a !b", "ca"},
    {"tournament", "", 9, "+a +b b +c a +d d d !b !c", "da"},
    /* lfu evicts b twice, and b comes back each time: dropped; mru, lru and mru go on */
    {"tournament", "blames=1", 9, "+a +b +c +d +e +f +g !a !b +b !c !d !b +b", "bgfe"},
    {"tournament", "blames=1", 9, "+a +b +c +d +e +f +g !a !b +b !c !d !b +b !e", "fgb"},
    {"tournament", "blames=1", 9, "+a +b +c +d +e +f +g !a !b +b !c !d !b +b !e !f", "bg"},
};

static void each_script_leaves_in_the_order_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char order[LETTERS + 1];
        struct world world;

        create(&world, cases[i].name, cases[i].tunables, cases[i].capacity);
        for (const char *at = cases[i].script; *at;)
            at = step(&world, at);
        list(&world, order);
        if (strcmp(order, cases[i].order) != 0)
            print_error("%s %s, %s: %s instead of %s\n", cases[i].name, cases[i].tunables,
                        cases[i].script, order, cases[i].order);
        assert_string_equal(order, cases[i].order);
        free(world.state);
    }
}

static void each_table_is_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        const struct hum_evict *evict = humi_evict_at(i);

        assert_true(evict->tunable_count <= HUM_TUNABLES_MAX);
        assert_true(evict->bytes && evict->init && evict->arrive && evict->renew && evict->leave &&
                    evict->victim);
        assert_int_equal(
            evict->feed & ~(unsigned)(HUM_EVICT_ON_MOVE | HUM_EVICT_ON_FAULT | HUM_EVICT_ON_TOUCH),
            0);
        for (unsigned k = 0; k < evict->tunable_count; k++) {
            const struct hum_tunable *tunable = &evict->tunables[k];

            assert_true(strlen(tunable->name) > 0 && strlen(tunable->description) > 0);
            assert_in_range(tunable->initial, tunable->least, tunable->most);
        }
    }
    assert_int_equal(humi_evict_find("lrm")->feed, HUM_EVICT_ON_MOVE);
    assert_int_equal(humi_evict_find("second-chance")->feed, HUM_EVICT_ON_FAULT);
}

/* ---- memory ---------------------------------------------------------------------------------- */

enum { PRESENT_MAX = 64 };

static size_t pages_present(const void *memory, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (bytes + page - 1) / page, present = 0;
    unsigned char *in = malloc(pages);

    assert_non_null(in);
    assert_int_equal(mincore((void *)memory, bytes, in), 0);
    for (size_t i = 0; i < pages; i++)
        present += in[i] & 1;
    free(in);
    return present;
}

static void live(const struct hum_evict *evict, void *memory, uint32_t block)
{
    const struct hum_heat heat = {.reads = {1}};
    const struct hum_evict_facts facts = {.heat = &heat, .resident_pages = 1, .sharing = 1};

    evict->arrive(memory, block, &facts);
    evict->renew(memory, block, &facts);
}

/* 16 TiB of blocks, of which a hundred are used and half of these leave. */
static void memory_of_blocks_never_named_is_not_touched(void **state)
{
    enum { BLOCKS = 8 * 1024 * 1024, USED = 100, FIRST = 5000000 };

    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        const struct hum_evict *evict = humi_evict_at(i);
        size_t bytes = evict->bytes(USED, BLOCKS), present;
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        uint64_t values[HUM_TUNABLES_MAX];

        assert_true(memory != MAP_FAILED);
        assert_int_equal(madvise(memory, bytes, MADV_NOHUGEPAGE), 0);
        humi_evict_initial(evict, values);
        evict->init(memory, USED, BLOCKS, values);
        for (uint32_t k = 0; k < USED; k++)
            live(evict, memory, FIRST + k);
        for (uint32_t k = 0; k < USED / 2; k++) {
            uint32_t victim = evict->victim(memory, 7 + k, HUM_EVICT_NONE);

            assert_in_range(victim, FIRST, FIRST + USED - 1);
            evict->leave(memory, victim, true);
        }
        present = pages_present(memory, bytes);
        if (present > PRESENT_MAX)
            print_error("%s: %zu pages of %zu are there\n", evict->name, present, bytes / 4096);
        assert_true(present <= PRESENT_MAX);
        assert_int_equal(munmap(memory, bytes), 0);
    }
}

/* ---- cost ------------------------------------------------------------------------------------ */

/* Of the processor, so that what else runs counts little. */
static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Two uses, then one leaves and another comes: nanoseconds an event.  40000 blocks are 78 GiB. */
static double event_ns(const struct hum_evict *evict, uint32_t capacity, uint32_t events)
{
    const uint32_t blocks = 2 * capacity;
    struct hum_heat heat = {.reads = {0}};
    struct hum_evict_facts facts = {.heat = &heat, .resident_pages = 512, .sharing = 1};
    void *memory = calloc(1, evict->bytes(capacity, blocks));
    bool *in = calloc(blocks, sizeof *in);
    uint64_t values[HUM_TUNABLES_MAX], started, random = 1;
    uint32_t block = 0, done = 0;

    assert_true(memory && in);
    humi_evict_initial(evict, values);
    evict->init(memory, capacity, blocks, values);
    for (; block < capacity; block++, in[block - 1] = true)
        evict->arrive(memory, block, &facts);
    started = now_ns();
    for (block = 0; done < events; block = (uint32_t)((random >> 33) % blocks)) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        facts.time_ns += 1000;
        heat.reads[random % 32] = (uint8_t)random;
        facts.next_use = random >> 40;
        facts.dirty_pages = (unsigned)(random >> 63);
        if (in[block]) {
            evict->renew(memory, block, &facts);
            done++;
            continue;
        }
        uint32_t victim = evict->victim(memory, block, HUM_EVICT_NONE);

        evict->leave(memory, victim, true);
        evict->arrive(memory, block, &facts);
        in[victim] = false;
        in[block] = true;
        done += 3;
    }
    started = now_ns() - started;
    free(memory);
    free(in);
    return (double)started / events;
}

/* Under 70 bytes a block is what others need; times are only reported. */
static void metadata_is_small_and_costs_are_reported(void **state)
{
    enum { BLOCKS = 1000000 };

    (void)state;
    for (unsigned i = 0; humi_evict_at(i); i++) {
        const struct hum_evict *evict = humi_evict_at(i);
        size_t bytes = evict->bytes(BLOCKS / 2, BLOCKS);

        assert_in_range(bytes / BLOCKS, 1, 69);
        print_message("%-14s %4.1f bytes a block, %6.1f ns an event of 40000 blocks\n", evict->name,
                      (double)bytes / BLOCKS, event_ns(evict, 40000, 300000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_script_leaves_in_the_order_written),
        cmocka_unit_test(each_table_is_complete),
        cmocka_unit_test(memory_of_blocks_never_named_is_not_touched),
        cmocka_unit_test(metadata_is_small_and_costs_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
