/* SPDX-License-Identifier: MIT */
/* worker.c - a thread that takes pieces of launches and runs their kernel code. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/status.h"
#include "device/emu/process/opencl/opencl.h"
#include "device/emu/process/process.h"
#include "os/futex.h"

struct humi_worker *humi_workers;

/* ---- running --------------------------------------------------------------------------------- */

static struct hum_place place_of(const struct humi_piece *piece, void *local)
{
    const struct hum_grid *grid = &piece->slot->grid;
    struct hum_place place = {.parts = piece->parts, .local = local, .items_total = 1};

    for (unsigned d = 0; d < 3; d++) {
        bool used = piece->slot->grouped && d < grid->dimensions;
        place.groups[d] = used ? grid->groups[d] : 1;
        place.items[d] = used ? grid->items[d] : 1;
        place.items_total *= place.items[d];
    }
    return place;
}

/* Group `part` of the grid; dimension 0 runs fastest. */
static void move_to(struct hum_place *place, size_t part)
{
    place->part = part;
    for (unsigned d = 0; d < 3; d++) {
        place->group[d] = part % place->groups[d];
        part /= place->groups[d];
    }
}

static void run_parts(const struct humi_piece *piece, const struct humi_worker *worker)
{
    const struct humi_kernel *kernel = piece->kernel;
    struct hum_place place = place_of(piece, worker->local);
    uint64_t start = 0;

    for (size_t part = piece->first; part < piece->end; part++) {
        if (__atomic_load_n(piece->cancelled, __ATOMIC_RELAXED))
            return;
        if (piece->slot->grouped)
            move_to(&place, part);
        else
            place.part = part;
        bool sampled = kernel->telling && humi_slices_are_wanted();
        if (sampled && !start)
            start = humi_clock_ns();
        if (sampled)
            humi_slices_run(worker->slices, piece, &place);
        else
            kernel->native->run(humi_emu_args(humi_device.control, piece->slot), &place);
    }
    if (start)
        humi_slices_earn(worker->slices, humi_clock_ns() - start);
}

/* Say what the worker runs, to the runtime. */
static void announce(const struct humi_worker *worker, const struct humi_emu_slot *slot)
{
    struct humi_emu_worker *record = &humi_device.control->workers[worker->index];

    __atomic_store_n(&record->kernel, slot->kernel, __ATOMIC_RELAXED);
    __atomic_store_n(&record->serial, slot->serial, __ATOMIC_RELEASE);
}

static struct humi_result run_native(struct humi_worker *worker, const struct humi_piece *piece)
{
    uint64_t serial = piece->slot->serial;

    announce(worker, piece->slot);
    if (sigsetjmp(worker->escape, 0) != 0) {
        humi_hooks_end(false); /* of the piece; serial is 0 already */
        return worker->trapped;
    }
    __atomic_store_n(&worker->serial, serial, __ATOMIC_SEQ_CST);
    /* The watchdog may have looked just before: it marks first, then looks at serial. */
    if (__atomic_load_n(&worker->timeout_serial, __ATOMIC_SEQ_CST) != serial) {
        humi_hooks_begin(piece->slot);
        run_parts(piece, worker);
        humi_hooks_end(true); /* where it can be interrupted, for it may wait */
    }
    __atomic_store_n(&worker->serial, 0, __ATOMIC_SEQ_CST);
    return (struct humi_result){.status = HUM_OK};
}

/* What the helper does is of this launch from now on; NULL: of none. */
static void lend_helper(struct humi_worker *worker, struct humi_emu_slot *slot)
{
    if (slot) {
        announce(worker, slot);
        __atomic_store_n(&worker->helped, slot, __ATOMIC_SEQ_CST);
        __atomic_store_n(&worker->serial, slot->serial, __ATOMIC_SEQ_CST);
    } else {
        __atomic_store_n(&worker->serial, 0, __ATOMIC_SEQ_CST);
        __atomic_store_n(&worker->helped, NULL, __ATOMIC_SEQ_CST);
    }
}

/* A plain kernel has all helpers, and no other worker has a piece. */
static struct humi_result run_helped(struct humi_worker *worker, struct humi_piece *piece)
{
    bool all = humi_cl_is_plain(piece->kernel->cl);
    unsigned first = all ? 0 : worker->index;
    unsigned end = all ? humi_device.hello.workers : worker->index + 1;
    struct humi_result result;

    if (__atomic_load_n(piece->cancelled, __ATOMIC_RELAXED))
        return (struct humi_result){.status = HUM_OK};
    for (unsigned i = first; i < end; i++)
        lend_helper(&humi_workers[i], piece->slot);
    result = humi_cl_run(worker, piece);
    for (unsigned i = first; i < end; i++)
        lend_helper(&humi_workers[i], NULL);
    return result;
}

