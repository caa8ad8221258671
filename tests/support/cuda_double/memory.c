/* SPDX-License-Identifier: MIT */
/* memory.c - device memory, managed memory, registered host memory, and what a pointer is. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"

/* Where reservations are looked for: addresses that no process has anything at by itself. */
#define SUBALLOCATION 512u

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* ---- memories ------------------------------------------------------------------------------- */

struct memory *memory_create(size_t bytes, int device)
{
    struct memory *memory = calloc(1, sizeof(*memory));

    if (!memory)
        return NULL;
    *memory = (struct memory){.bytes = bytes, .device = device, .next = world.memories};
    memory->file = memfd_create("cuda-double", MFD_CLOEXEC);
    if (memory->file < 0 || ftruncate(memory->file, (off_t)bytes))
        goto close_file;
    memory->window = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->file, 0);
    if (memory->window == MAP_FAILED)
        goto close_file;
    world.memories = memory;
    return memory;

close_file:
    if (memory->file >= 0)
        close(memory->file);
    free(memory);
    return NULL;
}

static void memory_free(struct memory *memory)
{
    struct memory **link = &world.memories;

    while (*link != memory)
        link = &(*link)->next;
    *link = memory->next;
    munmap(memory->window, memory->bytes);
    close(memory->file);
    free(memory);
}

void memory_settle(struct memory *memory)
{
    if (memory->references > 0 || memory->mappings > 0)
        return;
    if (memory->device >= 0)
        world.devices[memory->device].used -= memory->bytes;
    memory_free(memory);
}

/* ---- mappings ------------------------------------------------------------------------------- */

struct mapping *mapping_at(uintptr_t address)
{
    return mapping_in(address, 1);
}

struct mapping *mapping_in(uintptr_t start, size_t bytes)
{
    for (struct mapping *m = world.mappings; m; m = m->next)
        if (start < m->start + m->bytes && m->start < start + bytes)
            return m;
    return NULL;
}

struct mapping *mapping_add(enum kind kind, uintptr_t start, size_t bytes, struct memory *memory)
{
    struct mapping *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    *m = (struct mapping){.kind = kind, .start = start, .bytes = bytes, .memory = memory,
                          .next = world.mappings};
    memory->mappings++;
    world.mappings = m;
    return m;
}

void mapping_remove(struct mapping *mapping)
{
    struct mapping **link = &world.mappings;

    for (int i = 0; i < world.options.devices; i++)
        executor_unmap(&world.devices[i], mapping);
    uvm_forget(mapping);
    while (*link != mapping)
        link = &(*link)->next;
    *link = mapping->next;
    mapping->memory->mappings--;
    memory_settle(mapping->memory);
    free(mapping->pages);
    free(mapping->blocks);
    free(mapping);
}

static bool map_everywhere(const struct mapping *m)
{
    for (int i = 0; i < world.options.devices; i++)
        if (!executor_map(&world.devices[i], m))
            return false;
    return true;
}

bool range_is_managed(uintptr_t start, size_t bytes)
{
    while (bytes > 0) {
        struct mapping *m = mapping_at(start);
        if (!m || m->kind != KIND_MANAGED)
            return false;
        size_t here = m->start + m->bytes - start;
        if (here >= bytes)
            return true;
        start += here;
        bytes -= here;
    }
    return false;
}

/* ---- cuMemAlloc, cuMemAllocManaged, cuMemFree ------------------------------------------------ */

