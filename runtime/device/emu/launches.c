/* SPDX-License-Identifier: MIT */
/*
 * launches.c - submitting and waiting.
 *
 * A launch lives in a slot of control memory while in flight and in its ticket until it was waited
 * for.  The way there and back costs one wake each: submit wakes one worker if all that are free
 * sleep, the last worker wakes who sleeps on the slot's state.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "device/emu/emu.h"
#include "device/launch.h"
#include "os/futex.h"

/* ---- tickets (all need gate) ----------------------------------------------------------------- */

static uint64_t ticket_number(const struct humi_emu *emu, uint32_t index)
{
    return (uint64_t)emu->tickets[index].generation << 32 | index;
}

static struct humi_emu_ticket *find_ticket(struct humi_emu *emu, uint64_t number)
{
    uint32_t index = (uint32_t)number;

    if (index >= emu->ticket_count || ticket_number(emu, index) != number ||
        emu->tickets[index].generation % 2 == 0)
        return NULL;
    return &emu->tickets[index];
}

static bool grow_tickets(struct humi_emu *emu)
{
    uint32_t old = emu->ticket_count, count = old ? old * 2 : 64;
    struct humi_emu_ticket *tickets = realloc(emu->tickets, count * sizeof *tickets);

    if (!tickets)
        return false;
    memset(tickets + old, 0, (count - old) * sizeof *tickets);
    for (uint32_t i = old; i < count; i++)
        tickets[i].next_free = i + 1 < count ? i + 1 : UINT32_MAX;
    emu->tickets = tickets;
    emu->ticket_count = count;
    emu->ticket_free = old;
    return true;
}

/* Index of a new ticket, or UINT32_MAX. */
static uint32_t take_ticket(struct humi_emu *emu)
{
    uint32_t index;

    if (emu->ticket_free == UINT32_MAX && !grow_tickets(emu))
        return UINT32_MAX;
    index = emu->ticket_free;
    emu->ticket_free = emu->tickets[index].next_free;
    emu->tickets[index].generation++;
    return index;
}

static void give_ticket_back(struct humi_emu *emu, struct humi_emu_ticket *ticket)
{
    ticket->generation++;
    ticket->next_free = emu->ticket_free;
    emu->ticket_free = (uint32_t)(ticket - emu->tickets);
}

/* ---- slots (all need gate) ------------------------------------------------------------------- */

bool humi_emu_is_idle(const struct humi_emu *emu)
{
    return __atomic_load_n(&emu->control->finished, __ATOMIC_ACQUIRE) == emu->submitted;
}

static void free_slot(struct humi_emu *emu, uint32_t slot)
{
    emu->slot_ticket[slot] = UINT32_MAX;
    emu->free_slots[emu->free_count++] = slot;
}

void humi_emu_reset_launches(struct humi_emu *emu)
{
    emu->submitted = 0;
    emu->tail = 0;
    emu->zap_serial = 0;
    __atomic_store_n(&emu->zaps.count, 0, __ATOMIC_RELEASE);
    emu->free_count = 0;
    for (uint32_t i = HUMI_EMU_SLOTS; i-- > 0;)
        free_slot(emu, i); /* the first is on top: few slots are ever touched */
}

/* What the device says about a launch, as far as it can be true. */
static enum hum_status plausible(int32_t status)
{
    switch (status) {
    case HUM_OK:
    case HUM_ERR_ILLEGAL_ADDRESS:
    case HUM_ERR_TIMEOUT:
    case HUM_ERR_NO_MEMORY:
    case HUM_ERR_SYSTEM:
    case HUM_ERR_DEVICE_LOST:
    case HUM_ERR_MODULE:
    case HUM_ERR_UNSUPPORTED:
        return (enum hum_status)status;
    default:
        return HUM_ERR_KERNEL_CRASHED;
    }
}

/* Move the outcome of a finished launch into its ticket; false: not finished. */
static bool harvest(struct humi_emu *emu, uint32_t slot)
{
    const struct humi_emu_slot *s = &emu->control->slots[slot];
    struct humi_emu_ticket *ticket = &emu->tickets[emu->slot_ticket[slot]];

    if ((__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) & HUMI_EMU_CODE) != HUMI_EMU_DONE)
        return false;
    ticket->outcome = (struct humi_outcome){.status = plausible(s->status),
                                            .address = s->address,
                                            .signal = s->signal,
                                            .start_ns = s->start_ns,
                                            .end_ns = s->end_ns};
    ticket->slot = HUMI_EMU_NO_SLOT;
    free_slot(emu, slot);
    return true;
}

static void harvest_all(struct humi_emu *emu)
{
    for (uint32_t slot = 0; slot < HUMI_EMU_SLOTS; slot++)
        if (emu->slot_ticket[slot] != UINT32_MAX)
            (void)harvest(emu, slot);
}

