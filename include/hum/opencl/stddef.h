/* SPDX-License-Identifier: MIT */
/* stddef.h - for OpenCL C, which has size_t and ptrdiff_t by itself. */
#ifndef HUM_OPENCL_STDDEF_H
#define HUM_OPENCL_STDDEF_H

#ifndef NULL
#define NULL ((void *)0)
#endif
#define offsetof(type, member) __builtin_offsetof(type, member)

#endif
