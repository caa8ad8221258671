/* SPDX-License-Identifier: MIT */
/* pace.c - waiting for the modelled link, and as long as modelled service takes. */
#include "core/pace.h"

#include <sched.h>
#include <time.h>

#include "base/clock.h"

#define SLEEP_NS UINT64_C(200000) /* below, a sleeping thread would come back too late */

/* Take the queue for so long; when that ends. */
static uint64_t queue(_Atomic uint64_t *free_ns, uint64_t start_ns, uint64_t ns)
{
    uint64_t free = atomic_load(free_ns), end;
    do
        end = (free > start_ns ? free : start_ns) + ns;
    while (!atomic_compare_exchange_weak(free_ns, &free, end));
    return end;
}

static void wait_until(uint64_t end_ns)
{
    uint64_t now;
    while ((now = humi_clock_real_ns()) < end_ns) {
        uint64_t left = end_ns - now;
        struct timespec pause = {0, (long)(left / 2 < 50000000 ? left / 2 : 50000000)};
        if (left > SLEEP_NS)
            nanosleep(&pause, NULL);
        else
            sched_yield();
    }
}

void humi_pace_serve(struct hum *hum, uint64_t ns)
{
    if (hum->recorder.pace_faults)
        wait_until(humi_clock_real_ns() + ns);
}

void humi_pace_move(struct hum *hum, enum hum_direction direction, const struct hum_pages *pages,
                    uint64_t start_ns)
{
    struct humi_recorder *recorder = &hum->recorder;
    if (!recorder->pace)
        return;
    uint64_t ns = humi_link_ns(&recorder->link, humi_mask_count(pages) * HUM_PAGE_SIZE,
                               humi_mask_count_runs(pages));
    wait_until(queue(&recorder->link_free_ns[direction], start_ns, ns));
}
