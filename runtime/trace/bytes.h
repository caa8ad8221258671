/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - numbers as bytes: LEB128 varints, and signed differences folded into them.
 *
 * All arithmetic is modulo 2^64, so any difference of any two numbers survives.  Who writes makes
 * sure of the room beforehand.  Who reads never goes past the end: then `bad` is set, stays set,
 * and everything read is 0.
 * Threads: plain data.
 */
#ifndef HUMI_TRACE_BYTES_H
#define HUMI_TRACE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct humi_out {
    uint8_t *data;
    size_t used;
};

struct humi_in {
    const uint8_t *at, *end;
    bool bad;
};

/* Small differences of either sign become small numbers: 0, -1, 1, -2 ... to 0, 1, 2, 3 ... */
static inline uint64_t humi_fold(uint64_t difference)
{
    return (difference << 1) ^ (UINT64_C(0) - (difference >> 63));
}

static inline uint64_t humi_unfold(uint64_t folded)
{
    return (folded >> 1) ^ (UINT64_C(0) - (folded & 1));
}

static inline void humi_put_byte(struct humi_out *out, unsigned byte)
{
    out->data[out->used++] = (uint8_t)byte;
}

static inline void humi_put(struct humi_out *out, uint64_t number)
{
    while (number >= 0x80) {
        humi_put_byte(out, (unsigned)(number & 0x7f) | 0x80);
        number >>= 7;
    }
    humi_put_byte(out, (unsigned)number);
}

/* number as its difference to `from` */
static inline void humi_put_from(struct humi_out *out, uint64_t number, uint64_t from)
{
    humi_put(out, humi_fold(number - from));
}

static inline void humi_put_signed(struct humi_out *out, int32_t number)
{
    humi_put(out, humi_fold((uint64_t)(int64_t)number));
}

static inline void humi_put_raw(struct humi_out *out, const void *data, size_t bytes)
{
    memcpy(out->data + out->used, data, bytes);
    out->used += bytes;
}

static inline unsigned humi_get_byte(struct humi_in *in)
{
    if (in->at == in->end) {
        in->bad = true;
        return 0;
    }
    return *in->at++;
}

static inline uint64_t humi_get(struct humi_in *in)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned byte = humi_get_byte(in);

        if (shift == 63 && byte > 1)
            break;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return in->bad ? 0 : number;
    }
    in->bad = true;
    return 0;
}

static inline uint64_t humi_get_from(struct humi_in *in, uint64_t from)
{
    return from + humi_unfold(humi_get(in));
}

/* At most max, else bad. */
static inline uint32_t humi_get_max(struct humi_in *in, uint32_t max)
{
    uint64_t number = humi_get(in);

    if (number > max) {
        in->bad = true;
        return 0;
    }
    return (uint32_t)number;
}

static inline uint32_t humi_get_32(struct humi_in *in)
{
    return humi_get_max(in, UINT32_MAX);
}

static inline int32_t humi_get_signed(struct humi_in *in)
{
    uint64_t number = humi_unfold(humi_get(in));

    if (number + UINT64_C(0x80000000) > UINT32_MAX) {
        in->bad = true;
        return 0;
    }
    return (int32_t)((int64_t)(number + UINT64_C(0x80000000)) - INT64_C(0x80000000));
}

static inline void humi_get_raw(struct humi_in *in, void *data, size_t bytes)
{
    if ((size_t)(in->end - in->at) < bytes) {
        in->bad = true;
        return;
    }
    memcpy(data, in->at, bytes);
    in->at += bytes;
}

/* Fixed width, little-endian. */
static inline void humi_store_32(uint8_t *at, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static inline uint32_t humi_load_32(const uint8_t *at)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)at[i] << (8 * i);
    return number;
}

#endif
