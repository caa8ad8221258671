/* SPDX-License-Identifier: MIT */
/* test_box.c - whether boxes share a byte, against marking their bytes one by one. */
#include "platform/box.h"

#include <string.h>

#include "support/random.h"
#include "support/test.h"

#define SIDE 5u
#define BYTES 4096u

struct any_box {
    struct humi_box box;
    size_t size[3];
};

/* With gaps or without; pitches of its own, as a mapping and a transfer have. */
static struct any_box any(struct random *random)
{
    struct any_box any;

    for (unsigned d = 0; d < 3; d++) {
        any.size[d] = 1 + random_below(random, SIDE);
        any.box.origin[d] = random_below(random, SIDE);
    }
    any.box.row_pitch = any.size[0] + random_below(random, 4);
    any.box.slice_pitch = any.box.row_pitch * (any.size[1] + random_below(random, 3));
    return any;
}

static void mark(const struct any_box *any, unsigned char *marks, unsigned char bit)
{
    size_t start = humi_box_start(&any->box);

    for (size_t z = 0; z < any->size[2]; z++)
        for (size_t y = 0; y < any->size[1]; y++)
            for (size_t x = 0; x < any->size[0]; x++)
                marks[start + z * any->box.slice_pitch + y * any->box.row_pitch + x] |= bit;
}

static void boxes_meet_where_they_share_a_byte(void **state)
{
    struct random random = random_make(random_seed("boxes that meet"), 0);
    unsigned met = 0;

    (void)state;
    for (uint64_t round = 0; round < random_steps(4000); round++) {
        struct any_box a = any(&random), b = any(&random);
        unsigned char marks[BYTES] = {0};
        bool share;

        mark(&a, marks, 1);
        mark(&b, marks, 2);
        share = memchr(marks, 3, sizeof marks) != NULL;
        met += share;
        assert_int_equal(humi_boxes_meet(&a.box, a.size, &b.box, b.size), share);
        assert_int_equal(humi_boxes_meet(&b.box, b.size, &a.box, a.size), share);
    }
    assert_true(met > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(boxes_meet_where_they_share_a_byte)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
