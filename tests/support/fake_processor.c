/* SPDX-License-Identifier: MIT */
/* fake_processor.c - frames of private memory and a ledger of grants. */
#include "support/fake_processor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/policies.h"
#include "core/room.h"
#include "core/uses.h"

#define SPACE_START ((uintptr_t)0x200000000000) /* never mapped: a touch by the core is a crash */

/* ---- the ledger (lock held) ------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3))) violate(struct fake *fake, const char *format,
                                                          ...)
{
    va_list arguments;

    if (fake->violation[0])
        return;
    va_start(arguments, format);
    vsnprintf(fake->violation, sizeof fake->violation, format, arguments);
    va_end(arguments);
}

static bool within_space(struct fake *fake, const char *call, size_t offset, size_t bytes)
{
    bool fine = bytes && offset % HUM_PAGE_SIZE == 0 && bytes % HUM_PAGE_SIZE == 0 &&
                offset < fake->space_bytes && bytes <= fake->space_bytes - offset;

    if (!fine)
        violate(fake, "%s(%#zx, +%#zx) is no range of pages of the space", call, offset, bytes);
    return fine;
}

static bool within_block(struct fake *fake, const char *call, size_t offset, size_t bytes)
{
    if (!within_space(fake, call, offset, bytes))
        return false;
    if (offset / HUM_BLOCK_SIZE != (offset + bytes - 1) / HUM_BLOCK_SIZE)
        violate(fake, "%s(%#zx, +%#zx) crosses a block", call, offset, bytes);
    return true;
}

/* An own block changes as a whole or not at all. */
static void keep_own_whole(struct fake *fake, const char *call, size_t offset, size_t bytes)
{
    for (size_t at = offset; at < offset + bytes; at += HUM_PAGE_SIZE)
        if (fake->access[at / HUM_PAGE_SIZE] == FAKE_OWN &&
            (offset % HUM_BLOCK_SIZE || bytes % HUM_BLOCK_SIZE)) {
            violate(fake, "%s(%#zx, +%#zx) is a part of an own block", call, offset, bytes);
            return;
        }
}

static void set_access(struct fake *fake, size_t offset, size_t bytes, enum fake_access access)
{
    memset(fake->access + offset / HUM_PAGE_SIZE, (int)access, bytes / HUM_PAGE_SIZE);
}

/* True: this is the call that was ordered to fail. */
static bool fails_now(unsigned *left)
{
    return *left && --*left == 0;
}

static struct fake *begin(struct humi_processor *processor)
{
    struct fake *fake = fake_of(processor);

    pthread_mutex_lock(&fake->lock);
    return fake;
}

static void end(struct fake *fake)
{
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static enum hum_status fake_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = begin(p);
    enum hum_status status = HUM_OK;

    fake->calls.back++;
    if (fails_now(&fake->fail_back)) {
        status = fake->fail_status;
    } else if (within_block(fake, "back", offset, bytes)) {
        mprotect(p->window + offset, bytes, PROT_READ | PROT_WRITE);
        memset(fake->backed + offset / HUM_PAGE_SIZE, true, bytes / HUM_PAGE_SIZE);
    }
    end(fake);
    return status;
}

/* A page of the range that somebody touches in this fake's frame; NULL: none. */
static const struct fake *find_remote(const struct fake *fake, size_t offset, size_t bytes)
{
    for (unsigned i = 0; i < fake->all_count; i++) {
        struct fake *other = fake->all[i];
        bool found = false;

        if (other == fake)
            continue;
        pthread_mutex_lock(&other->lock);
        for (size_t at = offset / HUM_PAGE_SIZE; at < (offset + bytes) / HUM_PAGE_SIZE; at++)
            found |= other->access[at] == FAKE_REMOTE && other->owner[at] == fake;
        pthread_mutex_unlock(&other->lock);
        if (found)
            return other;
    }
    return NULL;
}

