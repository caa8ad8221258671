/* SPDX-License-Identifier: MIT */
/*
 * log.h - lines to standard error, chosen by HUM_LOG=warn|info|debug; quiet by default.
 * A line is one write(2), so lines of several threads and of device processes do not mix.
 * Threads: any.  Allocates nothing, takes no lock, never touches managed memory.
 */
#ifndef HUMI_BASE_LOG_H
#define HUMI_BASE_LOG_H

enum humi_log_level { HUMI_LOG_QUIET, HUMI_LOG_WARN, HUMI_LOG_INFO, HUMI_LOG_DEBUG };

enum humi_log_level humi_log_level(void);
/* Replace the level (tests, and a device process told by its parent). */
void humi_log_set_level(enum humi_log_level level);
/* "warn: ", "info: ", "debug: " lines, prefixed "hum: "; newline added. */
void humi_log_write(enum humi_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define humi_log(level, ...)                                                                       \
    do {                                                                                           \
        if ((level) <= humi_log_level())                                                           \
            humi_log_write((level), __VA_ARGS__);                                                  \
    } while (0)
#define humi_warn(...) humi_log(HUMI_LOG_WARN, __VA_ARGS__)
#define humi_info(...) humi_log(HUMI_LOG_INFO, __VA_ARGS__)
#define humi_debug(...) humi_log(HUMI_LOG_DEBUG, __VA_ARGS__)

#endif
