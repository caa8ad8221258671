/* SPDX-License-Identifier: MIT */
/* host.h - inside of the host processor; opened by humi_host_open() of device.h. */
#ifndef HUMI_DEVICE_HOST_HOST_H
#define HUMI_DEVICE_HOST_HOST_H

#include "device/access.h"
#include "device/device.h"
#include "device/host/ledger.h"
#include "os/frames.h"

struct humi_host {
    struct humi_processor base;   /* first: the core holds a pointer to it */
    struct humi_access access;
    struct humi_frames frames;
    struct humi_ledger ledger;
    bool mapped;                  /* the space is */
};

/* Whether the thread waits inside a system call, which touched the address for it. */
bool humi_host_is_in_system_call(int thread);

/*
 * Send the thread the signal that a bad touch of plain memory would have raised there.  A thread
 * that blocks or ignores the signal ends the process, as it would with plain memory.
 */
void humi_host_raise(int thread, uintptr_t address, enum hum_status status);

#endif
