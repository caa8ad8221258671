/* SPDX-License-Identifier: MIT */
/* fake_processor.c - frames of private memory and a ledger of grants. */
#include "support/fake_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

/* ---- the ledger (lock held) ------------------------------------------------------------------ */

void fake_violate(struct fake *fake, const char *format, ...)
{
    va_list arguments;

    if (fake->violation[0])
        return;
    va_start(arguments, format);
    vsnprintf(fake->violation, sizeof fake->violation, format, arguments);
    va_end(arguments);
}

bool fake_within_space(struct fake *fake, const char *call, size_t offset, size_t bytes)
{
    bool fine = bytes && offset % HUM_PAGE_SIZE == 0 && bytes % HUM_PAGE_SIZE == 0 &&
                offset < fake->space_bytes && bytes <= fake->space_bytes - offset;

    if (!fine)
        fake_violate(fake, "%s(%#zx, +%#zx) is no range of pages of the space", call, offset,
                     bytes);
    return fine;
}

static bool within_block(struct fake *fake, const char *call, size_t offset, size_t bytes)
{
    if (!fake_within_space(fake, call, offset, bytes))
        return false;
    if (offset / HUM_BLOCK_SIZE != (offset + bytes - 1) / HUM_BLOCK_SIZE)
        fake_violate(fake, "%s(%#zx, +%#zx) crosses a block", call, offset, bytes);
    return true;
}

/* An own block changes as a whole or not at all. */
static void keep_own_whole(struct fake *fake, const char *call, size_t offset, size_t bytes)
{
    for (size_t at = offset; at < offset + bytes; at += HUM_PAGE_SIZE)
        if (fake->access[at / HUM_PAGE_SIZE] == FAKE_OWN &&
            (offset % HUM_BLOCK_SIZE || bytes % HUM_BLOCK_SIZE)) {
            fake_violate(fake, "%s(%#zx, +%#zx) is a part of an own block", call, offset, bytes);
            return;
        }
}

static void set_access(struct fake *fake, size_t offset, size_t bytes, enum fake_access access)
{
    memset(fake->access + offset / HUM_PAGE_SIZE, (int)access, bytes / HUM_PAGE_SIZE);
}

/* True: this is the call that was ordered to fail. */
bool fake_fails_now(unsigned *left)
{
    return *left && --*left == 0;
}

struct fake *fake_begin(struct humi_processor *processor)
{
    struct fake *fake = fake_of(processor);

    pthread_mutex_lock(&fake->lock);
    return fake;
}

