/* SPDX-License-Identifier: MIT */
/*
 * copies.c - bytes between this process and frames, one stream a direction.
 *
 * Bytes pass through slots of pinned memory: while the transfer of one runs the next is filled or
 * emptied.  Slots are used in turn, so the next one is the one asked for longest ago.
 *
 * Order: kernels wait for `last` of the way up, and so does the way down, because new frames are
 * zeroed there.  What a kernel wrote is read after its launch was waited for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/range.h"
#include "base/status.h"
#include "device/cuda/cuda.h"

/* Nobody can be told that a copy failed: the device is lost then.  False: it did. */
static bool must(struct humi_cuda_device *d, enum hum_status status)
{
    if (status != HUM_OK)
        humi_cuda_lose(d, HUMI_CUDA_ERROR_UNKNOWN);
    return status == HUM_OK;
}

/* ---- slots (lock held) ----------------------------------------------------------------------- */

static char *memory_of(const struct humi_cuda_channel *c, const struct humi_cuda_slot *slot)
{
    return c->memory + (size_t)(slot - c->slots) * HUMI_CUDA_SLOT_BYTES;
}

static void read_nothing(struct humi_cuda_device *d, void *to, size_t bytes)
{
    memset(to, 0, bytes);
    atomic_fetch_add(&d->lost_bytes, bytes);
}

/* Wait until the slot can be used again; what came down goes where it was wanted. */
static void settle(struct humi_cuda_device *d, struct humi_cuda_channel *c,
                   struct humi_cuda_slot *slot)
{
    if (!slot->busy)
        return;
    bool done = !humi_cuda_is_lost(d) &&
                must(d, humi_cuda_do(d, cuEventSynchronize, slot->done));
    if (slot->to && done)
        memcpy(slot->to, memory_of(c, slot), slot->bytes);
    else if (slot->to)
        read_nothing(d, slot->to, slot->bytes);
    slot->busy = false;
    slot->to = NULL;
}

static struct humi_cuda_slot *next_slot(struct humi_cuda_device *d, struct humi_cuda_channel *c)
{
    struct humi_cuda_slot *slot = &c->slots[c->next];

    c->next = (c->next + 1) % HUMI_CUDA_SLOTS;
    settle(d, c, slot);
    return slot;
}

static void settle_all(struct humi_cuda_device *d, struct humi_cuda_channel *c)
{
    for (unsigned i = 0; i < HUMI_CUDA_SLOTS; i++)
        (void)next_slot(d, c);
}

static void finish(struct humi_cuda_device *d, struct humi_cuda_channel *c)
{
    humi_lock(&c->lock);
    settle_all(d, c);
    if (!humi_cuda_is_lost(d))
        (void)must(d, humi_cuda_do(d, cuStreamSynchronize, c->stream));
    humi_unlock(&c->lock);
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void send(struct humi_cuda_device *d, humi_cu_ptr to, const char *from, size_t bytes)
{
    struct humi_cuda_channel *c = &d->up;
    struct humi_cuda_slot *slot = next_slot(d, c);
    char *memory = memory_of(c, slot);

    memcpy(memory, from, bytes);
    slot->busy = must(d, humi_cuda_do(d, cuMemcpyHtoDAsync_v2, to, memory, bytes, c->stream)) &&
                 must(d, humi_cuda_do(d, cuEventRecord, slot->done, c->stream));
}

static void receive(struct humi_cuda_device *d, char *to, humi_cu_ptr from, size_t bytes)
{
    struct humi_cuda_channel *c = &d->down;
    struct humi_cuda_slot *slot = next_slot(d, c);
    char *memory = memory_of(c, slot);

    slot->busy = must(d, humi_cuda_do(d, cuMemcpyDtoHAsync_v2, memory, from, bytes, c->stream)) &&
                 must(d, humi_cuda_do(d, cuEventRecord, slot->done, c->stream));
    slot->to = slot->busy ? to : NULL;
    slot->bytes = bytes;
    if (!slot->busy)
        read_nothing(d, to, bytes);
}

void humi_cuda_copies_zero(struct humi_cuda_device *d, size_t offset, size_t bytes)
{
    struct humi_cuda_channel *c = &d->up;
    humi_cu_ptr to = d->frames.base + offset;

    humi_lock(&c->lock);
    (void)must(d, humi_cuda_do(d, cuMemsetD8Async, to, 0, bytes, c->stream));
    (void)must(d, humi_cuda_do(d, cuEventRecord, c->last, c->stream));
    humi_unlock(&c->lock);
}

void humi_cuda_put(struct humi_processor *p, size_t offset, size_t bytes, const void *from)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    struct humi_cuda_channel *c = &d->up;

    if (!humi_cuda_enter(d))
        return;
    if (!from) {
        humi_cuda_copies_zero(d, offset, bytes);
        humi_cuda_leave(d);
        return;
    }
    humi_lock(&c->lock);
    for (size_t done = 0, part; done < bytes; done += part) {
        part = bytes - done < HUMI_CUDA_SLOT_BYTES ? bytes - done : HUMI_CUDA_SLOT_BYTES;
        send(d, d->frames.base + offset + done, (const char *)from + done, part);
    }
    (void)must(d, humi_cuda_do(d, cuEventRecord, c->last, c->stream));
    humi_unlock(&c->lock);
    humi_cuda_leave(d);
}

