/* SPDX-License-Identifier: MIT */
/* uvm.c - which pages of managed memory are where, and what a touch does to that; see uvm.h. */
#include "support/cuda_double/uvm.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "support/cuda_double/double.h"

#define HOST_BIT 7
#define CHUNK_PAGES 16u
#define BLOCK_PAGES 512u
#define RECORDS_MAX 16384u

/* Of 2 MiB. */
struct uvm_block {
    uint64_t stamp;                /* of the last move to a device */
    uint16_t on[DEVICES_MAX];      /* pages there */
};

static struct {
    pthread_mutex_t lock;
    struct mapping *list;          /* by m->followed */
    uint64_t stamp;
    size_t on[DEVICES_MAX];        /* pages */
    bool records;
    struct humi_cupti_record *ring;
    unsigned first, count;
    uint64_t dropped;
} uvm = {.lock = PTHREAD_MUTEX_INITIALIZER};

void uvm_lock(void)
{
    pthread_mutex_lock(&uvm.lock);
}

void uvm_unlock(void)
{
    pthread_mutex_unlock(&uvm.lock);
}

static unsigned char bit_of(int place)
{
    return (unsigned char)(1u << (place < 0 ? HOST_BIT : place));
}

static int place_of(unsigned char bits)
{
    for (int i = 0; i < DEVICES_MAX - 1; i++)
        if (bits & 1u << i)
            return i;
    return UVM_HOST;
}

static uintptr_t address_of(const struct mapping *m, size_t page)
{
    return m->start + page * PAGE;
}

/* ---- records --------------------------------------------------------------------------------- */

uint64_t uvm_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now); /* not hum's clock, as CUPTI's is not */
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint32_t id_of(int place)
{
    return place < 0 ? HUMI_CUPTI_CPU : (uint32_t)place;
}

static void put(const struct humi_cupti_record *r)
{
    if (!uvm.records || !uvm.ring)
        return;
    if (uvm.count == RECORDS_MAX)
        uvm.dropped++;
    else
        uvm.ring[(uvm.first + uvm.count++) % RECORDS_MAX] = *r;
}

void cuda_double_tell(const struct humi_cupti_record *r)
{
    uvm_lock();
    put(r);
    uvm_unlock();
}

static void record(enum humi_cupti_counter kind, uintptr_t address, uint64_t value, int from,
                   int to, uint32_t flags)
{
    uint64_t now = uvm_clock_ns();

    put(&(struct humi_cupti_record){
        .kind = HUMI_CUPTI_ACTIVITY_KIND_UNIFIED_MEMORY_COUNTER,
        .counterKind = kind,
        .value = value,
        .start = now,
        .end = now + 1000 + value / 16,
        .address = address,
        .srcId = id_of(from),
        .dstId = id_of(to),
        .processId = (uint32_t)getpid(),
        .flags = flags,
    });
}

void uvm_record(bool on)
{
    uvm_lock();
    uvm.records = on;
    if (on && !uvm.ring)
        uvm.ring = malloc(RECORDS_MAX * sizeof(*uvm.ring));
    uvm_unlock();
}

unsigned uvm_take(struct humi_cupti_record *out, unsigned max, uint64_t *dropped_out)
{
    unsigned n = 0;

    uvm_lock();
    for (; n < max && uvm.count; n++, uvm.count--) {
        out[n] = uvm.ring[uvm.first];
        uvm.first = (uvm.first + 1) % RECORDS_MAX;
    }
    *dropped_out += uvm.dropped;
    uvm.dropped = 0;
    uvm_unlock();
    return n;
}

static enum humi_cupti_counter transfer(int from, int to)
{
    if (to < 0)
        return HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOH;
    return from < 0 ? HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_HTOD
                    : HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOD;
}

/* ---- pages (lock held) ----------------------------------------------------------------------- */

static void set_where(struct mapping *m, size_t page, unsigned char where)
{
    struct page *p = &m->pages[page];
    struct uvm_block *block = &m->blocks[page / BLOCK_PAGES];

    for (int i = 0; i < DEVICES_MAX - 1; i++) {
        bool was = p->where >> i & 1, is = where >> i & 1;
        block->on[i] = (uint16_t)(block->on[i] + is - was);
        uvm.on[i] = uvm.on[i] + is - was;
        if (is && !was)
            block->stamp = ++uvm.stamp;
    }
    p->where = where;
}

/* Everybody in `bits` who has pages mapped loses them. */
static void take(struct mapping *m, size_t first, size_t count, unsigned char bits)
{
    for (int place = UVM_HOST; place < DEVICES_MAX - 1; place++) {
        bool any = false;
        for (size_t i = first; i < first + count; i++) {
            any |= m->pages[i].mapped & bits & bit_of(place);
            m->pages[i].mapped &= (unsigned char)~(bits & bit_of(place));
        }
        if (any)
            faults_unmap(place, address_of(m, first), count * PAGE);
    }
}

