/* SPDX-License-Identifier: MIT */
/*
 * schedule.c - launches, queues, and which worker runs which parts.
 *
 *     ring (control memory) -> queue of each stream -> its head runs -> pieces -> workers
 *
 * The head of a queue is cut into parts and each worker owns a contiguous span of them, which it
 * takes from the front; so neighbouring parts run on one worker, one after the other.  A worker
 * whose span is empty takes the further half of the longest span.
 *
 * A plain kernel of OpenCL (opencl/opencl.h) is one part that runs alone: it waits until nobody
 * holds a piece, and as long as it waits or runs nobody takes another.  So nobody needs to be woken
 * for what is submitted meanwhile.  Who holds the piece of one from a program may run launches
 * behind it, too, in the same piece, and keep it for a moment when there is none.
 *
 * Invariant: a queue's bit in `open` is set if and only if its head has parts that nobody has
 * taken.
 * Everything here is guarded by `lock`, except where atomics are named.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/status.h"
#include "device/emu/process/opencl/opencl.h"
#include "device/emu/process/process.h"
#include "os/futex.h"

#define NONE UINT32_MAX
#define CL_PIECES_MAX 4096u /* parts that OpenCL is given at once */

struct span {
    size_t next, end;
};

/* The head of a queue while it runs. */
struct running {
    const struct humi_kernel *kernel;
    size_t parts, chunk;        /* a worker takes so many at once */
    size_t unclaimed;           /* parts in spans */
    unsigned inside;            /* workers that hold a piece */
    bool cancelled;             /* atomic */
    struct humi_result result;  /* the first that is not HUM_OK */
    struct span *spans;         /* one a worker */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t first[HUMI_QUEUES_MAX], last[HUMI_QUEUES_MAX]; /* slots; NONE: empty */
static uint32_t behind[HUMI_EMU_SLOTS];                        /* the next slot of the queue */
static struct running running[HUMI_QUEUES_MAX];
static uint64_t open_queues;    /* bits */
static uint64_t busy_queues;    /* bits: the head has started */
static unsigned inside;         /* pieces that workers hold, of all queues */
static bool alone;              /* one of them is of a plain kernel */
static uint32_t ring_head;
static uint32_t zap_serial;

enum hum_status humi_schedule_init(void)
{
    for (unsigned q = 0; q < HUMI_QUEUES_MAX; q++) {
        first[q] = last[q] = NONE;
        running[q].spans = calloc(humi_device.hello.workers, sizeof(struct span));
        if (!running[q].spans)
            return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a queue");
    }
    return HUM_OK;
}

static struct humi_emu_slot *head(unsigned queue)
{
    return &humi_device.control->slots[first[queue]];
}

/* ---- starting and completing ----------------------------------------------------------------- */

static bool is_plain(const struct humi_kernel *kernel)
{
    return kernel && kernel->cl && humi_cl_is_plain(kernel->cl);
}

static size_t parts_cut(const struct humi_emu_slot *slot)
{
    size_t most = (size_t)humi_device.hello.workers * 8, groups = 1;

    if (!slot->grouped)
        return slot->count < most ? slot->count : most;
    for (unsigned d = 0; d < slot->grid.dimensions; d++)
        groups *= slot->grid.groups[d];
    return groups;
}

static size_t parts_of(const struct humi_emu_slot *slot, const struct humi_kernel *kernel)
{
    size_t parts = parts_cut(slot);

    return is_plain(kernel) && parts > 1 ? 1 : parts;
}

/*
 * How many parts a worker takes at once.  Groups can be many and small: several keep the lock out
 * of the way.  Giving OpenCL a piece costs as much as a launch, so there it is few pieces.
 */
static size_t chunk_of(const struct running *r)
{
    size_t workers = humi_device.hello.workers;
    size_t chunk = r->parts / (workers * (r->kernel->cl ? 2 : 64));

    if (r->kernel->cl && chunk > CL_PIECES_MAX)
        return CL_PIECES_MAX;
    return chunk > 0 ? chunk : 1;
}

static void deal(struct running *r)
{
    size_t workers = humi_device.hello.workers;

    for (size_t w = 0; w < workers; w++) /* as hum_share_start() shares indices */
        r->spans[w] = (struct span){r->parts / workers * w + (w < r->parts % workers
                                                                  ? w : r->parts % workers),
                                    r->parts / workers * (w + 1) +
                                        (w + 1 < r->parts % workers ? w + 1
                                                                    : r->parts % workers)};
    r->unclaimed = r->parts;
    r->chunk = chunk_of(r);
}

static void note_start(struct humi_emu_slot *slot)
{
    __atomic_store_n(&slot->start_ns, humi_clock_ns(), __ATOMIC_RELAXED);
    if (humi_device.hello.watchdog_ms > 0)
        humi_agent_wake();
}

/* Write the outcome where the runtime finds it and wake who waits.  The head leaves its queue. */
static void complete(unsigned queue)
{
    struct humi_emu_control *c = humi_device.control;
    struct humi_emu_slot *slot = head(queue);
    const struct running *r = &running[queue];
    uint32_t done = HUMI_EMU_STATE(slot->serial, HUMI_EMU_DONE), old;

    first[queue] = behind[first[queue]];
    if (first[queue] == NONE)
        last[queue] = NONE;
    busy_queues &= ~(UINT64_C(1) << queue);
    if (slot->start_ns == 0)
        note_start(slot);
    slot->status = r->result.status;
    slot->signal = r->result.signal;
    slot->address = r->result.address;
    slot->end_ns = humi_clock_ns();
    __atomic_add_fetch(&c->finished, 1, __ATOMIC_SEQ_CST);
    old = __atomic_exchange_n(&slot->state, done, __ATOMIC_SEQ_CST); /* the slot is theirs now */
    if (old & HUMI_EMU_WAITED)
        humi_futex_wake(&slot->state, HUMI_FUTEX_ALL);
    __atomic_add_fetch(&c->completions, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->completion_sleepers, __ATOMIC_SEQ_CST) > 0)
        humi_futex_wake(&c->completions, HUMI_FUTEX_ALL);
}

