/* SPDX-License-Identifier: MIT */
/*
 * touches.h - a source made of a few access records, written by hand.
 */
#ifndef UNIT_REPLAY_TOUCHES_H
#define UNIT_REPLAY_TOUCHES_H

#include "support/test.h"

#include "replay/source.h"

struct touches {
    int processor;               /* HUM_HOST or a device */
    uint64_t page;
    bool write;
    uint32_t pages, count;       /* 0: 1 */
    uint32_t agent;
};

static inline void touches_add(struct humi_source *source, const struct touches *touches,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct hum_trace_record record = {
            .kind = HUM_TRACE_ACCESS,
            .access = {.agent = touches[i].agent,
                       .processor = touches[i].processor,
                       .first_page = touches[i].page,
                       .pages = touches[i].pages ? touches[i].pages : 1,
                       .count = touches[i].count ? touches[i].count : 1,
                       .write = touches[i].write}};

        assert_int_equal(humi_source_add(source, &record), HUM_OK);
    }
}

static inline void touches_begin(struct humi_source *source, uint32_t region, uint64_t first,
                                 uint64_t pages)
{
    const struct hum_trace_record record = {
        .kind = HUM_TRACE_REGION,
        .region = {.region = region, .first_page = first, .bytes = pages * HUM_PAGE_SIZE}};

    assert_int_equal(humi_source_add(source, &record), HUM_OK);
}

static inline void touches_end(struct humi_source *source, uint32_t region)
{
    const struct hum_trace_record record = {.kind = HUM_TRACE_REGION_END,
                                            .region_end = {.region = region}};

    assert_int_equal(humi_source_add(source, &record), HUM_OK);
}

static inline void touches_add_region(struct humi_source *source, uint64_t first, uint64_t pages)
{
    touches_begin(source, 1, first, pages);
}

/* Finished, to be ended by humi_source_fini(). */
static inline void touches_source(struct humi_source *source, const struct touches *touches,
                                  size_t count)
{
    humi_source_init(source, 1u << 20, 1u << 20);
    touches_add(source, touches, count);
    assert_int_equal(humi_source_finish(source, false), HUM_OK);
}

#endif