void humi_emu_lose_launches(struct humi_emu *emu)
{
    uint64_t now = humi_clock_ns();

    for (uint32_t i = 0; i < HUMI_EMU_SLOTS; i++) {
        struct humi_emu_slot *s = &emu->control->slots[i];
        if (emu->slot_ticket[i] == UINT32_MAX || harvest(emu, i))
            continue;
        if (__atomic_load_n(&s->fatal, __ATOMIC_ACQUIRE) != s->serial) {
            s->status = HUM_ERR_DEVICE_LOST;
            s->address = 0;
            s->signal = 0;
        } else {
            emu->crashes++;
        }
        s->end_ns = now;
        if (s->start_ns == 0)
            s->start_ns = now;
        __atomic_store_n(&s->state, HUMI_EMU_DONE, __ATOMIC_RELEASE);
        humi_futex_wake(&s->state, HUMI_FUTEX_ALL);
        (void)harvest(emu, i);
    }
    emu->submitted = __atomic_load_n(&emu->control->finished, __ATOMIC_RELAXED);
    __atomic_add_fetch(&emu->control->completions, 1, __ATOMIC_SEQ_CST);
    humi_futex_wake(&emu->control->completions, HUMI_FUTEX_ALL);
}

/* ---- submit ---------------------------------------------------------------------------------- */

/* Let go of the gate until a launch has finished. */
static void wait_for_slot(struct humi_emu *emu)
{
    struct humi_emu_control *c = emu->control;
    uint32_t seen = __atomic_load_n(&c->completions, __ATOMIC_SEQ_CST);

    harvest_all(emu);
    if (emu->free_count > 0 || humi_emu_is_lost(emu))
        return;
    humi_unlock(&emu->gate);
    __atomic_add_fetch(&c->completion_sleepers, 1, __ATOMIC_SEQ_CST);
    humi_futex_wait(&c->completions, seen, HUMI_EMU_LOOK_NS);
    __atomic_sub_fetch(&c->completion_sleepers, 1, __ATOMIC_SEQ_CST);
    humi_lock(&emu->gate);
}

static void fill(struct humi_emu *emu, uint32_t slot, const struct humi_launch *launch)
{
    struct humi_emu_slot *s = &emu->control->slots[slot];

    s->kernel = launch->kernel;
    s->queue = launch->queue;
    s->grouped = launch->grouped;
    s->serial = ++emu->serial;
    s->label = launch->label;
    s->count = launch->count;
    s->grid = launch->grid;
    s->args_bytes = launch->args_bytes;
    s->status = HUM_OK;
    s->signal = 0;
    s->address = s->start_ns = s->end_ns = s->fatal = 0;
    if (launch->args_bytes > 0)
        memcpy(humi_emu_args(emu->control, s), launch->args, launch->args_bytes);
    __atomic_store_n(&s->state, HUMI_EMU_STATE(s->serial, HUMI_EMU_QUEUED), __ATOMIC_RELEASE);
}

static void push(struct humi_emu *emu, uint32_t slot)
{
    struct humi_emu_control *c = emu->control;

    if (humi_emu_is_idle(emu))
        humi_emu_flush_zaps(emu);
    emu->submitted++;
    c->ring[emu->tail % HUMI_EMU_SLOTS] = slot;
    __atomic_store_n(&c->tail, ++emu->tail, __ATOMIC_RELEASE);
}

/*
 * Always the first worker that sleeps, so that launch after launch wakes the same one: it is warm
 * and the scheduler has it near.  A worker whose bit is set and that does not sleep looks at the
 * doorbell before it does; so does who attends to it, and wakes others if there is more to do.
 */
static void ring_doorbell(struct humi_emu_control *c)
{
    uint32_t sleepers;

    __atomic_add_fetch(&c->doorbell, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->attended, __ATOMIC_SEQ_CST) > 0)
        return;
    sleepers = __atomic_load_n(&c->sleepers, __ATOMIC_SEQ_CST);
    if (sleepers)
        humi_futex_wake_one_of(&c->doorbell, sleepers & -sleepers);
}

static enum hum_status check_launch(const struct humi_emu *emu, const struct humi_launch *launch)
{
    const struct humi_emu_kernel *kernel = &emu->kernels[launch->kernel];

    if (launch->kernel >= __atomic_load_n(&emu->kernel_count, __ATOMIC_ACQUIRE))
        return humi_fail(HUM_ERR_INVALID, "no kernel has this number");
    return humi_launch_check(launch, kernel->name, kernel->args_bytes);
}

