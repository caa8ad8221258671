/* SPDX-License-Identifier: MIT */
/*
 * counter.c - far first, near when it pays: access counters, as NVIDIA's GPUs have them.
 *
 * A device maps what it touches first where it is; a chunk that it touched `threshold` times comes.
 * The host takes pages as in `share`: its own memory is what everything comes from.  With `host` it
 * does as devices do, and samples of it are faults (core/sample.h).
 *
 * Source: the access counters of NVIDIA's open kernel modules 595.45.04 (threshold 256, granules of
 * 64 KiB); their driver does not act on them on x86 with pages of 4 KiB.
 */
#include "policy/parts.h"
#include "policy/place/far.h"

enum { THRESHOLD, HOST };
static const struct hum_tunable tunables[] = {
    [THRESHOLD] = {"threshold", "touches of a chunk after which it comes", 256, 1, UINT32_MAX},
    [HOST] = {"host", "1: the host maps what devices have, too", 0, 0, 1},
};

static void plan(const struct hum_view *view, const struct hum_part_context *context,
                 struct hum_plan *plan)
{
    struct hum_pages far = humi_far_pages(view);

    if (view->processor != HUM_HOST || context->tunables[HOST])
        plan->remote = humi_far_cold(view, &far, context->tunables[THRESHOLD]);
}

const struct hum_part humi_place_counter = {
    .name = "counter",
    .description = "mapped remotely at first, a chunk comes once it was touched often enough",
    .tunables = tunables,
    .tunable_count = sizeof tunables / sizeof tunables[0],
    .plan = plan,
    .counts_touches = true,
};
