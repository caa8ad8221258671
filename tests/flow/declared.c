/* SPDX-License-Identifier: MIT */
/*
 * declared.c - a device whose touches cannot be answered: launches have what they use before they
 * start, keep it until they end, and everybody else waits.
 */
#include "flow/flow.h"

#include <pthread.h>
#include <stdatomic.h>

static struct hum *hum;

/*
 * Devices of a text in which each * is one that cannot fault: FLOW_BLIND, else an emulated one.  A
 * # in that is its number.
 */
static const char *devices_of(const char *text)
{
    static char devices[256];
    const char *blind = getenv("FLOW_BLIND");
    size_t used = 0;
    char number = '0';

    if (!blind)
        blind = "emu:mem=64M,workers=2,faults=off";
    for (; *text; text++) {
        const char *part = *text == '*' ? blind : text;
        size_t bytes = *text == '*' ? strlen(blind) : 1;
        for (size_t i = 0; i < bytes; i++) {
            assert_true(used + 1 < sizeof devices);
            devices[used++] = part[i] == '#' ? number : part[i];
        }
        number = (char)(number + (*text == '*'));
    }
    devices[used] = '\0';
    return devices;
}

#define is_cuda() (getenv("FLOW_BLIND") && strncmp(getenv("FLOW_BLIND"), "cuda", 4) == 0)
#define ONE_BLIND devices_of("*")
#define TWO_BLIND devices_of("*;*")
#define BLIND_AND_SEEING devices_of("*;emu:mem=64M,workers=1")

/* Its kernels may touch what they were not given, and nobody hears of it. */
static void skip_if_unguarded(void)
{
    if (!flow_device(hum, 0).same_address)
        skip();
}

static void reopen(const char *devices)
{
    hum_close(hum);
    hum = flow_open(devices, NULL);
}

static int setup(void **state)
{
    (void)state;
    hum = NULL;
    reopen(ONE_BLIND);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hum_close(hum);
    return 0;
}

static void launch_words(int device, const char *kernel, uint64_t *words, size_t n, uint64_t value)
{
    struct flow_words args = {.words = words, .n = n, .value = value};

    ok(hum_launch(hum_stream(hum, device), flow_kernel(hum, device, kernel), n, &args,
                  sizeof args));
}

static void launch_copy(struct hum_stream *stream, int device, uint64_t *to, const uint64_t *from,
                        size_t n)
{
    struct flow_copy args = {.to = to, .from = from, .n = n};

    ok(hum_launch(stream, flow_kernel(hum, device, "copy"), n, &args, sizeof args));
}

static void it_says_that_it_cannot_fault(void **state)
{
    (void)state;
    assert_false(flow_device(hum, 0).faults);
    reopen(ONE_DEVICE);
    assert_true(flow_device(hum, 0).faults);
}

static void arguments_are_used_by_default(void **state)
{
    size_t n = 3 * BLOCK / sizeof(float) + 77;
    float *x = flow_alloc(hum, n * sizeof *x), *y = flow_alloc(hum, n * sizeof *y);
    struct flow_saxpy args = {.x = x, .y = y + 5, .k = 2, .n = n - 5};
    struct hum_stats start;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 1000);
        y[i] = 1;
    }
    start = flow_stats(hum);
    flow_run(hum, 0, "saxpy", &args, n - 5);
    assert_int_equal(flow_stats(hum).total.faults_device, 0);
    assert_true(flow_stats(hum).total.events[HUM_CAUSE_DECLARED] > 0);
    assert_int_equal(flow_moved(hum, &start, HUM_H2D),
                     2 * ((n * sizeof(float) + PAGE - 1) / PAGE * PAGE));
    for (size_t i = 0; i < n; i++)
        assert_true(y[i] == (i < 5 ? 1 : 1 + 2 * (float)((i - 5) % 1000)));
}

static struct flow_node *make_list(size_t n)
{
    struct flow_node *nodes = flow_alloc(hum, n * sizeof *nodes);

