/* SPDX-License-Identifier: MIT */
/* page_model.c - a host and devices that hold single pages, slowly. */
#include "property/page_model.h"

enum { HOST, NONE = -1 };

/* ---- a batch -------------------------------------------------------------------------------- */

static uint64_t link_ns(const struct page_model *m, const int *pages, int count)
{
    double ns = 0;

    for (int i = 0; i < count; i++) {
        if (i == 0 || pages[i] != pages[i - 1] + 1)
            ns += m->cost.link.alpha_ns;
        ns += 4096 * m->cost.link.ns_per_byte;
    }
    return (uint64_t)(ns + 0.5);
}

static uint64_t blocks_of(const int *pages, int count)
{
    uint64_t blocks = 0;

    for (int i = 0; i < count; i++)
        blocks += i == 0 || pages[i] / 512 != pages[i - 1] / 512;
    return blocks;
}

static void end_batch(struct page_model *m)
{
    uint64_t links = link_ns(m, m->batch.in, m->batch.ins) +
                     link_ns(m, m->batch.out, m->batch.outs);

    if (m->batch.faults == 0)
        return;
    m->result.batches++;
    if (m->cost.serial)
        m->result.modelled_ns += 45000u * (unsigned)m->batch.faults + links;
    else
        m->result.modelled_ns += 45000 + 20000 * blocks_of(m->batch.about, m->batch.abouts) +
                                 120000u * (unsigned)m->batch.taken +
                                 37000 * blocks_of(m->batch.evicted, m->batch.evicts) + links;
    m->batch.faults = m->batch.taken = 0;
    m->batch.abouts = m->batch.ins = m->batch.outs = m->batch.evicts = 0;
}

static void begin_fault(struct page_model *m)
{
    if (m->batch.record != m->touch[m->now].record || m->batch.faults == 256)
        end_batch(m);
    m->batch.record = m->touch[m->now].record;
    m->batch.faults++;
}

/* ---- what leaves ---------------------------------------------------------------------------- */

static int count_current(const struct page_model *m, int page)
{
    int count = 0;

    for (int p = 0; p < PAGE_MODEL_PROCESSORS; p++)
        count += m->page[page].current[p];
    return count;
}

/* `why` counts the bytes of its cause. */
static void copy_home(struct page_model *m, int page, uint64_t *why)
{
    if (count_current(m, page) == 0 || m->page[page].current[HOST])
        return;
    m->page[page].current[HOST] = true;
    m->result.pages_out++;
    m->result.bytes_d2h += 4096;
    *why += 4096;
    m->batch.out[m->batch.outs++] = page;
}

static void lose(struct page_model *m, int processor, int page)
{
    m->page[page].at[processor] = false;
    m->page[page].current[processor] = false;
    m->page[page].ahead[processor] = false;
}

static void evict(struct page_model *m, int device, int page)
{
    struct page_model_page *it = &m->page[page];
    bool at_another = false;

    m->result.evictions++;
    m->batch.evicted[m->batch.evicts++] = page;
    if (it->current[device] && count_current(m, page) == 1)
        copy_home(m, page, &m->result.bytes_eviction);
    else
        m->result.evictions_clean++;
    lose(m, device, page);
    it->gone[device] = true;
    for (int p = 0; p < PAGE_MODEL_PROCESSORS; p++)
        at_another |= it->at[p];
    if (!at_another && count_current(m, page) > 0)
        it->at[HOST] = true;
}

static void all_others_lose(struct page_model *m, int processor, int page)
{
    for (int p = 0; p < PAGE_MODEL_PROCESSORS; p++)
        if (p != processor)
            lose(m, p, page);
}

static int next_touch(const struct page_model *m, int processor, int page)
{
    int i = m->now + 1;

    while (i < m->touches &&
           (m->touch[i].page != page || m->touch[i].processor != processor))
        i++;
    return i;
}

/* Pages are numbered in the order in which anybody touches them first. */
static int first_touch(const struct page_model *m, int page)
{
    int i = 0;

    while (i < m->touches && m->touch[i].page != page)
        i++;
    return i;
}

static bool leaves_before(const struct page_model *m, int device, int a, int b)
{
    int next_a, next_b;

    if (m->order != MODEL_MIN)
        return m->page[a].since[device] < m->page[b].since[device];
    next_a = next_touch(m, device, a);
    next_b = next_touch(m, device, b);
    return next_a != next_b ? next_a > next_b : first_touch(m, a) < first_touch(m, b);
}

static void make_room(struct page_model *m, int device)
{
    int held = 0, victim = NONE;

    for (int i = 0; i < PAGE_MODEL_PAGES; i++) {
        if (!m->page[i].at[device])
            continue;
        held++;
        if (victim == NONE || leaves_before(m, device, i, victim))
            victim = i;
    }
    if (held == m->capacity)
        evict(m, device, victim);
}

/* ---- what comes ----------------------------------------------------------------------------- */

static void bring(struct page_model *m, int device, int page, uint64_t *why)
{
    struct page_model_page *it = &m->page[page];
    bool had_host, has_bytes = count_current(m, page) > 0;

    make_room(m, device);
    m->result.pages_in++;
    m->result.thrashed_pages += it->gone[device];
    it->gone[device] = false;
    if (!has_bytes)
        m->result.first_touches++;
    else if (it->current[HOST])
        m->result.bytes_h2d += 4096;
    else
        m->result.bytes_d2d += 4096;
    *why += has_bytes ? 4096 : 0;
    if (it->at[HOST] && !m->taken[page / 512]) {
        m->taken[page / 512] = true;
        m->batch.taken++;
    }
    had_host = it->current[HOST];
    if (m->place != HUMI_PLACE_SHARE) {
        all_others_lose(m, device, page);
        it->current[HOST] = had_host; /* its frame still has the bytes */
    }
    it->at[device] = true;
    it->current[device] = has_bytes;
    it->since[device] = ++m->time;
}

