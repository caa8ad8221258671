/* SPDX-License-Identifier: MIT */
/*
 * message.h - what the runtime and a device process say to each other over their channel.
 *
 * The runtime speaks first (hello, with the control memory, the frame file, a pidfd of the
 * program, the memory for touches, and the agent's channel); each message has one answer.  The
 * answer to hello carries the process's userfaultfd.
 *
 * A second channel, whose end comes with hello too, is the agent's: a message on it is the file of
 * another processor's frames and the range to map it at, and is there before control memory asks
 * for it.  Kernels can write over control memory, but not over what lies in a channel.
 */
#ifndef HUMI_DEVICE_EMU_MESSAGE_H
#define HUMI_DEVICE_EMU_MESSAGE_H

#include <stdint.h>

#include "base/status.h"

struct humi_emu_hello {
    uint32_t version;
    uint32_t workers;
    uint64_t control_bytes;
    uint64_t start, bytes;  /* the space */
    uint32_t watchdog_ms;
    int32_t kernel_faults;
    int32_t use_prot;       /* the space is mapped read-only at first (device/prot.h) */
    uint32_t touch_window;  /* pages that a worker counts touches of at a time */
    uint32_t touch_records; /* of a worker's ring of touches; 0: they are not recorded */
    uint32_t sample_ppm;    /* the time's share that sampling touches may cost; 0: it is not done */
    uint32_t unused;
};

/* Over the agent's channel, with one descriptor. */
struct humi_emu_away {
    uint64_t offset, bytes;
    uint32_t request;       /* agent_request that it belongs to; one of before was never taken */
    uint32_t unused;
};

/* LOAD: path is in text.  KERNEL: name is in text.  Ids are chosen by the runtime. */
enum humi_emu_request_kind { HUMI_EMU_LOAD = 1, HUMI_EMU_KERNEL = 2 };

struct humi_emu_request {
    uint32_t kind;
    uint32_t module, kernel;
    char text[4096];
};

struct humi_emu_answer {
    int32_t status;
    int32_t kernel_faults;  /* hello */
    uint64_t args_bytes;    /* KERNEL */
    char text[HUMI_ERROR_TEXT_BYTES];
};

#endif
