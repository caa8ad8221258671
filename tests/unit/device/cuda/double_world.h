/* SPDX-License-Identifier: MIT */
/* double_world.h - what the tests of the double share: short calls over `d`. */
#ifndef TEST_DOUBLE_WORLD_H
#define TEST_DOUBLE_WORLD_H

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "double_kernels.h"
#include "support/cuda_double/open.h"

#define MIB (1024u * 1024u)

/* Results are compared as numbers: cmocka prints what came and what should have. */
#define assert_cu(call, code) assert_int_equal((int)(call), (int)HUMI_CUDA_##code)
#define assert_ok(call) assert_cu(call, SUCCESS)

static struct cuda_double d;

/* Reserve, create, map and give `device` access. */
static inline humi_cu_ptr mapped(size_t bytes, int device, enum humi_cu_access_flags flags,
                                 unsigned long long *handle_out)
{
    struct humi_cu_location where = {HUMI_CU_MEM_LOCATION_TYPE_DEVICE, device};
    struct humi_cu_allocation_prop prop = {.type = HUMI_CU_MEM_ALLOCATION_TYPE_PINNED,
                                           .location = where};
    struct humi_cu_access_desc access = {where, flags};
    humi_cu_ptr ptr = 0;

    assert_ok(d.cu.cuMemAddressReserve(&ptr, bytes, 0, 0, 0));
    assert_ok(d.cu.cuMemCreate(handle_out, bytes, &prop, 0));
    assert_ok(d.cu.cuMemMap(ptr, bytes, 0, *handle_out, 0));
    if (flags)
        assert_ok(d.cu.cuMemSetAccess(ptr, bytes, &access, 1));
    return ptr;
}

static inline humi_cu_ptr allocated(size_t bytes)
{
    humi_cu_ptr ptr = 0;

    assert_ok(d.cu.cuMemAlloc_v2(&ptr, bytes));
    return ptr;
}

static inline struct CUfunc_st *kernel(const char *name)
{
    static char image[1024];
    struct CUmod_st *module = NULL;
    struct CUfunc_st *function = NULL;

    assert_true(cuda_double_image(image, sizeof(image), getenv("HUM_TEST_NATIVE")));
    assert_ok(d.cu.cuModuleLoadDataEx(&module, image, 0, NULL, NULL));
    assert_ok(d.cu.cuModuleGetFunction(&function, module, name));
    return function;
}

/* One dimension. */
static inline enum humi_cu_result launch(struct CUfunc_st *function, unsigned blocks,
                                         unsigned threads, unsigned shared,
                                         struct CUstream_st *stream, void *args)
{
    void *parameters[] = {args};

    return d.cu.cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, shared, stream, parameters,
                               NULL);
}

static inline struct CUstream_st *new_stream(void)
{
    struct CUstream_st *stream = NULL;

    assert_ok(d.cu.cuStreamCreate(&stream, HUMI_CU_STREAM_NON_BLOCKING));
    return stream;
}

static inline void write_device(humi_cu_ptr to, const void *from, size_t bytes)
{
    assert_ok(d.cu.cuMemcpyHtoDAsync_v2(to, from, bytes, NULL));
    assert_ok(d.cu.cuStreamSynchronize(NULL));
}

static inline void read_device(void *to, humi_cu_ptr from, size_t bytes)
{
    assert_ok(d.cu.cuMemcpyDtoHAsync_v2(to, from, bytes, NULL));
    assert_ok(d.cu.cuStreamSynchronize(NULL));
}

#endif
