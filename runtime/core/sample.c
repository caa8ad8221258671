/* SPDX-License-Identifier: MIT */
/* sample.c - the thread that takes mappings, and the answer to touches of what it took. */
#include "core/sample.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/thread.h"
#include "core/grant.h"
#include "core/quota.h"
#include "core/remote.h"
#include "core/warm.h"

#define GROUP_MAX 16u          /* blocks taken together */
#define ALL_EVERY 4u           /* rounds; those in between take hot blocks only */
#define LOOKS_MAX 4096u        /* blocks looked at to find them */
#define TICK_MIN_NS UINT64_C(500000)
#define TICK_MAX_NS UINT64_C(20000000)
#define ITSELF_US 100000u      /* a device that sampled within so long needs no mappings taken */
#define UNITS 64u              /* touches are counted in parts, so that seldom ones are not lost */
#define HOT_WAIT (HUMI_SAMPLE_FLOOR_NS / HUMI_HEAT_WAIT_NS) /* blocks touched sooner are hot */
#define TRAP_NS UINT64_C(4000) /* the kernel's part of a fault, on both sides */
#define AGENT_NS UINT64_C(5000) /* waking the device's thread that forgets */
#define FORGET_NS UINT64_C(1500) /* forgetting a block */
#define HUGE_NS UINT64_C(2600) /* mapping a huge page again at the next touch */
#define SMALL_NS UINT64_C(500) /* the same for a small one */

/* One processor. */
struct target {
    _Atomic uint64_t ran_ns;   /* it ran until `seen_ns` */
    _Atomic uint64_t seen_ns;  /* 0: it does not run */
    /* the thread's */
    uint32_t round, round_us;  /* number and time of the last round */
    uint32_t cursor[2];        /* block to go on from: of all, of the hot ones */
    struct humi_sampled_cost told; /* what the device sampled by itself, as far as it is charged */
    uint32_t told_us;          /* when it last did; 0: never */
    /* everybody's */
    struct humi_quota quota;   /* guarded by humi_sample.lock */
};

struct humi_sample {
    struct hum *hum;
    pthread_t thread;
    int event_fd;              /* signalled: look at the next two */
    _Atomic bool wanted, stopping;
    uint32_t share_ppm;
    uint32_t jitter;           /* the thread's */
    struct humi_lock lock;     /* rank STATS */
    _Atomic uint64_t taken, touched;
    struct target target[HUM_PROCESSORS_MAX];
};

/* ---- the clock: time that the processor ran -------------------------------------------------- */

static uint32_t ran_us(const struct target *target, uint64_t now_ns)
{
    uint64_t seen = atomic_load(&target->seen_ns), ran = atomic_load(&target->ran_ns);
    if (seen && now_ns > seen)
        ran += now_ns - seen;
    uint32_t us = (uint32_t)(ran / HUMI_NS_PER_US);
    return us ? us : 1; /* 0 means never */
}

static uint32_t since_us(uint32_t now, uint32_t then)
{
    int32_t passed = (int32_t)(now - then);
    return passed > 0 ? (uint32_t)passed : 0;
}

static bool runs(const struct hum *hum, unsigned p)
{
    return p == 0 || atomic_load(&hum->running[p]) != 0;
}

/* What it ran since the last look counts if it ran then and runs now. */
static void look(struct humi_sample *sample, unsigned p, uint64_t now_ns)
{
    struct target *target = &sample->target[p];
    uint64_t seen = atomic_load(&target->seen_ns);
    bool now = runs(sample->hum, p) && !atomic_load(&sample->hum->lost[p]);
    uint64_t ran = seen && now && now_ns > seen ? now_ns - seen : 0;
    atomic_fetch_add(&target->ran_ns, ran);
    atomic_store(&target->seen_ns, now ? now_ns : 0);
    humi_lock(&sample->lock);
    humi_quota_earn(&target->quota, ran);
    humi_unlock(&sample->lock);
}