uintptr_t take_addresses(size_t bytes)
{
    for (uintptr_t at = DOUBLE_ADDRESS_FIRST; at + bytes <= DOUBLE_ADDRESS_END; at += 2 * bytes) {
        void *got = mmap((void *)at, bytes, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if ((uintptr_t)got == at)
            return at;
        if (got != MAP_FAILED)
            munmap(got, bytes);
    }
    return 0;
}

static enum humi_cu_result allocate(struct CUctx_st *context, enum kind kind, size_t bytes,
                                    struct mapping **out)
{
    size_t whole = round_up(bytes, kind == KIND_MANAGED ? PAGE : SUBALLOCATION);
    size_t mapped = round_up(whole, PAGE);
    int device = kind == KIND_MANAGED ? -1 : context->device->index;

    if (device < 0 && mapped > world.options.managed_most)
        return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    if (device >= 0 && mapped > world.options.memory - context->device->used)
        return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    struct memory *memory = memory_create(mapped, device);
    uintptr_t start = memory ? take_addresses(mapped) : 0;
    struct mapping *m = start ? mapping_add(kind, start, mapped, memory) : NULL;
    if (!m) {
        if (start)
            munmap((void *)start, mapped);
        if (memory)
            memory_free(memory);
        return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
    }
    if (device >= 0)
        context->device->used += mapped;
    m->context = context;
    *out = m;
    return HUMI_CUDA_SUCCESS;
}

static void release(struct mapping *m)
{
    void *start = (void *)m->start;
    size_t bytes = m->bytes;

    mapping_remove(m);
    munmap(start, bytes);
}

enum humi_cu_result cuMemAlloc_v2(humi_cu_ptr *ptr, size_t bytes)
{
    struct CUctx_st *context;
    struct mapping *m;

    ENTER_CONTEXT(cuMemAlloc_v2, context);
    if (!ptr || bytes == 0)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    enum humi_cu_result result = allocate(context, KIND_ALLOC, bytes, &m);
    if (result)
        RETURN(result);
    for (int i = 0; i < world.options.devices; i++)
        if (i == context->device->index ||
            world.contexts[i].peers & 1u << context->device->index)
            m->access[i] = WIRE_READ_WRITE;
    memset(m->memory->window, 0xcd, m->bytes); /* not cleared, as on a device */
    if (!map_everywhere(m)) {
        release(m);
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    }
    *ptr = m->start;
    RETURN(HUMI_CUDA_SUCCESS);
}

static bool is_one_bit_of(unsigned flags, unsigned all)
{
    return flags != 0 && (flags & ~all) == 0 && (flags & (flags - 1)) == 0;
}

/* The host reaches managed memory, where nothing forbids it at the moment. */
static bool open_to_host(struct mapping *m)
{
    return mmap((void *)m->start, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                m->memory->file, 0) != MAP_FAILED;
}

static void give_devices(struct mapping *m)
{
    enum wire_access access = m->attach == HUMI_CU_MEM_ATTACH_HOST && !world.options.concurrent
                                  ? WIRE_NONE
                                  : WIRE_READ_WRITE;

    for (int i = 0; i < world.options.devices; i++)
        m->access[i] = access;
}

enum humi_cu_result cuMemAllocManaged(humi_cu_ptr *ptr, size_t bytes, unsigned flags)
{
    struct CUctx_st *context;
    struct mapping *m;

    ENTER_CONTEXT(cuMemAllocManaged, context);
    if (!world.options.managed)
        RETURN(HUMI_CUDA_ERROR_NOT_SUPPORTED);
    if (!ptr || bytes == 0 ||
        !is_one_bit_of(flags, HUMI_CU_MEM_ATTACH_GLOBAL | HUMI_CU_MEM_ATTACH_HOST))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    enum humi_cu_result result = allocate(context, KIND_MANAGED, bytes, &m);
    if (result)
        RETURN(result);
    m->attach = flags;
    m->pages = calloc(m->bytes / PAGE, sizeof(*m->pages));
    for (size_t i = 0; m->pages && i < m->bytes / PAGE; i++)
        m->pages[i].preferred = m->pages[i].prefetched = HUMI_CU_DEVICE_INVALID;
    give_devices(m);
    if (!m->pages || !open_to_host(m) || (world.options.concurrent && !uvm_follow(m)) ||
        !map_everywhere(m)) {
        release(m);
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    }
    *ptr = m->start;
    RETURN(HUMI_CUDA_SUCCESS);
}

/* Waits for the work of the context, as the driver does. */
enum humi_cu_result cuMemFree_v2(humi_cu_ptr ptr)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemFree_v2, context);
    struct mapping *m = mapping_at(ptr);
    if (!m || m->kind == KIND_MAPPED || m->start != ptr)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    for (struct CUstream_st *s = world.streams; s; s = s->next)
        stream_wait(s, s->queued);
    release(m);
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuMemGetInfo_v2(size_t *free_bytes, size_t *total_bytes)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemGetInfo_v2, context);
    if (!free_bytes || !total_bytes)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *total_bytes = world.options.memory;
    *free_bytes = world.options.memory - context->device->used;
    RETURN(HUMI_CUDA_SUCCESS);
}

/* ---- host memory ---------------------------------------------------------------------------- */

struct pinned *pinned_at(uintptr_t start, size_t bytes)
{
    for (struct pinned *p = world.pinned; p; p = p->next)
        if (start >= p->start && start + bytes <= p->start + p->bytes)
            return p;
    return NULL;
}

