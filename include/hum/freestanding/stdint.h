/* SPDX-License-Identifier: MIT */
/* stdint.h - for kernels in OpenCL C, which has intptr_t and uintptr_t by itself, and CUDA C++. */
#ifndef HUM_FREESTANDING_STDINT_H
#define HUM_FREESTANDING_STDINT_H

typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
#ifdef HUM_KERNEL_CUDA
typedef long intptr_t;
typedef unsigned long uintptr_t;
#endif

#define INT32_C(x) (x)
#define UINT32_C(x) (x##u)
#define INT64_C(x) (x##l)
#define UINT64_C(x) (x##ul)

#define INT8_MIN (-128)
#define INT8_MAX 127
#define UINT8_MAX 255
#define INT16_MIN (-32768)
#define INT16_MAX 32767
#define UINT16_MAX 65535
#define INT32_MIN (-INT32_MAX - 1)
#define INT32_MAX 2147483647
#define UINT32_MAX 4294967295u
#define INT64_MIN (-INT64_MAX - 1)
#define INT64_MAX 9223372036854775807l
#define UINT64_MAX 18446744073709551615ul
#define SIZE_MAX UINT64_MAX

#endif
