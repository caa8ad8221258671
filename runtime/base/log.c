/* SPDX-License-Identifier: MIT */
/*
 * log.c - one line, one write(2).
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer lines are cut, so that a line is one write of less than PIPE_BUF: it never mixes. */
#define LINE_BYTES 1024

#define LEVEL_UNKNOWN (-1)

static const char *const level_names[] = {
    [HUMI_LOG_QUIET] = "fatal",
    [HUMI_LOG_WARN] = "warn",
    [HUMI_LOG_INFO] = "info",
    [HUMI_LOG_DEBUG] = "debug",
};

static atomic_int current_level = LEVEL_UNKNOWN;

static int level_from_environment(void)
{
    const char *text = getenv("HUM_LOG");

    for (int level = HUMI_LOG_WARN; text && level <= HUMI_LOG_DEBUG; level++)
        if (strcmp(text, level_names[level]) == 0)
            return level;
    if (text && *text && strcmp(text, "quiet") != 0)
        humi_log_write(HUMI_LOG_WARN, "HUM_LOG='%s' is not one of quiet, warn, info, debug", text);
    return HUMI_LOG_QUIET;
}

enum humi_log_level humi_log_level(void)
{
    int level = atomic_load_explicit(&current_level, memory_order_relaxed);

    if (level == LEVEL_UNKNOWN) {
        int unknown = LEVEL_UNKNOWN;
        level = level_from_environment();
        if (!atomic_compare_exchange_strong(&current_level, &unknown, level))
            level = unknown; /* somebody set one meanwhile */
    }
    return (enum humi_log_level)level;
}

void humi_log_set_level(enum humi_log_level level)
{
    atomic_store(&current_level, (int)level);
}

/* All of it; what cannot be written is lost, there is nobody to tell. */
static void write_all(const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t done = write(STDERR_FILENO, text, bytes);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        text += done;
        bytes -= (size_t)done;
    }
}

void humi_log_write(enum humi_log_level level, const char *format, ...)
{
    char line[LINE_BYTES];
    int saved_errno = errno;
    size_t used = (size_t)snprintf(line, sizeof line, "hum: %s: ", level_names[level]);
    size_t room = sizeof line - used - 1; /* one byte for the newline */
    va_list args;
    int wanted;

    va_start(args, format);
    wanted = vsnprintf(line + used, room, format, args);
    va_end(args);
    if (wanted > 0)
        used += (size_t)wanted < room ? (size_t)wanted : room - 1;
    line[used++] = '\n';
    write_all(line, used);
    errno = saved_errno;
}
