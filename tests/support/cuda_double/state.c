/* SPDX-License-Identifier: MIT */
/* state.c - the world, how a call enters it, devices and contexts. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"

struct world world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* Current contexts of this thread, the last is the one; forgotten when the world was reset. */
static __thread struct {
    unsigned generation;
    int count;
    struct CUctx_st *stack[32];
} current;

static const struct {
    const char *symbol, *name;
    int since;
    void *address;
} functions[] = {
#define FUNCTION_ROW(symbol, name, since, need, parameters)                                        \
    {#symbol, #name, since, (void *)(uintptr_t)&symbol},
    HUMI_CUDA_FUNCTIONS(FUNCTION_ROW)
#undef FUNCTION_ROW
};
#define FUNCTION_COUNT (sizeof(functions) / sizeof(*functions))

static bool world_read(const char *text)
{
    if (!options_read(&world.options, text ? text : ""))
        return false;
    world.pid = getpid();
    world.read = true;
    world.next_handle = 0x1000;
    for (int i = 0; i < world.options.devices; i++) {
        world.devices[i] = (struct device){.index = i, .socket = -1, .agent = -1};
        pthread_mutex_init(&world.devices[i].lock, NULL);
        world.contexts[i] = (struct CUctx_st){.device = &world.devices[i]};
    }
    return true;
}

/* In a child of fork(): the parent's threads are not here, and what it started is not ours. */
static void abandon(void)
{
    unsigned generation = world.generation;

    uvm_abandon();
    for (int i = 0; i < world.options.devices; i++)
        if (world.devices[i].socket >= 0)
            close(world.devices[i].socket);
    world = (struct world){.lock = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER,
                           .generation = generation};
}

bool cuda_double_reset(const char *options)
{
    if (world.read && world.pid != getpid())
        abandon();
    pthread_mutex_lock(&world.lock);
    world.hold = false;
    streams_end(NULL);
    modules_forget(NULL);
    memory_reset();
    reservations_reset();
    for (int i = 0; i < world.options.devices; i++)
        executor_stop(&world.devices[i]);
    uvm_reset();
    cupti_reset();
    world.initialised = false;
    world.counts = (struct cuda_double_counts){0};
    world.generation++;
    bool good = world_read(options ? options : getenv("CUDA_DOUBLE"));
    pthread_mutex_unlock(&world.lock);
    return good;
}

void cuda_double_hold(bool hold)
{
    pthread_mutex_lock(&world.lock);
    world.hold = hold;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

static uint64_t count_objects(void)
{
    uint64_t n = 0;

    for (struct CUstream_st *s = world.streams; s; s = s->next)
        n += !s->dead && s->context->live && s != s->context->none &&
             s->generation == s->context->generation;
    for (struct CUevent_st *e = world.events; e; e = e->next)
        n += !e->dead && e->generation == e->context->generation;
    for (struct mapping *m = world.mappings; m; m = m->next)
        n++;
    for (struct reservation *r = world.reservations; r; r = r->next)
        n++;
    for (struct memory *m = world.memories; m; m = m->next)
        n += m->handle != 0 && m->references > 0;
    for (struct pinned *p = world.pinned; p; p = p->next)
        n++;
    return n + modules_count();
}

void cuda_double_count(struct cuda_double_counts *out)
{
    pthread_mutex_lock(&world.lock);
    *out = world.counts;
    out->live_objects = count_objects();
    for (int i = 0; i < world.options.devices; i++)
        out->live_bytes += world.devices[i].used;
    pthread_mutex_unlock(&world.lock);
}

/* ---- entering ------------------------------------------------------------------------------- */

static bool told_to_fail(const char *symbol, enum humi_cu_result *result_out)
{
    bool fails = false;

    for (int i = 0; i < world.options.fail_count; i++) {
        if (strcmp(world.options.fail[i].name, symbol) != 0 || world.options.fail[i].call == 0)
            continue;
        if (--world.options.fail[i].call == 0) {
            *result_out = (enum humi_cu_result)world.options.fail[i].result;
            fails = true;
        }
    }
    return fails;
}

/* On an error the lock is free again. */
static enum humi_cu_result refuse(enum humi_cu_result result)
{
    if (result)
        pthread_mutex_unlock(&world.lock);
    return result;
}

enum humi_cu_result enter(const char *symbol, bool needs_init)
{
    enum humi_cu_result result = HUMI_CUDA_SUCCESS;

    if (world.read && world.pid != getpid()) /* the driver does not outlive a fork */
        return HUMI_CUDA_ERROR_NOT_INITIALIZED;
    pthread_mutex_lock(&world.lock);
    if (!world.read && !world_read(getenv("CUDA_DOUBLE")))
        return refuse(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (told_to_fail(symbol, &result))
        return refuse(result);
    return refuse(needs_init && !world.initialised ? HUMI_CUDA_ERROR_NOT_INITIALIZED : result);
}

enum humi_cu_result enter_context(const char *symbol, struct CUctx_st **context_out)
{
    enum humi_cu_result result = enter(symbol, true);

    if (result)
        return result;
    *context_out = context_current();
    if (!context_is_valid(*context_out))
        return refuse(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    return refuse((*context_out)->sticky);
}

/* ---- the driver ----------------------------------------------------------------------------- */

enum humi_cu_result cuInit(unsigned flags)
{
    enum humi_cu_result entered = enter("cuInit", false);

    if (entered)
        return entered;
    if (flags)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (world.options.devices == 0)
        RETURN(HUMI_CUDA_ERROR_NO_DEVICE);
    world.initialised = true;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDriverGetVersion(int *version)
{
    enum humi_cu_result entered = enter("cuDriverGetVersion", false);

    if (entered)
        return entered;
    if (!version)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *version = world.options.version;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuGetProcAddress_v2(const char *name, void **function, int version,
                                        uint64_t flags, enum humi_cu_proc_result *status)
{
    enum humi_cu_result entered = enter("cuGetProcAddress_v2", false);
    enum humi_cu_proc_result found = HUMI_CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    int best = -1;

    if (entered)
        return entered;
    if (!name || !function || flags > 2)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *function = NULL;
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (strcmp(functions[i].name, name) != 0 ||
            options_hide(&world.options, functions[i].symbol, name, functions[i].since))
            continue;
        if (functions[i].since > version && best < 0)
            found = HUMI_CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT;
        if (functions[i].since > version || functions[i].since <= best)
            continue;
        best = functions[i].since;
        *function = functions[i].address;
        found = HUMI_CU_GET_PROC_ADDRESS_SUCCESS;
    }
    if (status)
        *status = found;
    RETURN(*function || status ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_NOT_FOUND);
}

static const char *result_name(enum humi_cu_result result)
{
    switch (result) {
#define RESULT_CASE(name, value, status)                                                           \
    case HUMI_##name:                                                                              \
        return #name;
        HUMI_CU_RESULTS(RESULT_CASE)
#undef RESULT_CASE
    }
    return NULL;
}

/* Neither needs cuInit(). */
enum humi_cu_result cuGetErrorName(enum humi_cu_result result, const char **name)
{
    if (!name)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    *name = result_name(result);
    return *name ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
}

/* The texts are the double's own. */
enum humi_cu_result cuGetErrorString(enum humi_cu_result result, const char **text)
{
    if (!text)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    *text = result_name(result) ? "as the double of the driver says" : NULL;
    return *text ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_VALUE;
}

/* ---- contexts ------------------------------------------------------------------------------- */

bool device_is_valid(int device)
{
    return device >= 0 && device < world.options.devices;
}

static bool context_is_known(const struct CUctx_st *context)
{
    for (int i = 0; i < world.options.devices; i++)
        if (context == &world.contexts[i])
            return true;
    return false;
}

bool context_is_valid(const struct CUctx_st *context)
{
    return context && context_is_known(context) && context->live;
}

void context_fail(struct CUctx_st *context, enum humi_cu_result result)
{
    if (!context->sticky)
        context->sticky = result;
    if (!world.options.recover)
        context->device->failed_before = true;
}

static void check_generation(void)
{
    if (current.generation != world.generation)
        current.count = 0;
    current.generation = world.generation;
}

struct CUctx_st *context_current(void)
{
    check_generation();
    return current.count ? current.stack[current.count - 1] : NULL;
}

/* A process that is new maps what there was before it. */
static enum humi_cu_result context_open(struct CUctx_st *context)
{
    bool fresh = context->device->socket < 0;

    if (!executor_start(context->device))
        return HUMI_CUDA_ERROR_OPERATING_SYSTEM;
    for (struct mapping *m = world.mappings; fresh && m; m = m->next)
        if (!executor_map(context->device, m))
            return HUMI_CUDA_ERROR_OPERATING_SYSTEM;
    context->live = true;
    context->sticky = context->device->failed_before ? HUMI_CUDA_ERROR_ILLEGAL_ADDRESS
                                                     : HUMI_CUDA_SUCCESS;
    context->none = stream_make(context, HUMI_CU_STREAM_DEFAULT, 0);
    return context->none ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_OUT_OF_MEMORY;
}

/* Everything that the context owns is gone; its mappings of cuMemMap() are not its own. */
static void context_close(struct CUctx_st *context)
{
    if (!context->live)
        return;
    streams_end(context);
    modules_forget(context);
    memory_forget_context(context);
    context->live = false;
    context->peers = 0;
    context->sticky = HUMI_CUDA_SUCCESS;
    context->generation++;
}

enum humi_cu_result cuDevicePrimaryCtxRetain(struct CUctx_st **context, int device)
{
    ENTER(cuDevicePrimaryCtxRetain);
    if (!context)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (world.options.compute_mode == HUMI_CU_COMPUTEMODE_PROHIBITED)
        RETURN(HUMI_CUDA_ERROR_DEVICE_UNAVAILABLE);
    struct CUctx_st *c = &world.contexts[device];
    enum humi_cu_result result = c->live ? HUMI_CUDA_SUCCESS : context_open(c);
    if (!result) {
        c->retained++;
        *context = c;
    }
    RETURN(result);
}

enum humi_cu_result cuDevicePrimaryCtxRelease_v2(int device)
{
    ENTER(cuDevicePrimaryCtxRelease_v2);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    struct CUctx_st *c = &world.contexts[device];
    if (c->retained == 0)
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    if (--c->retained == 0)
        context_close(c);
    RETURN(HUMI_CUDA_SUCCESS);
}

/* Who has retained it may go on to use the handle: the next call makes it anew. */
enum humi_cu_result cuDevicePrimaryCtxReset_v2(int device)
{
    ENTER(cuDevicePrimaryCtxReset_v2);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    struct CUctx_st *c = &world.contexts[device];
    context_close(c);
    RETURN(c->retained ? context_open(c) : HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags)
{
    ENTER(cuDevicePrimaryCtxSetFlags_v2);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (flags & ~0xffu || ((flags & 7) != 0 && (flags & 7 & ((flags & 7) - 1)) != 0))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    world.contexts[device].flags = flags;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active)
{
    ENTER(cuDevicePrimaryCtxGetState);
    if (!device_is_valid(device))
        RETURN(HUMI_CUDA_ERROR_INVALID_DEVICE);
    if (!flags || !active)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *flags = world.contexts[device].flags;
    *active = world.contexts[device].live;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuCtxGetCurrent(struct CUctx_st **context)
{
    ENTER(cuCtxGetCurrent);
    if (!context)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *context = context_current();
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuCtxSetCurrent(struct CUctx_st *context)
{
    ENTER(cuCtxSetCurrent);
    if (context && !context_is_valid(context))
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    check_generation();
    if (current.count > 0)
        current.count--;
    if (context)
        current.stack[current.count++] = context;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuCtxPushCurrent_v2(struct CUctx_st *context)
{
    ENTER(cuCtxPushCurrent_v2);
    if (!context_is_valid(context))
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    check_generation();
    if (current.count == (int)(sizeof(current.stack) / sizeof(*current.stack)))
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    current.stack[current.count++] = context;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuCtxPopCurrent_v2(struct CUctx_st **context)
{
    ENTER(cuCtxPopCurrent_v2);
    struct CUctx_st *top = context_current();
    if (!top)
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    if (context)
        *context = top;
    current.count--;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuCtxGetDevice(int *device)
{
    ENTER(cuCtxGetDevice);
    struct CUctx_st *c = context_current();
    if (!context_is_valid(c))
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    if (!device)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *device = c->device->index;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuCtxEnablePeerAccess(struct CUctx_st *peer, unsigned flags)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuCtxEnablePeerAccess, context);
    if (flags)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    if (!context_is_valid(peer) || peer == context)
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    if (!world.options.peers)
        RETURN(HUMI_CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
    if (context->peers & 1u << peer->device->index)
        RETURN(HUMI_CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
    context->peers |= 1u << peer->device->index;
    for (struct mapping *m = world.mappings; m; m = m->next) {
        if (m->kind != KIND_ALLOC || m->context != peer)
            continue;
        m->access[context->device->index] = WIRE_READ_WRITE;
        if (!executor_map(context->device, m))
            RETURN(HUMI_CUDA_ERROR_OPERATING_SYSTEM);
    }
    RETURN(HUMI_CUDA_SUCCESS);
}
