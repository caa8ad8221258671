/* SPDX-License-Identifier: MIT */
/* test_bytes.c - copies between frames with a window, without one, and none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/bytes.h"

#define PAGE HUM_PAGE_SIZE
#define BLOCK HUM_BLOCK_SIZE

enum sight { WINDOW, HIDDEN, NOTHING, SIGHTS };

/* Copies of a hidden device are done at the fence, not before. */
struct copy {
    char *to;
    const char *from;
    size_t bytes;
};

struct device {
    struct humi_processor processor;
    char *frames;
    struct copy queue[64];
    unsigned queued;
};

static struct device devices[2];
static char *before[2];

static struct device *device_of(struct humi_processor *p)
{
    return (struct device *)(void *)p;
}

static void queue(struct device *d, char *to, const char *from, size_t bytes)
{
    assert_true(d->queued < 64);
    d->queue[d->queued++] = (struct copy){to, from, bytes};
}

static void put(struct humi_processor *p, size_t offset, size_t bytes, const void *from)
{
    queue(device_of(p), device_of(p)->frames + offset, from, bytes);
}

static void get(struct humi_processor *p, size_t offset, size_t bytes, void *to)
{
    queue(device_of(p), to, device_of(p)->frames + offset, bytes);
}

static void fence(struct humi_processor *p)
{
    struct device *d = device_of(p);

    for (unsigned i = 0; i < d->queued; i++) {
        if (d->queue[i].from)
            memcpy(d->queue[i].to, d->queue[i].from, d->queue[i].bytes);
        else
            memset(d->queue[i].to, 0, d->queue[i].bytes);
    }
    d->queued = 0;
}

static const struct humi_processor_ops seen = {.kind = "seen"};
static const struct humi_processor_ops hidden = {
    .kind = "hidden", .put = put, .get = get, .fence = fence};

static void make(unsigned i, enum sight sight)
{
    struct device *d = &devices[i];

    d->processor.ops = sight == HIDDEN ? &hidden : &seen;
    d->processor.window = sight == WINDOW ? d->frames : NULL;
    for (size_t at = 0; at < 2 * BLOCK; at++)
        d->frames[at] = (char)(at * 2654435761u >> (13 + i));
    memcpy(before[i], d->frames, 2 * BLOCK);
}

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        devices[i].frames = malloc(2 * BLOCK);
        before[i] = malloc(2 * BLOCK);
        if (!devices[i].frames || !before[i])
            return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        free(devices[i].frames);
        free(before[i]);
    }
    return 0;
}

static struct hum_pages some_pages(void)
{
    struct hum_pages pages = humi_mask_range(3, 90), more = humi_mask_range(100, 101);

    humi_mask_add(&pages, &more);
    more = humi_mask_range(510, 512);
    humi_mask_add(&pages, &more);
    return pages;
}

/* Exactly the pages of the second block changed, to what they are in `want` (NULL: zeros). */
static void assert_frames(const char *frames, const char *old, const char *want,
                          const struct hum_pages *pages)
{
    static const char zeros[HUM_PAGE_SIZE];

    assert_memory_equal(frames, old, BLOCK);
    for (unsigned i = 0; i < 512; i++) {
        size_t at = BLOCK + i * PAGE;
        const char *is = humi_mask_has(pages, i) ? (want ? want + at : zeros) : old + at;
        assert_memory_equal(frames + at, is, PAGE);
    }
}

static void copies_move_exactly_the_pages(void **state)
{
    struct hum_pages pages = some_pages();

    (void)state;
    for (int to = WINDOW; to < SIGHTS; to++) {
        for (int from = WINDOW; from < SIGHTS; from++) {
            bool moves = to != NOTHING && from != NOTHING;
            make(0, (enum sight)to);
            make(1, (enum sight)from);
            humi_bytes_copy(&devices[0].processor, &devices[1].processor, BLOCK, &pages);
            assert_int_equal(devices[0].queued + devices[1].queued, 0);
            assert_frames(devices[0].frames, before[0], moves ? before[1] : before[0], &pages);
            assert_memory_equal(devices[1].frames, before[1], 2 * BLOCK);
        }
    }
}

static void zeros_go_exactly_to_the_pages(void **state)
{
    struct hum_pages pages = some_pages();

    (void)state;
    for (int to = WINDOW; to < SIGHTS; to++) {
        make(0, (enum sight)to);
        humi_bytes_zero(&devices[0].processor, BLOCK, &pages);
        assert_int_equal(devices[0].queued, 0);
        assert_frames(devices[0].frames, before[0], to == NOTHING ? before[0] : NULL, &pages);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_move_exactly_the_pages),
        cmocka_unit_test(zeros_go_exactly_to_the_pages),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
