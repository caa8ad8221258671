/* SPDX-License-Identifier: MIT */
/*
 * peers.c - several CUDA devices of one space: who maps whose frames, and copies between them.
 *
 * A copy runs in the stream that brings bytes to the device that gets them, so kernels there wait
 * for it as for any other.  cuMemcpyPeerAsync() is right for mapped memory whether the devices
 * reach each other or not: if they do, each maps the other's frames (cuMemSetAccess), and the bytes
 * go straight; if not, the driver takes them through the host.
 *
 * Locks: the gate of the device that gets, then `lent` of the one that gives, then a part.
 */
#include "base/log.h"
#include "device/cuda/cuda.h"

static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER; /* a leaf; nothing waits in it */
static struct humi_cuda_device *opened; /* all of the process */

/* ---- who maps whose frames ------------------------------------------------------------------- */

static bool reaches(struct humi_cuda_device *d, struct humi_cuda_device *owner)
{
    int can = 0;

    return d->ordinal != owner->ordinal && d->ordinal < HUMI_CUDA_ORDINALS &&
           d->cu.cuDeviceCanAccessPeer(&can, d->ordinal, owner->ordinal) == HUMI_CUDA_SUCCESS &&
           can;
}

static void meet(struct humi_cuda_device *d, struct humi_cuda_device *owner)
{
    if (!reaches(d, owner))
        return;
    atomic_fetch_or(&owner->readers, UINT64_C(1) << d->ordinal);
    humi_debug("%s reaches the memory of %s", d->base.name, owner->base.name);
}

/* Frames that are mapped already stay as they are: copies of them are right all the same. */
void humi_cuda_peers_join(struct humi_cuda_device *d)
{
    pthread_mutex_lock(&opened_lock);
    for (struct humi_cuda_device *other = opened; other; other = other->next) {
        if (other->space.start != d->space.start)
            continue;
        meet(d, other);
        meet(other, d);
    }
    d->next = opened;
    opened = d;
    pthread_mutex_unlock(&opened_lock);
}

void humi_cuda_peers_leave(struct humi_cuda_device *d)
{
    pthread_mutex_lock(&opened_lock);
    for (struct humi_cuda_device **link = &opened; *link; link = &(*link)->next)
        if (*link == d) {
            *link = d->next;
            break;
        }
    pthread_mutex_unlock(&opened_lock);
}

enum hum_status humi_cuda_peers_give(struct humi_cuda_device *d, humi_cu_ptr at, size_t bytes)
{
    struct humi_cu_access_desc access[1 + HUMI_CUDA_ORDINALS] = {
        {{HUMI_CU_MEM_LOCATION_TYPE_DEVICE, d->ordinal}, HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE}};
    uint64_t readers = atomic_load(&d->readers);
    size_t count = 1;

    for (uint64_t left = readers; left; left &= left - 1) {
        access[count] = access[0];
        access[count++].location.id = __builtin_ctzll(left);
    }
    if (count > 1 && d->cu.cuMemSetAccess(at, bytes, access, count) == HUMI_CUDA_SUCCESS)
        return HUM_OK;
    if (count > 1 && atomic_exchange(&d->readers, 0))
        humi_warn("%s: other devices cannot be given its memory: copies between them may go "
                  "through the host",
                  d->base.name);
    return humi_cuda_do(d, cuMemSetAccess, at, bytes, access, 1);
}

/* ---- copies ---------------------------------------------------------------------------------- */

static bool enqueue(struct humi_cuda_device *d, struct humi_cuda_device *from, size_t offset,
                    size_t bytes)
{
    struct humi_cuda_channel *c = &d->up;

    return d->cu.cuStreamWaitEvent(c->stream, from->up.last, 0) == HUMI_CUDA_SUCCESS &&
           d->cu.cuMemcpyPeerAsync(d->frames.base + offset, d->context, from->frames.base + offset,
                                   from->context, bytes, c->stream) == HUMI_CUDA_SUCCESS;
}

static bool copy_lent(struct humi_cuda_device *d, struct humi_cuda_device *from, size_t offset,
                      size_t bytes)
{
    humi_lock(&d->up.lock);
    bool asked = enqueue(d, from, offset, bytes);
    if (asked && humi_cuda_do(d, cuEventRecord, d->up.last, d->up.stream) != HUM_OK)
        humi_cuda_lose(d, HUMI_CUDA_ERROR_UNKNOWN); /* kernels would not wait for it */
    humi_unlock(&d->up.lock);
    return asked;
}

bool humi_cuda_copy(struct humi_processor *p, struct humi_processor *from, size_t offset,
                    size_t bytes)
{
    struct humi_cuda_device *d = humi_cuda_of(p), *other = humi_cuda_of(from);

    if (from->ops != p->ops || other->cu.library != d->cu.library || !humi_cuda_enter(d))
        return false;
    humi_rwlock_read(&other->lent);
    bool asked = other->context && !humi_cuda_is_lost(other) &&
                 copy_lent(d, other, offset, bytes);
    humi_rwlock_unlock(&other->lent);
    humi_cuda_leave(d);
    return asked;
}
