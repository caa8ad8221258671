/* SPDX-License-Identifier: MIT */
/*
 * test.h - cmocka with the headers that it needs but does not include.
 *
 * Assert on the main thread only: cmocka leaves a failed test with longjmp.
 */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
