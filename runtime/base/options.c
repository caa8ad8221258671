/* SPDX-License-Identifier: MIT */
/*
 * options.c - numbers with units, read without floating point so that nothing is rounded silently.
 */
#include "base/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/status.h"

/* ---- slices ---------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static struct humi_slice without_blanks(struct humi_slice slice)
{
    while (slice.bytes > 0 && is_blank(slice.text[0])) {
        slice.text++;
        slice.bytes--;
    }
    while (slice.bytes > 0 && is_blank(slice.text[slice.bytes - 1]))
        slice.bytes--;
    return slice;
}

struct humi_slice humi_slice_of(const char *text)
{
    return (struct humi_slice){text, text ? strlen(text) : 0};
}

bool humi_slice_is(const struct humi_slice *slice, const char *text)
{
    return slice->bytes == strlen(text) &&
           (slice->bytes == 0 || memcmp(slice->text, text, slice->bytes) == 0);
}

bool humi_slice_cut(const struct humi_slice *slice, char separator, struct humi_slice *before_out,
                    struct humi_slice *after_out)
{
    const char *at = slice->bytes ? memchr(slice->text, separator, slice->bytes) : NULL;
    struct humi_slice before, after;

    if (!at)
        return false;
    before = (struct humi_slice){slice->text, (size_t)(at - slice->text)};
    after = (struct humi_slice){at + 1, slice->bytes - before.bytes - 1};
    *before_out = without_blanks(before);
    *after_out = without_blanks(after);
    return true;
}

bool humi_slice_next(struct humi_slice *rest, char separator, struct humi_slice *item_out)
{
    const char *at;

    if (!rest->text)
        return false;
    at = rest->bytes ? memchr(rest->text, separator, rest->bytes) : NULL;
    if (at) {
        size_t bytes = (size_t)(at - rest->text);
        *item_out = without_blanks((struct humi_slice){rest->text, bytes});
        *rest = (struct humi_slice){at + 1, rest->bytes - bytes - 1};
    } else {
        *item_out = without_blanks(*rest);
        *rest = (struct humi_slice){NULL, 0};
    }
    return true;
}

/* ---- options --------------------------------------------------------------------------------- */

struct humi_option humi_option_find(const char *name, const char *given)
{
    const char *text = given && *given ? given : secure_getenv(name);

    return (struct humi_option){name, humi_slice_of(text && *text ? text : NULL)};
}

bool humi_option_is_set(const struct humi_option *option)
{
    return option->value.text != NULL;
}

static enum hum_status refuse(const struct humi_option *option, const char *wanted)
{
    int shown = option->value.bytes < 64 ? (int)option->value.bytes : 64;

    return humi_fail(HUM_ERR_INVALID, "%s: '%.*s' is not %s", option->name, shown,
                     option->value.text ? option->value.text : "", wanted);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- numbers with a fraction and a unit ------------------------------------------------------ */

struct unit {
    const char *name;
    uint64_t factor;
};

/* A decimal number taken apart: whole + fraction / scale. */
struct decimal {
    uint64_t whole, fraction, scale;
};

#define FRACTION_DIGITS_MAX 6 /* fraction * factor stays below 2^64 for every factor used here */

/* Take the digits off the front of `rest`; false if there are none or they overflow. */
static bool take_digits(struct humi_slice *rest, uint64_t *value_out)
{
    uint64_t value = 0;
    size_t n = 0;

    for (; n < rest->bytes && is_digit(rest->text[n]); n++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(rest->text[n] - '0'), &value))
            return false;
    if (n == 0)
        return false;
    rest->text += n;
    rest->bytes -= n;
    *value_out = value;
    return true;
}

static bool take_decimal(struct humi_slice *rest, struct decimal *out)
{
    size_t before;

    *out = (struct decimal){.scale = 1};
    if (!take_digits(rest, &out->whole))
        return false;
    if (rest->bytes == 0 || rest->text[0] != '.')
        return true;
    rest->text++;
    before = --rest->bytes;
    if (!take_digits(rest, &out->fraction) || before - rest->bytes > FRACTION_DIGITS_MAX)
        return false;
    for (size_t i = rest->bytes; i < before; i++)
        out->scale *= 10;
    return true;
}

/* The unit that is all of `rest`; NULL if there is none of that name. */
static const struct unit *find_unit(const struct unit *units, const struct humi_slice *rest)
{
    for (; units->name; units++)
        if (rest->bytes == strlen(units->name) &&
            strncasecmp(rest->text, units->name, rest->bytes) == 0)
            return units;
    return NULL;
}

static bool read_quantity(struct humi_slice text, const struct unit *units, uint64_t *out)
{
    const struct unit *unit;
    struct decimal number;
    uint64_t value;

    if (!text.text || !take_decimal(&text, &number))
        return false;
    unit = find_unit(units, &text);
    if (!unit || __builtin_mul_overflow(number.whole, unit->factor, &value) ||
        __builtin_add_overflow(value, number.fraction * unit->factor / number.scale, &value))
        return false;
    *out = value;
    return true;
}

enum hum_status humi_option_size(const struct humi_option *option, size_t *bytes_out)
{
    static const struct unit units[] = {
        {"", 1},
        {"K", UINT64_C(1) << 10}, {"KiB", UINT64_C(1) << 10},
        {"M", UINT64_C(1) << 20}, {"MiB", UINT64_C(1) << 20},
        {"G", UINT64_C(1) << 30}, {"GiB", UINT64_C(1) << 30},
        {"T", UINT64_C(1) << 40}, {"TiB", UINT64_C(1) << 40},
        {NULL, 0},
    };
    uint64_t bytes;

    if (!read_quantity(option->value, units, &bytes) || bytes > SIZE_MAX)
        return refuse(option, "a size (write 4096, 64K, 256M, 1.5G or 1T)");
    *bytes_out = (size_t)bytes;
    return HUM_OK;
}

enum hum_status humi_option_duration(const struct humi_option *option, uint64_t *ns_out)
{
    static const struct unit units[] = {
        {"", HUMI_NS_PER_MS},   {"ns", 1},
        {"us", HUMI_NS_PER_US}, {"ms", HUMI_NS_PER_MS},
        {"s", HUMI_NS_PER_S},   {"min", 60 * HUMI_NS_PER_S},
        {NULL, 0},
    };

    if (!read_quantity(option->value, units, ns_out))
        return refuse(option, "a duration (write 250, 250ms, 1.5s, 10us or 3min)");
    return HUM_OK;
}

enum hum_status humi_option_number(const struct humi_option *option, uint64_t max,
                                   uint64_t *number_out)
{
    struct humi_slice rest = option->value;
    char wanted[64];
    uint64_t number;

    if (rest.text && take_digits(&rest, &number) && rest.bytes == 0 && number <= max) {
        *number_out = number;
        return HUM_OK;
    }
    snprintf(wanted, sizeof wanted, "a whole number from 0 to %" PRIu64, max);
    return refuse(option, wanted);
}

enum hum_status humi_option_switch(const struct humi_option *option, bool *on_out)
{
    static const struct {
        const char *word;
        bool on;
    } words[] = {{"1", true},  {"yes", true}, {"on", true},   {"true", true},
                 {"0", false}, {"no", false}, {"off", false}, {"false", false}};
    const struct humi_slice *value = &option->value;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (value->bytes == strlen(words[i].word) &&
            strncasecmp(value->text, words[i].word, value->bytes) == 0) {
            *on_out = words[i].on;
            return HUM_OK;
        }
    return refuse(option, "a switch (write on or off)");
}
