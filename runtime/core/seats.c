/* SPDX-License-Identifier: MIT */
/* seats.c - which cores the fault service and the workers of devices sit on. */
#include "core/seats.h"

#include <sched.h>
#include <unistd.h>

#include "os/placement.h"

#define GUEST_NS UINT64_C(2000000) /* without a fault for so long, another may be the guest */

static bool is_crowded(const struct hum *hum)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers = 0;
    for (unsigned p = 1; p < hum->processors; p++)
        workers += hum->processor[p]->workers;
    return cores < 1 || workers > (unsigned long)cores;
}

void humi_seats_init(struct humi_seats *seats, const struct hum *hum)
{
    *seats = (struct humi_seats){.home = sched_getcpu(), .crowded = is_crowded(hum)};
    humi_placement_fix(0, seats->home);
}

/* Device workers may go where they like again. */
static void free_all(struct humi_seats *seats)
{
    if (seats->guest)
        humi_placement_free(seats->guest);
    for (unsigned i = 0; i < seats->away_count; i++)
        humi_placement_free(seats->away[i]);
    seats->guest = 0;
    seats->away_count = 0;
}

/* Off the home core, once; where there are more workers than cores the scheduler knows better. */
static void send_away(struct humi_seats *seats, int thread)
{
    for (unsigned i = 0; i < seats->away_count; i++)
        if (seats->away[i] == thread)
            return;
    if (seats->away_count == HUMI_SEATS_AWAY_MAX || seats->crowded)
        return;
    seats->away[seats->away_count++] = thread;
    humi_placement_avoid(thread, seats->home);
}

static void forget_away(struct humi_seats *seats, int thread)
{
    for (unsigned i = 0; i < seats->away_count; i++)
        if (seats->away[i] == thread)
            seats->away[i] = seats->away[--seats->away_count];
}

static void invite(struct humi_seats *seats, int thread, uint64_t now_ns)
{
    int before = seats->guest;
    forget_away(seats, thread);
    seats->guest = thread;
    seats->guest_ns = now_ns;
    humi_placement_fix(thread, seats->home);
    if (before && seats->crowded)
        humi_placement_free(before);
    else if (before)
        send_away(seats, before);
}

void humi_seats_fault(struct humi_seats *seats, unsigned processor, int thread, uint64_t now_ns)
{
    if (processor == 0)
        free_all(seats);
    else if (thread && thread == seats->guest)
        seats->guest_ns = now_ns;
    else if (thread && seats->guest && now_ns - seats->guest_ns < GUEST_NS)
        send_away(seats, thread);
    else if (thread)
        invite(seats, thread, now_ns);
}
