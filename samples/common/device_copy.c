/* SPDX-License-Identifier: MIT */
#include "device_copy.h"

#include <string.h>

#include "touch.h"

static size_t whole_blocks(size_t bytes)
{
    return (bytes + HUM_BLOCK_SIZE - 1) / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;
}

bool device_fits(const struct session *session, size_t bytes)
{
    return bytes <= device_free_bytes(session);
}

size_t device_free_bytes(const struct session *session)
{
    return (session->device_bytes - session->device_used) / HUM_BLOCK_SIZE * HUM_BLOCK_SIZE;
}

/* Afterwards the device may write every page of the buffer without a fault. */
static void take_over(struct session *session, void *device, size_t bytes)
{
    struct own_args args = {.base = device,
                            .pages = (bytes + TOUCH_PAGE_BYTES - 1) / TOUCH_PAGE_BYTES};

    session_launch(session, session->own, args.pages, &args, sizeof args);
    CHECK(hum_wait(session->hum, 0));
}

void *device_alloc(struct session *session, size_t bytes)
{
    void *device;

    CHECK(hum_alloc(session->hum, whole_blocks(bytes), HUM_ALLOC_OWN_BLOCKS, &device));
    session->device_used += whole_blocks(bytes);
    take_over(session, device, bytes);
    return device;
}

void device_free(struct session *session, void *device, size_t bytes)
{
    if (!device)
        return;
    CHECK(hum_free(session->hum, device));
    session->device_used -= whole_blocks(bytes);
}

void copy_to_device(struct session *session, void *device, const void *host, size_t bytes)
{
    session_pause(session);
    /* The old content must not come back just to be overwritten. */
    CHECK(hum_discard(session->hum, device, bytes, NULL));
    memcpy(device, host, bytes);
    session_resume(session);

    CHECK(hum_prefetch(session->hum, device, bytes, 0, NULL));

    session_pause(session);
    take_over(session, device, bytes);
    session_resume(session);
}

void copy_to_host(struct session *session, void *host, void *device, size_t bytes)
{
    CHECK(hum_prefetch(session->hum, device, bytes, HUM_HOST, NULL));

    session_pause(session);
    memcpy(host, device, bytes);
    take_over(session, device, bytes);
    session_resume(session);
}