    for (size_t i = 0; i < n; i++)
        nodes[i] = (struct flow_node){.next = i + 1 < n ? &nodes[i + 1] : NULL, .value = i};
    return nodes;
}

static void stored_pointers_must_be_reachable(void **state)
{
    struct flow_node *head = flow_alloc(hum, sizeof *head), *rest = make_list(1000);
    uint64_t *sum = flow_alloc(hum, PAGE);
    struct flow_list args = {.head = head, .sum = sum};
    char address[32];

    (void)state;
    if (is_cuda() && flow_device(hum, 0).same_address)
        skip(); /* it guards whole blocks */
    *head = (struct flow_node){.next = rest, .value = 7};
    if (!flow_device(hum, 0).same_address) { /* the pointers mean nothing to it */
        ok(hum_reachable(hum, rest, true));
        status_is(HUM_ERR_UNSUPPORTED, flow_try(hum, 0, "walk", &args, sizeof args, 1));
        assert_non_null(strstr(hum_error_text(), "indices instead of pointers"));
        return;
    }
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "walk", &args, sizeof args, 1));
    snprintf(address, sizeof address, "%#lx", (unsigned long)((uintptr_t)rest / PAGE));
    assert_non_null(strstr(hum_error_text(), "walk"));
    assert_non_null(strstr(hum_error_text(), address));

    ok(hum_reachable(hum, rest + 3, true));
    *sum = 0;
    flow_run(hum, 0, "walk", &args, 1);
    assert_int_equal(*sum, 8 + 999 * 1000 / 2); /* the first walk got through the head */
    ok(hum_reachable(hum, rest, false));
    rest[0].value = 0; /* until somebody needs it, it may stay there unseen */
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "walk", &args, sizeof args, 1));
}

static void what_is_declared_for_reading_cannot_be_written(void **state)
{
    uint64_t *words = flow_alloc(hum, BLOCK);
    struct flow_words args = {.words = words, .n = 8, .value = 1};

    (void)state;
    skip_if_unguarded();
    if (is_cuda() || !flow_system(hum).shared_read)
        skip(); /* CUDA's is guarded only against touching */
    words[0] = 41;
    ok(hum_use(hum_stream(hum, 0), words, BLOCK, HUM_READ));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "add", &args, sizeof args, 8));
    assert_int_equal(words[0], 41);
    ok(hum_use(hum_stream(hum, 0), words, BLOCK, HUM_WRITE));
    flow_run(hum, 0, "add", &args, 8);
    assert_int_equal(words[0], 42);
}

static void nothing_is_used_if_that_is_said(void **state)
{
    uint64_t *words = flow_alloc(hum, PAGE);
    struct flow_words args = {.words = words, .n = 8, .value = 1};

    (void)state;
    if (!is_cuda())
        skip_if_unguarded();
    ok(hum_use_none(hum_stream(hum, 0)));
    status_is(HUM_ERR_ILLEGAL_ADDRESS, flow_try(hum, 0, "add", &args, sizeof args, 8));
    flow_run(hum, 0, "add", &args, 8);
    assert_int_equal(words[0], 1);
}

static void uses_are_of_one_launch(void **state)
{
    uint64_t *words = flow_alloc(hum, 2 * BLOCK);
    struct flow_words args = {.words = words, .n = WORDS_PER_PAGE, .value = 1};

    (void)state;
    ok(hum_use(hum_stream(hum, 0), words, PAGE, HUM_READ | HUM_WRITE));
    flow_run(hum, 0, "add", &args, WORDS_PER_PAGE);
    assert_int_equal(flow_page(hum, words + BLOCK / 8).resident, 0); /* it was not used */
    flow_run(hum, 0, "add", &args, WORDS_PER_PAGE);
    assert_int_equal(flow_page(hum, words + BLOCK / 8).resident, HUM_BIT(0));
    assert_int_equal(words[0], 2);
}

