/* SPDX-License-Identifier: MIT */
/*
 * encode.h - long rows of numbers, most of them repeated, as short text.
 *
 * A row is cut into runs of equal values.  A run is the number 2 * value + (it is longer than one),
 * and if so the number (length - 2).  Numbers are LEB128: seven bits a byte, low ones first, the
 * top bit set on all bytes but the last.  The bytes are written in base64 (RFC 4648, padded).
 * Values stop at 2^53 - 1, which is what a script can hold.  page/codec.js is the reader.
 */
#ifndef HUM_REPORT_ENCODE_H
#define HUM_REPORT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENCODE_VALUE_MAX (((uint64_t)1 << 53) - 1)

struct encoder {
    unsigned char *byte;
    size_t count, room;
    uint64_t value, run; /* not written yet */
    bool failed;         /* no memory */
};

void encoder_init(struct encoder *encoder);
void encoder_put(struct encoder *encoder, uint64_t value);
/* The text, malloc()ed; NULL: no memory.  The encoder is empty again. */
char *encoder_finish(struct encoder *encoder);

#endif
