/* SPDX-License-Identifier: MIT */
/* launch.c - see launch.h */
#include "device/launch.h"

const struct mode launch_mode = {"emu", ON_EMU, true, true, true, false, NULL};

static uint64_t submit(struct world *w, const struct humi_launch *launch)
{
    uint64_t ticket = 0;
    enum hum_status status = w->p->ops->submit(w->p, launch, &ticket);

    if (status != HUM_OK)
        fail_msg("submit: %s", hum_error_text());
    return ticket;
}

uint64_t launch_start(struct world *w, const char *kernel, unsigned queue, size_t count,
                      const void *args, size_t args_bytes)
{
    struct humi_launch launch = {.kernel = world_kernel(w, kernel),
                                 .queue = queue,
                                 .count = count,
                                 .args = args,
                                 .args_bytes = args_bytes};
    return submit(w, &launch);
}

struct humi_outcome launch_end(struct world *w, uint64_t ticket)
{
    struct humi_outcome outcome = {0};
    enum hum_status status = w->p->ops->wait(w->p, ticket, INT64_C(20000000000), &outcome);

    if (status != HUM_OK)
        fail_msg("wait: %s", hum_status_name(status));
    return outcome;
}

void launch_ok(struct world *w, const char *kernel, size_t count, const void *args,
               size_t args_bytes)
{
    uint64_t ticket = launch_start(w, kernel, 1, count, args, args_bytes);

    assert_string_equal(hum_status_name(launch_end(w, ticket).status), "HUM_OK");
}

void launch_grid_ok(struct world *w, const char *kernel, const struct hum_grid *grid,
                    const void *args, size_t args_bytes)
{
    struct humi_launch launch = {.kernel = world_kernel(w, kernel),
                                 .queue = 1,
                                 .grouped = true,
                                 .grid = *grid,
                                 .args = args,
                                 .args_bytes = args_bytes};

    assert_string_equal(hum_status_name(launch_end(w, submit(w, &launch)).status), "HUM_OK");
}
