/* SPDX-License-Identifier: MIT */
/*
 * mapping.c - reservations of addresses, physical memory by handle, and who may touch what.
 *
 * Nothing is mapped in the host's process but the reservation itself, which nobody may touch: what
 * the host puts over it with MAP_FIXED is the host's own, and devices do not see it.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "support/cuda_double/double.h"

#define ENTER_VMM(symbol)                                                                          \
    do {                                                                                           \
        ENTER(symbol);                                                                             \
        if (!world.options.vmm)                                                                    \
            RETURN(HUMI_CUDA_ERROR_NOT_SUPPORTED);                                                 \
    } while (0)

static bool is_granular(size_t value)
{
    return value % world.options.granularity == 0;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static struct reservation *reservation_in(uintptr_t start, size_t bytes)
{
    for (struct reservation *r = world.reservations; r; r = r->next)
        if (start < r->start + r->bytes && r->start < start + bytes)
            return r;
    return NULL;
}

/* A reservation that has all of the range. */
static struct reservation *reservation_of(uintptr_t start, size_t bytes)
{
    struct reservation *r = reservation_in(start, 1);

    return r && bytes <= r->bytes && start - r->start <= r->bytes - bytes ? r : NULL;
}

/* The wish is granted if nothing is there. */
static uintptr_t take_wanted(size_t bytes, uintptr_t wanted)
{
    void *at = mmap((void *)wanted, bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (at == MAP_FAILED)
        return 0;
    if ((uintptr_t)at == wanted)
        return wanted;
    munmap(at, bytes);
    return 0;
}

static uintptr_t take_any(size_t bytes, size_t alignment)
{
    size_t more = bytes + alignment;
    char *at = (char *)take_addresses(more);

    if (!at)
        return 0;
    size_t before = (alignment - (uintptr_t)at % alignment) % alignment;
    if (before > 0)
        munmap(at, before);
    munmap(at + before + bytes, more - before - bytes);
    return (uintptr_t)at + before;
}

enum humi_cu_result cuMemAddressReserve(humi_cu_ptr *ptr, size_t bytes, size_t alignment,
                                        humi_cu_ptr wanted, unsigned long long flags)
{
    bool over_host = false;

    ENTER_VMM(cuMemAddressReserve);
    if (!ptr || bytes == 0 || flags || !is_granular(bytes) || wanted % PAGE != 0 ||
        (alignment & (alignment - 1)) != 0)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (alignment < world.options.granularity)
        alignment = world.options.granularity;
    if (wanted % alignment != 0 || reservation_in(wanted, bytes) || mapping_in(wanted, bytes))
        wanted = 0; /* no more than a wish */
    uintptr_t start = wanted ? take_wanted(bytes, wanted) : 0;
    if (!start && wanted && world.options.over_host) {
        start = wanted;
        over_host = true;
    }
    if (!start)
        start = take_any(bytes, alignment);
    struct reservation *r = start ? malloc(sizeof(*r)) : NULL;
    if (!r)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    *r = (struct reservation){world.reservations, start, bytes, over_host};
    world.reservations = r;
    *ptr = start;
    RETURN(HUMI_CUDA_SUCCESS);
}

static void reservation_free(struct reservation *r)
{
    struct reservation **link = &world.reservations;

    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    if (!r->over_host)
        munmap((void *)r->start, r->bytes);
    free(r);
}

void reservations_reset(void)
{
    while (world.reservations)
        reservation_free(world.reservations);
}

enum humi_cu_result cuMemAddressFree(humi_cu_ptr ptr, size_t bytes)
{
    ENTER_VMM(cuMemAddressFree);
    struct reservation *r = reservation_in(ptr, 1);
    if (!r || r->start != ptr || r->bytes != bytes || mapping_in(ptr, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    reservation_free(r);
    RETURN(HUMI_CUDA_SUCCESS);
}

/* ---- physical memory ------------------------------------------------------------------------ */

static struct memory *memory_of(unsigned long long handle)
{
    for (struct memory *m = world.memories; m; m = m->next)
        if (handle && m->handle == handle && m->references > 0)
            return m;
    return NULL;
}

/* An error that stays in the context of the device. */
static enum humi_cu_result sticky_of(int device)
{
    return device >= 0 && world.contexts[device].live ? world.contexts[device].sticky
                                                      : HUMI_CUDA_SUCCESS;
}

static enum humi_cu_result check_prop(const struct humi_cu_allocation_prop *prop)
{
    if (!prop || prop->type != HUMI_CU_MEM_ALLOCATION_TYPE_PINNED || prop->win32HandleMetaData)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    switch (prop->location.type) {
    case HUMI_CU_MEM_LOCATION_TYPE_DEVICE:
        if (prop->requestedHandleTypes > HUMI_CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
            return HUMI_CUDA_ERROR_INVALID_VALUE;
        return device_is_valid(prop->location.id) ? HUMI_CUDA_SUCCESS
                                                  : HUMI_CUDA_ERROR_INVALID_DEVICE;
    case HUMI_CU_MEM_LOCATION_TYPE_HOST:
        return prop->requestedHandleTypes ? HUMI_CUDA_ERROR_INVALID_VALUE : HUMI_CUDA_SUCCESS;
    case HUMI_CU_MEM_LOCATION_TYPE_HOST_NUMA:
        return prop->location.id == 0 ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
    default:
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    }
}

enum humi_cu_result cuMemCreate(unsigned long long *handle, size_t bytes,
                                const struct humi_cu_allocation_prop *prop,
                                unsigned long long flags)
{
    ENTER_VMM(cuMemCreate);
    enum humi_cu_result result = check_prop(prop);
    if (result)
        RETURN(result);
    if (!handle || bytes == 0 || flags || !is_granular(bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    int device = prop->location.type == HUMI_CU_MEM_LOCATION_TYPE_DEVICE ? prop->location.id : -1;
    if (sticky_of(device))
        RETURN(sticky_of(device));
    if (device >= 0 && bytes > world.options.memory - world.devices[device].used)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    struct memory *memory = memory_create(bytes, device);
    if (!memory)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    if (device >= 0)
        world.devices[device].used += bytes;
    memory->references = 1;
    memory->handle = *handle = world.next_handle++;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuMemRelease(unsigned long long handle)
{
    ENTER_VMM(cuMemRelease);
    struct memory *memory = memory_of(handle);
    if (!memory)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    memory->references--;
    memory_settle(memory);
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuMemRetainAllocationHandle(unsigned long long *handle, void *address)
{
    ENTER_VMM(cuMemRetainAllocationHandle);
    struct mapping *m = mapping_at((uintptr_t)address);
    if (!handle || !m || m->kind != KIND_MAPPED)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    m->memory->references++;
    *handle = m->memory->handle;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuMemGetAllocationGranularity(size_t *bytes,
                                                  const struct humi_cu_allocation_prop *prop,
                                                  enum humi_cu_granularity which)
{
    ENTER_VMM(cuMemGetAllocationGranularity);
    enum humi_cu_result result = check_prop(prop);
    if (result)
        RETURN(result);
    if (!bytes || (which != HUMI_CU_MEM_ALLOC_GRANULARITY_MINIMUM &&
                   which != HUMI_CU_MEM_ALLOC_GRANULARITY_RECOMMENDED))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *bytes = world.options.granularity;
    if (which == HUMI_CU_MEM_ALLOC_GRANULARITY_RECOMMENDED && *bytes < 2u << 20)
        *bytes = 2u << 20;
    RETURN(HUMI_CUDA_SUCCESS);
}

/* ---- mapping -------------------------------------------------------------------------------- */

enum humi_cu_result cuMemMap(humi_cu_ptr ptr, size_t bytes, size_t offset,
                             unsigned long long handle, unsigned long long flags)
{
    ENTER_VMM(cuMemMap);
    struct memory *memory = memory_of(handle);
    if (!memory || bytes == 0 || flags || offset != 0 || !is_granular(ptr) || !is_granular(bytes) ||
        bytes > memory->bytes || !reservation_of(ptr, bytes) || mapping_in(ptr, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (sticky_of(memory->device))
        RETURN(sticky_of(memory->device));
    struct mapping *m = mapping_add(KIND_MAPPED, ptr, bytes, memory);
    if (!m)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    for (int i = 0; i < world.options.devices; i++)
        if (!executor_map(&world.devices[i], m)) {
            mapping_remove(m);
            RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
        }
    RETURN(HUMI_CUDA_SUCCESS);
}

/* [start, +bytes) is whole mappings of cuMemMap() without a hole. */
static bool is_whole_mappings(uintptr_t start, size_t bytes)
{
    uintptr_t end = start + bytes;

    while (start < end) {
        struct mapping *m = mapping_at(start);
        if (!m || m->kind != KIND_MAPPED || m->start != start || m->bytes > end - start)
            return false;
        start += m->bytes;
    }
    return bytes > 0;
}

enum humi_cu_result cuMemUnmap(humi_cu_ptr ptr, size_t bytes)
{
    ENTER_VMM(cuMemUnmap);
    if (!is_whole_mappings(ptr, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    for (uintptr_t at = ptr; at < ptr + bytes;) {
        struct mapping *m = mapping_at(at);
        at += m->bytes;
        if (m->host != WIRE_NONE) /* the reservation stays, empty */
            mmap((void *)m->start, m->bytes, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        mapping_remove(m);
    }
    RETURN(HUMI_CUDA_SUCCESS);
}

/* ---- access --------------------------------------------------------------------------------- */

static bool is_host(enum humi_cu_location_type type)
{
    return type == HUMI_CU_MEM_LOCATION_TYPE_HOST || type == HUMI_CU_MEM_LOCATION_TYPE_HOST_NUMA;
}

static enum humi_cu_result check_access(const struct humi_cu_access_desc *d,
                                        const struct mapping *m)
{
    if (d->flags != HUMI_CU_MEM_ACCESS_FLAGS_PROT_NONE &&
        d->flags != HUMI_CU_MEM_ACCESS_FLAGS_PROT_READ &&
        d->flags != HUMI_CU_MEM_ACCESS_FLAGS_PROT_READWRITE)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    if (is_host(d->location.type)) /* the host reaches host memory alone */
        return m->memory->device < 0 ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
    if (d->location.type != HUMI_CU_MEM_LOCATION_TYPE_DEVICE)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    if (!device_is_valid(d->location.id))
        return HUMI_CUDA_ERROR_INVALID_DEVICE;
    bool foreign = m->memory->device >= 0 && m->memory->device != d->location.id;
    return foreign && !world.options.peers ? HUMI_CUDA_ERROR_NOT_SUPPORTED : HUMI_CUDA_SUCCESS;
}

static bool give_host(struct mapping *m, enum wire_access access)
{
    int prot = access == WIRE_NONE   ? PROT_NONE
               : access == WIRE_READ ? PROT_READ
                                     : PROT_READ | PROT_WRITE;

    m->host = access;
    return mmap((void *)m->start, m->bytes, prot, MAP_SHARED | MAP_FIXED, m->memory->file, 0) !=
           MAP_FAILED;
}

static bool give(struct mapping *m, const struct humi_cu_access_desc *d)
{
    enum wire_access access = (enum wire_access)d->flags;

    if (is_host(d->location.type))
        return give_host(m, access);
    m->access[d->location.id] = access;
    return executor_protect(&world.devices[d->location.id], m);
}

enum humi_cu_result cuMemSetAccess(humi_cu_ptr ptr, size_t bytes,
                                   const struct humi_cu_access_desc *access, size_t count)
{
    ENTER_VMM(cuMemSetAccess);
    if (!access || count == 0 || !is_whole_mappings(ptr, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    for (size_t i = 0; i < count; i++)
        for (uintptr_t at = ptr; at < ptr + bytes; at += mapping_at(at)->bytes) {
            enum humi_cu_result result = check_access(&access[i], mapping_at(at));
            if (result)
                RETURN(result);
        }
    for (size_t i = 0; i < count; i++)
        for (uintptr_t at = ptr; at < ptr + bytes; at += mapping_at(at)->bytes)
            if (!give(mapping_at(at), &access[i]))
                RETURN(HUMI_CUDA_ERROR_OPERATING_SYSTEM);
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuMemGetAccess(unsigned long long *flags,
                                   const struct humi_cu_location *location, humi_cu_ptr ptr)
{
    ENTER_VMM(cuMemGetAccess);
    struct mapping *m = mapping_at(ptr);
    if (!flags || !location || !m || m->kind != KIND_MAPPED)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (is_host(location->type)) {
        *flags = m->host;
        RETURN(HUMI_CUDA_SUCCESS);
    }
    if (location->type != HUMI_CU_MEM_LOCATION_TYPE_DEVICE)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (!device_is_valid(location->id))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    *flags = m->access[location->id];
    RETURN(HUMI_CUDA_SUCCESS);
}