/* The host touches at once what a launch in flight writes: it sees the result, never less. */
static void the_host_waits_for_what_is_written(void **state)
{
    size_t n = 4 * BLOCK / 8;
    uint64_t *words = flow_alloc(hum, n * 8);

    (void)state;
    for (uint64_t round = 1; round <= 20; round++) {
        launch_words(0, "add", words, n, 1);
        assert_int_equal(words[(round * 7919 * 512) % n], round);
        words[5] += 0;
    }
    ok(hum_wait(hum, 0));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], 20);
}

/* It may read what launches only read, and its stores to it come behind them. */
static void the_host_waits_to_write_what_is_read(void **state)
{
    size_t n = 4 * BLOCK / 8;
    uint64_t *from = flow_alloc(hum, n * 8), *to = flow_alloc(hum, n * 8);
    struct hum_stream *stream = hum_stream(hum, 0);

    (void)state;
    for (uint64_t round = 1; round <= 10; round++) {
        for (size_t i = 0; i < n; i++)
            from[i] = round;
        ok(hum_use(stream, from, n * 8, HUM_READ));
        ok(hum_use(stream, to, n * 8, HUM_WRITE));
        launch_copy(stream, 0, to, from, n);
        /* Not a wait, but what it declared must be held from its begin to its end. */
        assert_int_equal(from[n / 2], round);
        ok(hum_wait(hum, 0));
        for (size_t i = 0; i < n; i += 61)
            assert_int_equal(to[i], round);
        from[0] = 0;
    }
}

static void too_much_for_the_device_is_an_error(void **state)
{
    uint64_t *words = flow_alloc(hum, 80 * MIB), *small = flow_alloc(hum, PAGE);
    struct flow_words args = {.words = words, .n = 8, .value = 1};

    (void)state;
    status_is(HUM_ERR_NO_MEMORY, flow_try(hum, 0, "add", &args, sizeof args, 8));
    assert_non_null(strstr(hum_error_text(), "hum_use"));
    flow_words(hum, "add", small, WORDS_PER_PAGE, 3);
    assert_int_equal(small[1], 3);
    ok(hum_use(hum_stream(hum, 0), words, 8 * MIB, HUM_WRITE));
    flow_run(hum, 0, "add", &args, 8);
    assert_int_equal(words[0], 1);
}

/* Four times the device's memory, in parts that fit. */
static void more_than_fits_goes_through_in_parts(void **state)
{
    size_t bytes = 256 * MIB, part = 16 * MIB;
    uint64_t *words = flow_alloc(hum, bytes);

    (void)state;
    for (int round = 0; round < 2; round++)
        for (size_t at = 0; at < bytes; at += part) {
            ok(hum_use(hum_stream(hum, 0), words + at / 8, part, HUM_READ | HUM_WRITE));
            launch_words(0, "add", words + at / 8, part / 8, at + 1);
        }
    ok(hum_wait(hum, 0));
    assert_true(flow_stats(hum).total.events[HUM_CAUSE_EVICTION] >= 4);
    for (size_t i = 0; i < bytes / 8; i += 97)
        assert_int_equal(words[i], 2 * (i * 8 / part * part + 1));
}

/* Each of two streams uses more than half of the memory. */
static void streams_wait_for_each_others_memory(void **state)
{
    size_t bytes = 40 * MIB, n = bytes / 8;
    uint64_t *words[2] = {flow_alloc(hum, bytes), flow_alloc(hum, bytes)};
    struct hum_stream *stream[2];

    (void)state;
    for (int s = 0; s < 2; s++)
        ok(hum_stream_create(hum, 0, &stream[s]));
    for (int i = 0; i < 6; i++) {
        struct flow_words args = {.words = words[i % 2], .n = n, .value = 1};
        ok(hum_launch(stream[i % 2], flow_kernel(hum, 0, "add"), n, &args, sizeof args));
    }
    ok(hum_wait(hum, 0));
    for (size_t i = 0; i < n; i += 101)
        assert_true(words[0][i] == 3 && words[1][i] == 3);
}