static void spend(struct humi_sample *sample, unsigned p, uint64_t ns)
{
    humi_lock(&sample->lock);
    humi_quota_spend(&sample->target[p].quota, ns);
    humi_unlock(&sample->lock);
}

/* ---- taking ---------------------------------------------------------------------------------- */

static bool is_hot(const struct humi_heat *heat)
{
    return heat->fine->wait <= HOT_WAIT;
}

/* The mappings of the block are the processor's own frames'. */
static bool is_near(const struct humi_block *block, unsigned p)
{
    return !humi_mask_empty(&block->hold[p].mapped) && humi_mask_empty(&block->hold[p].remote) &&
           humi_mask_empty(humi_block_away(block, p));
}

/*
 * Watch the block, which is locked, and mark it taken; far: what leads to others' frames may be
 * taken, too.  False: there is nothing to take.
 */
static bool arm(struct humi_sample *sample, struct humi_block *block, unsigned p, bool hot,
                bool far)
{
    struct humi_processor *processor = sample->hum->processor[p];
    struct humi_hold *hold = &block->hold[p];
    uint32_t now_us = sample->target[p].round_us;
    far = far && !humi_mask_empty(&hold->remote);
    if (humi_heat_is_armed(hold->heat) || (!far && !is_near(block, p)))
        return false;
    struct humi_heat *heat = humi_heat_refine(&sample->hum->table, block, p);
    if (!heat || (hot && !is_hot(heat)))
        return false;
    if (far)
        humi_remote_take(sample->hum, block, p, hold->remote);
    else
        processor->ops->watch(processor, humi_block_offset(block), HUM_BLOCK_SIZE);
    atomic_fetch_add(&sample->taken, 1); /* before anybody can touch it */
    heat->fine->armed_us = now_us;
    if (!heat->fine->counted_us)
        heat->fine->counted_us = now_us;
    return true;
}

/* The host maps pages of devices there, and their policy wants its touches counted. */
static bool is_far_of_interest(struct hum *hum, struct humi_block *block)
{
    humi_lock(&block->lock);
    struct humi_run run = humi_mask_next_run(&block->hold[0].remote, 0);
    humi_unlock(&block->lock);
    if (run.first >= run.end)
        return false;
    struct humi_region *region = humi_regions_find(
        &hum->regions, humi_block_start(hum, block) + run.first * HUM_PAGE_SIZE);
    bool wanted = region && humi_policies_of_counts_host(hum, region);
    humi_region_put(region);
    return wanted;
}

static bool arm_index(struct humi_sample *sample, unsigned p, uint32_t index, bool hot)
{
    struct humi_block *block = humi_table_peek(&sample->hum->table, index);
    bool far = block && p == 0 && is_far_of_interest(sample->hum, block);
    if (!block || (!far && !atomic_load(&block->hold[p].resident_pages)))
        return false;
    humi_lock(&block->lock);
    bool armed = arm(sample, block, p, hot, far);
    humi_unlock(&block->lock);
    return armed;
}

/* Neighbouring blocks that a round takes. */
struct taken {
    uint32_t first, count;
};

/* Arm the next block from the cursor on that can be, and its neighbours; hot: known to be so. */
static struct taken arm_group(struct humi_sample *sample, unsigned p, bool hot)
{
    struct hum *hum = sample->hum;
    uint32_t *cursor = &sample->target[p].cursor[hot];
    uint32_t end = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE), start = *cursor;
    struct taken taken = {0};
    for (unsigned looks = 0; looks < LOOKS_MAX && taken.count < GROUP_MAX; looks++) {
        struct humi_block *block = humi_table_next(&hum->table, *cursor, end);
        if (taken.count && (!block || block->index != taken.first + taken.count))
            break;
        if (!block && end == start)
            break;
        *cursor = block ? block->index + 1 : 0;
        if (!block) {
            end = start; /* go on from the beginning, as far as it was begun */
        } else if (arm_index(sample, p, block->index, hot)) {
            taken.first = taken.count++ ? taken.first : block->index;
        } else if (taken.count) {
            break;
        }
    }
    return taken;
}

