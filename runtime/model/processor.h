/* SPDX-License-Identifier: MIT */
/*
 * processor.h - a processor that has no memory.
 *
 * The core keeps account of its pages as of any other's; behind them are no bytes, so frames can
 * always be made, giving and taking access does nothing, and nobody faults by touching.  Who drives
 * the model decides what is touched, and puts the faults that follow into the core by hand.
 *
 * Threads: one at a time.  Ownership: the memory is the caller's; nothing has to be closed.
 */
#ifndef HUMI_MODEL_PROCESSOR_H
#define HUMI_MODEL_PROCESSOR_H

#include "device/device.h"

/* What a processor is like, as a trace or a user says. */
struct humi_model_traits {
    char name[64], kind[16];     /* "" for the name: "host", "model0", ... */
    uint64_t capacity_bytes;     /* whole blocks; 0: no limit */
    uint32_t workers;
    bool huge, shared_read, opens_reads; /* see struct humi_processor */
};

struct humi_model_processor {
    struct humi_processor base;
    enum hum_status failed;      /* the core's answer to a touch that it cannot serve, or HUM_OK */
};

void humi_model_processor_init(struct humi_model_processor *processor, unsigned number,
                               const struct humi_model_traits *traits);

#endif