/* How many pages from `first` on, up to end, are at the same places. */
static size_t run_of(const struct mapping *m, size_t first, size_t end)
{
    size_t i = first + 1;

    while (i < end && m->pages[i].where == m->pages[first].where)
        i++;
    return i - first;
}

static void evict(struct mapping *m, size_t block, int device)
{
    size_t end = (block + 1) * BLOCK_PAGES < m->bytes / PAGE ? (block + 1) * BLOCK_PAGES
                                                             : m->bytes / PAGE;

    for (size_t i = block * BLOCK_PAGES, n; i < end; i += n) {
        unsigned char where = m->pages[i].where, bit = bit_of(device);
        n = run_of(m, i, end);
        if (!(where & bit))
            continue;
        take(m, i, n, where == bit ? 0xff : bit);
        if (where == bit)
            record(HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_BYTES_TRANSFER_DTOH,
                   address_of(m, i), n * PAGE, device, UVM_HOST,
                   HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_EVICTION);
        for (size_t j = i; j < i + n; j++)
            set_where(m, j, where == bit ? bit_of(UVM_HOST) : where & (unsigned char)~bit);
    }
}

/* The block that came to the device longest ago goes, until `pages` more fit. */
static void make_room(int device, size_t pages)
{
    while (device >= 0 && uvm.on[device] + pages > world.options.memory / PAGE) {
        struct mapping *victim = NULL;
        size_t block = 0;
        for (struct mapping *m = uvm.list; m; m = m->followed)
            for (size_t b = 0; b * BLOCK_PAGES < m->bytes / PAGE; b++)
                if (m->blocks[b].on[device] &&
                    (!victim || m->blocks[b].stamp < victim->blocks[block].stamp)) {
                    victim = m;
                    block = b;
                }
        if (!victim)
            return;
        evict(victim, block, device);
    }
}

/* Pages that are at the same places come to `place`, and stay where they were if `keep`. */
static void move(struct mapping *m, size_t first, size_t count, int place, bool keep,
                 uint32_t cause)
{
    unsigned char where = m->pages[first].where, bit = bit_of(place);

    if (keep)
        for (int other = UVM_HOST; other < DEVICES_MAX - 1; other++) {
            if (where & bit_of(other))
                faults_read_only(other, address_of(m, first), count * PAGE);
        }
    else
        take(m, first, count, 0xff);
    if (where)
        record(transfer(place_of(where), place), address_of(m, first), count * PAGE,
               place_of(where), place, cause);
    for (size_t i = first; i < first + count; i++)
        set_where(m, i, keep ? where | bit : bit);
}

/* ---- touches (lock held) --------------------------------------------------------------------- */

static bool stays_away(const struct page *p, int place)
{
    unsigned char bit = bit_of(place);

    return (p->accessed_by & bit) ||
           (p->preferred != HUMI_CU_DEVICE_INVALID && p->preferred != place &&
            p->where & bit_of(p->preferred));
}

static void map(struct mapping *m, size_t page, int place)
{
    struct page *p = &m->pages[page];
    bool alone = (p->where & (p->where - 1)) == 0;

    p->mapped |= bit_of(place);
    if (faults_map(place, address_of(m, page), alone))
        return;
    if (fallocate(m->memory->file, 0, (off_t)(m->offset + page * PAGE), PAGE) == 0)
        (void)faults_map(place, address_of(m, page), alone);
}

/* The page, and as speculation the rest of its chunk. */
static void bring(struct mapping *m, size_t page, int place, bool write)
{
    size_t first = page / CHUNK_PAGES * CHUNK_PAGES, pages = m->bytes / PAGE;
    size_t end = first + CHUNK_PAGES < pages ? first + CHUNK_PAGES : pages;
    bool keep = m->pages[page].read_mostly && !write;

    make_room(place, CHUNK_PAGES);
    move(m, page, 1, place, keep, HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_COHERENCE);
    for (size_t i = first, n; i < end; i += n) {
        const struct page *p = &m->pages[i];
        n = run_of(m, i, end);
        if (!p->where || p->where & bit_of(place) || stays_away(p, place) ||
            p->read_mostly != m->pages[page].read_mostly)
            continue;
        move(m, i, n, place, keep, HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_PREFETCH);
    }
}

static void answer(struct mapping *m, size_t page, int place, bool write)
{
    struct page *p = &m->pages[page];
    unsigned char bit = bit_of(place);

    if (!p->where) {
        bool elsewhere = p->preferred != HUMI_CU_DEVICE_INVALID && p->preferred != place;
        int home = elsewhere ? p->preferred : place;
        make_room(home, 1);
        set_where(m, page, bit_of(home));
    }
    if (p->where & bit) {
        if (write && p->where != bit) {
            take(m, page, 1, (unsigned char)~bit);
            set_where(m, page, bit);
        }
    } else if (stays_away(p, place)) {
        if (write && (p->where & (p->where - 1)) != 0) { /* one copy is left */
            take(m, page, 1, 0xff);
            set_where(m, page, bit_of(place_of(p->where)));
        }
        record(HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_REMOTE_MAP, address_of(m, page),
               PAGE, place_of(p->where), place,
               HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_REMOTE_MAP_CAUSE_POLICY);
    } else {
        bring(m, page, place, write);
    }
    map(m, page, place);
}

