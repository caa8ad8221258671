/* SPDX-License-Identifier: MIT */
/* chunk.c - each faulted 64 KiB chunk, whole: the driver's smallest step without its tree. */
#include "policy/parts.h"
#include "policy/prefetch/fill.h"
#include "policy/tree.h"

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct hum_pages faulted = humi_fill_faulted(view);
    struct hum_pages chunks = humi_tree_chunks(&faulted);

    (void)context;
    humi_fill_plan(view, &chunks, plan);
}

const struct hum_part humi_prefetch_chunk = {
    .name = "chunk",
    .description = "the faulted 64 KiB chunk, whole",
    .plan = plan,
};