static void fake_drop(struct humi_processor *p, size_t offset, size_t bytes)
{
    const struct fake *user = find_remote(fake_of(p), offset, bytes);
    struct fake *fake = begin(p);

    fake->calls.drop++;
    if (user)
        violate(fake, "drop(%#zx, +%#zx) of frames that %s touches", offset, bytes,
                user->processor.name);
    if (within_space(fake, "drop", offset, bytes)) {
        keep_own_whole(fake, "drop", offset, bytes);
        for (size_t i = offset / HUM_PAGE_SIZE; i < (offset + bytes) / HUM_PAGE_SIZE; i++)
            if (fake->access[i] != FAKE_REMOTE) /* that is no access to these frames */
                fake->access[i] = FAKE_NONE;
        memset(fake->backed + offset / HUM_PAGE_SIZE, false, bytes / HUM_PAGE_SIZE);
        madvise(p->window + offset, bytes, MADV_DONTNEED);
        mprotect(p->window + offset, bytes, PROT_NONE);
    }
    end(fake);
}

/* ---- access ---------------------------------------------------------------------------------- */

static void check_map(struct fake *fake, size_t offset, size_t bytes, enum humi_map_access access)
{
    if (access == HUMI_MAP_READ && !fake->processor.shared_read)
        violate(fake, "map(%#zx) for reading, which this processor cannot do", offset);
    if (access == HUMI_MAP_OWN && (offset % HUM_BLOCK_SIZE || bytes != HUM_BLOCK_SIZE))
        violate(fake, "map(%#zx, +%#zx) own is not a whole block", offset, bytes);
    for (size_t at = offset; at < offset + bytes; at += HUM_PAGE_SIZE) {
        if (!fake->backed[at / HUM_PAGE_SIZE])
            violate(fake, "map(%#zx) where no frame is", at);
        if (fake->access[at / HUM_PAGE_SIZE] == FAKE_OWN && access != HUMI_MAP_OWN)
            violate(fake, "map(%#zx) in an own block", at);
        if (fake->access[at / HUM_PAGE_SIZE] == FAKE_REMOTE)
            violate(fake, "map(%#zx) of a remote page", at);
        if (fake->away[at / HUM_PAGE_SIZE] && access != HUMI_MAP_WRITE && access != HUMI_MAP_OWN)
            violate(fake, "map(%#zx) lets writes through that it must not", at);
        fake->away[at / HUM_PAGE_SIZE] = false;
    }
}

static enum hum_status fake_map(struct humi_processor *p, size_t offset, size_t bytes,
                                enum humi_map_access access, bool *own_out)
{
    static const enum fake_access granted[] = {[HUMI_MAP_READ] = FAKE_READ,
                                               [HUMI_MAP_WRITE] = FAKE_WRITE,
                                               [HUMI_MAP_OWN] = FAKE_OWN,
                                               [HUMI_MAP_UPGRADE] = FAKE_WRITE};
    struct fake *fake = begin(p);
    enum hum_status status = HUM_OK;

    fake->calls.map++;
    if (fails_now(&fake->fail_map)) {
        status = fake->fail_status;
    } else if (within_block(fake, "map", offset, bytes)) {
        enum fake_access give = granted[access];
        check_map(fake, offset, bytes, access);
        if (give == FAKE_OWN && fake->refuse_own)
            give = FAKE_WRITE;
        *own_out = give == FAKE_OWN;
        set_access(fake, offset, bytes, give);
    }
    end(fake);
    return status;
}

static void check_remote(struct fake *fake, const struct fake *owner, size_t offset, size_t bytes)
{
    if (owner == fake)
        violate(fake, "map_remote(%#zx) of own frames", offset);
    for (size_t at = offset / HUM_PAGE_SIZE; at < (offset + bytes) / HUM_PAGE_SIZE; at++) {
        enum fake_access has = (enum fake_access)fake->access[at];
        if (!owner->backed[at])
            violate(fake, "map_remote(page %zu) where no frame is", at);
        if (has != FAKE_NONE && has != FAKE_REMOTE)
            violate(fake, "map_remote(page %zu) of what is mapped", at);
    }
}

static enum hum_status fake_map_remote(struct humi_processor *p, size_t offset, size_t bytes,
                                       const struct humi_processor *owner)
{
    struct fake *fake = begin(p);
    const struct fake *from = (const struct fake *)(const void *)owner;
    enum hum_status status = HUM_OK;

    fake->calls.map_remote++;
    if (fails_now(&fake->fail_remote)) {
        status = fake->fail_status;
    } else if (within_block(fake, "map_remote", offset, bytes)) {
        check_remote(fake, from, offset, bytes);
        set_access(fake, offset, bytes, FAKE_REMOTE);
        for (size_t at = offset / HUM_PAGE_SIZE; at < (offset + bytes) / HUM_PAGE_SIZE; at++) {
            fake->owner[at] = from;
            fake->away[at] = false;
        }
    }
    end(fake);
    return status;
}