static void take_round(struct humi_sample *sample, unsigned p)
{
    struct target *target = &sample->target[p];
    struct humi_processor *processor = sample->hum->processor[p];
    uint64_t start = humi_clock_thread_ns();
    uint32_t now = ran_us(target, humi_clock_ns());
    struct taken taken = {0};
    target->round_us = now == target->round_us ? now + 1 : now;
    if (++target->round % ALL_EVERY)
        taken = arm_group(sample, p, true);
    if (!taken.count)
        taken = arm_group(sample, p, false);
    if (!taken.count)
        return;
    processor->ops->forget(processor, taken.first * HUM_BLOCK_SIZE, taken.count * HUM_BLOCK_SIZE);
    spend(sample, p, humi_clock_thread_ns() - start + (p ? AGENT_NS : 0) + taken.count * FORGET_NS);
}

/* ---- what devices sample by themselves ------------------------------------------------------- */

/* Of one block. */
static void count_sampled(struct hum *hum, unsigned p, const struct humi_sampled *sampled)
{
    struct humi_block *block = humi_table_peek(&hum->table, sampled->block);
    if (!block)
        return;
    humi_lock(&block->lock);
    struct humi_heat *heat = humi_heat_refine(&hum->table, block, p);
    for (unsigned i = 0; heat && i < 2 * HUM_CHUNKS_PER_BLOCK; i++) {
        unsigned chunk = i % HUM_CHUNKS_PER_BLOCK;
        bool write = i >= HUM_CHUNKS_PER_BLOCK;
        if (sampled->touches[write][chunk])
            humi_heat_count(heat, chunk, write, sampled->touches[write][chunk]);
    }
    if (heat && atomic_load(&block->hold[p].resident_pages))
        humi_order_renew(&hum->order[p], block, HUM_EVICT_ON_TOUCH);
    humi_unlock(&block->lock);
}

/* What was sampled of the next block from *cursor on.  False: nothing was. */
static bool take_next(struct hum *hum, unsigned p, uint32_t *cursor)
{
    struct humi_processor *processor = hum->processor[p];
    struct humi_sampled sampled;
    if (!hum->sample || !processor->ops->sampled_next ||
        !processor->ops->sampled_next(processor, cursor, &sampled))
        return false;
    count_sampled(hum, p, &sampled);
    humi_warm_note(hum, p, sampled.block);
    return true;
}

void humi_sample_take(struct hum *hum, unsigned p)
{
    uint32_t cursor = 0;
    while (take_next(hum, p, &cursor)) {
    }
}

void humi_sample_take_block(struct hum *hum, unsigned p, uint32_t block)
{
    uint32_t cursor = block;
    (void)take_next(hum, p, &cursor);
}

/* The thread's: charge the device with what it has spent.  True: it samples by itself. */
static bool samples_itself(struct humi_sample *sample, unsigned p)
{
    struct target *target = &sample->target[p];
    struct humi_processor *processor = sample->hum->processor[p];
    if (!processor->ops->sampled_cost)
        return false;
    struct humi_sampled_cost cost = processor->ops->sampled_cost(processor);
    uint32_t now_us = ran_us(target, humi_clock_ns());
    uint64_t slices = cost.slices - target->told.slices;
    if (slices) {
        spend(sample, p, cost.ns - target->told.ns);
        atomic_fetch_add(&sample->taken, slices);
        atomic_fetch_add(&sample->touched, slices);
        target->told = cost;
        target->told_us = now_us;
    }
    return target->told_us && since_us(now_us, target->told_us) < ITSELF_US;
}

/* ---- answering ------------------------------------------------------------------------------- */

