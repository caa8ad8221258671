/* SPDX-License-Identifier: MIT */
/* work.c - what the threads of streams do: bytes and kernels. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "support/cuda_double/double.h"
#include "support/cuda_double/uvm.h"

#define DISCARDED 0xdd

/* How a mapping may be touched by a device; context NULL: by any. */
static bool may_touch(const struct mapping *m, const struct CUctx_st *context, bool write)
{
    enum wire_access need = write ? WIRE_READ_WRITE : WIRE_READ;

    if (m->kind != KIND_MAPPED)
        return true;
    if (context)
        return m->access[context->device->index] >= need;
    for (int i = 0; i < world.options.devices; i++)
        if (m->access[i] >= need)
            return true;
    return false;
}

/* The bytes of a device's address and how many follow in one piece; NULL: not granted. */
static char *bytes_at(uintptr_t address, size_t *bytes_io, const struct CUctx_st *context,
                      bool write)
{
    struct mapping *m = mapping_at(address);

    if (!m || !may_touch(m, context, write)) {
        world.counts.illegal = address;
        return NULL;
    }
    size_t here = m->start + m->bytes - address;
    if (here < *bytes_io)
        *bytes_io = here;
    return m->memory->window + m->offset + (address - m->start);
}

/* Where the host's bytes are; they may lie in managed memory, which the host may not reach now. */
static char *host_bytes_at(uintptr_t address, size_t *bytes_io)
{
    struct mapping *m = mapping_at(address);

    return m ? bytes_at(address, bytes_io, NULL, false) : (char *)address;
}

static char *source_at(const struct operation *op, size_t done, size_t *bytes_io)
{
    if (op->snapshot)
        return (char *)op->snapshot + done;
    if (op->kind == OP_TO_DEVICE)
        return host_bytes_at(op->from + done, bytes_io);
    return bytes_at(op->from + done, bytes_io, op->from_context, false);
}

static char *target_at(const struct operation *op, size_t done, size_t *bytes_io)
{
    if (op->kind == OP_TO_HOST)
        return host_bytes_at(op->to + done, bytes_io);
    return bytes_at(op->to + done, bytes_io, op->to_context, true);
}

static void count_peers(const struct operation *op)
{
    const struct mapping *from = mapping_at(op->from);

    if (op->kind != OP_BETWEEN || !op->to_context || op->to_context == op->from_context)
        return;
    world.counts.peer_copies++;
    world.counts.direct_copies += from && from->access[op->to_context->device->index] >= WIRE_READ;
}

/* One piece after the other, each found under the lock; the bytes are moved without it. */
static bool copy(const struct operation *op)
{
    count_peers(op);
    for (size_t done = 0; done < op->bytes;) {
        size_t bytes = op->bytes - done;
        char *from = source_at(op, done, &bytes);
        char *to = from ? target_at(op, done, &bytes) : NULL;
        if (!to)
            return false;
        pthread_mutex_unlock(&world.lock);
        memmove(to, from, bytes);
        pthread_mutex_lock(&world.lock);
        done += bytes;
        world.counts.copied_bytes += bytes;
    }
    world.counts.copies++;
    return true;
}

static bool fill(const struct operation *op, int value)
{
    for (size_t done = 0; done < op->bytes;) {
        size_t bytes = op->bytes - done;
        char *to = bytes_at(op->to + done, &bytes, op->to_context, true);
        if (!to)
            return false;
        struct mapping *m = mapping_at(op->to + done);
        if (op->kind == OP_FILL && uvm_follows(m))
            uvm_touch(m, op->to + done, bytes, op->context->device->index);
        else if (uvm_follows(m))
            uvm_discard(m, op->to + done, bytes);
        memset(to, value, bytes);
        done += bytes;
    }
    world.counts.copies++;
    return true;
}

/* Bytes stay where they are: host memory stands for all places. */
static bool prefetch(const struct operation *op)
{
    size_t here = 0;

    for (uintptr_t at = op->to; at < op->to + op->bytes; at += here) {
        struct mapping *m = mapping_at(at);
        here = m && m->pages ? m->start + m->bytes - at : op->bytes;
        here = here < op->to + op->bytes - at ? here : op->to + op->bytes - at;
        if (m && uvm_follows(m))
            uvm_prefetch(m, at, here, op->where);
    }
    for (uintptr_t at = op->to / PAGE * PAGE; at < op->to + op->bytes; at += PAGE) {
        struct mapping *m = mapping_at(at);
        if (!m || !m->pages)
            return false;
        m->pages[(at - m->start) / PAGE].prefetched = (signed char)op->where;
    }
    world.counts.prefetches++;
    return true;
}

static void run_kernel(struct CUstream_st *stream, const struct operation *op)
{
    struct wire_reply reply = executor_ask(op->context->device, op->kernel, -1);

    world.counts.launches++;
    if (reply.result == WIRE_OK)
        return;
    if (reply.result != WIRE_SIGNAL) {
        if (*reply.why)
            fprintf(stderr, "cuda double: %s\n", reply.why);
        context_fail(stream->context, HUMI_CUDA_ERROR_LAUNCH_FAILED);
        return;
    }
    if (reply.signal == SIGSEGV || reply.signal == SIGBUS) {
        world.counts.illegal = reply.address;
        context_fail(stream->context, HUMI_CUDA_ERROR_ILLEGAL_ADDRESS);
    } else {
        context_fail(stream->context, reply.signal == SIGILL ? HUMI_CUDA_ERROR_ILLEGAL_INSTRUCTION
                                                             : HUMI_CUDA_ERROR_LAUNCH_FAILED);
    }
}

void operation_run(struct CUstream_st *stream, struct operation *op)
{
    bool good = true;

    switch (op->kind) {
    case OP_TO_DEVICE:
    case OP_TO_HOST:
    case OP_BETWEEN:
        good = copy(op);
        break;
    case OP_FILL:
        good = fill(op, op->value);
        break;
    case OP_DISCARD:
        good = fill(op, DISCARDED);
        break;
    case OP_PREFETCH:
        good = prefetch(op);
        break;
    case OP_KERNEL:
        run_kernel(stream, op);
        break;
    case OP_CALL:
        pthread_mutex_unlock(&world.lock);
        op->call(op->data);
        pthread_mutex_lock(&world.lock);
        break;
    case OP_NOTHING:
        break;
    }
    if (!good)
        context_fail(stream->context, HUMI_CUDA_ERROR_ILLEGAL_ADDRESS);
}
