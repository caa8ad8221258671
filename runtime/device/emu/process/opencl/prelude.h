/* SPDX-License-Identifier: MIT */
/*
 * prelude.h - OpenCL C that stands before every program from text.
 *
 * hum's devices have atomics that the host and all devices see (CL_DEVICE_SVM_ATOMICS), for which a
 * program has the atomic functions of OpenCL C 2.0 and memory_scope_all_svm_devices.  PoCL 3.1
 * has no functions for pointers into the generic address space, so in OpenCL C 2.0 it has no
 * explicit atomics at all, and in 3.0 not that scope; its compiler has what both are made of.
 * Elsewhere than in clang the prelude is empty.
 *
 * It defines macros only, lets the program's lines count from 1, and may stand in one translation
 * unit twice, as it does with headers that are programs.
 * Threads: any.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_PRELUDE_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_PRELUDE_H

extern const char humi_cl_prelude[];

#endif