/* Touches that samples of the block stand for since the last one, and up to now. */
static uint64_t touches_until(struct humi_heat *heat, uint32_t now_us)
{
    uint64_t ran = (uint64_t)since_us(now_us, heat->fine->counted_us) * HUMI_NS_PER_US;
    uint64_t wait = (uint64_t)heat->fine->wait * HUMI_HEAT_WAIT_NS;
    heat->fine->counted_us = now_us;
    return UNITS * ran / (wait > HUMI_SAMPLE_FLOOR_NS ? wait : HUMI_SAMPLE_FLOOR_NS);
}

/* The mean wait follows the last eight or so. */
static void learn(struct humi_heat *heat, uint64_t wait_ns)
{
    uint64_t wait = wait_ns / HUMI_HEAT_WAIT_NS, most = HUMI_HEAT_WAIT_UNKNOWN - 1;
    wait = wait < most ? wait : most;
    if (heat->fine->wait == HUMI_HEAT_WAIT_UNKNOWN)
        heat->fine->wait = (uint16_t)wait;
    else if (wait < heat->fine->wait)
        heat->fine->wait = (uint16_t)(heat->fine->wait - (heat->fine->wait - wait + 7) / 8);
    else
        heat->fine->wait = (uint16_t)(heat->fine->wait + (wait - heat->fine->wait) / 8);
}

/* Mapping the block again at the next touches, where nobody measures it. */
static uint64_t unseen_ns(const struct hum *hum, const struct humi_block *block, unsigned p)
{
    if (humi_grant_is_whole(hum, block, p))
        return HUGE_NS;
    return block->hold[p].own ? HUM_PAGES_PER_BLOCK * SMALL_NS : 0;
}

/* What is known of a touch that is answered. */
struct touch {
    unsigned p, page;
    bool write;
    uint32_t now_us, armed_us;
    uint64_t touches;
    uint64_t unseen_ns;        /* what the kernel has to do afterwards */
};

/* Its block is locked and was taken.  True: it is hot. */
static bool note_touch(struct humi_heat *heat, struct touch *touch)
{
    bool hot = is_hot(heat);
    learn(heat, (uint64_t)since_us(touch->now_us, heat->fine->armed_us) * HUMI_NS_PER_US);
    touch->touches = touches_until(heat, touch->now_us);
    touch->armed_us = heat->fine->armed_us;
    heat->fine->armed_us = 0;
    return hot;
}

/* The others that were taken with a hot unit, if they are hot, lose to it and are mapped again. */
static void resolve(struct hum *hum, uint32_t winner, struct touch *touch)
{
    uint32_t first = winner > GROUP_MAX ? winner - GROUP_MAX : 0;
    for (uint32_t i = first; i < winner + GROUP_MAX; i++) {
        struct humi_block *block = i == winner ? NULL : humi_table_peek(&hum->table, i);
        if (!block)
            continue;
        humi_lock(&block->lock);
        struct humi_heat *heat = block->hold[touch->p].heat;
        if (humi_heat_is_armed(heat) && heat->fine->armed_us == touch->armed_us && is_hot(heat)) {
            touch->touches += touches_until(heat, touch->now_us);
            touch->unseen_ns += unseen_ns(hum, block, touch->p);
            humi_grant_again(hum, block, touch->p);
        }
        humi_unlock(&block->lock);
    }
}

/*
 * A block that is touched now and then, and first at one of its ends: a loop runs through all of
 * it, and would touch that end first each time.
 */
static bool is_passed(const struct humi_heat *heat, const struct touch *touch)
{
    return !is_hot(heat) && (touch->page == 0 || touch->page == HUM_PAGES_PER_BLOCK - 1);
}

/* Count what the sample stands for. */
static void count(struct humi_heat *heat, const struct touch *touch)
{
    if (!is_passed(heat, touch)) {
        humi_heat_count(heat, touch->page / HUM_PAGES_PER_CHUNK, touch->write, touch->touches);
        return;
    }
    for (unsigned chunk = 0; chunk < HUM_CHUNKS_PER_BLOCK; chunk++)
        humi_heat_count(heat, chunk, touch->write, (touch->touches + chunk) / HUM_CHUNKS_PER_BLOCK);
}

