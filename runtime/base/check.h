/* SPDX-License-Identifier: MIT */
/*
 * check.h - our own misuse is an assertion.
 *
 *   humi_check(x)   always on: continuing would corrupt data; prints and aborts
 *   humi_assert(x)  on in builds without NDEBUG
 *   HUMI_DEEP       1 where whole structures are walked after each change (-DHUM_DEEP_CHECKS=ON)
 */
#ifndef HUMI_BASE_CHECK_H
#define HUMI_BASE_CHECK_H

_Noreturn void humi_check_failed(const char *expression, const char *file, int line);

#define humi_check(x) ((x) ? (void)0 : humi_check_failed(#x, __FILE__, __LINE__))

#ifdef NDEBUG
#define humi_assert(x) ((void)0)
#else
#define humi_assert(x) humi_check(x)
#endif

#ifndef HUMI_DEEP
#define HUMI_DEEP 0
#endif

#endif
