/* SPDX-License-Identifier: MIT */
/*
 * options.h - what users write, strictly read.
 *
 * An option is looked up once (the value given in the program, else the environment) and then read
 * as a size, a number, a duration or a switch.  Reading accepts all of the text or fails with
 * HUM_ERR_INVALID and a sentence that names the option, the text and what may be written.  Nothing
 * overflows silently.
 * Threads: any.  Texts belong to the caller or the environment; nothing is allocated.
 */
#ifndef HUMI_BASE_OPTIONS_H
#define HUMI_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hum/hum.h>

/* ---- slices: a part of a text, without a copy ------------------------------------------------ */

struct humi_slice {
    const char *text; /* not ended by '\0' */
    size_t bytes;
};

struct humi_slice humi_slice_of(const char *text);
bool humi_slice_is(const struct humi_slice *slice, const char *text);

/*
 * Take the next item of a list off `rest`, blanks around it removed; false when none is left.
 * Empty items are given too ("a,,b" has three), an empty list has none.
 *     struct humi_slice rest = humi_slice_of(text), item;
 *     while (humi_slice_next(&rest, ';', &item)) ...
 */
bool humi_slice_next(struct humi_slice *rest, char separator, struct humi_slice *item_out);

/* Parts before and after the first `separator`; false if there is none. */
bool humi_slice_cut(const struct humi_slice *slice, char separator, struct humi_slice *before_out,
                    struct humi_slice *after_out);

/* ---- options --------------------------------------------------------------------------------- */

struct humi_option {
    const char *name;        /* for the error text: "HUM_SPACE" */
    struct humi_slice value; /* value.text is NULL if neither given nor in the environment */
};

/*
 * The value given in the program; if that is NULL or empty, the environment variable `name`.  A
 * program with more rights than its user does not listen to the environment.
 */
struct humi_option humi_option_find(const char *name, const char *given);
bool humi_option_is_set(const struct humi_option *option);

/* "4096", "64K", "64M", "1.5G", "1T", also "64MiB": powers of 1024, rounded down to a byte. */
HUM_MUST_USE enum hum_status humi_option_size(const struct humi_option *option, size_t *bytes_out);

/* A decimal number from 0 to max. */
HUM_MUST_USE enum hum_status humi_option_number(const struct humi_option *option, uint64_t max,
                                                uint64_t *number_out);

/* "250" and "250ms", "2s", "1.5s", "10us", "500ns", "3min": a bare number is milliseconds. */
HUM_MUST_USE enum hum_status humi_option_duration(const struct humi_option *option,
                                                  uint64_t *ns_out);

/* "1 yes on true" or "0 no off false", in any case. */
HUM_MUST_USE enum hum_status humi_option_switch(const struct humi_option *option, bool *on_out);

#endif
