/* SPDX-License-Identifier: MIT */
/* stddef.h - for kernels in OpenCL C, which has size_t and ptrdiff_t by itself, and CUDA C++. */
#ifndef HUM_FREESTANDING_STDDEF_H
#define HUM_FREESTANDING_STDDEF_H

#ifdef HUM_KERNEL_CUDA
typedef unsigned long size_t;
typedef long ptrdiff_t;
#define NULL 0
#else
#define NULL ((void *)0)
#endif
#define offsetof(type, member) __builtin_offsetof(type, member)

#endif
