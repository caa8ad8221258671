/* SPDX-License-Identifier: MIT */
/*
 * stream_bench.h - streams of two devices that finish when told, and host work that stops until
 * it is told.
 *
 * Threads: a gate is run by the stream's thread, all else is for the main one.
 */
#ifndef STREAM_BENCH_H
#define STREAM_BENCH_H

#include <stdatomic.h>

#include "core/module.h"
#include "core/stream.h"
#include "core_test.h"

struct bench {
    struct fake_world *world;
    struct hum_module module[2];
    struct hum_kernel kernel[2];   /* of device 0 and 1 */
    struct hum_stream *stream[2];  /* the default ones */
};

void bench_open(struct bench *bench, bool finish_at_once);
void bench_close(struct bench *bench);

void launch_at(struct bench *bench, struct hum_stream *stream, unsigned kernel);
struct fake *device(struct bench *bench, unsigned d);

/* For fake_wait(): it has been given so many launches, a size_t. */
bool has_launches(struct fake *fake, void *count);

/* ---- host work that stops until told --------------------------------------------------------- */

struct gate {
    struct humi_work work;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool entered, open;
    enum hum_status status;
    atomic_uint *destroyed;
    uint64_t finished_before; /* of the stream, when it ran */
};

/* `destroyed` counts those that were. */
void gate_init(struct gate *gate, bool open, enum hum_status status, atomic_uint *destroyed);
void gate_wait_entered(struct gate *gate);
void gate_open(struct gate *gate);

/* Groups of tests: how many failed. */
int stream_events(void);
int stream_threads(void);

#endif
