/* SPDX-License-Identifier: MIT */
/* platform.c - see platform.h */
#include "platform/platform.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "heap/heap.h"
#include "platform/answer.h"
#include "platform/command_buffer.h"
#include "platform/entries.h"
#include "platform/misuse.h"
#include "platform/usm.h"

#define STRINGS(a, b, c) #a "." #b "." #c
#define VERSION_TEXT(a, b, c) STRINGS(a, b, c)
#define HUM_VERSION_TEXT VERSION_TEXT(HUM_VERSION_MAJOR, HUM_VERSION_MINOR, HUM_VERSION_PATCH)

struct _cl_platform_id humi_platform = {
    .object = {.dispatch = &humi_dispatch, .kind = HUMI_KIND_PLATFORM, .references = 1}};

/* Guarded by `opening`, fixed once hum is set. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static struct hum *hum;
static bool failed;
static bool shares_heap;
static unsigned device_count;
static struct _cl_device_id devices[HUM_DEVICES_MAX];

/* A device of OpenCL's own looks through all platforms while a space opens: not through this. */
static _Thread_local bool is_opening;

bool humi_platform_is_hidden(void)
{
    return getenv(HUMI_HIDE_ENV) != NULL;
}

bool humi_platform_is_strict(void)
{
    const char *strict = getenv("HUM_CL_STRICT");

    return strict && *strict && strcmp(strict, "0") != 0;
}

static void open_devices(void)
{
    device_count = hum_device_count(hum);
    for (unsigned i = 0; i < device_count; i++) {
        struct _cl_device_id *device = &devices[i];

        humi_object_init(&device->object, HUMI_KIND_DEVICE, NULL);
        device->number = (int)i;
        if (hum_device_info(hum, (int)i, &device->info) != HUM_OK)
            memset(&device->info, 0, sizeof device->info);
    }
}

/* The heap's, if the program's blocks lie in one already; else one that it may begin with. */
static bool open_space(void)
{
    struct hum_options options = HUM_OPTIONS_INIT;

    hum = hum_heap_space ? hum_heap_space() : NULL;
    if (!hum && humi_misuse_open(&options, &hum) != HUM_OK)
        return false;
    shares_heap = hum_heap_start && hum_heap_start(hum);
    return true;
}

unsigned humi_platform_open(void)
{
    unsigned count;

    if (is_opening)
        return 0;
    pthread_mutex_lock(&opening);
    if (!hum && !failed) {
        is_opening = true;
        failed = !open_space();
        is_opening = false;
        if (failed)
            humi_warn("no device for OpenCL: %s", hum_error_text());
        else
            open_devices();
    }
    count = device_count;
    pthread_mutex_unlock(&opening);
    return count;
}

unsigned humi_platform_count(void)
{
    unsigned count;
    bool decided;

    if (is_opening)
        return 0;
    pthread_mutex_lock(&opening);
    decided = hum || failed;
    count = decided ? device_count : hum_devices_foreseen(NULL);
    pthread_mutex_unlock(&opening);
    return count || decided ? count : humi_platform_open();
}

struct hum *humi_space(void)
{
    return hum;
}

bool humi_platform_shares_heap(void)
{
    return shares_heap;
}

cl_device_id humi_platform_device(unsigned number)
{
    return &devices[number];
}

/* ---- clGetPlatformInfo ----------------------------------------------------------------------- */

#define NAME_VERSION(text, major, minor, patch)    \
    {                                              \
        CL_MAKE_VERSION(major, minor, patch), text \
    }

static const cl_name_version extensions[] = {
    NAME_VERSION("cl_khr_icd", 1, 0, 0),
    {HUMI_USM_VERSION, HUMI_USM_EXTENSION},
    {HUMI_COMMAND_BUFFER_VERSION, HUMI_COMMAND_BUFFER_EXTENSION},
};

static cl_int answer_extensions(const struct humi_answer *answer)
{
    char text[sizeof extensions] = "";

    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                 extensions[i].name);
    return humi_answer_text(answer, text);
}

cl_int CL_API_CALL humi_clGetPlatformInfo(cl_platform_id platform, cl_platform_info what,
                                          size_t room, void *value, size_t *size_out)
{
    const struct humi_answer answer = {room, value, size_out};

    if (platform && platform != &humi_platform)
        return CL_INVALID_PLATFORM;
    switch (what) {
    case CL_PLATFORM_PROFILE:
        return humi_answer_text(&answer, "FULL_PROFILE");
    case CL_PLATFORM_VERSION:
        return humi_answer_text(&answer, "OpenCL 3.0 hum " HUM_VERSION_TEXT);
    case CL_PLATFORM_NUMERIC_VERSION:
        return HUMI_ANSWER(&answer, cl_version, CL_MAKE_VERSION(3, 0, 0));
    case CL_PLATFORM_NAME:
    case CL_PLATFORM_VENDOR:
        return humi_answer_text(&answer, "hum");
    case CL_PLATFORM_EXTENSIONS:
        return answer_extensions(&answer);
    case CL_PLATFORM_EXTENSIONS_WITH_VERSION:
        return humi_answer(&answer, extensions, sizeof extensions);
    case CL_PLATFORM_HOST_TIMER_RESOLUTION:
        return HUMI_ANSWER(&answer, cl_ulong, 1);
    case CL_PLATFORM_ICD_SUFFIX_KHR:
        return humi_answer_text(&answer, "HUM");
    default:
        return CL_INVALID_VALUE;
    }
}