/* One fault on a block; true: the masks claimed the page, and it is mapped again. */
static bool answer_block(struct hum *hum, struct humi_block *block, struct touch *touch)
{
    struct humi_hold *hold = &block->hold[touch->p];
    humi_lock(&block->lock);
    struct humi_heat *heat = hold->heat;
    bool sampled = heat && heat->is_fine && heat->fine->counted_us;
    bool armed = sampled && humi_heat_is_armed(heat);
    if (armed && note_touch(heat, touch)) {
        humi_unlock(&block->lock);
        resolve(hum, block->index, touch);
        humi_lock(&block->lock);
    }
    if (armed) {
        if (!humi_heat_is_exact(hum, touch->p))
            count(heat, touch);
        if (atomic_load(&hold->resident_pages))
            humi_order_renew(&hum->order[touch->p], block, HUM_EVICT_ON_TOUCH);
        atomic_fetch_add(&hum->sample->touched, 1);
        touch->unseen_ns += unseen_ns(hum, block, touch->p);
    }
    if (sampled && humi_mask_has(&hold->mapped, touch->page))
        humi_grant_again(hum, block, touch->p);
    const struct hum_pages *has = touch->write ? &hold->writable : &hold->mapped;
    bool answered = sampled && humi_mask_has(has, touch->page);
    humi_unlock(&block->lock);
    return answered;
}

static bool answer(struct hum *hum, unsigned p, const struct humi_fault *fault, uint64_t now_ns)
{
    if (!humi_in_space(hum, fault->address))
        return false;
    struct humi_block *block =
        humi_table_peek(&hum->table, humi_space_block(hum, fault->address));
    struct touch touch = {.p = p, .write = fault->write};
    size_t offset = fault->address - hum->params.start;
    touch.page = (unsigned)(offset % HUM_BLOCK_SIZE / HUM_PAGE_SIZE);
    touch.now_us = ran_us(&hum->sample->target[p], now_ns);
    uint64_t start = humi_clock_thread_ns();
    if (!block || !answer_block(hum, block, &touch))
        return false;
    spend(hum->sample, p, humi_clock_thread_ns() - start + TRAP_NS + touch.unseen_ns);
    return true;
}

