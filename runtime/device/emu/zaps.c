/* SPDX-License-Identifier: MIT */
/*
 * zaps.c - making the device process forget mappings, or map other frames.
 *
 * No system call forgets a mapping of another process and keeps the frame, so the process does it
 * itself.  While a launch is in flight its agent thread is asked and waited for.  Otherwise the
 * range is put on a list that the process works off before the next launch: until then none of its
 * threads runs kernel code, so nobody can tell.  A list that is too long stands for all there is,
 * so a `prompt` device is always asked.
 */
#include "base/clock.h"
#include "base/signals.h"
#include "base/status.h"
#include "device/emu/emu.h"
#include "os/channel.h"
#include "os/futex.h"

static struct humi_emu *of_access(struct humi_access *access)
{
    return (struct humi_emu *)((char *)access - offsetof(struct humi_emu, access));
}

/* ---- the list -------------------------------------------------------------------------------- */

static bool is_all(const struct humi_emu_zaps *zaps)
{
    return zaps->count > HUMI_EMU_ZAPS;
}

/* Counts are published for the look without the lock. */
static void set_count(struct humi_emu_zaps *zaps, uint32_t count)
{
    __atomic_store_n(&zaps->count, count, __ATOMIC_RELEASE);
}

static void add(struct humi_emu_zaps *zaps, uint64_t offset, uint64_t bytes)
{
    if (is_all(zaps))
        return;
    for (uint32_t i = 0; i < zaps->count; i++) {
        struct humi_emu_range *r = &zaps->ranges[i];
        if (offset <= r->offset + r->bytes && r->offset <= offset + bytes) { /* meet or touch */
            uint64_t start = offset < r->offset ? offset : r->offset;
            uint64_t end = r->offset + r->bytes;
            r->bytes = (offset + bytes > end ? offset + bytes : end) - start;
            r->offset = start;
            return;
        }
    }
    if (zaps->count < HUMI_EMU_ZAPS)
        zaps->ranges[zaps->count] = (struct humi_emu_range){offset, bytes};
    set_count(zaps, zaps->count + 1); /* one too many stands for all */
}

/* Take [start, end) out of range i.  May leave two parts, one of them at the end of the list. */
static void cut(struct humi_emu_zaps *zaps, uint32_t i, uint64_t start, uint64_t end)
{
    struct humi_emu_range r = zaps->ranges[i];
    uint64_t r_end = r.offset + r.bytes;
    bool before = r.offset < start, behind = r_end > end;

    if (before && behind && zaps->count == HUMI_EMU_ZAPS)
        return; /* no room; forgetting too much is safe */
    if (before)
        zaps->ranges[i].bytes = start - r.offset;
    if (behind)
        zaps->ranges[before ? zaps->count : i] = (struct humi_emu_range){end, r_end - end};
    if (before && behind)
        set_count(zaps, zaps->count + 1);
    if (!before && !behind) {
        zaps->ranges[i] = zaps->ranges[zaps->count - 1];
        set_count(zaps, zaps->count - 1);
    }
}

bool humi_emu_keep(struct humi_emu *emu, size_t offset, size_t bytes)
{
    struct humi_emu_zaps *zaps = &emu->zaps;
    bool found;

    if (__atomic_load_n(&zaps->count, __ATOMIC_ACQUIRE) == 0)
        return false;
    humi_lock(&emu->gate);
    found = is_all(zaps);
    for (uint32_t i = is_all(zaps) ? 0 : zaps->count; i-- > 0;) {
        const struct humi_emu_range *r = &zaps->ranges[i];
        if (r->offset < offset + bytes && offset < r->offset + r->bytes) {
            found = true;
            cut(zaps, i, offset, offset + bytes);
        }
    }
    humi_unlock(&emu->gate);
    return found;
}

void humi_emu_flush_zaps(struct humi_emu *emu)
{
    struct humi_emu_control *c = emu->control;

    if (emu->zaps.count == 0)
        return;
    c->zap_count = emu->zaps.count;
    for (uint32_t i = 0; i < HUMI_EMU_ZAPS && i < emu->zaps.count; i++)
        c->zaps[i] = emu->zaps.ranges[i];
    __atomic_store_n(&c->zap_serial, ++emu->zap_serial, __ATOMIC_RELEASE);
    set_count(&emu->zaps, 0);
}

