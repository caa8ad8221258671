/* SPDX-License-Identifier: MIT */
/* pointers.c - words of argument blocks that point into the space, as the device is to see them. */
#include <string.h>

#include "base/status.h"
#include "device/opencl/opencl.h"

/* HUM_OK: *word is as the device sees it. */
static enum hum_status move_word(const struct humi_opencl *device, uintptr_t *word)
{
    uintptr_t offset = *word - device->space.start;

    if (*word < device->space.start || offset >= device->space.bytes)
        return HUM_OK;
    if (offset > device->arena_bytes)
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "an argument points to %zu MiB of the space, and %s has frames for the "
                         "first %zu MiB only: give it more with arena= in HUM_DEVICES",
                         (size_t)(offset >> 20), device->base.name, device->arena_bytes >> 20);
    *word = (uintptr_t)device->arena + offset;
    return HUM_OK;
}

static enum hum_status move_word_at(const struct humi_opencl *device, char *at)
{
    uintptr_t word;
    enum hum_status status;

    memcpy(&word, at, sizeof word);
    status = move_word(device, &word);
    memcpy(at, &word, sizeof word);
    return status;
}

/* Shared memory: make the block as the device is to see it. */
static enum hum_status move_words(const struct humi_opencl *device, const struct humi_cl_form *form,
                                  char *args, size_t args_bytes)
{
    enum hum_status status = HUM_OK;

    if (!form->plain)
        for (size_t at = 0; status == HUM_OK && at + 8 <= args_bytes; at += 8)
            status = move_word_at(device, args + at);
    for (unsigned i = 0; status == HUM_OK && i < form->count; i++)
        if (form->args[i].kind == HUMI_CL_POINTER)
            status = move_word_at(device, args + form->args[i].offset);
    return status;
}

/* A buffer: whether each pointer can become a sub-buffer. */
static enum hum_status check_pointers(const struct humi_opencl *device,
                                      const struct humi_opencl_kernel *kernel, const char *args)
{
    const struct humi_cl_form *form = &kernel->form;

    for (unsigned i = 0; i < form->count; i++) {
        uintptr_t word = 0, offset;
        if (form->args[i].kind == HUMI_CL_POINTER)
            memcpy(&word, args + form->args[i].offset, sizeof word);
        offset = word - device->space.start;
        if (word && (word < device->space.start || offset >= device->arena_bytes))
            return humi_fail(HUM_ERR_UNSUPPORTED,
                             "argument %u of kernel \"%s\" does not point into the first %zu MiB "
                             "of the space, for which %s has frames (arena= in HUM_DEVICES)",
                             i + 1, kernel->name, device->arena_bytes >> 20,
                             device->base.name);
        if (word && offset % device->align_bytes != 0)
            return humi_fail(HUM_ERR_UNSUPPORTED,
                             "argument %u of kernel \"%s\" is no multiple of %zu bytes: without "
                             "shared virtual memory %s takes no others",
                             i + 1, kernel->name, device->align_bytes, device->base.name);
    }
    return HUM_OK;
}

enum hum_status humi_opencl_move_args(const struct humi_opencl *device,
                                      const struct humi_opencl_kernel *kernel, char *args,
                                      size_t args_bytes)
{
    return device->arena ? move_words(device, &kernel->form, args, args_bytes)
                         : check_pointers(device, kernel, args);
}
