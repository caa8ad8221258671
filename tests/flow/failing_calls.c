/* SPDX-License-Identifier: MIT */
/*
 * failing_calls.c - every call that the runtime makes fails once: counted up until none is left.
 *
 * A story is told with the n-th call of a kind failing, in a process of its own.  What a hum
 * function returned is explained and works the second time; what a touch met is the SIGBUS of
 * core/service.h and works the second time; the content is right in the end, and nothing is left
 * behind.
 */
#include "flow/flow.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hum/trace.h>

#include "os/topology.h"
#include "support/fail_call.h"
#include "support/leftovers.h"

#define WORDS (6 * MIB / 8) /* two such regions are more than the device holds */
#define SIGNALS_MAX 3
#define STORY_SECONDS 40
#define CALLS_MAX 2000

struct story {
    struct hum *hum;
    struct hum_stream *stream;
    struct hum_event *event;
    struct hum_kernel *copy;
    uint64_t *in, *out;
};

/* ---- failures that may be -------------------------------------------------------------------- */

static struct story *told; /* for the handler */
static volatile sig_atomic_t signals;

/* The failed call was the service's and could not be told otherwise; the touch is tried again. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr;
    uintptr_t in = (uintptr_t)told->in, out = (uintptr_t)told->out;

    (void)number;
    (void)context;
    must(at - in < 6 * MIB || at - out < 6 * MIB);
    must(fail_call_thread() != 0 && fail_call_thread() != gettid());
    must(++signals <= SIGNALS_MAX);
}

/* Failures must say something new, so the text is made known before. */
static char known_text[512];

static void make_text_known(void)
{
    (void)hum_wait(NULL, 0);
    snprintf(known_text, sizeof known_text, "%s", hum_error_text());
}

static void must_be_explained(enum hum_status status, const char *what)
{
    if (status >= 0 || !*hum_error_text() || strcmp(hum_error_text(), known_text) == 0) {
        fprintf(stderr, "%s gave %s and says nothing about it\n", what, hum_status_name(status));
        _exit(98);
    }
}

