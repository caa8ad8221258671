/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <hum/kernel.h>

void context_check(enum hum_status status, const char *call, const char *file, int line)
{
    if (status == HUM_OK)
        return;
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, hum_error_text());
    exit(1);
}

void *context_malloc(size_t bytes)
{
    void *memory;

    if (bytes >= HUM_BLOCK_SIZE) {
        bytes = (bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;
        memory = aligned_alloc(HUM_BLOCK_SIZE, bytes);
        if (memory)
            (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a wish, no need */
    } else {
        memory = malloc(bytes ? bytes : 1);
    }
    if (!memory) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes);
        exit(1);
    }
    return memory;
}

uint64_t context_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void context_open(struct context *context, const char *module, size_t device_bytes)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum_device_info device;
    struct hum_module *touch;
    char devices[64];

    memset(context, 0, sizeof *context);
    if (device_bytes) {
        snprintf(devices, sizeof devices, "emu:mem=%zu", device_bytes);
        options.devices = devices;
    }
    CHECK(hum_open(&options, &context->hum));
    CHECK(hum_device_info(context->hum, 0, &device));
    CHECK(hum_module_load(context->hum, 0, module, &context->module));
    CHECK(hum_module_load(context->hum, 0, "touch", &touch));
    CHECK(hum_kernel_get(touch, "own", &context->own));
    context->stream = hum_stream(context->hum, 0);
    context->device_bytes = (size_t)device.memory_bytes;
}

struct hum_counters context_counters(struct context *context)
{
    struct hum_stats stats;

    CHECK(hum_stats(context->hum, &stats));
    return stats.total;
}

void context_close(struct context *context)
{
    hum_close(context->hum);
}

struct hum_kernel *context_kernel(struct context *context, const char *name)
{
    struct hum_kernel *kernel;

    CHECK(hum_kernel_get(context->module, name, &kernel));
    return kernel;
}

void context_launch(struct context *context, struct hum_kernel *kernel, size_t count,
                    const void *args, size_t args_bytes)
{
    CHECK(hum_launch(context->stream, kernel, count, args, args_bytes));
}

void context_launch_nd(struct context *context, struct hum_kernel *kernel,
                       const struct hum_grid *grid, const void *args, size_t args_bytes)
{
    CHECK(hum_launch_nd(context->stream, kernel, grid, args, args_bytes));
}

void context_await(struct context *context, const uint64_t *word)
{
    struct hum_event *end;

    CHECK(hum_event_create(context->hum, &end));
    CHECK(hum_event_record(end, context->stream));
    while (hum_atomic_load_u64(word) == 0 && hum_event_query(end) == HUM_NOT_READY)
        sched_yield();
    hum_event_destroy(end);
}

void *context_alloc(struct context *context, size_t bytes, const char *name)
{
    void *memory;

    CHECK(hum_alloc(context->hum, bytes, context->own_blocks ? HUM_ALLOC_OWN_BLOCKS : 0, &memory));
    CHECK(hum_name(context->hum, memory, name));
    return memory;
}

static struct meter meter_read(struct context *context)
{
    struct hum_counters counters = context_counters(context);

    return (struct meter){
        .ns = context_clock_ns(),
        .faults = counters.faults_host + counters.faults_device,
        .h2d_bytes = counters.bytes[HUM_H2D],
        .d2h_bytes = counters.bytes[HUM_D2H],
    };
}

void context_start(struct context *context)
{
    memset(&context->meter, 0, sizeof context->meter);
    context_resume(context);
}

void context_pause(struct context *context)
{
    struct meter now = meter_read(context);

    context->meter.ns += now.ns - context->start.ns;
    context->meter.faults += now.faults - context->start.faults;
    context->meter.h2d_bytes += now.h2d_bytes - context->start.h2d_bytes;
    context->meter.d2h_bytes += now.d2h_bytes - context->start.d2h_bytes;
}

void context_resume(struct context *context)
{
    context->start = meter_read(context);
}