static bool pinned_overlaps(uintptr_t start, size_t bytes)
{
    for (struct pinned *p = world.pinned; p; p = p->next)
        if (start < p->start + p->bytes && p->start < start + bytes)
            return true;
    return false;
}

enum humi_cu_result cuMemHostRegister_v2(void *start, size_t bytes, unsigned flags)
{
    struct CUctx_st *context;
    const unsigned known = HUMI_CU_MEMHOSTREGISTER_PORTABLE | HUMI_CU_MEMHOSTREGISTER_DEVICEMAP;

    ENTER_CONTEXT(cuMemHostRegister_v2, context);
    if (flags & HUMI_CU_MEMHOSTREGISTER_READ_ONLY)
        RETURN(HUMI_CUDA_ERROR_NOT_SUPPORTED);
    if (!start || bytes == 0 || flags & ~known)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (pinned_overlaps((uintptr_t)start, bytes))
        RETURN(HUMI_CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    struct pinned *p = malloc(sizeof(*p));
    if (!p)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    *p = (struct pinned){world.pinned, (uintptr_t)start, bytes, flags};
    world.pinned = p;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuMemHostUnregister(void *start)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemHostUnregister, context);
    if (!start)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    for (struct pinned **link = &world.pinned; *link; link = &(*link)->next) {
        struct pinned *p = *link;
        if (p->start != (uintptr_t)start)
            continue;
        *link = p->next;
        free(p);
        RETURN(HUMI_CUDA_SUCCESS);
    }
    RETURN(HUMI_CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

/* ---- managed memory without concurrent access ------------------------------------------------ */

static struct sigaction action_before;

static void on_touch(int number, siginfo_t *info, void *context)
{
    static const char text[] = "cuda double: the host touched managed memory while a kernel may "
                               "run on a device without concurrent access\n";
    uintptr_t address = (uintptr_t)info->si_addr;

    (void)number, (void)context;
    for (const struct mapping *m = world.mappings; m; m = m->next)
        if (m->locked && address >= m->start && address < m->start + m->bytes)
            (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    sigaction(SIGSEGV, &action_before, NULL); /* the touch is made again and ends as it would */
}

static void catch_touches(void)
{
    struct sigaction action = {.sa_sigaction = on_touch, .sa_flags = SA_SIGINFO}, now;

    sigaction(SIGSEGV, NULL, &now);
    if (now.sa_sigaction != on_touch)
        sigaction(SIGSEGV, &action, &action_before);
}

static bool may_run_with(const struct mapping *m, const struct CUstream_st *stream)
{
    if (m->attach == HUMI_CU_MEM_ATTACH_HOST)
        return false;
    return m->attach == HUMI_CU_MEM_ATTACH_GLOBAL || m->only == stream;
}

void managed_guard(struct CUctx_st *context, struct CUstream_st *stream)
{
    (void)context;
    if (world.options.concurrent)
        return;
    catch_touches();
    for (struct mapping *m = world.mappings; m; m = m->next) {
        if (m->kind != KIND_MANAGED || m->locked || !may_run_with(m, stream))
            continue;
        mprotect((void *)m->start, m->bytes, PROT_NONE);
        m->locked = true;
    }
}

void managed_release(struct CUctx_st *context)
{
    if (world.options.concurrent || !context_is_idle(context))
        return;
    for (int i = 0; i < world.options.devices; i++)
        if (world.contexts[i].live && !context_is_idle(&world.contexts[i]))
            return;
    for (struct mapping *m = world.mappings; m; m = m->next) {
        if (!m->locked)
            continue;
        m->locked = false;
        mprotect((void *)m->start, m->bytes, PROT_READ | PROT_WRITE);
    }
}

enum humi_cu_result cuStreamAttachMemAsync(struct CUstream_st *stream, humi_cu_ptr ptr,
                                           size_t bytes, unsigned flags)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuStreamAttachMemAsync, context);
    struct CUstream_st *s = stream_of(context, stream);
    struct mapping *m = mapping_at(ptr);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!m || m->kind != KIND_MANAGED || m->start != ptr || (bytes != 0 && bytes != m->bytes) ||
        !is_one_bit_of(flags, HUMI_CU_MEM_ATTACH_GLOBAL | HUMI_CU_MEM_ATTACH_HOST |
                                  HUMI_CU_MEM_ATTACH_SINGLE) ||
        (flags == HUMI_CU_MEM_ATTACH_SINGLE && s == context->none))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    /* In stream order: nothing that was queued before sees it. */
    stream_wait(s, s->queued);
    m->attach = flags;
    m->only = flags == HUMI_CU_MEM_ATTACH_SINGLE ? s : NULL;
    give_devices(m);
    for (int i = 0; i < world.options.devices; i++)
        (void)executor_protect(&world.devices[i], m);
    managed_release(context);
    RETURN(HUMI_CUDA_SUCCESS);
}

