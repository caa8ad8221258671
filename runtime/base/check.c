/* SPDX-License-Identifier: MIT */
/*
 * check.c - the end of a process whose own state cannot be trusted any more.
 */
#include "base/check.h"

#include <stdlib.h>

#include "base/log.h"

_Noreturn void humi_check_failed(const char *expression, const char *file, int line)
{
    /* Not through humi_log(): it is said at every level, also the quiet one. */
    humi_log_write(HUMI_LOG_QUIET, "%s:%d: check failed: %s", file, line, expression);
    abort();
}
