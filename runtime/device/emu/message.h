/* SPDX-License-Identifier: MIT */
/*
 * message.h - what the runtime and a device process say to each other over their channel.
 *
 * The runtime speaks first (hello, with the control memory, the frame file, a pidfd of the
 * program, the memory for touches, and the agent's channel); each message has one answer.  The
 * answer to hello carries the process's userfaultfd, others a file if they are long.
 * The runtime takes nothing from an answer but what it reads from the message or the file, never by
 * a mapping, within the size that it asked for.
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

/*
 * LOAD: the path of a module.  KERNEL: the name of a kernel of it.  ASK: see device/program.h.
 * Numbers are chosen by the runtime.
 */
enum humi_emu_request_kind { HUMI_EMU_LOAD = 1, HUMI_EMU_KERNEL = 2, HUMI_EMU_ASK = 3 };

#define HUMI_EMU_INLINE 4096u   /* bytes that a message holds; more come in a file with it */

struct humi_emu_request {
    uint32_t kind;
    uint32_t module, kernel;
    uint32_t ask;               /* ASK: enum humi_ask_kind; `module` is the program then */
    uint32_t what, index;
    uint64_t flags;
    uint64_t room;              /* an answer of more bytes is not wanted, but its size is */
    uint64_t bytes;             /* of what follows, here or in the file */
    char text[HUMI_EMU_INLINE];
};

struct humi_emu_answer {
    int32_t status;
    int32_t kernel_faults;      /* hello */
    uint64_t args_bytes;        /* KERNEL */
    int32_t error;              /* ASK: OpenCL's */
    int32_t made;               /* ASK: of CREATE, LINK: there is a program of that number */
    uint64_t bytes;             /* ASK: of the answer, here or in the file if there was room */
    char text[HUMI_ERROR_TEXT_BYTES];
    char data[HUMI_EMU_INLINE];
};

#endif