/* Start the head of the queue; heads that have nothing to run complete at once. */
static void start_next(unsigned queue)
{
    struct running *r = &running[queue];

    while (first[queue] != NONE) {
        struct humi_emu_slot *slot = head(queue);
        r->kernel = humi_catalog_kernel(slot->kernel);
        r->parts = parts_of(slot, r->kernel);
        r->inside = 0;
        r->result = (struct humi_result){.status = r->kernel ? HUM_OK : HUM_ERR_MODULE};
        __atomic_store_n(&r->cancelled, false, __ATOMIC_RELAXED);
        busy_queues |= UINT64_C(1) << queue;
        if (r->kernel && r->parts > 0) {
            deal(r);
            open_queues |= UINT64_C(1) << queue;
            return;
        }
        complete(queue);
    }
}

/* ---- the ring -------------------------------------------------------------------------------- */

/* Forget what the runtime listed while nothing ran.  No kernel runs before this is done. */
static void forget_listed(void)
{
    struct humi_emu_control *c = humi_device.control;
    uint32_t serial = __atomic_load_n(&c->zap_serial, __ATOMIC_ACQUIRE);

    if (serial == zap_serial)
        return;
    zap_serial = serial;
    if (c->zap_count > HUMI_EMU_ZAPS) {
        humi_prot_forget(0, humi_device.hello.bytes);
        return;
    }
    for (uint32_t i = 0; i < c->zap_count; i++)
        humi_prot_forget(c->zaps[i].offset, c->zaps[i].bytes);
}

static void append(uint32_t slot)
{
    unsigned queue = humi_device.control->slots[slot].queue % HUMI_QUEUES_MAX;

    behind[slot] = NONE;
    if (last[queue] != NONE) {
        behind[last[queue]] = slot;
        last[queue] = slot;
        return;
    }
    first[queue] = last[queue] = slot;
    start_next(queue);
}