static void devices_take_turns(void **state)
{
    size_t n = 3 * BLOCK / 8;
    uint64_t *words = flow_alloc(hum, 8);

    (void)state;
    reopen(TWO_BLIND);
    words = flow_alloc(hum, n * 8);
    for (int i = 0; i < 20; i++)
        launch_words(i % 2, "add", words, n, 1);
    ok(hum_wait(hum, HUM_ALL));
    for (size_t i = 0; i < n; i += 13)
        assert_int_equal(words[i], 20);
}

/* A device that faults in the middle of what another one holds waits like the host. */
static void a_device_that_faults_waits_too(void **state)
{
    size_t n = 3 * BLOCK / 8;
    uint64_t *words;

    (void)state;
    reopen(BLIND_AND_SEEING);
    words = flow_alloc(hum, n * 8);
    for (int i = 0; i < 10; i++) {
        launch_words(0, "add", words, n, 1);
        launch_words(0, "add", words, n, 1);
        flow_run(hum, 1, "read_words", (&(struct flow_words){.words = words, .n = n}), n);
        ok(hum_wait(hum, 0));
        launch_words(1, "add", words, n, 1);
        ok(hum_wait(hum, 1));
    }
    for (size_t i = 0; i < n; i += 13)
        assert_int_equal(words[i], 30);
}

static void calls_that_take_pages_wait(void **state)
{
    size_t n = 4 * BLOCK / 8;
    uint64_t *words = flow_alloc(hum, n * 8);

    (void)state;
    for (int i = 0; i < 10; i++) {
        launch_words(0, "add", words, n, 1);
        ok(hum_discard(hum, words, n * 8, NULL));
        ok(hum_wait(hum, 0));
        assert_int_equal(words[n - 1], 0);
    }
    launch_words(0, "add", words, n, 1);
    ok(hum_prefetch(hum, words, n * 8, HUM_HOST, NULL));
    assert_int_equal(words[n - 1], 1);
    launch_words(0, "add", words, n, 1);
    ok(hum_protect(hum, words, 0, HUM_NONE));
    ok(hum_wait(hum, 0));
    assert_int_equal(words[n - 1], 2);
    status_is(HUM_ERR_PERMISSION,
              flow_try(hum, 0, "add", (&(struct flow_words){.words = words, .n = 1}),
                       sizeof(struct flow_words), 1));
    ok(hum_protect(hum, words, 0, HUM_READ | HUM_WRITE));
    launch_words(0, "add", words, n, 1);
    ok(hum_free(hum, words));
    ok(hum_wait(hum, 0));
}

static void acquire_brings_everything_home(void **state)
{
    size_t n = 2 * BLOCK / 8;
    uint64_t *words = flow_alloc(hum, n * 8), faults;

    (void)state;
    launch_words(0, "add", words, n, 9);
    ok(hum_acquire(hum, words, n * 8, HUM_READ | HUM_WRITE));
    faults = flow_stats(hum).total.faults_host;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i]++, 9);
    assert_int_equal(flow_stats(hum).total.faults_host, faults);
    ok(hum_release(hum, words));
    status_is(HUM_ERR_INVALID, hum_acquire(hum, words, n * 8 + PAGE, HUM_READ));
    status_is(HUM_ERR_INVALID, hum_acquire(hum, words, n * 8, HUM_NONE));
    status_is(HUM_ERR_INVALID, hum_acquire(hum, words, n * 8, 8));
    status_is(HUM_ERR_INVALID, hum_use(NULL, words, 8, HUM_READ));
    status_is(HUM_ERR_INVALID, hum_use(hum_stream(hum, 0), &n, 8, HUM_READ));
    status_is(HUM_ERR_INVALID, hum_reachable(hum, &n, true));
    status_is(HUM_ERR_INVALID, hum_release(hum, NULL));
    ok(hum_wait(hum, 0));
}

