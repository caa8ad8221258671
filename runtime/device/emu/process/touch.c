/* SPDX-License-Identifier: MIT */
/* touch.c - see touch.h */
#include "device/emu/process/touch.h"

#include <string.h>

#include "os/futex.h"

#define LOOK_NS INT64_C(50000000)

/* What was written above is there before what is written below, for a signal of this thread. */
#define in_order() __atomic_signal_fence(__ATOMIC_SEQ_CST)

static void forget_chains(struct humi_touch_table *t)
{
    memset(t->chain, 0xff, sizeof t->chain); /* HUMI_TOUCH_CHAIN_END */
    t->next = 0;
}

void humi_touch_init(struct humi_touch_table *t, struct humi_emu_touches *shared,
                     uint32_t records, uint32_t window, unsigned worker)
{
    memset(t, 0, sizeof *t);
    t->epoch = HUMI_TOUCH_EPOCH;
    for (unsigned i = 0; i < HUMI_TOUCH_OPEN; i++)
        t->page[i] = HUMI_EMU_TOUCH_PAGE_NONE;
    forget_chains(t);
    t->window = window < HUMI_TOUCH_OPEN ? window : HUMI_TOUCH_OPEN;
    t->may_wait = true;
    t->records = records;
    t->shared = shared;
    t->ring = humi_emu_ring(shared, records, worker);
}

/* ---- the ring -------------------------------------------------------------------------------- */

static void ring_bell(struct humi_emu_touches *shared)
{
    __atomic_add_fetch(&shared->bell, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&shared->sleeps, __ATOMIC_SEQ_CST))
        humi_futex_wake(&shared->bell, 1);
}

/*
 * False: the ring stays full and the record is to be dropped.  A runtime that has ended takes this
 * process with it (main.c), so a wait needs no other end.
 */
static bool get_room(struct humi_touch_table *t)
{
    struct humi_emu_ring *ring = t->ring;

    for (;;) {
        uint32_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
        if (ring->head - tail < t->records)
            return true;
        if (!t->may_wait)
            return false;
        __atomic_store_n(&ring->waits, 1, __ATOMIC_SEQ_CST);
        ring_bell(t->shared);
        if (__atomic_load_n(&ring->tail, __ATOMIC_SEQ_CST) == tail)
            humi_futex_wait(&ring->tail, tail, LOOK_NS);
    }
}

static void push(struct humi_touch_table *t, const struct humi_emu_touch *record)
{
    struct humi_emu_ring *ring = t->ring;
    uint32_t head = ring->head;

    if (!get_room(t))
        return;
    ring->records[head % t->records] = *record;
    __atomic_store_n(&ring->head, ++head, __ATOMIC_RELEASE);
    if (head % (t->records / 4) == 0)
        ring_bell(t->shared);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static bool continues(const struct humi_emu_touch *run, const struct humi_emu_touch *record)
{
    return run->pages > 0 && run->pages < HUMI_TOUCH_RUN_MAX &&
           record->page == run->page + run->pages && record->count[0] == run->count[0] &&
           record->count[1] == run->count[1] && record->lines[0] == run->lines[0] &&
           record->lines[1] == run->lines[1] && record->write_first == run->write_first;
}

static void end_run(struct humi_touch_table *t)
{
    if (t->run.pages > 0)
        push(t, &t->run);
    t->run.pages = 0;
}

static void append(struct humi_touch_table *t, const struct humi_emu_touch *record)
{
    if (continues(&t->run, record)) {
        t->run.pages++;
        return;
    }
    end_run(t);
    in_order();
    t->run = *record;
    in_order();
    t->run.pages = 1;
}

/* ---- open pages ------------------------------------------------------------------------------ */

/* As much of a count as a record can say. */
static uint32_t take(uint64_t *count)
{
    uint32_t part = *count < UINT32_MAX ? (uint32_t)*count : UINT32_MAX;

    *count -= part;
    return part;
}

/* No site knows where to count any more. */
static void end_epoch(struct humi_touch_table *t)
{
    t->epoch += HUMI_TOUCH_EPOCH;
    if (t->epoch != 0)
        return;
    t->epoch = HUMI_TOUCH_EPOCH;
    memset(t->site_line, 0, sizeof t->site_line);
}

static void close_page(struct humi_touch_table *t, unsigned i)
{
    struct humi_emu_touch record = {.launch = t->launch,
                                    .kernel = t->kernel,
                                    .page = t->page[i],
                                    .write_first = t->open[i].write_first};
    struct humi_touch_page *open = &t->open[i];

    if (record.page == HUMI_EMU_TOUCH_PAGE_NONE)
        return;
    end_epoch(t);
    do {
        for (unsigned w = 0; w < 2; w++) {
            record.count[w] = take(&open->count[w]);
            record.lines[w] = record.count[w] > 0 ? open->lines[w] : 0;
        }
        if (record.count[0] > 0 || record.count[1] > 0)
            append(t, &record);
    } while (open->count[0] > 0 || open->count[1] > 0);
    t->page[i] = HUMI_EMU_TOUCH_PAGE_NONE;
}

/* Where the chain of a page begins. */
static uint16_t *chain_of(struct humi_touch_table *t, uint32_t page)
{
    return &t->chain[page * UINT32_C(0x9e3779b1) >> (32 - HUMI_TOUCH_CHAIN_BITS)];
}

/* Chains are for finding only: a signal may come while one is half changed, and then they go. */
static void unchain(struct humi_touch_table *t, unsigned i)
{
    uint16_t *at;

    if (t->page[i] == HUMI_EMU_TOUCH_PAGE_NONE)
        return;
    at = chain_of(t, t->page[i]);
    while (*at != i)
        at = &t->after[*at];
    *at = t->after[i];
}

static unsigned open_page(struct humi_touch_table *t, uint32_t page, bool write, uint16_t *chain)
{
    unsigned i = t->next;

    unchain(t, i);
    close_page(t, i);
    in_order();
    t->open[i] = (struct humi_touch_page){.write_first = write};
    in_order();
    t->page[i] = page;
    t->after[i] = *chain;
    *chain = (uint16_t)i;
    t->next = i + 1 < t->window ? i + 1 : 0;
    return i;
}

static unsigned find_page(struct humi_touch_table *t, uint32_t page, bool write)
{
    uint16_t *chain = chain_of(t, page);

    for (unsigned i = *chain; i != HUMI_TOUCH_CHAIN_END; i = t->after[i])
        if (t->page[i] == page)
            return i;
    return open_page(t, page, write, chain);
}

void humi_touch_line(struct humi_touch_table *t, uint64_t address, bool write, unsigned site)
{
    uint64_t offset = address - t->start, *count = &t->elsewhere;

    if (offset < t->bytes) {
        struct humi_touch_page *open =
            &t->open[find_page(t, (uint32_t)(offset / HUM_PAGE_SIZE), write)];
        open->lines[write] |= UINT64_C(1) << offset / 64 % 64;
        count = &open->count[write];
    }
    t->site_line[write][site] = 0; /* whoever leaves here leaves no line with another's count */
    in_order();
    t->site_count[write][site] = count;
    (*count)++;
    in_order();
    t->site_line[write][site] = (address >> 6) + t->epoch;
}

void humi_touch_flush(struct humi_touch_table *t, bool wait)
{
    t->may_wait = wait;
    for (unsigned i = 0; i < t->window; i++)
        close_page(t, (t->next + i) % t->window);
    forget_chains(t);
    end_run(t);
    t->may_wait = true;
}