/* Move what was submitted into the queues. */
static void drain(void)
{
    struct humi_emu_control *c = humi_device.control;
    uint32_t tail = __atomic_load_n(&c->tail, __ATOMIC_ACQUIRE);

    if (ring_head != tail)
        forget_listed();
    while (ring_head != tail)
        append(c->ring[ring_head++ % HUMI_EMU_SLOTS] % HUMI_EMU_SLOTS);
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* The open queue whose head was submitted first. */
static unsigned oldest_queue(void)
{
    unsigned best = HUMI_QUEUES_MAX;

    for (uint64_t left = open_queues; left; left &= left - 1) {
        unsigned queue = (unsigned)__builtin_ctzll(left);
        if (best == HUMI_QUEUES_MAX || head(queue)->serial < head(best)->serial)
            best = queue;
    }
    return best;
}

/* The queue this worker was at, else the oldest; HUMI_QUEUES_MAX: none, for now. */
static unsigned pick_queue(const struct humi_worker *worker)
{
    unsigned queue = oldest_queue();

    if (alone || queue == HUMI_QUEUES_MAX)
        return HUMI_QUEUES_MAX;
    if (is_plain(running[queue].kernel))
        return inside == 0 ? queue : HUMI_QUEUES_MAX;
    if ((open_queues >> worker->queue & 1) && !is_plain(running[worker->queue].kernel))
        return worker->queue;
    return queue;
}

static void steal_half(struct running *r, struct span *mine)
{
    struct span *longest = &r->spans[0];

    for (unsigned w = 1; w < humi_device.hello.workers; w++)
        if (r->spans[w].end - r->spans[w].next > longest->end - longest->next)
            longest = &r->spans[w];
    mine->end = longest->end;
    mine->next = longest->end - (longest->end - longest->next + 1) / 2;
    longest->end = mine->next;
}

/* While it is so, who holds the piece looks at what is submitted, at the latest when it ends. */
static void set_alone(bool is_alone)
{
    if (is_alone == alone)
        return;
    alone = is_alone;
    if (alone)
        __atomic_add_fetch(&humi_device.control->attended, 1, __ATOMIC_SEQ_CST);
    else
        __atomic_sub_fetch(&humi_device.control->attended, 1, __ATOMIC_SEQ_CST);
}

static void take_from(unsigned queue, struct humi_worker *worker, struct humi_piece *piece_out)
{
    struct running *r = &running[queue];
    struct span *mine = &r->spans[worker->index];
    size_t take;

    if (mine->next == mine->end)
        steal_half(r, mine);
    take = mine->end - mine->next < r->chunk ? mine->end - mine->next : r->chunk;
    *piece_out = (struct humi_piece){.queue = queue,
                                     .slot = head(queue),
                                     .kernel = r->kernel,
                                     .cancelled = &r->cancelled,
                                     .first = mine->next,
                                     .end = mine->next + take,
                                     .parts = r->parts};
    if (head(queue)->start_ns == 0 && !r->kernel->cl)
        note_start(head(queue));
    mine->next += take;
    r->unclaimed -= take;
    r->inside++;
    inside++;
    set_alone(is_plain(r->kernel));
    if (r->unclaimed == 0)
        open_queues &= ~(UINT64_C(1) << queue);
    worker->queue = queue;
}

/* How many more workers could find something to do. */
static size_t pieces_left(void)
{
    size_t pieces = 0;

    if (alone)
        return 0;
    for (uint64_t left = open_queues; left; left &= left - 1) {
        const struct running *r = &running[__builtin_ctzll(left)];
        pieces += (r->unclaimed + r->chunk - 1) / r->chunk;
    }
    return pieces;
}

static void wake_others(size_t pieces)
{
    struct humi_emu_control *c = humi_device.control;

    __atomic_add_fetch(&c->doorbell, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->sleepers, __ATOMIC_SEQ_CST) != 0)
        humi_futex_wake(&c->doorbell, pieces < HUMI_WORKERS_MAX ? (int)pieces : HUMI_FUTEX_ALL);
}

bool humi_schedule_take(struct humi_worker *worker, struct humi_piece *piece_out)
{
    size_t pieces;
    unsigned queue;

    pthread_mutex_lock(&lock);
    drain();
    queue = pick_queue(worker);
    if (queue == HUMI_QUEUES_MAX) {
        pthread_mutex_unlock(&lock);
        return false;
    }
    take_from(queue, worker, piece_out);
    pieces = pieces_left();
    pthread_mutex_unlock(&lock);
    if (pieces > 0)
        wake_others(pieces);
    return true;
}

