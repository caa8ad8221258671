/* SPDX-License-Identifier: MIT */
/* stream.c - streams of blocks. */
#include "policy/stream.h"

/* A stream while it is looked at: no other thread changes this copy. */
struct copy {
    uint32_t agent, last;
    int32_t stride;
    unsigned steps, depth;
};

static struct copy load(struct humi_stream *stream)
{
    return (struct copy){atomic_load_explicit(&stream->agent, memory_order_relaxed),
                         atomic_load_explicit(&stream->last, memory_order_relaxed),
                         atomic_load_explicit(&stream->stride, memory_order_relaxed),
                         atomic_load_explicit(&stream->steps, memory_order_relaxed),
                         atomic_load_explicit(&stream->depth, memory_order_relaxed)};
}

static void store(struct humi_stream *stream, const struct copy *copy)
{
    atomic_store_explicit(&stream->agent, copy->agent, memory_order_relaxed);
    atomic_store_explicit(&stream->last, copy->last, memory_order_relaxed);
    atomic_store_explicit(&stream->stride, copy->stride, memory_order_relaxed);
    atomic_store_explicit(&stream->steps, (uint16_t)copy->steps, memory_order_relaxed);
    atomic_store_explicit(&stream->depth, (uint16_t)copy->depth, memory_order_relaxed);
}

/* Whole strides, no more than it looked ahead and one. */
static bool continues(const struct copy *copy, int64_t step)
{
    int64_t stride = copy->stride;

    if (!copy->steps || step == stride)
        return copy->steps != 0;
    if (stride < 0) {
        stride = -stride;
        step = -step;
    }
    /* Dividing is dear, and most steps are none. */
    return step > stride && step <= stride * (copy->depth + 1) && step % stride == 0;
}

static void take_step(struct copy *copy, int64_t step, unsigned most)
{
    if (!continues(copy, step)) {
        copy->stride = (int32_t)step;
        copy->steps = 1;
        copy->depth = 0;
        return;
    }
    if (copy->steps < UINT16_MAX)
        copy->steps++;
    if (step != copy->stride || copy->depth == 0)
        copy->depth = copy->depth ? copy->depth * 2 : HUMI_STREAM_FIRST;
    if (copy->depth > most)
        copy->depth = most;
}

static void learn(struct copy *copy, const struct hum_view *view, unsigned most)
{
    int64_t step = (int64_t)view->block + 1 - copy->last;
    if (!copy->last || copy->agent != view->agent)
        *copy = (struct copy){.agent = view->agent};
    else if (step)
        take_step(copy, step, most);
    copy->last = view->block + 1;
}

static struct humi_stream *stream_of(struct humi_streams *streams, const struct hum_view *view)
{
    uint32_t hash = (view->agent + (uint32_t)view->processor * 0x9e3779b1u) * 0x85ebca6bu;

    return &streams->of[hash >> 28];
}

struct humi_stream_step humi_streams_step(struct humi_streams *streams,
                                          const struct hum_view *view, unsigned most)
{
    struct humi_stream *stream = stream_of(streams, view);
    struct copy copy = load(stream);

    if (!view->again) {
        learn(&copy, view, most);
        store(stream, &copy);
    }
    return (struct humi_stream_step){copy.stride, copy.steps, copy.depth};
}

struct humi_stream_step humi_streams_look(struct humi_streams *streams,
                                          const struct hum_view *view)
{
    struct copy copy = load(stream_of(streams, view));

    return (struct humi_stream_step){copy.stride, copy.steps, copy.depth};
}