void fake_end(struct fake *fake)
{
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static enum hum_status fake_back(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = fake_begin(p);
    enum hum_status status = HUM_OK;

    fake->calls.back++;
    if (fake_fails_now(&fake->fail_back)) {
        status = fake->fail_status;
    } else if (within_block(fake, "back", offset, bytes)) {
        mprotect(p->window + offset, bytes, PROT_READ | PROT_WRITE);
        memset(fake->backed + offset / HUM_PAGE_SIZE, true, bytes / HUM_PAGE_SIZE);
    }
    fake_end(fake);
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
    struct fake *fake = fake_begin(p);

    fake->calls.drop++;
    if (user)
        fake_violate(fake, "drop(%#zx, +%#zx) of frames that %s touches", offset, bytes,
                     user->processor.name);
    if (fake_within_space(fake, "drop", offset, bytes)) {
        keep_own_whole(fake, "drop", offset, bytes);
        for (size_t i = offset / HUM_PAGE_SIZE; i < (offset + bytes) / HUM_PAGE_SIZE; i++)
            if (fake->access[i] != FAKE_REMOTE) /* that is no access to these frames */
                fake->access[i] = FAKE_NONE;
        memset(fake->backed + offset / HUM_PAGE_SIZE, false, bytes / HUM_PAGE_SIZE);
        madvise(p->window + offset, bytes, MADV_DONTNEED);
        mprotect(p->window + offset, bytes, PROT_NONE);
    }
    fake_end(fake);
}

/* ---- access ---------------------------------------------------------------------------------- */

static void check_map(struct fake *fake, size_t offset, size_t bytes, enum humi_map_access access)
{
    if (access == HUMI_MAP_READ && !fake->processor.shared_read)
        fake_violate(fake, "map(%#zx) for reading, which this processor cannot do", offset);
    if (access == HUMI_MAP_OWN && (offset % HUM_BLOCK_SIZE || bytes != HUM_BLOCK_SIZE))
        fake_violate(fake, "map(%#zx, +%#zx) own is not a whole block", offset, bytes);
    for (size_t at = offset; at < offset + bytes; at += HUM_PAGE_SIZE) {
        if (!fake->backed[at / HUM_PAGE_SIZE])
            fake_violate(fake, "map(%#zx) where no frame is", at);
        if (fake->access[at / HUM_PAGE_SIZE] == FAKE_OWN && access != HUMI_MAP_OWN)
            fake_violate(fake, "map(%#zx) in an own block", at);
        if (fake->access[at / HUM_PAGE_SIZE] == FAKE_REMOTE)
            fake_violate(fake, "map(%#zx) of a remote page", at);
        if (fake->away[at / HUM_PAGE_SIZE] && access != HUMI_MAP_WRITE && access != HUMI_MAP_OWN)
            fake_violate(fake, "map(%#zx) lets writes through that it must not", at);
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
    struct fake *fake = fake_begin(p);
    enum hum_status status = HUM_OK;

    fake->calls.map++;
    if (fake_fails_now(&fake->fail_map)) {
        status = fake->fail_status;
    } else if (within_block(fake, "map", offset, bytes)) {
        enum fake_access give = granted[access];
        check_map(fake, offset, bytes, access);
        if (give == FAKE_OWN && fake->refuse_own)
            give = FAKE_WRITE;
        *own_out = give == FAKE_OWN;
        set_access(fake, offset, bytes, give);
    }
    fake_end(fake);
    return status;
}

static void check_remote(struct fake *fake, const struct fake *owner, size_t offset, size_t bytes)
{
    if (owner == fake)
        fake_violate(fake, "map_remote(%#zx) of own frames", offset);
    for (size_t at = offset / HUM_PAGE_SIZE; at < (offset + bytes) / HUM_PAGE_SIZE; at++) {
        enum fake_access has = (enum fake_access)fake->access[at];
        if (!owner->backed[at])
            fake_violate(fake, "map_remote(page %zu) where no frame is", at);
        if (has != FAKE_NONE && has != FAKE_REMOTE)
            fake_violate(fake, "map_remote(page %zu) of what is mapped", at);
    }
}

static enum hum_status fake_map_remote(struct humi_processor *p, size_t offset, size_t bytes,
                                       const struct humi_processor *owner)
{
    struct fake *fake = fake_begin(p);
    const struct fake *from = (const struct fake *)(const void *)owner;
    enum hum_status status = HUM_OK;

    fake->calls.map_remote++;
    if (fake_fails_now(&fake->fail_remote)) {
        status = fake->fail_status;
    } else if (within_block(fake, "map_remote", offset, bytes)) {
        check_remote(fake, from, offset, bytes);
        set_access(fake, offset, bytes, FAKE_REMOTE);
        for (size_t at = offset / HUM_PAGE_SIZE; at < (offset + bytes) / HUM_PAGE_SIZE; at++) {
            fake->owner[at] = from;
            fake->away[at] = false;
        }
    }
    fake_end(fake);
    return status;
}

static void fake_protect(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = fake_begin(p);

    fake->calls.protect++;
    if (fake_within_space(fake, "protect", offset, bytes)) {
        keep_own_whole(fake, "protect", offset, bytes);
        for (size_t i = offset / HUM_PAGE_SIZE; i < (offset + bytes) / HUM_PAGE_SIZE; i++) {
            if (fake->access[i] == FAKE_REMOTE)
                fake_violate(fake, "protect(page %zu) of a remote page", i);
            else if (fake->access[i] > FAKE_READ)
                fake->access[i] = FAKE_READ;
        }
    }
    fake_end(fake);
}

static void fake_unmap(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = fake_begin(p);

    fake->calls.unmap++;
    if (fake_within_space(fake, "unmap", offset, bytes)) {
        keep_own_whole(fake, "unmap", offset, bytes);
        for (size_t i = offset / HUM_PAGE_SIZE; i < (offset + bytes) / HUM_PAGE_SIZE; i++)
            if (fake->access[i] == FAKE_REMOTE)
                fake->away[i] = p->returns_writable;
        set_access(fake, offset, bytes, FAKE_NONE);
    }
    fake_end(fake);
}

/* Nothing is to be watched: what is not granted faults in any case. */
static void fake_watch(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = fake_begin(p);

    within_block(fake, "watch", offset, bytes);
    fake_end(fake);
}

/* Of a block that was granted as a whole a part may be forgotten. */
static void fake_forget(struct humi_processor *p, size_t offset, size_t bytes)
{
    struct fake *fake = fake_begin(p);

    fake->calls.forget++;
    if (fake_within_space(fake, "forget", offset, bytes))
        set_access(fake, offset, bytes, FAKE_NONE);
    fake_end(fake);
}

enum fake_access fake_access(struct fake *fake, size_t offset)
{
    pthread_mutex_lock(&fake->lock);
    enum fake_access access = (enum fake_access)fake->access[offset / HUM_PAGE_SIZE];
    pthread_mutex_unlock(&fake->lock);
    return access;
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
    fake_raise(fake->processor.life_fd);
    fake_end(fake);
}

static enum hum_status fake_restart(struct humi_processor *p)
{
    struct fake *fake = fake_begin(p);
    enum hum_status status = fake->refuse_restart ? HUM_ERR_SYSTEM : HUM_OK;

    fake->calls.restart++;
    lose_access(fake);
    while (fake->finished_count < fake->launch_count)
        fake_finish_locked(fake, HUM_ERR_DEVICE_LOST, humi_clock_ns());
    if (status == HUM_OK) {
        close(p->fault_fd);
        close(p->life_fd);
        p->fault_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        p->life_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        p->pid++;
    }
    fake_end(fake);
    return status;
}

void fake_close(struct humi_processor *p)
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

struct fake *fake_open(const struct fake_params *params, unsigned number)
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
    if (fake->access && fake->backed && fake->owner && fake->away && p->window && p->fault_fd >= 0)
        return fake;
    fake_close(p);
    return NULL;
}