/* ---- finishing ------------------------------------------------------------------------------- */

/* The launch has failed: nobody starts more of it. */
static void cancel(unsigned queue, const struct humi_result *result)
{
    struct running *r = &running[queue];

    if (r->result.status == HUM_OK)
        r->result = *result;
    r->unclaimed = 0;
    for (unsigned w = 0; w < humi_device.hello.workers; w++)
        r->spans[w] = (struct span){0, 0};
    open_queues &= ~(UINT64_C(1) << queue);
    __atomic_store_n(&r->cancelled, true, __ATOMIC_RELAXED);
}

void humi_schedule_finish(struct humi_worker *worker, const struct humi_piece *piece,
                          const struct humi_result *result)
{
    struct running *r = &running[piece->queue];

    (void)worker;
    pthread_mutex_lock(&lock);
    inside--;
    set_alone(false);
    if (piece->slot) {
        if (result->status != HUM_OK)
            cancel(piece->queue, result);
        if (--r->inside == 0 && r->unclaimed == 0) {
            complete(piece->queue);
            start_next(piece->queue);
        }
    }
    pthread_mutex_unlock(&lock);
}

void humi_schedule_started(const struct humi_piece *piece)
{
    pthread_mutex_lock(&lock);
    if (piece->slot->start_ns == 0)
        note_start(piece->slot);
    pthread_mutex_unlock(&lock);
}

/* ---- one after the other --------------------------------------------------------------------- */

enum humi_next humi_schedule_end(struct humi_piece *piece, struct humi_emu_slot **next_out,
                                 const struct humi_kernel **kernel_out)
{
    enum humi_next next = HUMI_NEXT_NONE;
    unsigned queue;

    pthread_mutex_lock(&lock);
    if (piece->slot) {
        complete(piece->queue);
        piece->slot = NULL;
        start_next(piece->queue);
    }
    drain();
    queue = oldest_queue();
    if (queue < HUMI_QUEUES_MAX) {
        const struct humi_kernel *kernel = running[queue].kernel;
        next = kernel->cl && humi_cl_is_called(kernel->cl) ? HUMI_NEXT_CALLED : HUMI_NEXT_OTHER;
        piece->queue = queue;
        *next_out = head(queue);
        *kernel_out = kernel;
    }
    pthread_mutex_unlock(&lock);
    return next;
}

void humi_schedule_repeat(struct humi_worker *worker, struct humi_piece *piece)
{
    pthread_mutex_lock(&lock);
    inside--;
    take_from(piece->queue, worker, piece);
    note_start(piece->slot);
    pthread_mutex_unlock(&lock);
}

/* ---- the watchdog ---------------------------------------------------------------------------- */

static void end_overlong(unsigned queue)
{
    static const struct humi_result timeout = {.status = HUM_ERR_TIMEOUT};
    uint64_t serial = head(queue)->serial;

    cancel(queue, &timeout);
    for (unsigned w = 0; w < humi_device.hello.workers; w++) {
        __atomic_store_n(&humi_workers[w].timeout_serial, serial, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&humi_workers[w].serial, __ATOMIC_SEQ_CST) == serial)
            humi_trap_interrupt(&humi_workers[w]);
    }
    if (running[queue].inside == 0) { /* all workers are at other queues */
        complete(queue);
        start_next(queue);
    }
}

bool humi_schedule_watch(void)
{
    uint64_t limit = humi_device.hello.watchdog_ms * HUMI_NS_PER_MS, now = humi_clock_ns();
    bool busy;

    pthread_mutex_lock(&lock);
    for (uint64_t left = busy_queues; left; left &= left - 1) {
        unsigned queue = (unsigned)__builtin_ctzll(left);
        uint64_t start = head(queue)->start_ns; /* 0: nobody has taken a part yet */
        if (start > 0 && (int64_t)(now - start) > (int64_t)limit)
            end_overlong(queue);
    }
    busy = busy_queues != 0;
    pthread_mutex_unlock(&lock);
    return busy;
}