bool humi_emu_zap_if_cheap(struct humi_access *access, size_t offset, size_t bytes)
{
    struct humi_emu *emu = of_access(access);
    bool idle;

    humi_lock(&emu->gate);
    /* lost: perhaps the next process is starting */
    idle = emu->lost || (!emu->params.prompt && humi_emu_is_idle(emu));
    if (idle)
        add(&emu->zaps, offset, bytes);
    humi_unlock(&emu->gate);
    return idle;
}

/* ---- the agent ------------------------------------------------------------------------------- */

/* False: the device is lost, so nothing of it is mapped any more. */
static bool is_worth_waiting(struct humi_emu *emu, uint64_t since_ns)
{
    bool lost;

    humi_lock(&emu->gate);
    lost = humi_emu_is_lost(emu);
    if (!lost && (int64_t)(humi_clock_ns() - since_ns) > emu->patience_ns) {
        humi_emu_kill(emu, "does not answer");
        lost = true;
    }
    humi_unlock(&emu->gate);
    return !lost;
}

/* Of the process, as far as it can be true. */
static enum hum_status plausible(int32_t status)
{
    return status == HUM_OK ? HUM_OK
                            : humi_fail(HUM_ERR_NO_MEMORY, "too many mappings in a device process");
}

/* Agent is held, the request is written: until it is done. */
static enum hum_status run_agent(struct humi_emu *emu)
{
    struct humi_emu_control *c = emu->control;
    uint64_t since = humi_clock_ns();
    uint32_t done;

    __atomic_store_n(&c->agent_request, ++emu->agent_serial, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&c->agent_bell, 1, __ATOMIC_SEQ_CST);
    humi_futex_wake(&c->agent_bell, 1);
    while ((done = __atomic_load_n(&c->agent_done, __ATOMIC_SEQ_CST)) != emu->agent_serial) {
        humi_futex_wait(&c->agent_done, done, HUMI_EMU_LOOK_NS);
        if (__atomic_load_n(&c->agent_done, __ATOMIC_SEQ_CST) != emu->agent_serial &&
            !is_worth_waiting(emu, since))
            return HUM_ERR_DEVICE_LOST;
    }
    return plausible(__atomic_load_n(&c->agent_status, __ATOMIC_RELAXED));
}

static enum hum_status ask_agent(struct humi_emu *emu, enum humi_emu_agent_kind kind,
                                 struct humi_emu_range range, int file)
{
    struct humi_emu_away away = {.offset = range.offset, .bytes = range.bytes};
    enum hum_status status = HUM_OK;

    humi_signals_hold();
    pthread_mutex_lock(&emu->agent);
    away.request = emu->agent_serial + 1;
    emu->control->agent_kind = (uint32_t)kind;
    emu->control->agent_range = range;
    if (kind == HUMI_EMU_AWAY)
        status = humi_channel_send(emu->agent_channel, &away, sizeof away, &file, 1);
    if (status == HUM_OK)
        status = run_agent(emu);
    pthread_mutex_unlock(&emu->agent);
    humi_signals_release();
    return status;
}

void humi_emu_zap(struct humi_access *access, size_t offset, size_t bytes)
{
    const struct humi_emu_range range = {offset, bytes};

    /* Forgetting does not fail; a device that is lost has forgotten. */
    if (!humi_emu_zap_if_cheap(access, offset, bytes))
        (void)ask_agent(of_access(access), HUMI_EMU_FORGET, range, -1);
}

/* Also of an idle device: whether it runs or not, its process must map. */
static enum hum_status lead(struct humi_emu *emu, enum humi_emu_agent_kind kind,
                            struct humi_emu_range range, int file)
{
    bool lost;

    (void)humi_emu_keep(emu, range.offset, range.bytes);
    humi_lock(&emu->gate);
    lost = humi_emu_is_lost(emu);
    humi_unlock(&emu->gate);
    return lost ? HUM_ERR_DEVICE_LOST : ask_agent(emu, kind, range, file);
}

enum hum_status humi_emu_lead_away(struct humi_access *access, size_t offset, size_t bytes,
                                   int file)
{
    return lead(of_access(access), HUMI_EMU_AWAY, (struct humi_emu_range){offset, bytes}, file);
}

enum hum_status humi_emu_lead_home(struct humi_access *access, size_t offset, size_t bytes)
{
    return lead(of_access(access), HUMI_EMU_HOME, (struct humi_emu_range){offset, bytes}, -1);
}