/* A launch whose region is freed before it starts fails, and nothing else does. */
static void freed_before_the_launch(void **state)
{
    uint64_t *words = flow_alloc(hum, BLOCK), *other = flow_alloc(hum, PAGE);
    struct flow_words args = {.words = other, .n = 8, .value = 1};

    (void)state;
    ok(hum_use(hum_stream(hum, 0), words, BLOCK, HUM_READ));
    ok(hum_use(hum_stream(hum, 0), other, PAGE, HUM_WRITE));
    ok(hum_free(hum, words));
    status_is(HUM_ERR_INVALID, flow_try(hum, 0, "add", &args, sizeof args, 8));
    flow_run(hum, 0, "add", &args, 8);
    assert_int_equal(other[0], 1);
}

static void declaring_changes_nothing_where_faults_are_served(void **state)
{
    size_t n = 4 * BLOCK / 8;
    uint64_t *from, *to;

    (void)state;
    reopen(ONE_DEVICE);
    from = flow_alloc(hum, n * 8);
    to = flow_alloc(hum, n * 8);
    for (size_t i = 0; i < n; i++)
        from[i] = i;
    ok(hum_use(hum_stream(hum, 0), from, PAGE, HUM_READ));
    launch_copy(hum_stream(hum, 0), 0, to, from, n);
    ok(hum_wait(hum, 0));
    assert_true(flow_stats(hum).total.faults_device > 0);
    assert_int_equal(flow_stats(hum).total.events[HUM_CAUSE_DECLARED], 0);
    for (size_t i = 0; i < n; i += 11)
        assert_int_equal(to[i], i);
}

/* ---- everybody at once ----------------------------------------------------------------------- */

#define SHARED_WORDS (BLOCK / 4)
#define ROUNDS 60u

static uint64_t *shared;
static atomic_bool over;

/* Counts its own word of each page while launches count others in the same pages. */
static void *host_counts(void *argument)
{
    size_t mine = (size_t)argument;

    for (uint64_t round = 0; !atomic_load(&over); round++)
        for (size_t i = mine; i < SHARED_WORDS; i += WORDS_PER_PAGE)
            __atomic_fetch_add(&shared[i], 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void host_threads_and_launches_share_pages(void **state)
{
    pthread_t thread[2];
    uint64_t *before;

    (void)state;
    shared = flow_alloc(hum, SHARED_WORDS * 8);
    before = flow_alloc(hum, PAGE);
    atomic_store(&over, false);
    for (size_t t = 0; t < 2; t++)
        must(pthread_create(&thread[t], NULL, host_counts, (void *)(t + 1)) == 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct flow_scatter args = {
            .words = shared, .n = SHARED_WORDS, .stride = WORDS_PER_PAGE,
            .hits = SHARED_WORDS / WORDS_PER_PAGE};
        ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "scatter_add"), args.hits, &args,
                      sizeof args));
    }
    ok(hum_wait(hum, 0));
    atomic_store(&over, true);
    for (size_t t = 0; t < 2; t++)
        must(pthread_join(thread[t], NULL) == 0);
    for (size_t i = 0; i < SHARED_WORDS; i += WORDS_PER_PAGE) {
        assert_int_equal(shared[i], ROUNDS);
        assert_int_equal(shared[i + 1], shared[1]);
    }
    assert_int_equal(before[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        STORY(it_says_that_it_cannot_fault),
        STORY(arguments_are_used_by_default),
        STORY(stored_pointers_must_be_reachable),
        STORY(what_is_declared_for_reading_cannot_be_written),
        STORY(nothing_is_used_if_that_is_said),
        STORY(uses_are_of_one_launch),
        STORY(the_host_waits_for_what_is_written),
        STORY(the_host_waits_to_write_what_is_read),
        STORY(too_much_for_the_device_is_an_error),
        STORY(more_than_fits_goes_through_in_parts),
        STORY(streams_wait_for_each_others_memory),
        STORY(devices_take_turns),
        STORY(a_device_that_faults_waits_too),
        STORY(calls_that_take_pages_wait),
        STORY(acquire_brings_everything_home),
        STORY(freed_before_the_launch),
        STORY(declaring_changes_nothing_where_faults_are_served),
        STORY(host_threads_and_launches_share_pages),
#undef STORY
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
