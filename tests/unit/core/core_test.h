/* SPDX-License-Identifier: MIT */
/*
 * core_test.h - what the tests of the core share: requests in one line, and counters as
 * differences.
 *
 * Everything asserts, so it is for the main thread only.
 */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <string.h>

#include "core/counts.h"
#include "core/grant.h"
#include "core/remote.h"
#include "support/fake_processor.h"
#include "support/test.h"

#define HOST 0u
#define DEV0 1u
#define DEV1 2u
#define PAGE HUM_PAGE_SIZE
#define BLOCK HUM_BLOCK_SIZE
#define ALL 0u, HUMI_PAGES

static inline struct fake_world *world_open(const struct fake_params *params)
{
    struct fake_world *world = fake_world_open(params);

    assert_non_null(world);
    return world;
}

static inline struct humi_block *block_at(struct fake_world *world, uint32_t index)
{
    struct humi_block *block = humi_table_get(&world->hum.table, index);

    assert_non_null(block);
    return block;
}

static inline void check_world(struct fake_world *world)
{
    const char *wrong = fake_world_check_all(world);

    if (wrong)
        fail_msg("%s", wrong);
}

/* ---- requests -------------------------------------------------------------------------------- */

enum touch { TOUCH_READ, TOUCH_WRITE, TOUCH_REMOTE };

/* What a fault of p on pages [first, end) asks for, without anything that a policy would add. */
static inline struct humi_request fault_request(unsigned p, unsigned first, unsigned end,
                                                enum touch touch)
{
    struct humi_request request = {
        .processor = p,
        .bring = humi_mask_range(first, end),
        .cause = p ? HUM_CAUSE_DEVICE_FAULT : HUM_CAUSE_HOST_FAULT,
    };

    request.map = request.faulted = request.bring;
    if (touch == TOUCH_WRITE)
        request.write = request.bring;
    if (touch == TOUCH_REMOTE) {
        request.remote = request.stores = request.bring;
        request.bring = request.map = humi_mask_none();
    }
    return request;
}

static inline enum hum_status serve(struct fake_world *world, struct humi_block *block,
                                    const struct humi_request *request)
{
    humi_lock(&block->lock);
    enum hum_status status = humi_residency_serve(&world->hum, block, request);
    humi_unlock(&block->lock);
    return status;
}

static inline void touch(struct fake_world *world, struct humi_block *block, unsigned p,
                         unsigned first, unsigned end, enum touch how)
{
    struct humi_request request = fault_request(p, first, end, how);

    assert_int_equal(serve(world, block, &request), HUM_OK);
    check_world(world);
}

/* p's threads fill pages that they may write. */
static inline void fill(struct fake_world *world, struct humi_block *block, unsigned p,
                        unsigned first, unsigned end, int value)
{
    size_t offset = humi_block_offset(block);

    for (unsigned i = first; i < end; i++) {
        assert_true(fake_access(world->fake[p], offset + i * PAGE) >= FAKE_WRITE);
        memset(fake_frame(world->fake[p], offset + i * PAGE), value, PAGE);
    }
}

static inline void touch_fill(struct fake_world *world, struct humi_block *block, unsigned p,
                              unsigned first, unsigned end, int value)
{
    touch(world, block, p, first, end, TOUCH_WRITE);
    fill(world, block, p, first, end, value);
}

/* p's threads see this in pages that they may read. */
static inline void expect_content(struct fake_world *world, struct humi_block *block, unsigned p,
                                  unsigned first, unsigned end, int value)
{
    size_t offset = humi_block_offset(block);

    for (unsigned i = first; i < end; i++) {
        const char *frame = fake_frame(world->fake[p], offset + i * PAGE);
        assert_true(fake_access(world->fake[p], offset + i * PAGE) >= FAKE_READ);
        assert_int_equal((unsigned char)frame[0], value);
        assert_memory_equal(frame, frame + 1, PAGE - 1);
    }
}

/* Every page of [first, end) has this access at p. */
static inline void expect_access(struct fake_world *world, struct humi_block *block, unsigned p,
                                 unsigned first, unsigned end, enum fake_access access)
{
    for (unsigned i = first; i < end; i++)
        assert_int_equal(fake_access(world->fake[p], humi_block_offset(block) + i * PAGE), access);
}

static inline unsigned resident(const struct humi_block *block, unsigned p)
{
    return humi_mask_count(&block->hold[p].resident);
}

static inline enum hum_status evict(struct fake_world *world, struct humi_block *block, unsigned p,
                                    struct humi_evicted *evicted)
{
    humi_lock(&block->lock);
    enum hum_status status = humi_residency_evict(&world->hum, block, p, evicted);
    humi_unlock(&block->lock);
    check_world(world);
    return status;
}

static inline void forget(struct fake_world *world, struct humi_block *block, unsigned first,
                          unsigned end)
{
    humi_lock(&block->lock);
    humi_residency_forget(&world->hum, block, humi_mask_range(first, end), NULL,
                          HUM_CAUSE_DISCARD);
    humi_unlock(&block->lock);
    check_world(world);
}

/* ---- counters -------------------------------------------------------------------------------- */

static inline struct hum_counters counters(struct fake_world *world)
{
    struct hum_counters now;

    humi_counts_of_space(&world->hum, &now);
    return now;
}

/* What a change must have been counted as. */
struct counted {
    enum hum_cause cause;
    unsigned pages;
    unsigned moved[HUM_DIRECTION_COUNT]; /* pages copied */
};

/* Exactly these events have happened since `before`. */
static inline void expect_events(struct fake_world *world, const struct hum_counters *before,
                                 const struct counted *events, size_t count)
{
    struct hum_counters now = counters(world), want = *before;

    for (size_t i = 0; i < count; i++) {
        want.events[events[i].cause]++;
        want.pages[events[i].cause] += events[i].pages;
        for (int d = 0; d < HUM_DIRECTION_COUNT; d++) {
            want.bytes[d] += events[i].moved[d] * PAGE;
            want.bytes_by_cause[events[i].cause] += events[i].moved[d] * PAGE;
        }
    }
    for (int c = 0; c < HUM_CAUSE_COUNT; c++) {
        if (now.events[c] != want.events[c] || now.pages[c] != want.pages[c] ||
            now.bytes_by_cause[c] != want.bytes_by_cause[c])
            fail_msg("cause %d: %llu events, %llu pages, %llu bytes; wanted %llu, %llu, %llu", c,
                     (unsigned long long)now.events[c], (unsigned long long)now.pages[c],
                     (unsigned long long)now.bytes_by_cause[c], (unsigned long long)want.events[c],
                     (unsigned long long)want.pages[c],
                     (unsigned long long)want.bytes_by_cause[c]);
    }
    for (int d = 0; d < HUM_DIRECTION_COUNT; d++)
        assert_int_equal(now.bytes[d], want.bytes[d]);
}

#endif