void humi_workers_lend(struct humi_emu_slot *slot)
{
    for (unsigned i = 0; i < humi_device.hello.workers; i++)
        lend_helper(&humi_workers[i], slot);
}

void humi_worker_help(struct humi_worker *worker)
{
    struct humi_emu_worker *record = &humi_device.control->workers[worker->index];

    if (record->helper == gettid())
        return;
    if (humi_trap_init_worker(worker) != HUM_OK)
        _exit(1);
    __atomic_store_n(&record->helper, gettid(), __ATOMIC_RELEASE);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/*
 * Until the doorbell is no longer what it was.  A worker that shares its bit may clear it for the
 * other: that one is then woken by whoever finds more to do, or by the next launch that sees a bit.
 */
static void sleep_on(uint32_t bell, int64_t timeout_ns, uint32_t bit)
{
    struct humi_emu_control *c = humi_device.control;

    __atomic_or_fetch(&c->sleepers, bit, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->doorbell, __ATOMIC_SEQ_CST) == bell)
        humi_futex_wait_as(&c->doorbell, bell, timeout_ns, bit);
    __atomic_and_fetch(&c->sleepers, ~bit, __ATOMIC_SEQ_CST);
}

/* Look for the next launch before going to sleep; true: the doorbell has rung. */
static bool spin(uint32_t bell)
{
    struct humi_emu_control *c = humi_device.control;
    bool rang;

    __atomic_add_fetch(&c->attended, 1, __ATOMIC_SEQ_CST);
    rang = humi_futex_spin(&c->doorbell, bell, HUMI_FUTEX_SPIN_NS);
    __atomic_sub_fetch(&c->attended, 1, __ATOMIC_SEQ_CST);
    return rang;
}

bool humi_worker_await(uint32_t bell, int64_t timeout_ns)
{
    struct humi_emu_control *c = humi_device.control;

    if (humi_futex_spin(&c->doorbell, bell, HUMI_FUTEX_SPIN_NS))
        return true;
    __atomic_sub_fetch(&c->attended, 1, __ATOMIC_SEQ_CST);
    sleep_on(bell, timeout_ns, HUMI_EMU_ALONE_BIT);
    __atomic_add_fetch(&c->attended, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&c->doorbell, __ATOMIC_SEQ_CST) != bell;
}

static void *work(void *arg)
{
    struct humi_worker *worker = arg;
    struct humi_piece piece;
    bool worked = false;

    worker->tid = gettid();
    if (humi_trap_init_worker(worker) != HUM_OK)
        _exit(1);
    humi_hooks_start(worker->index);
    __atomic_store_n(&humi_device.control->workers[worker->index].thread, worker->tid,
                     __ATOMIC_RELEASE);
    for (;;) {
        uint32_t bell = __atomic_load_n(&humi_device.control->doorbell, __ATOMIC_SEQ_CST);
        if (humi_schedule_take(worker, &piece)) {
            struct humi_result result = piece.kernel->cl ? run_helped(worker, &piece)
                                                         : run_native(worker, &piece);
            humi_schedule_finish(worker, &piece, &result);
            worked = piece.slot; /* else it was looked for the next already */
        } else {
            if (!worked || !spin(bell))
                sleep_on(bell, -1, HUMI_EMU_WORKER_BIT(worker->index));
            worked = false;
        }
    }
    return NULL;
}

enum hum_status humi_workers_start(void)
{
    unsigned count = humi_device.hello.workers;
    uint32_t share_ppm = (humi_device.hello.sample_ppm + count - 1) / count; /* for all of them */

    humi_workers = calloc(count, sizeof *humi_workers);
    if (!humi_workers)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for workers");
    for (unsigned i = 0; i < count; i++) {
        humi_workers[i].index = i;
        humi_workers[i].local = aligned_alloc(64, HUM_LOCAL_MAX);
        if (!humi_workers[i].local)
            return humi_fail(HUM_ERR_NO_MEMORY, "no local memory for a worker");
        if (!humi_device.samples)
            continue;
        humi_workers[i].slices = humi_slices_create(share_ppm, i);
        if (!humi_workers[i].slices)
            return humi_fail(HUM_ERR_NO_MEMORY, "no memory to sample touches");
    }
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&humi_workers[i].thread, NULL, work, &humi_workers[i]) != 0)
            return humi_fail(HUM_ERR_NO_MEMORY, "cannot start worker %u of %u", i + 1, count);
    return HUM_OK;
}
