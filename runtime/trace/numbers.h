/* SPDX-License-Identifier: MIT */
/*
 * numbers.h - numbers that are mostly noise, as a symbol and the bits that no model can guess.
 *
 *     number   binary 1 a b x x x ... x      symbol 4 (bits of x) + 1ab      bits x x x ... x
 *
 * Below 8 the number is its own symbol and has no bits.  Symbols of a kind repeat and are worth
 * compressing; the bits are not, and stand packed, lowest first, in a stream of their own.
 *
 * Who writes makes sure of the room beforehand; who reads never goes past the end (bytes.h).
 * Threads: plain data.
 */
#ifndef HUMI_TRACE_NUMBERS_H
#define HUMI_TRACE_NUMBERS_H

#include "trace/bytes.h"

#define HUMI_SYMBOL_MAX 251u /* of numbers with 64 bits */

struct humi_bits {
    uint64_t held;     /* the lowest `count` bits: of a byte that is not full, or not used up */
    unsigned count;    /* 0 .. 7 between calls */
};

/* Append the lowest `count` bits, at most 61. */
static inline void humi_put_bits(struct humi_bits *bits, struct humi_out *out, uint64_t number,
                                 unsigned count)
{
    while (count > 0) {
        unsigned part = count < 32 ? count : 32;

        bits->held |= (number & ((UINT64_C(1) << part) - 1)) << bits->count;
        bits->count += part;
        number >>= part;
        count -= part;
        for (; bits->count >= 8; bits->count -= 8, bits->held >>= 8)
            humi_put_byte(out, (unsigned)bits->held & 0xff);
    }
}

/* The byte that is not full, filled with zeros. */
static inline void humi_put_last_bits(struct humi_bits *bits, struct humi_out *out)
{
    if (bits->count > 0)
        humi_put_byte(out, (unsigned)bits->held);
    *bits = (struct humi_bits){0, 0};
}

static inline uint64_t humi_get_bits(struct humi_bits *bits, struct humi_in *in, unsigned count)
{
    uint64_t number = 0;
    unsigned got = 0;

    while (got < count) {
        unsigned part = count - got < 32 ? count - got : 32;

        for (; bits->count < part; bits->count += 8)
            bits->held |= (uint64_t)humi_get_byte(in) << bits->count;
        number |= (bits->held & ((UINT64_C(1) << part) - 1)) << got;
        bits->held >>= part;
        bits->count -= part;
        got += part;
    }
    return number;
}

static inline void humi_put_number(struct humi_out *symbols, struct humi_bits *bits,
                                   struct humi_out *out, uint64_t number)
{
    unsigned count;

    if (number < 8) {
        humi_put_byte(symbols, (unsigned)number);
        return;
    }
    count = 61 - (unsigned)__builtin_clzll(number);
    humi_put_byte(symbols, 4 * count + (unsigned)(number >> count));
    humi_put_bits(bits, out, number, count);
}

static inline uint64_t humi_get_number(struct humi_in *symbols, struct humi_bits *bits,
                                       struct humi_in *in)
{
    unsigned symbol = humi_get_byte(symbols), count;

    if (symbol < 8)
        return symbol;
    if (symbol > HUMI_SYMBOL_MAX) {
        symbols->bad = true;
        return 0;
    }
    count = symbol / 4 - 1;
    return (UINT64_C(4) + symbol % 4) << count | humi_get_bits(bits, in, count);
}

#endif
