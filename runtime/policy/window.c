/* SPDX-License-Identifier: MIT */
/* window.c - aligned windows around faulted pages. */
#include "policy/window.h"

#include "base/mask.h"

unsigned humi_window_pages(unsigned map_faults)
{
    if (map_faults == 0)
        return HUM_PAGES_PER_CHUNK;
    return map_faults == 1 ? 4 * HUM_PAGES_PER_CHUNK : HUM_PAGES_PER_BLOCK;
}

struct hum_pages humi_window_around(const struct hum_pages *pages, unsigned size)
{
    struct hum_pages around = humi_mask_none();

    humi_for_each_run (run, pages) {
        unsigned first = run.first / size * size;
        unsigned end = (run.end + size - 1) / size * size;
        struct hum_pages range = humi_mask_range(first, end);
        humi_mask_add(&around, &range);
    }
    return around;
}
