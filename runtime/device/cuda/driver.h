/* SPDX-License-Identifier: MIT */
/*
 * driver.h - NVIDIA's driver, found at run time.
 *
 * libcuda.so.1 is loaded with dlopen(), or the file that HUM_CUDA_LIBRARY names (tests).  Nothing
 * of NVIDIA's is needed to build hum or to run it without a GPU.
 *
 * Functions come from cuGetProcAddress(), by name and version, where the driver has it (CUDA 12),
 * else from the library's symbols.  A driver older than HUMI_CUDA_VERSION_MIN, or without a
 * required function, is refused with a sentence that says which.
 *
 * Every call goes through humi_cuda_call(), which turns the driver's code into a status once and
 * says what failed:
 *
 *     "cuMemCreate: out of memory (CUDA_ERROR_OUT_OF_MEMORY, 2)"
 *
 * Threads: any, once open.  Ownership: the struct is the caller's.  The library stays loaded for
 * the life of the process after cuInit(), because the driver has threads of its own.
 */
#ifndef HUMI_DEVICE_CUDA_DRIVER_H
#define HUMI_DEVICE_CUDA_DRIVER_H

#include <stdbool.h>

#include "device/cuda/functions.h"

#define HUMI_CUDA_VERSION_MIN 11000

/* Fixed once open.  Members of optional functions are NULL where the driver has none. */
struct humi_cuda {
    void *library; /* dlopen()'s */
    int version;   /* CUDA version of the driver: 12020 is 12.2 */
#define HUMI_CUDA_MEMBER(symbol, name, since, need, parameters)                                    \
    enum humi_cu_result(*symbol) parameters;
    HUMI_CUDA_FUNCTIONS(HUMI_CUDA_MEMBER)
#undef HUMI_CUDA_MEMBER
};

enum humi_cuda_function {
#define HUMI_CUDA_ENUM(symbol, name, since, need, parameters) HUMI_CUDA_FN_##symbol,
    HUMI_CUDA_FUNCTIONS(HUMI_CUDA_ENUM)
#undef HUMI_CUDA_ENUM
    HUMI_CUDA_FN_COUNT
};

/*
 * Load the driver and initialise it.
 * HUM_ERR_UNSUPPORTED: there is no driver, or one that is too old or a stub; HUM_ERR_NOT_FOUND: the
 * driver runs but there is no GPU.  The text says what to do.
 */
enum hum_status humi_cuda_open(struct humi_cuda *cuda_out) __attribute__((warn_unused_result));

/* Call a function: humi_cuda_call(cuda, cuMemFree_v2, ptr).  HUM_ERR_UNSUPPORTED: it has none. */
#define humi_cuda_call(cuda, symbol, ...)                                                          \
    ((cuda)->symbol != NULL                                                                        \
         ? humi_cuda_status((cuda), HUMI_CUDA_FN_##symbol, (cuda)->symbol(__VA_ARGS__))            \
         : humi_cuda_missing((cuda), HUMI_CUDA_FN_##symbol))

/*
 * What a result means to hum.  Sets the error text, but for HUM_OK and HUM_NOT_READY (work that is
 * still running is no error).
 */
enum hum_status humi_cuda_status(const struct humi_cuda *cuda, enum humi_cuda_function function,
                                 enum humi_cu_result result);

/* HUM_ERR_UNSUPPORTED, and the text names the version that brought the function. */
enum hum_status humi_cuda_missing(const struct humi_cuda *cuda, enum humi_cuda_function function);

/*
 * Errors that stay: every later call to the context fails with the same until the primary context
 * of the device is reset.
 */
bool humi_cuda_is_sticky(enum humi_cu_result result);

/* "cuMemAlloc", as documentation spells it; static. */
const char *humi_cuda_name(enum humi_cuda_function function);

#endif
