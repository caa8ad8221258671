/* SPDX-License-Identifier: MIT */
/*
 * lost.c - the device process is killed from outside at random moments: work in flight ends with
 * HUM_ERR_DEVICE_LOST, and no byte is lost that a finished kernel or the host had written.
 * 100 rounds, times HUM_TEST_LONG.
 */
#include "flow/flow.h"
#include "support/random.h"

#include <signal.h>
#include <unistd.h>

static struct random randoms;

enum { WORDS = 3 * 256 * 1024 / 2 }; /* 3 MiB: block borders and a partial block */

/* What each part holds is known at any time, up to the launch in flight. */
struct world {
    struct hum *hum;
    uint64_t *host, *finished, *flying; /* written by the host, a finished kernel, one in flight */
    uint64_t generation;                /* of `flying`: each word is this, or this + 1 */
};

static struct flow_words words_of(uint64_t *words, uint64_t value)
{
    return (struct flow_words){.words = words, .n = WORDS, .value = value};
}

static void kill_device(struct hum *hum)
{
    int pid = flow_device(hum, 0).pid;

    if (pid > 0)
        kill(pid, SIGKILL);
}

/* One round: write on both sides, leave a launch in flight, kill, look at every word. */
static void play_round(struct world *w, unsigned round)
{
    struct flow_words finish = words_of(w->finished, round), add = words_of(w->flying, 1);
    enum hum_status status;
    unsigned in_flight = 0;
    uint64_t first;

    for (size_t i = 0; i < WORDS; i += 1 + round % 5)
        w->host[i] = round;
    flow_run(w->hum, 0, "fill", &finish, WORDS);
    if (hum_launch(hum_stream(w->hum, 0), flow_kernel(w->hum, 0, "add"), WORDS, &add,
                   sizeof add) == HUM_OK)
        in_flight = 1;
    if (random_next(&randoms) % 4)
        usleep((useconds_t)(random_next(&randoms) % 3000));
    kill_device(w->hum);
    status = hum_wait(w->hum, 0);
    if (status != HUM_OK && status != HUM_ERR_DEVICE_LOST)
        fail_msg("round %u: %s, %s", round, hum_status_name(status), hum_error_text());

    for (size_t i = 0; i < WORDS; i++)
        if (w->finished[i] != round + i)
            fail_msg("round %u: word %zu of a finished kernel is %llu", round, i,
                     (unsigned long long)w->finished[i]);
    for (size_t i = 0; i < WORDS; i += 1 + round % 5)
        if (w->host[i] != round)
            fail_msg("round %u: word %zu of the host is %llu", round, i,
                     (unsigned long long)w->host[i]);
    first = w->generation;
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t got = w->flying[i];
        bool done = got == first + 1;
        if (got != first && !(done && in_flight))
            fail_msg("round %u: word %zu in flight is %llu, not %llu or one more", round, i,
                     (unsigned long long)got, (unsigned long long)first);
        if (status == HUM_OK && in_flight && !done)
            fail_msg("round %u: word %zu of a kernel that finished is not written", round, i);
        w->flying[i] = first + 1;
    }
    w->generation = first + 1;
}

/* The launch after a kill may be lost with the process; once that was said, the next one runs. */
static void use_again(struct hum *hum, uint64_t *word)
{
    struct flow_words args = {.words = word, .n = 1, .value = 1};

    if (flow_try(hum, 0, "fill", &args, sizeof args, 1) == HUM_ERR_DEVICE_LOST)
        flow_run(hum, 0, "fill", &args, 1);
    ok(hum_wait(hum, 0));
}

static void killed_at_random_moments_it_loses_nothing(void **state)
{
    struct world w = {.hum = flow_open("emu:mem=64M,workers=2", NULL)};
    unsigned rounds = (unsigned)random_steps(100);
    uint64_t *word = flow_alloc(w.hum, PAGE);

    (void)state;
    w.host = flow_alloc(w.hum, WORDS * 8);
    w.finished = flow_alloc(w.hum, WORDS * 8);
    w.flying = flow_alloc(w.hum, WORDS * 8);
    for (unsigned round = 1; round <= rounds; round++) {
        use_again(w.hum, word);
        play_round(&w, round);
    }
    assert_true(flow_device(w.hum, 0).restarts >= rounds / 2);
    hum_close(w.hum);
}

static void killed_while_full_it_loses_nothing(void **state)
{
    struct hum *hum = flow_open("emu:mem=4M,workers=2", NULL);
    uint64_t *words = flow_alloc(hum, 16 * MIB), *word = flow_alloc(hum, PAGE);
    size_t n = 16 * MIB / sizeof *words;

    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        use_again(hum, word);
        flow_words(hum, "fill", words, n, round);
        kill_device(hum);
        for (size_t i = 0; i < n; i++)
            if (words[i] != round + i)
                fail_msg("round %u: word %zu is %llu", round, i, (unsigned long long)words[i]);
        hum_wait(hum, 0);
    }
    hum_close(hum);
}

static void killed_while_idle_it_starts_again_at_the_next_launch(void **state)
{
    struct hum *hum = flow_open(ONE_DEVICE, NULL);
    uint64_t *words = flow_alloc(hum, 4 * MIB);
    size_t n = 4 * MIB / sizeof *words;
    int pid = flow_device(hum, 0).pid;

    (void)state;
    flow_words(hum, "fill", words, n, 1);
    kill_device(hum);
    for (unsigned i = 0; i < 500 && flow_device(hum, 0).pid == pid && !flow_device(hum, 0).lost;
         i++)
        usleep(10000);
    flow_words(hum, "add", words, n, 1);
    assert_int_equal(flow_device(hum, 0).restarts, 1);
    assert_int_not_equal(flow_device(hum, 0).pid, pid);
    assert_false(flow_device(hum, 0).lost);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(words[i], i + 2);
    hum_close(hum);
}

static void the_loss_is_reported_once_for_work_in_flight(void **state)
{
    struct hum *hum = flow_open(TWO_DEVICES, NULL);
    uint64_t *gate = flow_alloc(hum, PAGE), *word = flow_alloc(hum, PAGE);
    struct flow_gate args = {.gate = gate, .until = 1};
    struct flow_words other = {.words = word, .n = 1, .value = 4};

    (void)state;
    ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "gate"), 1, &args, sizeof args));
    while (!flow_page(hum, gate).resident) /* until the kernel has read it */
        usleep(100);
    kill_device(hum);
    status_is(HUM_ERR_DEVICE_LOST, hum_wait(hum, 0));
    assert_true(strlen(hum_error_text()) > 0);
    flow_run(hum, 1, "fill", &other, 1); /* the other device does not notice */
    assert_int_equal(*word, 4);
    use_again(hum, word);
    ok(hum_wait(hum, 0));
    hum_close(hum);
}

static void a_space_closes_although_its_device_is_dead(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct hum *hum = flow_open(ONE_DEVICE, NULL);
        struct flow_gate args = {.gate = flow_alloc(hum, PAGE), .until = 1};

        if (i % 2)
            ok(hum_launch(hum_stream(hum, 0), flow_kernel(hum, 0, "gate"), 1, &args,
                          sizeof args));
        kill_device(hum);
        hum_close(hum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_random_moments_it_loses_nothing),
        cmocka_unit_test(killed_while_full_it_loses_nothing),
        cmocka_unit_test(killed_while_idle_it_starts_again_at_the_next_launch),
        cmocka_unit_test(the_loss_is_reported_once_for_work_in_flight),
        cmocka_unit_test(a_space_closes_although_its_device_is_dead),
    };

    randoms = random_make(random_seed("flow_lost"), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