static void fake_protect(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = begin(p);

    fake->calls.protect++;
    if (within_space(fake, "protect", offset, bytes)) {
        keep_own_whole(fake, "protect", offset, bytes);
        for (size_t i = offset / HUM_PAGE_SIZE; i < (offset + bytes) / HUM_PAGE_SIZE; i++) {
            if (fake->access[i] == FAKE_REMOTE)
                violate(fake, "protect(page %zu) of a remote page", i);
            else if (fake->access[i] > FAKE_READ)
                fake->access[i] = FAKE_READ;
        }
    }
    end(fake);
}

static void fake_unmap(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = begin(p);

    fake->calls.unmap++;
    if (within_space(fake, "unmap", offset, bytes)) {
        keep_own_whole(fake, "unmap", offset, bytes);
        for (size_t i = offset / HUM_PAGE_SIZE; i < (offset + bytes) / HUM_PAGE_SIZE; i++)
            if (fake->access[i] == FAKE_REMOTE)
                fake->away[i] = p->returns_writable;
        set_access(fake, offset, bytes, FAKE_NONE);
    }
    end(fake);
}

/* Nothing is to be watched: what is not granted faults in any case. */
static void fake_watch(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = begin(p);

    within_block(fake, "watch", offset, bytes);
    end(fake);
}

/* Of a block that was granted as a whole a part may be forgotten. */
static void fake_forget(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = begin(p);

    fake->calls.forget++;
    if (within_space(fake, "forget", offset, bytes))
        set_access(fake, offset, bytes, FAKE_NONE);
    end(fake);
}

enum fake_access fake_access(struct fake *fake, size_t offset)
{
    pthread_mutex_lock(&fake->lock);
    enum fake_access access = (enum fake_access)fake->access[offset / HUM_PAGE_SIZE];
    pthread_mutex_unlock(&fake->lock);
    return access;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void raise_fd(int fd)
{
    eventfd_write(fd, 1);
}

/* Lock held. */
static void queue_fault(struct fake *fake, struct humi_fault fault)
{
    if (fake->fault_count < FAKE_FAULTS_MAX)
        fake->faults[fake->fault_count++] = fault;
    raise_fd(fake->processor.fault_fd);
}

void fake_fault(struct fake *fake, uintptr_t address, bool write, int thread)
{
    pthread_mutex_lock(&fake->lock);
    queue_fault(fake, (struct humi_fault){.address = address, .thread = thread, .write = write});
    pthread_mutex_unlock(&fake->lock);
}

/* Lock held: the touches at [offset, +bytes) wake up; with `again` those without access fault. */
static void wake(struct fake *fake, size_t offset, size_t bytes, bool again)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < fake->asleep_count; i++) {
        struct humi_fault fault = fake->asleep[i];
        size_t at = fault.address - SPACE_START;
        enum fake_access wanted = fault.write ? FAKE_WRITE : FAKE_READ;
        if (at < offset || at >= offset + bytes)
            fake->asleep[kept++] = fault;
        else if (again && fake->access[at / HUM_PAGE_SIZE] < (unsigned char)wanted)
            queue_fault(fake, fault);
    }
    fake->asleep_count = kept;
}

static unsigned fake_faults(struct humi_processor *p, struct humi_fault *faults_out, unsigned max)
{
    struct fake *fake = begin(p);
    unsigned count = fake->fault_count < max ? fake->fault_count : max;
    eventfd_t ignored;

    fake->calls.faults++;
    if (fake->fault_batch_max && count > fake->fault_batch_max)
        count = fake->fault_batch_max;
    memcpy(faults_out, fake->faults, count * sizeof *faults_out);
    for (unsigned i = 0; i < count && fake->asleep_count < FAKE_FAULTS_MAX; i++)
        fake->asleep[fake->asleep_count++] = fake->faults[i];
    fake->fault_count -= count;
    memmove(fake->faults, fake->faults + count, fake->fault_count * sizeof *fake->faults);
    if (!fake->fault_count)
        eventfd_read(p->fault_fd, &ignored);
    end(fake);
    return count;
}

