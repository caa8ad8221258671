/* SPDX-License-Identifier: MIT */
/*
 * test_talk.c - answers of a device process, right and wrong ones: a thread at the other end of the
 * channel gives them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/emu/emu.h"
#include "os/channel.h"
#include "support/test.h"

#define LONG ((size_t)100000)

static struct humi_emu emu;
static int other_end;

/* What the other side does once. */
struct turn {
    size_t told;        /* bytes that it says its answer has */
    size_t in_file;     /* bytes that its file has; 0: it sends none */
    bool silent;        /* it closes its end instead */
    size_t heard;       /* of the request, that were right */
};

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 31 + i / 256);
}

/* Of the request's bytes, wherever they are. */
static size_t count_right(const struct humi_emu_request *request, int file)
{
    size_t right = 0;

    for (size_t i = 0; i < request->bytes; i++) {
        unsigned char byte = 0;
        if (request->bytes <= sizeof request->text)
            byte = (unsigned char)request->text[i];
        else if (pread(file, &byte, 1, (off_t)i) != 1)
            return right;
        right += byte == byte_at(i);
    }
    return right;
}

static int make_file(size_t bytes)
{
    int file = memfd_create("answer", MFD_CLOEXEC);

    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = byte_at(i);
        if (write(file, &byte, 1) != 1)
            return -1;
    }
    return file;
}

static void *other_side(void *arg)
{
    struct turn *turn = arg;
    struct humi_emu_request request;
    struct humi_emu_answer answer = {.bytes = turn->told};
    int in = -1, out = turn->in_file ? make_file(turn->in_file) : -1;

    if (humi_channel_receive(other_end, &request, sizeof request, &in, 1, -1) != HUM_OK)
        return NULL;
    turn->heard = count_right(&request, in);
    for (size_t i = 0; i < sizeof answer.data; i++)
        answer.data[i] = (char)byte_at(i);
    if (turn->silent)
        close(other_end);
    else if (humi_channel_send(other_end, &answer, sizeof answer, &out, out >= 0) != HUM_OK)
        turn->heard = 0;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return NULL;
}

/* A request of so many bytes with room for an answer; what talk says. */
static enum hum_status talk(struct turn *turn, size_t bytes, unsigned char *room,
                            size_t room_bytes)
{
    struct humi_emu_request request = {
        .kind = HUMI_EMU_ASK, .bytes = bytes, .room = room_bytes};
    unsigned char *sent = malloc(bytes + 1);
    struct humi_emu_answer answer;
    enum hum_status status;
    pthread_t thread;

    for (size_t i = 0; i < bytes; i++)
        sent[i] = byte_at(i);
    assert_int_equal(pthread_create(&thread, NULL, other_side, turn), 0);
    status = humi_emu_talk(&emu, &request, sent, INT64_C(20000000000), &answer, room);
    pthread_join(thread, NULL);
    free(sent);
    return status;
}

static int open_ends(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(humi_channel_open(ends), HUM_OK);
    emu = (struct humi_emu){.lost = true}; /* so that there is no process to end */
    emu.process.channel = ends[0];
    emu.process.pidfd = -1;
    humi_lock_init(&emu.gate, HUMI_RANK_DEVICE);
    other_end = ends[1];
    return 0;
}

static int close_ends(void **state)
{
    (void)state;
    close(emu.process.channel);
    close(other_end);
    humi_lock_fini(&emu.gate);
    return 0;
}

static bool is_right(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != byte_at(i))
            return false;
    return true;
}

static void bytes_of_any_number_go_both_ways(void **state)
{
    static const size_t sizes[] = {0, 1, HUMI_EMU_INLINE, HUMI_EMU_INLINE + 1, LONG};
    static unsigned char room[LONG];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct turn turn = {.told = sizes[i],
                            .in_file = sizes[i] > HUMI_EMU_INLINE ? sizes[i] : 0};
        memset(room, 0xee, sizeof room);
        assert_int_equal(talk(&turn, sizes[i], room, sizeof room), HUM_OK);
        assert_int_equal(turn.heard, sizes[i]);
        assert_true(is_right(room, sizes[i]));
        for (size_t k = sizes[i]; k < sizeof room; k++)
            assert_int_equal(room[k], 0xee);
    }
}

static void a_longer_answer_than_there_is_room_for_is_left(void **state)
{
    static const size_t told[] = {11, HUMI_EMU_INLINE + 1, LONG, SIZE_MAX};
    unsigned char room[16];

    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct turn turn = {.told = told[i]};
        memset(room, 0xee, sizeof room);
        assert_int_equal(talk(&turn, 3, room, 10), HUM_OK);
        for (size_t k = 0; k < sizeof room; k++)
            assert_int_equal(room[k], 0xee);
    }
}

static void an_answer_that_lies_about_its_file_is_refused(void **state)
{
    static unsigned char room[LONG];
    struct turn none = {.told = LONG}, shorter = {.told = LONG, .in_file = LONG - 1};

    (void)state;
    assert_int_equal(talk(&none, 3, room, sizeof room), HUM_ERR_SYSTEM);
    assert_int_equal(talk(&shorter, 3, room, sizeof room), HUM_ERR_SYSTEM);
}

static void who_closes_is_lost(void **state)
{
    unsigned char room[8];
    struct turn turn = {.silent = true};

    (void)state;
    assert_int_equal(talk(&turn, 3, room, sizeof room), HUM_ERR_DEVICE_LOST);
    assert_int_equal(turn.heard, 3);
    other_end = -1;
}

#define between_ends(name) cmocka_unit_test_setup_teardown(name, open_ends, close_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        between_ends(bytes_of_any_number_go_both_ways),
        between_ends(a_longer_answer_than_there_is_room_for_is_left),
        between_ends(an_answer_that_lies_about_its_file_is_refused),
        between_ends(who_closes_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
