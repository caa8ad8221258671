/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

void session_check(enum hum_status status, const char *call, const char *file, int line)
{
    if (status == HUM_OK)
        return;
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, hum_error_text());
    exit(1);
}

void *session_malloc(size_t bytes)
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

uint64_t session_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void session_open(struct session *session, const char *module, size_t device_bytes)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum_device_info device;
    struct hum_module *touch;
    char devices[64];

    memset(session, 0, sizeof *session);
    if (device_bytes) {
        snprintf(devices, sizeof devices, "emu:mem=%zu", device_bytes);
        options.devices = devices;
    }
    CHECK(hum_open(&options, &session->hum));
    CHECK(hum_device_info(session->hum, 0, &device));
    CHECK(hum_module_load(session->hum, 0, module, &session->module));
    CHECK(hum_module_load(session->hum, 0, "touch", &touch));
    CHECK(hum_kernel_get(touch, "own", &session->own));
    session->stream = hum_stream(session->hum, 0);
    session->device_bytes = (size_t)device.memory_bytes;
}

void session_close(struct session *session)
{
    hum_close(session->hum);
}

struct hum_kernel *session_kernel(struct session *session, const char *name)
{
    struct hum_kernel *kernel;

    CHECK(hum_kernel_get(session->module, name, &kernel));
    return kernel;
}

void session_launch(struct session *session, struct hum_kernel *kernel, size_t count,
                    const void *args, size_t args_bytes)
{
    CHECK(hum_launch(session->stream, kernel, count, args, args_bytes));
}

void *session_alloc(struct session *session, size_t bytes)
{
    void *memory;

    CHECK(hum_alloc(session->hum, bytes, 0, &memory));
    return memory;
}

static struct meter meter_read(struct session *session)
{
    struct hum_stats stats;

    CHECK(hum_stats(session->hum, &stats));
    return (struct meter){
        .ns = session_clock_ns(),
        .faults = stats.total.faults_host + stats.total.faults_device,
        .h2d_bytes = stats.total.bytes[HUM_H2D],
        .d2h_bytes = stats.total.bytes[HUM_D2H],
    };
}

void session_start(struct session *session)
{
    memset(&session->meter, 0, sizeof session->meter);
    session_resume(session);
}

void session_pause(struct session *session)
{
    struct meter now = meter_read(session);

    session->meter.ns += now.ns - session->start.ns;
    session->meter.faults += now.faults - session->start.faults;
    session->meter.h2d_bytes += now.h2d_bytes - session->start.h2d_bytes;
    session->meter.d2h_bytes += now.d2h_bytes - session->start.d2h_bytes;
}

void session_resume(struct session *session)
{
    session->start = meter_read(session);
}