static void fake_resume(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = begin(p);

    fake->calls.resume++;
    if (within_space(fake, "resume", offset, bytes))
        wake(fake, offset, bytes, true);
    end(fake);
}

static void fake_fail(struct humi_processor *p, const struct humi_fault *fault,
                      enum hum_status status)
{
    struct fake *fake = begin(p);

    fake->calls.fail++;
    wake(fake, fault->address - SPACE_START, 1, false);
    if (fake->failed_count < FAKE_FAILED_MAX)
        fake->failed[fake->failed_count++] = (struct fake_failed){*fault, status};
    end(fake);
}

bool fake_wait(struct fake *fake, bool (*ready)(struct fake *fake, void *context), void *context)
{
    struct timespec deadline;
    int error = 0;
    bool is_ready;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 20;
    pthread_mutex_lock(&fake->lock);
    while (!(is_ready = ready(fake, context)) && !error)
        error = pthread_cond_timedwait(&fake->changed, &fake->lock, &deadline);
    pthread_mutex_unlock(&fake->lock);
    return is_ready;
}

/* ---- launches -------------------------------------------------------------------------------- */

static enum hum_status fake_load(struct humi_processor *p, const char *path, unsigned *module_out)
{
    (void)p;
    (void)path;
    *module_out = 0;
    return HUM_OK;
}

static enum hum_status fake_kernel(struct humi_processor *p, unsigned module, const char *name,
                                   unsigned *kernel_out, size_t *args_bytes_out)
{
    (void)p;
    (void)module;
    (void)name;
    *kernel_out = 0;
    *args_bytes_out = 0;
    return HUM_OK;
}

static void finish_locked(struct fake *fake, enum hum_status status, uint64_t end_ns)
{
    struct fake_launch *launch = &fake->launches[fake->finished_count];

    if (fake->finished_count >= fake->launch_count)
        return;
    fake->finished_count++;
    launch->outcome.status = status;
    launch->outcome.end_ns = end_ns;
    snprintf(launch->outcome.kernel, sizeof launch->outcome.kernel, "kernel%u", launch->kernel);
    launch->finished = true;
}

void fake_finish(struct fake *fake, enum hum_status status, uint64_t end_ns)
{
    pthread_mutex_lock(&fake->lock);
    finish_locked(fake, status, end_ns);
    end(fake);
}

static bool reserve_launch(struct fake *fake)
{
    if (fake->launch_count < fake->launch_room)
        return true;
    size_t room = fake->launch_room ? 2 * fake->launch_room : 64;
    struct fake_launch *launches = realloc(fake->launches, room * sizeof *launches);
    if (!launches)
        return false;
    fake->launches = launches;
    fake->launch_room = room;
    return true;
}

static enum hum_status fake_submit(struct humi_processor *p, const struct humi_launch *launch,
                                   uint64_t *ticket_out)
{
    struct fake *fake = begin(p);
    enum hum_status status = HUM_OK;

    fake->calls.submit++;
    if (fails_now(&fake->fail_submit)) {
        status = fake->fail_status;
    } else if (!reserve_launch(fake)) {
        status = HUM_ERR_NO_MEMORY;
    } else {
        fake->launches[fake->launch_count++] =
            (struct fake_launch){.kernel = launch->kernel, .queue = launch->queue};
        *ticket_out = fake->launch_count;
        if (fake->finish_at_once)
            finish_locked(fake, HUM_OK, humi_clock_ns());
    }
    end(fake);
    return status;
}