enum hum_status humi_emu_submit(struct humi_processor *p, const struct humi_launch *launch,
                                uint64_t *ticket_out)
{
    struct humi_emu *emu = humi_emu_of(p);
    enum hum_status status = check_launch(emu, launch);
    uint32_t slot, ticket;

    if (status != HUM_OK)
        return status;
    humi_lock(&emu->gate);
    while (!emu->lost && emu->free_count == 0)
        wait_for_slot(emu);
    ticket = emu->lost ? UINT32_MAX : take_ticket(emu);
    if (ticket == UINT32_MAX) {
        bool lost = emu->lost;
        humi_unlock(&emu->gate);
        return lost ? humi_fail(HUM_ERR_DEVICE_LOST, "the process of %s died", p->name)
                    : humi_fail(HUM_ERR_NO_MEMORY, "no memory for one more launch");
    }
    slot = emu->free_slots[--emu->free_count];
    emu->slot_ticket[slot] = ticket;
    emu->tickets[ticket].slot = slot;
    emu->tickets[ticket].kernel = launch->kernel;
    fill(emu, slot, launch);
    push(emu, slot);
    *ticket_out = ticket_number(emu, ticket);
    humi_unlock(&emu->gate);
    ring_doorbell(emu->control);
    return HUM_OK;
}

/* ---- wait ------------------------------------------------------------------------------------ */

/* Nobody answers for a launch that its own watchdog should have ended long ago. */
static void check_overdue(struct humi_emu *emu, uint32_t slot)
{
    uint64_t start = emu->control->slots[slot].start_ns;
    int64_t limit = (int64_t)(emu->params.watchdog_ms * HUMI_NS_PER_MS) + emu->patience_ns;

    if (emu->params.watchdog_ms > 0 && start > 0 && (int64_t)(humi_clock_ns() - start) > limit)
        humi_emu_kill(emu, "does not end a kernel that ran past the watchdog");
}

/* Sleep on the slot's state, which was `seen`, for at most ns.  Gate is not held. */
static void sleep_on(struct humi_emu_slot *s, uint32_t seen, int64_t ns)
{
    if (humi_futex_spin(&s->state, seen, HUMI_FUTEX_SPIN_NS))
        return;
    if (!(seen & HUMI_EMU_WAITED) &&
        !__atomic_compare_exchange_n(&s->state, &seen, seen | HUMI_EMU_WAITED, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    humi_futex_wait(&s->state, seen | HUMI_EMU_WAITED, ns);
}

/* One look at a ticket.  HUM_AGAIN: *slot_out and *state_out say where to sleep. */
static enum hum_status look(struct humi_emu *emu, uint64_t number, struct humi_outcome *outcome_out,
                            uint32_t *slot_out, uint32_t *state_out)
{
    struct humi_emu_ticket *ticket = find_ticket(emu, number);

    if (!ticket)
        return humi_fail(HUM_ERR_INVALID, "no launch has this ticket, or it was waited for");
    if (ticket->slot != HUMI_EMU_NO_SLOT && !harvest(emu, ticket->slot)) {
        *slot_out = ticket->slot;
        *state_out = __atomic_load_n(&emu->control->slots[ticket->slot].state, __ATOMIC_ACQUIRE);
        return HUM_AGAIN;
    }
    *outcome_out = ticket->outcome;
    memcpy(outcome_out->kernel, emu->kernels[ticket->kernel].name, sizeof outcome_out->kernel);
    give_ticket_back(emu, ticket);
    return HUM_OK;
}

enum hum_status humi_emu_wait(struct humi_processor *p, uint64_t ticket, int64_t timeout_ns,
                              struct humi_outcome *outcome_out)
{
    struct humi_emu *emu = humi_emu_of(p);
    uint64_t start = timeout_ns > 0 ? humi_clock_ns() : 0;

    for (bool slept = false;; slept = true) {
        uint32_t slot = 0, state = 0;
        int64_t left = HUMI_EMU_LOOK_NS;
        enum hum_status status;

        humi_lock(&emu->gate);
        status = look(emu, ticket, outcome_out, &slot, &state);
        if (status == HUM_AGAIN && slept) {
            check_overdue(emu, slot);
            if (humi_emu_is_lost(emu))
                status = look(emu, ticket, outcome_out, &slot, &state);
        }
        humi_unlock(&emu->gate);
        if (status != HUM_AGAIN)
            return status;
        if (timeout_ns >= 0) {
            left = timeout_ns - (timeout_ns > 0 ? (int64_t)(humi_clock_ns() - start) : 0);
            if (left <= 0)
                return HUM_NOT_READY;
            left = left < HUMI_EMU_LOOK_NS ? left : HUMI_EMU_LOOK_NS;
        }
        sleep_on(&emu->control->slots[slot], state, left);
    }
}
