/* SPDX-License-Identifier: MIT */
/*
 * slices.c - a sample of the touches of a launch: now and then a few of its indices run in the
 * build of the kernel that tells every touch (NAME.exact.so), all others in the plain one.
 *
 *     a part   |------ plain ------|T|-------- plain --------|T|---- plain ...
 *
 * A unit is a slice of UNIT_INDICES indices of a flat launch, or a group.  Gaps between sampled
 * units are drawn evenly from 0 to twice their mean, so that no loop of the kernel is in step with
 * them, and go on from one part or launch to the next.  A touch of a sampled unit stands for the
 * mean gap.  This costs some nanoseconds a touch, where a fault costs 15 to 40 us, and what it
 * tells is in proportion to the touches.  The idea: M. Arnold, B. Ryder, "A framework for reducing
 * the cost of instrumented code", PLDI 2001.
 *
 * Cost.  A sampled unit is charged with all the time that it took, and what a worker runs earns the
 * allowed share; all workers together spend the device's, so each has its part of it.  The gap is
 * first such that the two agree by what plain and sampled units of this kernel usually take, then
 * wider or closer by what is owed or left over.  A fault in a sampled unit is not charged, because
 * it would have been one anyway: a unit costs at most CHARGE_NS and CHARGE_TOUCH_NS for each touch.
 * Units that take longer than UNIT_MAX_NS are not sampled: one alone would be felt.
 *
 * Threads: each worker has its own.  Kernel code may be left in the middle (trap.c): all that is
 * lost then is one sample.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "device/emu/process/process.h"
#include "device/emu/process/tally.h"

#define UNIT_INDICES 8u
#define UNIT_MAX_NS 1e6
#define CHARGE_NS 5000.0
#define CHARGE_TOUCH_NS 50.0
#define CALL_NS 100.0          /* reading the clock and the additional call */
#define SWING_NS 1e7           /* so much time's share owed or left doubles or halves the gap */
#define SWING_MAX 8.0
#define KEEP_NS 1e8            /* more than this time's share is not kept */
#define FIRST_TIMES 20.0       /* plain time that a sampled unit is believed to take at first */
#define GAP_MAX 1e9
#define WHOLE 1e6              /* a share of 1, in ppm */

/* What is known of a kernel. */
struct rhythm {
    double plain_ns;           /* of a unit; 0: not known */
    double sampled_ns;         /* of a unit that is sampled */
    double gap;                /* mean number of units for one that is sampled */
    uint64_t skip;             /* units until the next one that is */
};

struct humi_slices {
    double share;
    uint64_t random;
    double left_ns;            /* earned and not spent; below 0: owed */
    uint64_t spent_ns, count;  /* not told yet */
    struct rhythm rhythms[HUMI_EMU_KERNELS_MAX];
};

struct humi_slices *humi_slices_create(uint32_t share_ppm, uint64_t seed)
{
    struct humi_slices *slices = calloc(1, sizeof *slices);

    if (slices) {
        slices->share = share_ppm / WHOLE;
        slices->random = seed + 1;
    }
    return slices;
}

/* ---- the next gap ---------------------------------------------------------------------------- */

/* G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(struct humi_slices *slices)
{
    uint64_t x = slices->random += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* What is left over makes the gap closer, what is owed wider. */
static double swing(const struct humi_slices *slices)
{
    double swings = slices->left_ns / (slices->share * SWING_NS);
    double times = swings < 0 ? 1 - swings : 1 / (1 + swings);

    return times < 1 / SWING_MAX ? 1 / SWING_MAX : times > SWING_MAX ? SWING_MAX : times;
}

static void draw(struct humi_slices *slices, struct rhythm *r)
{
    double gap = swing(slices) * r->sampled_ns / (slices->share * r->plain_ns);

    r->gap = gap < 1 ? 1 : gap > GAP_MAX ? GAP_MAX : gap;
    /* One of `gap` units is sampled: between two of them are gap - 1 others. */
    r->skip = (uint64_t)(2 * (r->gap - 1) * (double)(next_random(slices) >> 11) * 0x1p-53 + 0.5);
}

/* ---- what units take ------------------------------------------------------------------------- */