static bool at_a_device(const struct page_model *m, int page)
{
    return m->page[page].at[1] || m->page[page].at[2];
}

static void fault(struct page_model *m, int device, int page)
{
    int ahead[16], count = 0, first = page / 16 * 16;
    bool about[16] = {false};

    m->result.misses++;
    begin_fault(m);
    for (int i = first; m->chunks && i < first + 16 && i < PAGE_MODEL_PAGES; i++)
        if (i != page && m->exists[i] && !at_a_device(m, i) && count + 1 < m->capacity)
            ahead[count++] = i;
    for (int i = 0; i < count; i++)
        about[ahead[i] - first] = true;
    about[page - first] = true;
    for (int i = 0; i < 16; i++) {
        if (!about[i])
            continue;
        m->batch.about[m->batch.abouts++] = first + i;
        if (count_current(m, first + i) > 0)
            m->batch.in[m->batch.ins++] = first + i;
    }
    for (int i = 0; i < count; i++) {
        bring(m, device, ahead[i], &m->result.bytes_prefetch);
        m->page[ahead[i]].ahead[device] = true;
        m->result.pages_prefetched++;
    }
    bring(m, device, page, &m->result.bytes_demand);
}

/* ---- touches -------------------------------------------------------------------------------- */

static void write_it(struct page_model *m, int processor, int page, bool missed)
{
    bool shared = false;

    for (int p = 0; p < PAGE_MODEL_PROCESSORS; p++)
        shared |= p != processor && m->page[page].at[p];
    if (shared && !missed) {
        m->result.upgrades++;
        begin_fault(m);
        m->batch.about[m->batch.abouts++] = page;
    }
    all_others_lose(m, processor, page);
    m->page[page].current[processor] = true;
}

static void touch_remotely(struct page_model *m, const struct page_model_touch *touch)
{
    struct page_model_page *it = &m->page[touch->page];
    int holder = NONE;

    m->result.remote_accesses += (unsigned)touch->count;
    m->remote_groups += m->remote_record != touch->record;
    m->remote_record = touch->record;
    for (int p = 0; p < PAGE_MODEL_PROCESSORS; p++)
        if (it->at[p])
            holder = p;
    if (holder == NONE)
        it->at[holder = HOST] = true;
    for (int p = 0; touch->write && p < PAGE_MODEL_PROCESSORS; p++)
        it->current[p] = p == holder;
}

static void touch_by_device(struct page_model *m, const struct page_model_touch *touch)
{
    int device = touch->processor;
    struct page_model_page *it = &m->page[touch->page];
    bool missed = !it->at[device];

    m->result.accesses_device += (unsigned)touch->count;
    if (m->place == HUMI_PLACE_REMOTE) {
        touch_remotely(m, touch);
        return;
    }
    if (missed && m->place == HUMI_PLACE_COUNTER) {
        it->remote[device] += touch->count;
        if (it->remote[device] < 256) {
            touch_remotely(m, touch);
            return;
        }
        it->remote[device] = 0;
    }
    if (missed)
        fault(m, device, touch->page);
    else if (m->order == MODEL_LRU)
        it->since[device] = ++m->time;
    if (!missed && it->ahead[device])
        m->result.prefetched_used++;
    it->ahead[device] = false;
    if (touch->write)
        write_it(m, device, touch->page, missed);
}

static void touch_by_host(struct page_model *m, const struct page_model_touch *touch)
{
    struct page_model_page *it = &m->page[touch->page];
    bool missed = !it->at[HOST] && at_a_device(m, touch->page), has_bytes;

    if (missed) {
        m->result.host_faults++;
        begin_fault(m);
        m->batch.about[m->batch.abouts++] = touch->page;
        copy_home(m, touch->page, &m->result.bytes_demand);
    }
    has_bytes = it->current[HOST];
    if (m->place != HUMI_PLACE_SHARE)
        all_others_lose(m, HOST, touch->page);
    it->at[HOST] = true;
    it->current[HOST] = has_bytes;
    if (touch->write)
        write_it(m, HOST, touch->page, missed);
}

static void make_new(struct page_model *m, int page)
{
    m->page[page] = (struct page_model_page){.remote = {0}};
    m->page[page].at[HOST] = m->page[page].current[HOST] = m->from_host;
}

static void end_regions(struct page_model *m)
{
    for (int i = 0; i < m->ends; i++)
        for (int page = m->ended[i].first;
             m->ended[i].before == m->now && page < m->ended[i].end; page++)
            make_new(m, page);
}

void page_model_run(struct page_model *m)
{
    for (int i = 0; i < PAGE_MODEL_PAGES; i++)
        make_new(m, i);
    for (m->now = 0; m->now < m->touches; m->now++) {
        const struct page_model_touch *touch = &m->touch[m->now];

        end_regions(m);
        m->result.accesses += (unsigned)touch->count;
        if (touch->processor == HOST)
            touch_by_host(m, touch);
        else
            touch_by_device(m, touch);
    }
    end_batch(m);
    m->result.far_faults = m->result.misses + m->result.host_faults;
    m->result.modelled_ns += 1000 * m->remote_groups;
    m->result.modelled_ns += (uint64_t)((double)m->result.remote_accesses * 128 *
                                            m->cost.link.ns_per_byte +
                                        0.5);
}