unsigned humi_sample_answer(struct hum *hum, unsigned p, struct humi_fault *faults, unsigned count,
                            uint64_t now_ns)
{
    unsigned left = 0;
    if (!hum->sample)
        return count;
    for (unsigned i = 0; i < count; i++) {
        if (answer(hum, p, &faults[i], now_ns))
            continue;
        struct humi_fault other = faults[i];
        faults[i] = faults[left];
        faults[left++] = other;
    }
    return left;
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* One look at each processor; how long to wait for the next. */
static uint64_t tick(struct humi_sample *sample)
{
    uint64_t least = TICK_MAX_NS, now = humi_clock_ns();
    for (unsigned p = 0; p < sample->hum->processors; p++) {
        struct target *target = &sample->target[p];
        look(sample, p, now);
        humi_sample_take(sample->hum, p);
        bool itself = samples_itself(sample, p);
        humi_lock(&sample->lock);
        bool may = !itself && !sample->hum->processor[p]->cannot_fault &&
                   humi_quota_allows(&target->quota) && atomic_load(&target->seen_ns);
        humi_unlock(&sample->lock);
        if (may)
            take_round(sample, p);
        humi_lock(&sample->lock);
        uint64_t wait = itself ? UINT64_MAX : humi_quota_wait_ns(&target->quota);
        humi_unlock(&sample->lock);
        least = wait < least ? wait : least;
    }
    return least > TICK_MIN_NS ? least : TICK_MIN_NS;
}

/* Between 3/4 and 5/4 of it, so that no loop of a program runs in step. */
static uint64_t jittered(struct humi_sample *sample, uint64_t ns)
{
    sample->jitter = sample->jitter * 1664525u + 1013904223u;
    return ns * 3 / 4 + ns / 2 * (sample->jitter >> 16) / 65536;
}

/* For so long, or without end, but no longer than until something is signalled. */
static void rest(struct humi_sample *sample, const struct timespec *wait)
{
    struct pollfd event = {.fd = sample->event_fd, .events = POLLIN};
    uint64_t count;
    if (ppoll(&event, 1, wait, NULL) > 0 && read(sample->event_fd, &count, sizeof count) < 0)
        humi_debug("sampling looks at its signal later: %s", strerror(errno));
}

static void *run(void *argument)
{
    struct humi_sample *sample = argument;
    humi_signals_never();
    while (!atomic_load(&sample->wanted) && !atomic_load(&sample->stopping))
        rest(sample, NULL);
    while (!atomic_load(&sample->stopping)) {
        uint64_t ns = jittered(sample, tick(sample));
        struct timespec wait = {(time_t)(ns / HUMI_NS_PER_S), (long)(ns % HUMI_NS_PER_S)};
        rest(sample, &wait);
    }
    return NULL;
}

static void signal_thread(const struct humi_sample *sample)
{
    uint64_t one = 1;
    while (write(sample->event_fd, &one, sizeof one) != sizeof one)
        humi_check(errno == EINTR);
}

/* Devices that do it by themselves begin at once. */
static void begin(struct humi_sample *sample)
{
    struct hum *hum = sample->hum;
    for (unsigned p = 0; p < hum->processors; p++)
        if (hum->processor[p]->ops->sampled_begin)
            hum->processor[p]->ops->sampled_begin(hum->processor[p]);
    atomic_store(&sample->wanted, true);
}

void humi_sample_want(struct hum *hum)
{
    struct humi_sample *sample = hum->sample;
    if (!sample || atomic_load_explicit(&sample->wanted, memory_order_relaxed))
        return;
    begin(sample);
    signal_thread(sample);
}

enum hum_status humi_sample_start(struct hum *hum, uint32_t share_ppm, bool later,
                                  struct humi_sample **sample_out)
{
    *sample_out = NULL;
    if (!share_ppm)
        return HUM_OK;
    struct humi_sample *sample = calloc(1, sizeof *sample);
    if (!sample)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory to sample touches");
    sample->hum = hum;
    sample->share_ppm = share_ppm;
    humi_lock_init(&sample->lock, HUMI_RANK_STATS);
    for (unsigned p = 0; p < hum->processors; p++)
        humi_quota_init(&sample->target[p].quota, share_ppm);
    sample->event_fd = eventfd(0, EFD_CLOEXEC);
    *sample_out = sample; /* the thread reads it */
    if (!later)
        begin(sample);
    enum hum_status status =
        sample->event_fd < 0 ? humi_fail_errno("cannot make an eventfd to sample touches")
                            : humi_thread_start(&sample->thread, "hum-sample", run, sample);
    if (status != HUM_OK) {
        *sample_out = NULL;
        humi_sample_destroy(sample);
    }
    return status;
}

void humi_sample_stop(struct humi_sample *sample)
{
    if (!sample)
        return;
    atomic_store(&sample->stopping, true);
    signal_thread(sample);
    pthread_join(sample->thread, NULL);
}

void humi_sample_destroy(struct humi_sample *sample)
{
    if (!sample)
        return;
    if (sample->event_fd >= 0)
        close(sample->event_fd);
    humi_lock_fini(&sample->lock);
    free(sample);
}

void humi_sample_tell(const struct hum *hum, struct hum_stats *stats)
{
    struct humi_sample *sample = hum->sample;
    if (!sample)
        return;
    stats->sample_ppm = sample->share_ppm;
    /* In this order: what is touched had been taken. */
    stats->samples_touched = atomic_load(&sample->touched);
    stats->samples_taken = atomic_load(&sample->taken);
    humi_lock(&sample->lock);
    for (unsigned p = 0; p < hum->processors; p++)
        stats->sample_ns += sample->target[p].quota.spent_ns;
    humi_unlock(&sample->lock);
}