/* It follows fast when something takes less, slowly and in small steps when more. */
static void learn(double *mean, double value)
{
    if (value < *mean)
        *mean += (value - *mean) / 2;
    else
        *mean += ((value < 2 * *mean ? value : 2 * *mean) - *mean) / 16;
}

static void learn_plain(struct rhythm *r, double ns)
{
    ns = ns > 0.1 ? ns : 0.1; /* the clock is coarser than a unit */
    if (r->plain_ns > 0) {
        learn(&r->plain_ns, ns);
        return;
    }
    r->plain_ns = ns;
    r->sampled_ns = FIRST_TIMES * ns + CALL_NS;
}

static void charge(struct humi_slices *slices, struct rhythm *r, double ns, uint32_t touches)
{
    double most = CHARGE_NS + CHARGE_TOUCH_NS * touches;

    ns = (ns < most ? ns : most) + CALL_NS;
    learn(&r->sampled_ns, ns);
    slices->left_ns -= ns;
    slices->spent_ns += (uint64_t)ns;
    slices->count++;
}

static void tell(struct humi_slices *slices)
{
    struct humi_emu_samples *samples = humi_device.samples;

    if (slices->count == 0)
        return;
    __atomic_fetch_add(&samples->spent_ns, slices->spent_ns, __ATOMIC_RELAXED);
    __atomic_fetch_add(&samples->slices, slices->count, __ATOMIC_RELAXED);
    slices->spent_ns = slices->count = 0;
}

/* ---- running --------------------------------------------------------------------------------- */

static uint64_t units_of(const struct humi_piece *piece)
{
    uint64_t indices = piece->slot->grouped ? 0 : piece->slot->count / piece->parts;

    return indices > UNIT_INDICES ? indices / UNIT_INDICES : 1;
}

/* Units [first, end) of the part, with that entry. */
static void run_units(const struct hum_kernel_entry *entry, const struct humi_piece *piece,
                      struct hum_place *place, uint64_t first, uint64_t end)
{
    place->slice = first;
    place->slice_end = end;
    if (first < end)
        entry->run(humi_emu_args(humi_device.control, piece->slot), place);
}

static void run_sampled(struct humi_slices *slices, struct rhythm *r,
                        const struct humi_piece *piece, struct hum_place *place, uint64_t unit)
{
    struct humi_tally *tally = &humi_tally;
    uint64_t start = humi_clock_ns();
    uint32_t touches;

    humi_tally_open(tally, (uint32_t)(r->gap + 0.5));
    run_units(piece->kernel->telling, piece, place, unit, unit + 1);
    touches = tally->touches;
    humi_tally_close(tally);
    charge(slices, r, (double)(humi_clock_ns() - start), touches);
    draw(slices, r);
}

/* Plain units, timed. */
static void run_timed(struct rhythm *r, const struct humi_piece *piece, struct hum_place *place,
                      uint64_t first, uint64_t end)
{
    uint64_t start = humi_clock_ns();

    run_units(piece->kernel->native, piece, place, first, end);
    if (first < end)
        learn_plain(r, (double)(humi_clock_ns() - start) / (double)(end - first));
}

void humi_slices_earn(struct humi_slices *slices, uint64_t ran_ns)
{
    double most = slices->share * KEEP_NS;

    slices->left_ns += slices->share * (double)ran_ns;
    slices->left_ns = slices->left_ns < most ? slices->left_ns : most;
    tell(slices);
}

void humi_slices_run(struct humi_slices *slices, const struct humi_piece *piece,
                     struct hum_place *place)
{
    struct rhythm *r = &slices->rhythms[piece->slot->kernel % HUMI_EMU_KERNELS_MAX];
    uint64_t units = units_of(piece), at = 0;

    place->slices = piece->slot->grouped ? 0 : units;
    if (r->plain_ns == 0 || r->plain_ns > UNIT_MAX_NS) {
        run_timed(r, piece, place, 0, units);
        draw(slices, r);
        return;
    }
    while (r->skip < units - at) {
        run_timed(r, piece, place, at, at + r->skip);
        at += r->skip;
        r->skip = 0;
        run_sampled(slices, r, piece, place, at++);
    }
    run_units(piece->kernel->native, piece, place, at, units);
    r->skip -= units - at;
}
