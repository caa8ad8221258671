/* SPDX-License-Identifier: MIT */
/*
 * open.h - the double of the CUDA driver, loaded by hum's own loader, for tests.
 *
 * A test is run with HUM_CUDA_LIBRARY naming libcuda_double.so.
 * Threads: one.  What does not work ends the test with a sentence.
 */
#ifndef SUPPORT_CUDA_DOUBLE_OPEN_H
#define SUPPORT_CUDA_DOUBLE_OPEN_H

#include "device/cuda/driver.h"
#include "support/cuda_double/cuda_double.h"

struct cuda_double {
    struct humi_cuda cu;
    cuda_double_reset_function *reset;
    cuda_double_hold_function *hold;
    cuda_double_count_function *count;
    cuda_double_tell_function *tell;
    struct CUctx_st *context; /* of device 0, current and retained */
};

/* Load it with these options; cuInit() was called, no context is there. */
void cuda_double_open(struct cuda_double *out, const char *options);
/* And device 0's primary context is current. */
void cuda_double_open_context(struct cuda_double *out, const char *options);

/* Write an image whose native form is the module at `native` to `out`; true: it fits. */
bool cuda_double_image(char *out, size_t bytes, const char *native);

#endif
