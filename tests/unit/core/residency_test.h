/* SPDX-License-Identifier: MIT */
/*
 * residency_test.h - the world that the tests of residency share, and their groups.
 */
#ifndef RESIDENCY_TEST_H
#define RESIDENCY_TEST_H

#include "core_test.h"

static const struct fake_params three = {.processors = 3, .blocks = 4};

/* A touch of one page, answered with all of a block that one region has for itself. */
static inline void touch_whole(struct fake_world *world, struct humi_block *block, unsigned p,
                               enum touch how)
{
    struct humi_request request = fault_request(p, 7, 8, how);

    request.bring = request.map = humi_mask_all();
    if (how == TOUCH_WRITE)
        request.write = request.bring;
    request.whole = true;
    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
}

/* Groups of tests: how many failed. */
int residency_access(void);
int residency_leaving(void);

#endif
