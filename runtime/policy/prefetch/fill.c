/* SPDX-License-Identifier: MIT */
/* fill.c - a plan from the pages that should be here. */
#include "policy/prefetch/fill.h"

#include "base/mask.h"
#include "base/wide.h"
#include "policy/chunks.h"
#include "policy/window.h"

struct hum_pages humi_fill_faulted(const struct hum_view *view)
{
    return humi_mask_or(&view->read, &view->write);
}

uint32_t humi_fill_chunks(const struct hum_view *view)
{
    struct hum_pages faulted = humi_mask_or(&view->read, &view->write);

    return humi_chunks_of(&faulted);
}

/* The smallest windows, which are the most frequent, are made on the way. */
HUMI_WIDE static void fill(const struct hum_view *view, const struct hum_pages *wanted,
                           const struct hum_pages *window, struct hum_plan *plan)
{
    for (unsigned i = 0; i < HUMI_MASK_WORDS; i++) {
        uint64_t faulted = view->read.word[i] | view->write.word[i];
        uint64_t resident = view->resident.word[i], wants = wanted->word[i] & ~resident;
        uint64_t asked = view->valid.word[i] & ~faulted;
        uint64_t around = window ? window->word[i] : humi_chunks_fill(faulted);
        plan->bring.word[i] = wants & asked;
        plan->map.word[i] = (wants | (around & resident)) & asked;
    }
}

void humi_fill_plan(const struct hum_view *view, const struct hum_pages *wanted,
                    struct hum_plan *plan)
{
    unsigned size = humi_window_pages(view->map_faults);

    if (size == HUM_PAGES_PER_CHUNK) {
        fill(view, wanted, NULL, plan);
    } else {
        struct hum_pages faulted = humi_fill_faulted(view);
        struct hum_pages window = humi_window_around(&faulted, size);
        fill(view, wanted, &window, plan);
    }
}
