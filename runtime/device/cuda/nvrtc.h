/* SPDX-License-Identifier: MIT */
/*
 * nvrtc.h - NVIDIA's compiler as a library, for kernels that come as CUDA C++ alone.
 *
 * libnvrtc is part of CUDA's toolkit.  When the first such kernel is loaded, so is it, by dlopen(),
 * from the file that HUM_NVRTC_LIBRARY names or under the names of CUDA 11 to 13.  Without it
 * NAME.cu cannot be loaded, and everything else can.
 * Threads: any.  Ownership: the library stays for the life of the process, once loaded.
 */
#ifndef HUMI_DEVICE_CUDA_NVRTC_H
#define HUMI_DEVICE_CUDA_NVRTC_H

#include "base/status.h"

/* The functions that hum calls, as nvrtc.h has them: X(name, parameters); each returns a code. */
#define HUMI_NVRTC_FUNCTIONS(X)                                                                    \
    X(nvrtcVersion, (int *major, int *minor))                                                      \
    X(nvrtcCreateProgram,                                                                          \
      (struct _nvrtcProgram **program, const char *source, const char *name, int header_count,     \
       const char *const *headers, const char *const *header_names))                               \
    X(nvrtcDestroyProgram, (struct _nvrtcProgram **program))                                       \
    X(nvrtcCompileProgram,                                                                         \
      (struct _nvrtcProgram *program, int option_count, const char *const *options))               \
    X(nvrtcGetPTXSize, (struct _nvrtcProgram *program, size_t *bytes))                             \
    X(nvrtcGetPTX, (struct _nvrtcProgram *program, char *ptx))                                     \
    X(nvrtcGetProgramLogSize, (struct _nvrtcProgram *program, size_t *bytes))                      \
    X(nvrtcGetProgramLog, (struct _nvrtcProgram *program, char *log))

struct _nvrtcProgram; /* under NVIDIA's tag */

/*
 * Compile `source`, CUDA C++ that includes nothing, to PTX for devices of compute capability
 * `compute` (75 is 7.5) and newer.  `name` is what the compiler's messages call it.
 * *ptx_out is the caller's to free().
 * HUM_ERR_UNSUPPORTED: there is no NVRTC; HUM_ERR_MODULE: it does not compile, and the text has the
 * beginning of what the compiler said.
 */
enum hum_status humi_nvrtc_compile(const char *source, const char *name, int compute,
                                   char **ptx_out) __attribute__((warn_unused_result));

#endif
