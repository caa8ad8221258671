/* SPDX-License-Identifier: MIT */
/*
 * copy.c - copies and fills as calls.
 *
 * A copy from registered host memory reads it when the stream comes to it; from other host memory
 * the driver takes the bytes before it returns.  A copy to host memory that is not registered has
 * been done when the call returns.
 */
#include <stdlib.h>
#include <string.h>

#include "support/cuda_double/double.h"

/* All of it is the devices' at the moment. */
static bool is_device_range(uintptr_t start, size_t bytes)
{
    for (uintptr_t at = start; at < start + bytes;) {
        struct mapping *m = mapping_at(at);
        if (!m)
            return false;
        at = m->start + m->bytes;
    }
    return true;
}

/* The stream may read or write it later, at its time. */
static bool is_pinned(uintptr_t start, size_t bytes)
{
    return pinned_at(start, bytes) || range_is_managed(start, bytes);
}

/* A pointer that is said to be the host's is no memory of a device alone. */
static bool is_host_range(uintptr_t start, size_t bytes)
{
    return !mapping_in(start, bytes) || range_is_managed(start, bytes);
}

static enum humi_cu_result append_copy(struct CUstream_st *s, struct operation *op)
{
    bool pageable_source = op->kind == OP_TO_DEVICE && !is_pinned(op->from, op->bytes);
    bool pageable_target = op->kind == OP_TO_HOST && !is_pinned(op->to, op->bytes);

    if (op->bytes == 0)
        return HUMI_CUDA_SUCCESS;
    if (pageable_source) {
        op->snapshot = malloc(op->bytes);
        if (!op->snapshot)
            return HUMI_CUDA_ERROR_OUT_OF_MEMORY;
        memcpy(op->snapshot, (const void *)op->from, op->bytes);
    }
    enum humi_cu_result result = stream_append(s, op);
    if (result) {
        free(op->snapshot);
        return result;
    }
    if (pageable_target)
        stream_wait(s, s->queued);
    return pageable_target ? s->context->sticky : HUMI_CUDA_SUCCESS;
}

enum humi_cu_result cuMemcpyHtoDAsync_v2(humi_cu_ptr to, const void *from, size_t bytes,
                                         struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemcpyHtoDAsync_v2, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!from || !is_device_range(to, bytes) || !is_host_range((uintptr_t)from, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_copy(s, &(struct operation){.kind = OP_TO_DEVICE, .to = to,
                                              .from = (uintptr_t)from, .bytes = bytes,
                                              .to_context = context}));
}

enum humi_cu_result cuMemcpyDtoHAsync_v2(void *to, humi_cu_ptr from, size_t bytes,
                                         struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemcpyDtoHAsync_v2, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!to || !is_device_range(from, bytes) || !is_host_range((uintptr_t)to, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_copy(s, &(struct operation){.kind = OP_TO_HOST, .to = (uintptr_t)to,
                                              .from = from, .bytes = bytes,
                                              .from_context = context}));
}

/* Which way it goes follows from the addresses. */
enum humi_cu_result cuMemcpyAsync(humi_cu_ptr to, humi_cu_ptr from, size_t bytes,
                                  struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemcpyAsync, context);
    struct CUstream_st *s = stream_of(context, stream);
    bool to_device = is_device_range(to, bytes), from_device = is_device_range(from, bytes);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!to || !from || (!to_device && mapping_in(to, bytes)) ||
        (!from_device && mapping_in(from, bytes)) || (!to_device && !from_device))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_copy(s, &(struct operation){.kind = !to_device    ? OP_TO_HOST
                                                      : from_device ? OP_BETWEEN
                                                                    : OP_TO_DEVICE,
                                              .to = to, .from = from, .bytes = bytes}));
}

enum humi_cu_result cuMemcpyPeerAsync(humi_cu_ptr to, struct CUctx_st *to_context,
                                      humi_cu_ptr from, struct CUctx_st *from_context,
                                      size_t bytes, struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemcpyPeerAsync, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!context_is_valid(to_context) || !context_is_valid(from_context))
        RETURN(HUMI_CUDA_ERROR_INVALID_CONTEXT);
    if (!is_device_range(to, bytes) || !is_device_range(from, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(append_copy(s, &(struct operation){.kind = OP_BETWEEN, .to = to, .from = from,
                                              .bytes = bytes, .to_context = to_context,
                                              .from_context = from_context}));
}

enum humi_cu_result cuMemsetD8Async(humi_cu_ptr to, unsigned char value, size_t bytes,
                                    struct CUstream_st *stream)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuMemsetD8Async, context);
    struct CUstream_st *s = stream_of(context, stream);
    if (!s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!is_device_range(to, bytes))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    RETURN(stream_append(s, &(struct operation){.kind = OP_FILL, .to = to, .bytes = bytes,
                                                .value = value, .to_context = context}));
}