void humi_cuda_get(struct humi_processor *p, size_t offset, size_t bytes, void *to)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    struct humi_cuda_channel *c = &d->down;

    if (!humi_cuda_enter(d)) {
        read_nothing(d, to, bytes);
        return;
    }
    humi_lock(&c->lock);
    (void)must(d, humi_cuda_do(d, cuStreamWaitEvent, c->stream, d->up.last, 0));
    for (size_t done = 0, part; done < bytes; done += part) {
        part = bytes - done < HUMI_CUDA_SLOT_BYTES ? bytes - done : HUMI_CUDA_SLOT_BYTES;
        receive(d, (char *)to + done, d->frames.base + offset + done, part);
    }
    humi_unlock(&c->lock);
    humi_cuda_leave(d);
}

void humi_cuda_copies_finish(struct humi_cuda_device *d)
{
    finish(d, &d->up);
    finish(d, &d->down);
}

void humi_cuda_fence(struct humi_processor *p)
{
    struct humi_cuda_device *d = humi_cuda_of(p);

    if (humi_cuda_enter(d)) {
        humi_cuda_copies_finish(d);
        humi_cuda_leave(d);
        return;
    }
    humi_rwlock_read(&d->gate); /* what was on its way down when the device was lost is zeros */
    humi_cuda_copies_finish(d);
    humi_rwlock_unlock(&d->gate);
}

/* ---- open and close -------------------------------------------------------------------------- */

/* Whether the pages stay pinned when their context ends is not said: either is fine. */
static enum hum_status pin(struct humi_cuda_device *d, struct humi_cuda_channel *c, size_t bytes)
{
    bool before = c->registered;

    if (before)
        (void)d->cu.cuMemHostUnregister(c->memory);
    enum humi_cu_result result = d->cu.cuMemHostRegister_v2(c->memory, bytes, 0);
    if (before && result == HUMI_CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED)
        return HUM_OK;
    c->registered = result == HUMI_CUDA_SUCCESS;
    return humi_cuda_result(d, HUMI_CUDA_FN_cuMemHostRegister_v2, result);
}

static enum hum_status channel_open(struct humi_cuda_device *d, struct humi_cuda_channel *c)
{
    size_t bytes = HUMI_CUDA_SLOTS * HUMI_CUDA_SLOT_BYTES;
    enum hum_status status;

    if (!c->memory)
        c->memory = aligned_alloc(HUM_BLOCK_SIZE, bytes);
    if (!c->memory)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for copies");
    status = pin(d, c, bytes);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuStreamCreate, &c->stream, HUMI_CU_STREAM_NON_BLOCKING);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuEventCreate, &c->last, HUMI_CU_EVENT_DISABLE_TIMING);
    for (unsigned i = 0; status == HUM_OK && i < HUMI_CUDA_SLOTS; i++)
        status = humi_cuda_do(d, cuEventCreate, &c->slots[i].done,
                              HUMI_CU_EVENT_DISABLE_TIMING | HUMI_CU_EVENT_BLOCKING_SYNC);
    return status;
}

static void channel_close(struct humi_cuda_device *d, struct humi_cuda_channel *c, bool alive)
{
    settle_all(d, c);
    for (unsigned i = 0; i < HUMI_CUDA_SLOTS; i++) {
        if (alive && c->slots[i].done)
            (void)d->cu.cuEventDestroy_v2(c->slots[i].done);
        c->slots[i] = (struct humi_cuda_slot){0};
    }
    if (alive && c->last)
        (void)d->cu.cuEventDestroy_v2(c->last);
    if (alive && c->stream)
        (void)d->cu.cuStreamDestroy_v2(c->stream);
    if (alive && c->registered) {
        (void)d->cu.cuMemHostUnregister(c->memory);
        c->registered = false;
    }
    c->last = NULL;
    c->stream = NULL;
}

enum hum_status humi_cuda_copies_open(struct humi_cuda_device *d)
{
    enum hum_status status = channel_open(d, &d->up);
    return status == HUM_OK ? channel_open(d, &d->down) : status;
}

void humi_cuda_copies_close(struct humi_cuda_device *d, bool alive)
{
    channel_close(d, &d->up, alive);
    channel_close(d, &d->down, alive);
}

bool humi_cuda_copies_pinned(const struct humi_cuda_device *d)
{
    return d->up.registered || d->down.registered;
}

static void unpin(struct humi_cuda_device *d, struct humi_cuda_channel *c)
{
    enum humi_cu_result result =
        c->registered ? d->cu.cuMemHostUnregister(c->memory) : HUMI_CUDA_SUCCESS;

    if (result == HUMI_CUDA_SUCCESS || result == HUMI_CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED)
        c->registered = false;
}

bool humi_cuda_copies_unpin(struct humi_cuda_device *d)
{
    unpin(d, &d->up);
    unpin(d, &d->down);
    return !humi_cuda_copies_pinned(d);
}