static enum hum_status fake_wait_ticket(struct humi_processor *p, uint64_t ticket,
                                        int64_t timeout_ns, struct humi_outcome *outcome_out)
{
    struct fake *fake = begin(p);
    enum hum_status status = HUM_NOT_READY;

    fake->calls.wait++;
    if (!ticket || ticket > fake->launch_count || fake->launches[ticket - 1].collected)
        violate(fake, "wait(%llu) is no ticket, or was waited for before",
                (unsigned long long)ticket);
    fake->waiters++;
    pthread_cond_broadcast(&fake->changed);
    while (timeout_ns < 0 && !fake->launches[ticket - 1].finished)
        pthread_cond_wait(&fake->changed, &fake->lock);
    fake->waiters--;
    if (fake->launches[ticket - 1].finished) {
        fake->launches[ticket - 1].collected = true;
        *outcome_out = fake->launches[ticket - 1].outcome;
        status = HUM_OK;
    }
    end(fake);
    return status;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void lose_access(struct fake *fake)
{
    set_access(fake, 0, fake->space_bytes, FAKE_NONE);
    fake->fault_count = 0;
}

void fake_die(struct fake *fake)
{
    pthread_mutex_lock(&fake->lock);
    lose_access(fake);
    raise_fd(fake->processor.life_fd);
    end(fake);
}

static enum hum_status fake_restart(struct humi_processor *p)
{
    struct fake *fake = begin(p);
    enum hum_status status = fake->refuse_restart ? HUM_ERR_SYSTEM : HUM_OK;

    fake->calls.restart++;
    lose_access(fake);
    while (fake->finished_count < fake->launch_count)
        finish_locked(fake, HUM_ERR_DEVICE_LOST, humi_clock_ns());
    if (status == HUM_OK) {
        close(p->fault_fd);
        close(p->life_fd);
        p->fault_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        p->life_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        p->pid++;
    }
    end(fake);
    return status;
}

static void fake_close(struct humi_processor *p)
{
    struct fake *fake = fake_of(p);

    if (!p)
        return;
    if (p->window)
        munmap(p->window, fake->space_bytes);
    if (p->fault_fd >= 0)
        close(p->fault_fd);
    if (p->life_fd >= 0)
        close(p->life_fd);
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->lock);
    free(fake->launches);
    free(fake->access);
    free(fake->backed);
    free(fake->owner);
    free(fake->away);
    free(fake);
}

static const struct humi_processor_ops fake_ops = {
    .kind = "fake",
    .close = fake_close,
    .back = fake_back,
    .drop = fake_drop,
    .map = fake_map,
    .map_remote = fake_map_remote,
    .protect = fake_protect,
    .unmap = fake_unmap,
    .watch = fake_watch,
    .forget = fake_forget,
    .faults = fake_faults,
    .resume = fake_resume,
    .fail = fake_fail,
    .load = fake_load,
    .kernel = fake_kernel,
    .submit = fake_submit,
    .wait = fake_wait_ticket,
    .restart = fake_restart,
};

static struct fake *fake_open(const struct fake_params *params, unsigned number)
{
    struct fake *fake = calloc(1, sizeof *fake);
    void *window;

    if (!fake)
        return NULL;
    struct humi_processor *p = &fake->processor;
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
    fake->space_bytes = params->blocks * HUM_BLOCK_SIZE;
    fake->fail_status = HUM_ERR_NO_MEMORY;
    fake->access = calloc(fake->space_bytes / HUM_PAGE_SIZE, sizeof *fake->access);
    fake->backed = calloc(fake->space_bytes / HUM_PAGE_SIZE, sizeof *fake->backed);
    fake->owner = calloc(fake->space_bytes / HUM_PAGE_SIZE, sizeof *fake->owner);
    fake->away = calloc(fake->space_bytes / HUM_PAGE_SIZE, sizeof *fake->away);
    window = mmap(NULL, fake->space_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    p->ops = &fake_ops;
    p->window = window == MAP_FAILED ? NULL : window;
    p->memory_bytes = params->capacity[number] * HUM_BLOCK_SIZE;
    p->workers = 1;
    p->pid = 1000;
    p->fault_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->frames_fd = p->fault_fd; /* that there is one is all that matters */
    p->returns_writable = number == 0;
    p->life_fd = number ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    p->huge = params->huge;
    p->shared_read = !params->no_shared_read;
    snprintf(p->name, sizeof p->name, number ? "fake%d" : "host", (int)number - 1);
    snprintf(p->kind, sizeof p->kind, "fake");
    if (fake->access && fake->backed && fake->owner && fake->away && p->window &&
        p->fault_fd >= 0)
        return fake;
    fake_close(p);
    return NULL;
}

/* ---- a space of fakes ------------------------------------------------------------------------ */

struct fake_world *fake_world_open(const struct fake_params *params)
{
    struct fake_world *world = calloc(1, sizeof *world);

