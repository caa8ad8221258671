/* SPDX-License-Identifier: MIT */
/*
 * illegal.c - kernels that touch what they were not granted: a status with address and kernel, no
 * harm to anybody else, and the device can be used again.
 */
#include "flow/flow.h"

#include <signal.h>
#include <unistd.h>

static struct hum *hum;
static uint64_t *bystander; /* a page with known content that nothing may harm */

static int setup(void **state)
{
    (void)state;
    hum = flow_open(ONE_DEVICE, NULL);
    bystander = flow_alloc(hum, PAGE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

/* The error text holds the address, exact or that of its page. */
static void assert_names_address(const void *address)
{
    char exact[32], page[32];

    snprintf(exact, sizeof exact, "%lx", (unsigned long)(uintptr_t)address);
    snprintf(page, sizeof page, "%lx", (unsigned long)((uintptr_t)address & ~(PAGE - 1)));
    if (!strstr(hum_error_text(), exact) && !strstr(hum_error_text(), page))
        fail_msg("no address %s in: %s", exact, hum_error_text());
}

/* `kernel` on that address fails as it should, and everything else goes on. */
static void assert_illegal(const char *kernel, const void *address)
{
    struct flow_poke args = {.address = (uint64_t *)(uintptr_t)address, .value = 0xbad};

    for (size_t i = 0; i < WORDS_PER_PAGE; i++)
        bystander[i] = i;
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, kernel, &args, sizeof args, 1));
    assert_names_address(address);
    assert_non_null(strstr(hum_error_text(), kernel));
    flow_words(hum, "add", bystander, WORDS_PER_PAGE, 1);
    for (size_t i = 0; i < WORDS_PER_PAGE; i++)
        assert_int_equal(bystander[i], i + 1);
}

static void null_is_illegal(void **state)
{
    (void)state;
    assert_illegal("poke", NULL);
    assert_illegal("peek", (void *)8);
}

static void wild_addresses_are_illegal(void **state)
{
    struct hum_system_info info = flow_system(hum);

    (void)state;
    assert_illegal("poke", (void *)0x123450);
    assert_illegal("poke", (void *)(info.space_start + info.space_bytes));
    assert_illegal("poke", (void *)(info.space_start + info.space_bytes - 8)); /* in no region */
    assert_illegal("peek", (void *)(info.space_start + info.space_bytes / 2));
}

static void memory_of_the_host_is_illegal(void **state)
{
    uint64_t on_stack = 5;
    uint64_t *on_heap = malloc(64 * PAGE);

    (void)state;
    assert_non_null(on_heap);
    on_heap[0] = 6;
    assert_illegal("poke", &on_stack);
    assert_illegal("poke", on_heap);
    assert_int_equal(on_stack, 5);
    assert_int_equal(on_heap[0], 6);
    free(on_heap);
}

static void freed_memory_is_illegal(void **state)
{
    uint64_t *freed = flow_alloc(hum, 4 * PAGE);

    (void)state;
    flow_words(hum, "fill", freed, 4 * WORDS_PER_PAGE, 1);
    ok(hum_free(hum, freed));
    assert_illegal("poke", freed);
    assert_illegal("peek", freed + 3 * WORDS_PER_PAGE);
}

static void freed_blocks_are_illegal(void **state)
{
    uint64_t *freed = flow_alloc(hum, 4 * MIB);

    (void)state;
    flow_words(hum, "fill", freed, 4 * MIB / sizeof *freed, 1);
    ok(hum_free(hum, freed));
    assert_illegal("peek", freed);
    assert_illegal("poke", (char *)freed + 3 * MIB);
}

static void memory_of_another_space_is_illegal(void **state)
{
    struct hum *other = flow_open(ONE_DEVICE, NULL);
    uint64_t *theirs = flow_alloc(other, PAGE);

    (void)state;
    *theirs = 17;
    assert_illegal("poke", theirs);
    assert_illegal("peek", theirs);
    assert_int_equal(*theirs, 17);
    hum_close(other);
}

static void protected_memory_is_illegal(void **state)
{
    uint64_t *words = flow_alloc(hum, 2 * MIB);

    (void)state;
    words[0] = 3;
    if (flow_can_share(hum)) {
        ok(hum_protect(hum, words, 0, HUM_READ));
        assert_illegal("poke", words);
        flow_words(hum, "read_words", words, 1000, 0);
    }
    ok(hum_protect(hum, words, 0, HUM_NONE));
    assert_illegal("peek", words);
    assert_int_equal(words[0], 3);
    ok(hum_protect(hum, words, 0, HUM_READ | HUM_WRITE));
    flow_words(hum, "add", words, 1, 1);
    assert_int_equal(words[0], 4);
}

