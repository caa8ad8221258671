/* SPDX-License-Identifier: MIT */
/* stdint.h - for OpenCL C, which has intptr_t and uintptr_t by itself. */
#ifndef HUM_OPENCL_STDINT_H
#define HUM_OPENCL_STDINT_H

typedef char int8_t;
typedef uchar uint8_t;
typedef short int16_t;
typedef ushort uint16_t;
typedef int int32_t;
typedef uint uint32_t;
typedef long int64_t;
typedef ulong uint64_t;

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
