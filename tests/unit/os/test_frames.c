/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/frames.h"
#include "os/memory.h"
#include "os/process.h"
#include "support/test.h"

#define GIB ((size_t)1 << 30)

static size_t held(const struct humi_frames *frames)
{
    struct stat stat;

    assert_int_equal(fstat(frames->fd, &stat), 0);
    return (size_t)stat.st_blocks * 512;
}

static void frames_come_and_go(void **state)
{
    char emu[4096];

    (void)state;
    assert_int_equal(humi_process_find_emu(emu, sizeof emu), HUM_OK);
    for (int huge = 0; huge < 2; huge++) {
        struct humi_frames frames;
        char *window;
        assert_int_equal(humi_frames_open(GIB, huge, emu, &frames), HUM_OK);
        assert_true(huge || !frames.huge);
        assert_int_equal(held(&frames), 0);
        assert_int_equal(humi_frames_back(&frames, 4 * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE), HUM_OK);
        assert_int_equal(held(&frames), HUM_BLOCK_SIZE);
        assert_int_equal(humi_window_map(frames.fd, GIB, &window), HUM_OK);
        memset(window + 4 * HUM_BLOCK_SIZE, 3, HUM_BLOCK_SIZE);
        assert_int_equal(humi_frames_back(&frames, 4 * HUM_BLOCK_SIZE, HUM_BLOCK_SIZE), HUM_OK);
        assert_int_equal(window[4 * HUM_BLOCK_SIZE + 77], 3);
        humi_frames_drop(&frames, 0, GIB);
        assert_int_equal(held(&frames), 0);
        assert_int_equal(window[4 * HUM_BLOCK_SIZE + 77], 0);
        humi_window_unmap(window, GIB);
        humi_frames_close(&frames);
        humi_frames_close(&frames); /* nothing is left to close */
    }
}

/* Whatever is wrong with the helper, there are frames. */
static void without_a_helper_frames_are_small(void **state)
{
    static const char *const helpers[] = {NULL, "/nowhere/hum-emu", "/bin/true", "/bin/false"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(helpers); i++) {
        struct humi_frames frames;
        assert_int_equal(humi_frames_open(GIB, true, helpers[i], &frames), HUM_OK);
        assert_false(frames.huge);
        assert_int_equal(humi_frames_back(&frames, 0, HUM_PAGE_SIZE), HUM_OK);
        assert_int_equal(held(&frames), HUM_PAGE_SIZE);
        humi_frames_close(&frames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_and_go),
        cmocka_unit_test(without_a_helper_frames_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
