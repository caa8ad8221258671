/* SPDX-License-Identifier: MIT */
/* world.c - see world.h */
#include "marks/world.h"

#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "marks/folder.h"

bool mark_fail(struct mark_result *result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(result->note, sizeof(result->note), format, args);
    va_end(args);
    return false;
}

void mark_note(struct mark_result *result, const char *format, ...)
{
    size_t length = strlen(result->note);
    va_list args;

    if (length && length + 2 < sizeof(result->note))
        length += (size_t)snprintf(result->note + length, sizeof(result->note) - length, "; ");
    va_start(args, format);
    vsnprintf(result->note + length, sizeof(result->note) - length, format, args);
    va_end(args);
}

unsigned world_cpus(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static double clock_seconds(clockid_t clock)
{
    struct timespec t;

    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec * 1e-9 : -1;
}

bool world_cpu(struct world *w, double *seconds_out)
{
    double mine = clock_seconds(CLOCK_PROCESS_CPUTIME_ID), device = -1;
    clockid_t clock;

    if (w->device.pid > 0 && clock_getcpuclockid(w->device.pid, &clock) == 0)
        device = clock_seconds(clock);
    if (mine < 0 || device < 0)
        return mark_fail(w->result, "the device process tells no CPU time");
    *seconds_out = mine + device;
    return true;
}

bool world_ok(struct world *w, enum hum_status status, const char *what)
{
    if (status == HUM_OK)
        return true;
    return mark_fail(w->result, "%s: %s (%s)", what, hum_status_text(status), hum_error_text());
}

bool world_open(struct world *w, const struct world_params *params, struct mark_result *result)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    unsigned workers = params->workers ? params->workers : world_cpus();
    size_t mib = (params->memory_bytes + ((size_t)1 << 20) - 1) >> 20;
    char devices[96];

    *w = (struct world){.result = result};
    snprintf(devices, sizeof(devices), "emu:mem=%zuM,workers=%u", mib + (mib & 1), workers);
    options.devices = devices;
    options.policy = params->policy;
    options.trace = params->trace;
    options.accesses = params->accesses;
    options.sample = params->sample;
    if (!world_ok(w, hum_open(&options, &w->hum), "hum_open"))
        return false;
    w->stream = hum_stream(w->hum, 0);
    if (!world_ok(w, hum_device_info(w->hum, 0, &w->device), "hum_device_info") ||
        !world_ok(w, hum_system_info(w->hum, &w->system), "hum_system_info")) {
        world_close(w);
        return false;
    }
    result->huge = w->system.huge_pages && w->device.huge_pages;
    return true;
}

void world_close(struct world *w)
{
    hum_close(w->hum);
    w->hum = NULL;
}

bool world_alloc(struct world *w, size_t bytes, const char *name, void *ptr_out)
{
    void *ptr;

    if (!world_ok(w, hum_alloc(w->hum, bytes, HUM_ALLOC_OWN_BLOCKS, &ptr), "hum_alloc") ||
        !world_ok(w, hum_name(w->hum, ptr, name), "hum_name"))
        return false;
    memcpy(ptr_out, &ptr, sizeof(ptr));
    return true;
}

bool world_kernel(struct world *w, const char *module, const char *name,
                  struct hum_kernel **kernel_out)
{
    char path[PATH_MAX];
    struct hum_module *loaded;

    if (!folder_of_module(module, path, sizeof(path)))
        return mark_fail(w->result, "%s.so is not beside this command nor in lib/hum", module);
    return world_ok(w, hum_module_load(w->hum, 0, path, &loaded), "hum_module_load") &&
           world_ok(w, hum_kernel_get(loaded, name, kernel_out), "hum_kernel_get");
}

bool world_run(struct world *w, struct hum_kernel *kernel, size_t count, const void *args,
               size_t args_bytes)
{
    return world_ok(w, hum_launch(w->stream, kernel, count, args, args_bytes), "hum_launch") &&
           world_ok(w, hum_wait(w->hum, 0), "hum_wait");
}