    if (!world)
        return NULL;
    struct hum *hum = &world->hum;
    hum->params.start = SPACE_START;
    hum->params.bytes = params->blocks * HUM_BLOCK_SIZE;
    hum->processors = params->processors;
    humi_lock_init(&hum->lock, HUMI_RANK_HUM);
    humi_list_init(&hum->streams);
    humi_list_init(&hum->modules);
    humi_uses_open(hum);
    bool fine = humi_policies_open_table(hum, params->policy) == HUM_OK &&
                humi_regions_init(&hum->regions, SPACE_START, hum->params.bytes) == HUM_OK &&
                humi_table_init(&hum->table, hum->params.bytes, params->processors) == HUM_OK;
    for (unsigned p = 0; p < params->processors; p++) {
        world->fake[p] = fake_open(params, p);
        hum->processor[p] = world->fake[p] ? &world->fake[p]->processor : NULL;
        fine = fine && world->fake[p];
    }
    for (unsigned p = 0; fine && p < params->processors; p++) {
        world->fake[p]->all = world->fake;
        world->fake[p]->all_count = params->processors;
    }
    if (fine && humi_room_open(hum) == HUM_OK)
        return world;
    fake_world_close(world);
    return NULL;
}

void fake_world_close(struct fake_world *world)
{
    if (!world)
        return;
    struct hum *hum = &world->hum;
    for (unsigned p = 0; p < hum->processors; p++)
        fake_close(hum->processor[p]);
    humi_room_close(hum);
    humi_table_fini(&hum->table);
    humi_regions_fini(&hum->regions);
    humi_uses_close(hum);
    humi_policies_close(hum);
    humi_lock_fini(&hum->lock);
    free(world);
}

/* ---- what is really granted, against what the core believes ---------------------------------- */

#define WRONG(...) return snprintf(text, sizeof text, __VA_ARGS__), text

/* R6, and who really maps whose frame. */
static const char *check_remote_page(struct fake_world *world, const struct humi_block *block,
                                     unsigned p, unsigned page)
{
    static _Thread_local char text[200];
    const struct humi_hold *hold = &block->hold[p];
    const struct fake *fake = world->fake[p];
    size_t at = humi_block_offset(block) / HUM_PAGE_SIZE + page;
    bool remote = humi_mask_has(&hold->remote, page);
    struct hum_pages all_away = humi_block_away(block, p);
    bool away = humi_mask_has(&all_away, page);
    unsigned holders = 0, owner = 0;

    if (remote != (fake->access[at] == FAKE_REMOTE) ||
        (fake->away[at] && !away))
        WRONG("%u: page %u has access %d, masks say remote %d away %d", p, page, fake->access[at],
              remote, away);
    for (unsigned q = 0; q < world->hum.processors; q++)
        if (humi_mask_has(&block->hold[q].resident, page)) {
            holders++;
            owner = q;
        }
    if (remote && (holders != 1 || owner == p || fake->owner[at] != world->fake[owner] ||
                   humi_mask_has(&hold->mapped, page) || away ||
                   !humi_mask_has(&block->written, page)))
        WRONG("%u: page %u is remote, on %u processors, the last %u (R6)", p, page, holders,
              owner);
    return NULL;
}

static const char *check_page(struct fake_world *world, const struct humi_block *block, unsigned p,
                              unsigned page)
{
    static _Thread_local char text[200];
    const struct humi_hold *hold = &block->hold[p];
    size_t at = humi_block_offset(block) / HUM_PAGE_SIZE + page;
    enum fake_access has = (enum fake_access)world->fake[p]->access[at];
    bool mapped = humi_mask_has(&hold->mapped, page);
    bool writable = humi_mask_has(&hold->writable, page);
    bool resident = humi_mask_has(&hold->resident, page);
    bool present = humi_mask_has(&hold->present, page);
    const char *wrong = check_remote_page(world, block, p, page);

    if (wrong || humi_mask_has(&hold->remote, page))
        return wrong;
    if (has != (!mapped ? FAKE_NONE : !writable ? FAKE_READ : hold->own ? FAKE_OWN : FAKE_WRITE))
        WRONG("%u: page %u has access %d, masks say mapped %d writable %d own %d", p, page, has,
              mapped, writable, hold->own);
    if (present != world->fake[p]->backed[at])
        WRONG("%u: page %u present %d but backed %d", p, page, present, !present);
    if ((writable && !mapped) || (mapped && !resident) || (resident && !present))
        WRONG("%u: page %u writable %d mapped %d resident %d present %d (R2)", p, page, writable,
              mapped, resident, present);
    for (unsigned q = 0; writable && q < world->hum.processors; q++)
        if (q != p && (humi_mask_has(&block->hold[q].resident, page) ||
                       (world->fake[q]->access[at] != FAKE_NONE &&
                        world->fake[q]->access[at] != FAKE_REMOTE)))
            WRONG("page %u is writable at %u and there at %u (R1)", page, p, q);
    return NULL;
}

const char *fake_world_check(struct fake_world *world, const struct humi_block *block)
{
    static _Thread_local char text[200];
    struct hum *hum = &world->hum;
    struct hum_pages anywhere = humi_block_resident_elsewhere(hum, block, -1);

    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_hold *hold = &block->hold[p];
        if (world->fake[p]->violation[0])
            WRONG("%u: %s", p, world->fake[p]->violation);
        for (unsigned page = 0; page < HUMI_PAGES; page++) {
            const char *wrong = check_page(world, block, p, page);
            if (wrong)
                return wrong;
        }
        if (hold->ordered != !humi_mask_empty(&hold->present))
            WRONG("%u: frames %u but ordered %d", p, humi_mask_count(&hold->present),
                  hold->ordered);
        if (hold->stale != (hold->ordered && humi_mask_empty(&hold->resident)))
            WRONG("%u: resident %u but stale %d", p, humi_mask_count(&hold->resident),
                  hold->stale);
        if (atomic_load(&hold->resident_pages) != humi_mask_count(&hold->resident) ||
            atomic_load(&hold->writable_pages) != humi_mask_count(&hold->writable))
            WRONG("%u: counts of resident or writable pages are wrong", p);
        if (!humi_mask_within(&hold->fresh, &hold->present))
            WRONG("%u: fresh pages without frames", p);
    }
    if (!humi_mask_within(&block->written, &anywhere))
        WRONG("a written page is resident nowhere (R3)");
    if (!humi_mask_within(&block->dirty, &block->written))
        WRONG("a dirty page was never written");
    return NULL;
}