static struct mapping *followed_at(uintptr_t address)
{
    struct mapping *m = uvm.list;

    while (m && (address < m->start || address >= m->start + m->bytes))
        m = m->followed;
    return m;
}

static void record_fault(const struct mapping *m, size_t page, int place, bool write)
{
    uint32_t access = write ? HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_WRITE
                            : HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_ACCESS_TYPE_READ;

    if (place < 0)
        record(HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_CPU_PAGE_FAULT_COUNT,
               address_of(m, page), 0, UVM_HOST, UVM_HOST, access);
    else
        record(HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_COUNTER_KIND_GPU_PAGE_FAULT,
               address_of(m, page), 1, place, place, access);
}

void uvm_fault(int place, uintptr_t address, bool write)
{
    uvm_lock();
    struct mapping *m = followed_at(address);
    if (m) {
        size_t page = (address - m->start) / PAGE;
        record_fault(m, page, place, write);
        answer(m, page, place, write);
    } else {
        faults_release(place, address);
    }
    bool many = uvm.count > RECORDS_MAX / 2;
    uvm_unlock();
    if (many && world.options.cupti_early)
        cupti_deliver();
}

/* ---- calls ----------------------------------------------------------------------------------- */

bool uvm_follow(struct mapping *m)
{
    size_t blocks = m->bytes / PAGE / BLOCK_PAGES + 1;

    m->blocks = calloc(blocks, sizeof(*m->blocks));
    if (!m->blocks)
        return false;
    uvm_lock();
    bool watched = faults_watch(UVM_HOST, m->start, m->bytes);
    if (watched) {
        m->followed = uvm.list;
        uvm.list = m;
    }
    uvm_unlock();
    return watched;
}

bool uvm_follows(const struct mapping *m)
{
    uvm_lock();
    const struct mapping *at = uvm.list;
    while (at && at != m)
        at = at->followed;
    uvm_unlock();
    return at != NULL;
}

void uvm_forget(struct mapping *m)
{
    uvm_lock();
    struct mapping **link = &uvm.list;
    while (*link && *link != m)
        link = &(*link)->followed;
    if (*link) {
        for (size_t i = 0; i < m->bytes / PAGE; i++)
            set_where(m, i, 0);
        *link = m->followed;
    }
    uvm_unlock();
}

void uvm_prefetch(struct mapping *m, uintptr_t start, uint64_t bytes, int place)
{
    size_t first = (start - m->start) / PAGE, end = (start + bytes - m->start + PAGE - 1) / PAGE;

    uvm_lock();
    for (size_t i = first, n; i < end; i += n) {
        size_t most = i / BLOCK_PAGES * BLOCK_PAGES + BLOCK_PAGES;
        n = run_of(m, i, most < end ? most : end);
        if (m->pages[i].where & bit_of(place))
            continue;
        make_room(place, n);
        n = run_of(m, i, i + n); /* what left may be some of these */
        move(m, i, n, place, m->pages[i].read_mostly && m->pages[i].where,
             HUMI_CUPTI_ACTIVITY_UNIFIED_MEMORY_MIGRATION_CAUSE_USER);
    }
    uvm_unlock();
}

void uvm_touch(struct mapping *m, uintptr_t start, uint64_t bytes, int place)
{
    size_t first = (start - m->start) / PAGE, end = (start + bytes - m->start + PAGE - 1) / PAGE;

    uvm_lock();
    for (size_t i = first; i < end; i++) {
        if (m->pages[i].where == bit_of(place))
            continue;
        record_fault(m, i, place, true);
        answer(m, i, place, true);
    }
    uvm_unlock();
}

void uvm_discard(struct mapping *m, uintptr_t start, uint64_t bytes)
{
    size_t first = (start - m->start) / PAGE, end = (start + bytes - m->start + PAGE - 1) / PAGE;

    uvm_lock();
    take(m, first, end - first, 0xff);
    for (size_t i = first; i < end; i++)
        set_where(m, i, 0);
    uvm_unlock();
}

void uvm_reset(void)
{
    faults_stop();
    uvm_lock();
    uvm.list = NULL;
    uvm.records = false;
    uvm.first = uvm.count = 0;
    uvm.dropped = 0;
    for (int i = 0; i < DEVICES_MAX; i++)
        uvm.on[i] = 0;
    free(uvm.ring);
    uvm.ring = NULL;
    uvm_unlock();
}
