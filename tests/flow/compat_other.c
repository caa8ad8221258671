/* SPDX-License-Identifier: MIT */
/* compat_other.c - a second file of a program that includes compat_cuda.h, in CUDA 13's manner. */
#define HUM_COMPAT_CUDA_VERSION 13000
#include <hum/compat_cuda.h>

#include "flow/compat_other.h"

int other_type_of(const void *ptr)
{
    struct cudaPointerAttributes attributes;

    return cudaPointerGetAttributes(&attributes, ptr) == cudaSuccess ? (int)attributes.type : -1;
}

int other_last_error(void)
{
    return (int)cudaGetLastError();
}

int other_prefetch(const void *ptr, size_t bytes, int type, int id)
{
    struct cudaMemLocation at = {(enum cudaMemLocationType)type, id};
    cudaError_t error = cudaMemAdvise(ptr, bytes, cudaMemAdviseSetPreferredLocation, at);

    return (int)(error ? error : cudaMemPrefetchAsync(ptr, bytes, at, 0, NULL));
}
