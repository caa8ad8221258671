/* SPDX-License-Identifier: MIT */
#include "device_copy.h"

#include <string.h>

#include "touch.h"

static size_t whole_blocks(size_t bytes)
{
    return (bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;
}

bool device_fits(const struct context *context, size_t bytes)
{
    return bytes <= device_free_bytes(context);
}

size_t device_free_bytes(const struct context *context)
{
    return (context->device_bytes - context->device_used) / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;
}

/* Afterwards the device may write every page of the buffer without a fault. */
static void take_over(struct context *context, void *device, size_t bytes)
{
    struct own_args args = {.base = device,
                            .pages = (bytes + TOUCH_PAGE_BYTES - 1) / TOUCH_PAGE_BYTES};

    context_launch(context, context->own, args.pages, &args, sizeof args);
    CHECK(hum_wait(context->hum, 0));
}

void *device_alloc(struct context *context, size_t bytes)
{
    void *device;

    CHECK(hum_alloc(context->hum, whole_blocks(bytes), HUM_ALLOC_OWN_BLOCKS, &device));
    context->device_used += whole_blocks(bytes);
    take_over(context, device, bytes);
    return device;
}

void device_free(struct context *context, void *device, size_t bytes)
{
    if (!device)
        return;
    CHECK(hum_free(context->hum, device));
    context->device_used -= whole_blocks(bytes);
}

void copy_to_device(struct context *context, void *device, const void *host, size_t bytes)
{
    context_pause(context);
    /* The old content must not come back just to be overwritten. */
    CHECK(hum_discard(context->hum, device, bytes, NULL));
    memcpy(device, host, bytes);
    context_resume(context);

    CHECK(hum_prefetch(context->hum, device, bytes, 0, NULL));

    context_pause(context);
    take_over(context, device, bytes);
    context_resume(context);
}

void copy_to_host(struct context *context, void *host, void *device, size_t bytes)
{
    CHECK(hum_prefetch(context->hum, device, bytes, HUM_HOST, NULL));

    context_pause(context);
    memcpy(host, device, bytes);
    take_over(context, device, bytes);
    context_resume(context);
}