static void protection_takes_effect_on_pages_already_mapped(void **state)
{
    uint64_t *words = flow_alloc(hum, 4 * MIB);

    (void)state;
    flow_words(hum, "fill", words, 4 * MIB / sizeof *words, 1); /* mapped for writing there */
    ok(hum_protect(hum, words, 0, flow_can_share(hum) ? HUM_READ : HUM_NONE));
    assert_illegal("poke", (char *)words + 3 * MIB);
    assert_int_equal(words[3 * MIB / sizeof *words], 1 + 3 * MIB / sizeof *words);
}

/* A kernel that stores all the time loses the right to. */
static void assert_taken_away_while_running(uint64_t *words, enum hum_status (*take)(void *))
{
    struct flow_poke args = {.address = words};

    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "poke_on"), 1, &args, sizeof args));
    while (!(flow_page(hum, words).writable & HUM_BIT(0)))
        usleep(100);
    ok(take(words));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
    assert_names_address(words);
    assert_non_null(strstr(hum_error_text(), "poke_on"));
    flow_words(hum, "add", bystander, 1, 1);
}

static enum hum_status take_by_free(void *ptr)
{
    return hum_free(hum, ptr);
}

static enum hum_status take_by_protect(void *ptr)
{
    return hum_protect(hum, ptr, 0, flow_can_share(hum) ? HUM_READ : HUM_NONE);
}

static void running_kernels_lose_freed_and_protected_memory(void **state)
{
    uint64_t *words;

    (void)state;
    assert_taken_away_while_running(flow_alloc(hum, PAGE), take_by_free);
    assert_taken_away_while_running(flow_alloc(hum, 2 * MIB), take_by_free);
    words = flow_alloc(hum, 2 * MIB);
    assert_taken_away_while_running(words, take_by_protect);
}

static void only_the_guilty_index_range_is_lost(void **state)
{
    /* The kernel fails, but what it wrote inside its region before that is allowed to stay. */
    uint64_t *words = flow_alloc(hum, PAGE);
    struct flow_words args = {.words = words, .n = 4096 * WORDS_PER_PAGE, .value = 5};

    (void)state;
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "fill", &args, sizeof args, args.n));
    for (size_t i = 0; i < WORDS_PER_PAGE; i++)
        assert_true(words[i] == 0 || words[i] == 5 + i);
    flow_words(hum, "fill", words, WORDS_PER_PAGE, 6);
    assert_int_equal(words[1], 7);
}

/* ---- the host's side of protection, in children ---------------------------------------------- */

enum { TOUCH_READ, TOUCH_WRITE };

struct touch {
    unsigned access;
    int how;
    bool can_share;
};

static void touch_protected(void *context)
{
    struct touch *t = context;
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *mine;
    volatile char *bytes;

    options.devices = ONE_DEVICE;
    must(hum_open(&options, &mine) == HUM_OK);
    must(hum_alloc(mine, PAGE, 0, (void **)(uintptr_t)&bytes) == HUM_OK);
    bytes[0] = 1;
    if (t->access == HUM_READ && !t->can_share)
        must(hum_protect(mine, (void *)(uintptr_t)bytes, HUM_HOST, HUM_READ) ==
             HUM_ERR_UNSUPPORTED);
    else
        must(hum_protect(mine, (void *)(uintptr_t)bytes, HUM_HOST, t->access) == HUM_OK);
    if (t->how == TOUCH_WRITE)
        bytes[0] = 2;
    else
        must(bytes[0] == 1);
    hum_close(mine);
}

/* How a child ends that touches a page under this protection. */
static int touch_in_child(unsigned access, int how)
{
    struct hum *mine = flow_open(ONE_DEVICE, NULL);
    struct touch touch = {access, how, flow_can_share(mine)};

    hum_close(mine);
    if (access == HUM_READ && how == TOUCH_WRITE && !touch.can_share)
        return SIGSEGV; /* nothing to see: the protection is refused */
    return flow_child(touch_protected, &touch);
}

static void the_host_gets_sigsegv_for_what_it_may_not(void **state)
{
    (void)state;
    flow_child_ok(touch_in_child(HUM_READ, TOUCH_READ));
    flow_child_signal(touch_in_child(HUM_READ, TOUCH_WRITE), SIGSEGV);
    flow_child_signal(touch_in_child(HUM_NONE, TOUCH_READ), SIGSEGV);
    flow_child_signal(touch_in_child(HUM_NONE, TOUCH_WRITE), SIGSEGV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(null_is_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(wild_addresses_are_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_of_the_host_is_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_memory_is_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_blocks_are_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_of_another_space_is_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(protected_memory_is_illegal, setup, teardown),
        cmocka_unit_test_setup_teardown(protection_takes_effect_on_pages_already_mapped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(running_kernels_lose_freed_and_protected_memory, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(only_the_guilty_index_range_is_lost, setup, teardown),
        cmocka_unit_test(the_host_gets_sigsegv_for_what_it_may_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
