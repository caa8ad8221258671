/* SPDX-License-Identifier: MIT */
/*
 * status.h - how a failure is reported.
 *
 * The function that decides that something is an error calls humi_fail() once, with the sentence
 * that a user can act on; it logs at debug level, keeps the text for hum_error_text() of this
 * thread, and returns the status.  Callers pass the status on silently.
 * Threads: the text is per thread.
 */
#ifndef HUMI_BASE_STATUS_H
#define HUMI_BASE_STATUS_H

#include <hum/hum.h>

enum hum_status humi_fail(enum hum_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a failed system call: ": <strerror(errno)>" is appended, errno kept. */
enum hum_status humi_fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copy of this thread's text, to hand it to another thread, and the way back in. */
void humi_error_save(char *text_out, size_t bytes);
void humi_error_restore(const char *text);

#define HUMI_ERROR_TEXT_BYTES 512

#endif
