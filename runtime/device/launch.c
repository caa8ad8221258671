/* SPDX-License-Identifier: MIT */
/* launch.c - see launch.h */
#include "device/launch.h"

#include "base/status.h"

#define ITEMS_MAX 65536u /* work-items of a group */

static enum hum_status check_grid(const struct hum_grid *grid)
{
    size_t groups = 1, items = 1;

    if (grid->dimensions < 1 || grid->dimensions > 3 || grid->local_bytes > HUM_LOCAL_MAX)
        return humi_fail(HUM_ERR_INVALID, "a grid has 1 to 3 dimensions and at most %zu bytes of "
                                          "local memory",
                         HUM_LOCAL_MAX);
    for (unsigned d = 0; d < grid->dimensions; d++)
        if (__builtin_mul_overflow(groups, grid->groups[d], &groups) ||
            __builtin_mul_overflow(items, grid->items[d], &items) || grid->items[d] == 0 ||
            items > ITEMS_MAX)
            return humi_fail(HUM_ERR_INVALID, "a group has 1 to %u work-items", ITEMS_MAX);
    return HUM_OK;
}

enum hum_status humi_launch_check(const struct humi_launch *launch, const char *kernel,
                                  size_t args_bytes)
{
    if (launch->queue >= HUMI_QUEUES_MAX || launch->args_bytes > HUM_ARGS_MAX)
        return humi_fail(HUM_ERR_INVALID, "no such queue, or arguments too big");
    if (args_bytes != HUMI_ARGS_UNKNOWN && launch->args_bytes != args_bytes)
        return humi_fail(HUM_ERR_INVALID, "kernel %s takes %zu bytes of arguments, not %zu",
                         kernel, args_bytes, launch->args_bytes);
    return launch->grouped ? check_grid(&launch->grid) : HUM_OK;
}