/* Works at once, or explains why not and works then. */
#define works(call)                                                                                \
    do {                                                                                           \
        make_text_known();                                                                         \
        enum hum_status status_ = (call);                                                          \
        if (status_ != HUM_OK) {                                                                   \
            must_be_explained(status_, #call);                                                     \
            must((call) == HUM_OK);                                                                \
        }                                                                                          \
    } while (0)

/* ---- the story ------------------------------------------------------------------------------- */

static enum hum_status open_space(struct story *s)
{
    struct hum_options options = HUM_OPTIONS_INIT;

    options.devices = "emu:mem=8M,workers=2";
    options.space_bytes = (size_t)64 << 30;
    return hum_open(&options, &s->hum);
}

static void prepare(struct story *s)
{
    struct hum_module *module;

    works(open_space(s));
    works(hum_alloc(s->hum, WORDS * 8, 0, (void **)&s->in));
    works(hum_alloc(s->hum, WORDS * 8, 0, (void **)&s->out));
    works(hum_name(s->hum, s->in, "in"));
    works(hum_module_load(s->hum, 0, "flow_memory", &module));
    works(hum_kernel_get(module, "copy", &s->copy));
    works(hum_stream_create(s->hum, 0, &s->stream));
    works(hum_event_create(s->hum, &s->event));
}

/* The whole of it is done again if any of it fails. */
static enum hum_status compute(struct story *s)
{
    struct flow_copy args = {.to = s->out, .from = s->in, .n = WORDS};
    enum hum_status status = hum_prefetch(s->hum, s->in, 2 * MIB, 0, hum_stream(s->hum, 0));
    enum hum_status waited;

    if (status == HUM_OK)
        status = hum_event_record(s->event, hum_stream(s->hum, 0));
    if (status == HUM_OK)
        status = hum_stream_wait_event(s->stream, s->event);
    if (status == HUM_OK)
        status = hum_launch(s->stream, s->copy, WORDS, &args, sizeof args);
    if (status != HUM_OK)
        must_be_explained(status, "before the wait");
    waited = hum_wait(s->hum, HUM_ALL); /* in any case, so that nothing runs on */
    return waited == HUM_OK ? status : waited;
}

static void count_record(void *user, const struct hum_trace_record *record)
{
    ++*(unsigned *)user;
    must(hum_trace_kind_text(record->kind) != NULL);
}

static void watch(struct story *s)
{
    struct hum_watch *watch;
    unsigned records = 0;

    works(hum_watch(s->hum, count_record, &records, &watch));
    works(hum_unwatch(watch));
    must(records > 4);
}

static void control(struct story *s)
{
    works(hum_advise(s->hum, s->in, 2 * MIB, HUM_ADVISE_READ_MOSTLY, 0));
    works(hum_advise(s->hum, s->in + MIB / 2, 2 * MIB, HUM_ADVISE_ACCESSED_BY, 0));
    works(hum_prefetch(s->hum, s->in, 4 * MIB, 0, NULL));
    works(hum_protect(s->hum, s->in, 0, HUM_READ));
    works(hum_prefetch(s->hum, s->in, 6 * MIB, HUM_HOST, NULL));
    works(hum_protect(s->hum, s->in, 0, HUM_READ | HUM_WRITE));
}

static void ask(struct story *s)
{
    struct hum_page_info page;
    struct hum_stats stats;
    struct hum_region_info region;
    struct hum_system_info system;

    works(hum_query(s->hum, s->out, 1, &page, 1));
    works(hum_stats(s->hum, &stats));
    works(hum_region_info(s->hum, s->in, &region));
    works(hum_system_info(s->hum, &system));
}

static void write_words(uint64_t *words, uint64_t value)
{
    for (size_t i = 0; i < WORDS; i++)
        words[i] = i * 3 + value;
}

static void must_hold(const uint64_t *words, uint64_t value)
{
    for (size_t i = 0; i < WORDS; i++)
        must(words[i] == i * 3 + value);
}

/* The device works on what the host has, the host reads what the device has, and both end. */
static void touch_remotely(struct story *s)
{
    works(hum_advise(s->hum, s->in, 6 * MIB, HUM_ADVISE_REMOTE, 0));
    works(hum_advise(s->hum, s->out, 6 * MIB, HUM_ADVISE_REMOTE, HUM_HOST));
    works(compute(s));
    must_hold(s->out, 1);
    works(hum_advise(s->hum, s->in, 6 * MIB, HUM_ADVISE_UNSET_REMOTE, 0));
    works(hum_advise(s->hum, s->out, 6 * MIB, HUM_ADVISE_UNSET_REMOTE, HUM_HOST));
    must_hold(s->out, 1);
}

static void tell_story(struct story *s)
{
    prepare(s);
    write_words(s->in, 1);
    works(compute(s));
    must_hold(s->out, 1);
    watch(s);
    control(s);
    touch_remotely(s);
    for (size_t i = 0; i < WORDS; i += WORDS_PER_PAGE * 7) /* single pages, upgraded */
        s->in[i]++;
    for (size_t i = 0; i < WORDS; i += WORDS_PER_PAGE * 7)
        s->in[i]--;
    works(compute(s));
    must_hold(s->in, 1);
    must_hold(s->out, 1);
    ask(s);
    works(hum_discard(s->hum, s->out, 3 * MIB, NULL));
    hum_event_destroy(s->event);
    hum_stream_destroy(s->stream);
    works(hum_free(s->hum, s->in));
    hum_close(s->hum);
}

/* ---- nothing is left ------------------------------------------------------------------------- */

/* Processes of the runtime become our children when who started them has gone; all must end. */
static void await_processes(void)
{
    while (waitpid(-1, NULL, __WALL) >= 0 || errno == EINTR) {
    }
    must(errno == ECHILD);
}

struct order {
    enum fail_place place;
    enum fail_call call;
    int n;
};

static void body(void *context)
{
    const struct order *order = context;
    struct story story = {0};
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    struct leftovers before, after;
    char text[200];
    long pieces = fail_call_pieces();

    told = &story;
    must(sigaction(SIGBUS, &action, NULL) == 0);
    must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    must(leftovers_take(&before));
    alarm(STORY_SECONDS);
    fail_call_arm(order->place, order->call, order->n);
    tell_story(&story);
    (void)fail_call_disarm();
    await_processes();
    must(leftovers_take(&after));
    leftovers_compare(&before, &after, text, sizeof text);
    if (*text)
        fprintf(stderr, "left behind: %s\n", text);
    must(!*text);
    if (fail_call_pieces() != pieces)
        fprintf(stderr, "pieces of memory: %ld -> %ld\n", pieces, fail_call_pieces());
    must(fail_call_pieces() == pieces);
}

/* ---- counting up ----------------------------------------------------------------------------- */

/* False: the story has no n-th call of this kind. */
static bool fail_one(struct order order)
{
    int status = flow_child(body, &order);

    if (status != 0)
        print_error("%s: call %d failed, made at +0x%lx of the %s\n", fail_call_text(order.call),
                    order.n, fail_call_where(),
                    order.place == FAIL_IN_PROGRAM ? "program" : "started process");
    flow_child_ok(status);
    return fail_call_disarm();
}

static void count_up(enum fail_place place, enum fail_call call, int least)
{
    int n = 1;

    while (n <= CALLS_MAX && fail_one((struct order){place, call, n}))
        n++;
    print_message("%s: %d calls\n", fail_call_text(call), n - 1);
    assert_in_range(n - 1, least, CALLS_MAX - 1);
}

/* Which kinds are made where. */
static const enum fail_call by_program[] = {
    FAIL_ALLOC,     FAIL_MMAP,        FAIL_MADVISE, FAIL_MEMFD,   FAIL_FTRUNCATE,
    FAIL_FALLOCATE, FAIL_IOCTL,       FAIL_USERFAULTFD, FAIL_PIDFD, FAIL_EVENTFD,
    FAIL_SOCKETPAIR, FAIL_THREAD,     FAIL_CLONE,   FAIL_EXEC,    FAIL_DUP,
    FAIL_SEND,      FAIL_RECEIVE,     FAIL_POLL,    FAIL_OPEN,    FAIL_READ,
    FAIL_WRITE,
};

static const enum fail_call by_started[] = {
    FAIL_ALLOC,  FAIL_MMAP,    FAIL_MPROTECT, FAIL_MADVISE, FAIL_FTRUNCATE,
    FAIL_IOCTL,  FAIL_USERFAULTFD, FAIL_THREAD, FAIL_SEND,  FAIL_RECEIVE,
    FAIL_POLL,   FAIL_OPEN,    FAIL_MOUNT,    FAIL_DLOPEN,  FAIL_SIGNAL,
};

static void a_failed_call_is_told_and_the_next_works(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof by_program / sizeof by_program[0]; i++)
        count_up(FAIL_IN_PROGRAM, by_program[i], 1);
}

static void a_failed_call_of_a_device_process_is_told_and_the_next_works(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof by_started / sizeof by_started[0]; i++)
        count_up(FAIL_IN_STARTED, by_started[i], 1);
}

int main(int argc, char **argv)
{
    struct humi_topology topology;
    const struct CMUnitTest in_program[] = {
        cmocka_unit_test(a_failed_call_is_told_and_the_next_works),
    };
    const struct CMUnitTest in_started[] = {
        cmocka_unit_test(a_failed_call_of_a_device_process_is_told_and_the_next_works),
    };

    if (!fail_call_init())
        return 1;
    humi_topology_get(&topology); /* once a process, and hwloc's memory is freed by the runtime */
    bool started = argc > 1 && strcmp(argv[1], "started") == 0;
    if (argc == 4) { /* program|started <kind> <n>: one story by hand */
        struct order order = {started ? FAIL_IN_STARTED : FAIL_IN_PROGRAM,
                              (enum fail_call)atoi(argv[2]), atoi(argv[3])};
        body(&order);
        printf("told: failed at +0x%lx\n", fail_call_where());
        return 0;
    }
    return started ? cmocka_run_group_tests(in_started, NULL, NULL)
                   : cmocka_run_group_tests(in_program, NULL, NULL);
}
