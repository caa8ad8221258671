/* SPDX-License-Identifier: MIT */
/* stream_bench.c - see stream_bench.h */
#include "stream_bench.h"

static const struct fake_params two_devices = {.processors = 3, .blocks = 2};

void bench_open(struct bench *bench, bool finish_at_once)
{
    *bench = (struct bench){.world = world_open(&two_devices)};
    for (unsigned d = 0; d < 2; d++) {
        bench->module[d] = (struct hum_module){.hum = &bench->world->hum, .processor = d + 1};
        bench->kernel[d] = (struct hum_kernel){.module = &bench->module[d], .name = "k"};
        bench->world->fake[d + 1]->finish_at_once = finish_at_once;
        assert_int_equal(
            humi_stream_open(&bench->world->hum, d + 1, true, &bench->stream[d]), HUM_OK);
        bench->world->hum.default_stream[d] = bench->stream[d];
    }
}

void bench_close(struct bench *bench)
{
    humi_streams_close(&bench->world->hum);
    for (unsigned p = 0; p < 3; p++)
        assert_string_equal(bench->world->fake[p]->violation, "");
    fake_world_close(bench->world);
}

void launch_at(struct bench *bench, struct hum_stream *stream, unsigned kernel)
{
    struct hum_kernel named = bench->kernel[stream->processor - 1];

    named.id = kernel;
    assert_int_equal(hum_launch(stream, &named, 1, NULL, 0), HUM_OK);
}

struct fake *device(struct bench *bench, unsigned d)
{
    return bench->world->fake[d + 1];
}

bool has_launches(struct fake *fake, void *count)
{
    return fake->launch_count >= *(size_t *)count;
}

/* ---- gates ----------------------------------------------------------------------------------- */

static enum hum_status gate_run(struct hum_stream *stream, struct humi_work *work)
{
    struct gate *gate = humi_container_of(work, struct gate, work);

    humi_lock(&stream->lock);
    gate->finished_before = stream->finished;
    humi_unlock(&stream->lock);
    pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
    return gate->status == HUM_OK ? HUM_OK : humi_fail(gate->status, "the gate says so");
}

static void gate_destroy(struct humi_work *work)
{
    struct gate *gate = humi_container_of(work, struct gate, work);

    atomic_fetch_add(gate->destroyed, 1);
}

void gate_init(struct gate *gate, bool open, enum hum_status status, atomic_uint *destroyed)
{
    *gate = (struct gate){.open = open, .status = status, .destroyed = destroyed};
    gate->work.run = gate_run;
    gate->work.destroy = gate_destroy;
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}

void gate_wait_entered(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->entered)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}
