/* SPDX-License-Identifier: MIT */
/* start.c - see start.h and heap.h */
#include "heap/start.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <hum/hum.h>

#include "base/log.h"
#include "base/options.h"
#include "base/status.h"
#include "heap/block.h"
#include "heap/caller.h"
#include "heap/copied.h"
#include "heap/heap.h"
#include "heap/piece.h"

#define HIDE_ENV "HUM_OPENCL_HIDE" /* set in the process of a device */

atomic_bool humi_heap_on;
size_t humi_heap_least;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hum *space; /* guarded by the lock until the heap is on, then fixed */
static pid_t owner;       /* of the space */
static bool asked;        /* whether it can be on: once */

struct hum *humi_heap_space(void)
{
    return space;
}

void humi_heap_leave(void)
{
    atomic_store(&humi_heap_on, false);
    humi_blocks_leave();
}

/* Whatever HUM_LOG says: somebody asked for the heap. */
static void say(const char *why)
{
    humi_log_write(HUMI_LOG_WARN,
                   "system SVM: %s; the program's memory stays out of kernels' reach", why);
}

/* ---- the space's regions --------------------------------------------------------------------- */

static void *take(size_t bytes)
{
    void *start = NULL;

    humi_caller_enter();
    if (hum_alloc(space, bytes, 0, &start) == HUM_OK)
        (void)!hum_name(space, start, "malloc");
    humi_caller_leave();
    return start;
}

static void give(void *start)
{
    humi_caller_enter();
    (void)hum_free(space, start);
    humi_caller_leave();
}

/* ---- whether it can be ----------------------------------------------------------------------- */

static char text[512];

/* What base/options.c says; the runtime's own sentences are behind hum_error_text(). */
enum hum_status humi_fail(enum hum_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return status;
}

/* NULL: it can; else why not. */
static const char *obstacle(struct hum *hum, const struct hum_system_info *system)
{
    const struct humi_option least = humi_option_find("HUM_SYSTEM_SVM_MIN", NULL);
    struct hum_device_info device;

    if (humi_option_is_set(&least) && humi_option_size(&least, &humi_heap_least) != HUM_OK)
        return text;
    if (!system->kernel_faults)
        return "system calls cannot touch the space here (`hum info` says why)";
    for (unsigned i = 0; i < hum_device_count(hum); i++) {
        if (hum_device_info(hum, (int)i, &device) != HUM_OK)
            return hum_error_text();
        if (device.faults && device.same_address && !device.managed)
            continue;
        snprintf(text, sizeof text, "kernels of %s cannot touch whatever they like", device.name);
        return text;
    }
    return NULL;
}

/* The lock is held. */
static void turn_on(struct hum *hum)
{
    struct hum_system_info system;
    const char *why =
        hum_system_info(hum, &system) == HUM_OK ? obstacle(hum, &system) : hum_error_text();

    asked = true;
    space = hum;
    owner = getpid();
    if (!why && !humi_pieces_open(
                    &(struct humi_source){system.space_start, system.space_bytes, take, give}))
        why = "no addresses for the heap's table";
    if (!why && !humi_copied_prepare())
        why = "no memory to prepare for fork()";
    if (why)
        say(why);
    atomic_store(&humi_heap_on, !why);
}

struct hum *hum_heap_space(void)
{
    struct hum *mine;

    pthread_mutex_lock(&lock);
    mine = space && owner == getpid() ? space : NULL;
    pthread_mutex_unlock(&lock);
    return mine;
}

bool hum_heap_start(struct hum *hum)
{
    const void *caller = __builtin_return_address(0);
    bool on;

    pthread_mutex_lock(&lock);
    humi_caller_enter();
    humi_callers_add(caller);
    if (!asked)
        turn_on(hum);
    on = hum == space && atomic_load(&humi_heap_on);
    humi_caller_leave();
    pthread_mutex_unlock(&lock);
    return on;
}

bool hum_heap_find(const void *pointer, char **start_out, size_t *bytes_out)
{
    return atomic_load(&humi_heap_on) && humi_block_find(pointer, start_out, bytes_out);
}

/* A program that is linked to OpenCL has all of its blocks in the space, one that loads it later
 * those that it makes once it has asked for devices. */
__attribute__((constructor)) static void at_start(void)
{
    const char *check = getenv("HUM_CL_CHECK");
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *hum = NULL;

    if (getenv(HIDE_ENV))
        return;
    if (!getenv("HUM_POLICY"))
        options.policy = "auto"; /* as the platform opens one (platform/platform.c) */
    humi_callers_find();
    if (!dlsym(RTLD_DEFAULT, "clGetPlatformIDs"))
        return;
    if (check && *check && *check != '0') {
        asked = true;
        say("HUM_CL_CHECK looks at memory of OpenCL's own");
        return;
    }
    humi_caller_enter();
    pthread_mutex_lock(&lock);
    if (hum_open(&options, &hum) == HUM_OK)
        turn_on(hum);
    else
        say(hum_error_text());
    pthread_mutex_unlock(&lock);
    humi_caller_leave();
}

/* The summary and the trace of the space are written then. */
__attribute__((destructor)) static void at_end(void)
{
    if (atomic_load(&humi_heap_on))
        humi_heap_leave();
}