/* ---- what a pointer is ---------------------------------------------------------------------- */

static enum humi_cu_result pointer_attribute(void *data, enum humi_cu_pointer_attribute attribute,
                                             uintptr_t ptr)
{
    struct mapping *m = mapping_at(ptr);
    struct pinned *p = m ? NULL : pinned_at(ptr, 1);

    if (!m && !p)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    switch (attribute) {
    case HUMI_CU_POINTER_ATTRIBUTE_CONTEXT:
        *(struct CUctx_st **)data = m ? m->context : NULL;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        *(unsigned *)data = m ? HUMI_CU_MEMORYTYPE_DEVICE : HUMI_CU_MEMORYTYPE_HOST;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
        *(humi_cu_ptr *)data = ptr;
        return m ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
    case HUMI_CU_POINTER_ATTRIBUTE_HOST_POINTER:
        *(uintptr_t *)data = ptr;
        return p || m->kind == KIND_MANAGED ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
    case HUMI_CU_POINTER_ATTRIBUTE_IS_MANAGED:
        *(unsigned *)data = m && m->kind == KIND_MANAGED;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        *(int *)data = !m ? 0 : m->context ? m->context->device->index : m->memory->device;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
        *(uintptr_t *)data = m ? m->start : p->start;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        *(size_t *)data = m ? m->bytes : p->bytes;
        return HUMI_CUDA_SUCCESS;
    case HUMI_CU_POINTER_ATTRIBUTE_MAPPED:
        *(bool *)data = true;
        return HUMI_CUDA_SUCCESS;
    }
    return HUMI_CUDA_ERROR_INVALID_VALUE;
}

enum humi_cu_result cuPointerGetAttribute(void *data, enum humi_cu_pointer_attribute attribute,
                                          humi_cu_ptr ptr)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuPointerGetAttribute, context);
    RETURN(data ? pointer_attribute(data, attribute, ptr) : HUMI_CUDA_ERROR_INVALID_VALUE);
}

/* Unlike the one above it succeeds for every pointer: what is not known gives zeroes. */
enum humi_cu_result cuPointerGetAttributes(unsigned count,
                                           enum humi_cu_pointer_attribute *attributes, void **data,
                                           humi_cu_ptr ptr)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuPointerGetAttributes, context);
    if (count == 0 || !attributes || !data)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    for (unsigned i = 0; i < count; i++) {
        if (!pointer_attribute(data[i], attributes[i], ptr))
            continue;
        if (attributes[i] == HUMI_CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)
            *(int *)data[i] = HUMI_CU_DEVICE_INVALID;
        else if (attributes[i] == HUMI_CU_POINTER_ATTRIBUTE_MAPPED)
            *(bool *)data[i] = false;
        else if (attributes[i] == HUMI_CU_POINTER_ATTRIBUTE_MEMORY_TYPE ||
                 attributes[i] == HUMI_CU_POINTER_ATTRIBUTE_IS_MANAGED)
            *(unsigned *)data[i] = 0;
        else
            *(uint64_t *)data[i] = 0;
    }
    RETURN(HUMI_CUDA_SUCCESS);
}

/* ---- the end -------------------------------------------------------------------------------- */

void memory_forget_context(struct CUctx_st *context)
{
    struct mapping *next;

    for (struct mapping *m = world.mappings; m; m = next) {
        next = m->next;
        if (m->context == context && m->kind != KIND_MAPPED)
            release(m);
    }
}

void memory_reset(void)
{
    struct mapping *next;

    for (struct mapping *m = world.mappings; m; m = next) {
        next = m->next;
        if (m->kind == KIND_MAPPED)
            mapping_remove(m);
        else
            release(m);
    }
    while (world.memories)
        memory_free(world.memories);
    while (world.pinned) {
        struct pinned *p = world.pinned;
        world.pinned = p->next;
        free(p);
    }
}