const char *fake_world_check_all(struct fake_world *world)
{
    static _Thread_local char text[200];
    struct hum *hum = &world->hum;
    uint32_t end_block = (uint32_t)(hum->params.bytes / HUM_BLOCK_SIZE);
    struct humi_block *block = humi_table_next(&hum->table, 0, end_block);
    struct {
        uint64_t held, stale, resident, present, spare;
    } sum[HUM_PROCESSORS_MAX] = {{0}};

    for (; block; block = humi_table_next(&hum->table, block->index + 1, end_block)) {
        const char *wrong = fake_world_check(world, block);
        if (wrong)
            return wrong;
        for (unsigned p = 0; p < hum->processors; p++) {
            const struct humi_hold *hold = &block->hold[p];
            sum[p].held += hold->ordered;
            sum[p].stale += hold->stale;
            sum[p].resident += humi_mask_count(&hold->resident);
            sum[p].present += humi_mask_count(&hold->present);
            sum[p].spare += hold->stale ? humi_mask_count(&hold->present) : 0;
        }
    }
    for (unsigned p = 0; p < hum->processors; p++) {
        const struct humi_order *order = &hum->order[p];
        if (sum[p].held != atomic_load(&order->held) || sum[p].held > order->capacity ||
            sum[p].stale != atomic_load(&order->stale))
            WRONG("%u: %llu blocks have frames, %llu are stale (R4)", p,
                  (unsigned long long)sum[p].held, (unsigned long long)sum[p].stale);
        if (sum[p].resident != atomic_load(&hum->resident_pages[p]) ||
            sum[p].present != atomic_load(&hum->present_pages[p]) ||
            sum[p].spare != atomic_load(&hum->spare_pages[p]))
            WRONG("%u: the sums of resident, present or spare pages are wrong", p);
    }
    return NULL;
}
