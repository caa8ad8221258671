/* SPDX-License-Identifier: MIT */
/*
 * status.c - the sentence of each thread's last failure.
 */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static _Thread_local char error_text[HUMI_ERROR_TEXT_BYTES];

const char *hum_error_text(void)
{
    return error_text;
}

/* Arguments may point into error_text itself, so the sentence is made beside it. */
__attribute__((format(printf, 1, 0))) static void set_text(const char *format, va_list args)
{
    char text[HUMI_ERROR_TEXT_BYTES];

    vsnprintf(text, sizeof text, format, args);
    memcpy(error_text, text, strlen(text) + 1);
}

enum hum_status humi_fail(enum hum_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_text(format, args);
    va_end(args);
    humi_debug("%s: %s", hum_status_name(status), error_text);
    return status;
}

/* What a system call's errno means to a user; the rest is HUM_ERR_SYSTEM. */
static enum hum_status status_of_errno(int error)
{
    switch (error) {
    case ENOMEM:
        return HUM_ERR_NO_MEMORY;
    case EPERM:
    case EACCES:
        return HUM_ERR_PERMISSION;
    default:
        return HUM_ERR_SYSTEM;
    }
}

enum hum_status humi_fail_errno(const char *format, ...)
{
    int error = errno;
    enum hum_status status = status_of_errno(error);
    char reason[128];
    size_t used;
    va_list args;

    va_start(args, format);
    set_text(format, args);
    va_end(args);
    used = strlen(error_text);
    snprintf(error_text + used, sizeof error_text - used, ": %s",
             strerror_r(error, reason, sizeof reason));
    humi_debug("%s: %s", hum_status_name(status), error_text);
    errno = error;
    return status;
}

void humi_error_save(char *text_out, size_t bytes)
{
    snprintf(text_out, bytes, "%s", error_text);
}

void humi_error_restore(const char *text)
{
    char copy[HUMI_ERROR_TEXT_BYTES]; /* text may be error_text */

    snprintf(copy, sizeof copy, "%s", text);
    memcpy(error_text, copy, strlen(copy) + 1);
}
