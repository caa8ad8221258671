/* SPDX-License-Identifier: MIT */
/* encode.c - see encode.h */
#include "report/encode.h"

#include <stdlib.h>
#include <string.h>

void encoder_init(struct encoder *encoder)
{
    memset(encoder, 0, sizeof(*encoder));
}

static void put_byte(struct encoder *encoder, unsigned char byte)
{
    if (encoder->count == encoder->room) {
        size_t room = encoder->room ? 2 * encoder->room : 1024;
        unsigned char *bigger = encoder->failed ? NULL : realloc(encoder->byte, room);

        if (!bigger) {
            encoder->failed = true;
            return;
        }
        encoder->byte = bigger;
        encoder->room = room;
    }
    encoder->byte[encoder->count++] = byte;
}

static void put_number(struct encoder *encoder, uint64_t number)
{
    for (; number > 127; number >>= 7)
        put_byte(encoder, (unsigned char)(128 | (number & 127)));
    put_byte(encoder, (unsigned char)number);
}

static void put_run(struct encoder *encoder)
{
    if (!encoder->run)
        return;
    put_number(encoder, 2 * encoder->value + (encoder->run > 1));
    if (encoder->run > 1)
        put_number(encoder, encoder->run - 2);
    encoder->run = 0;
}

void encoder_put(struct encoder *encoder, uint64_t value)
{
    if (value > ENCODE_VALUE_MAX)
        value = ENCODE_VALUE_MAX;
    if (encoder->run && encoder->value != value)
        put_run(encoder);
    encoder->value = value;
    encoder->run++;
}

static char *base64(const unsigned char *byte, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((count + 2) / 3 * 4 + 1), *out = text;

    for (size_t i = 0; text && i < count; i += 3) {
        unsigned two = i + 1 < count ? byte[i + 1] : 0, three = i + 2 < count ? byte[i + 2] : 0;
        unsigned bits = (unsigned)byte[i] << 16 | two << 8 | three;

        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = i + 1 < count ? digits[bits >> 6 & 63] : '=';
        *out++ = i + 2 < count ? digits[bits & 63] : '=';
    }
    if (text)
        *out = '\0';
    return text;
}

char *encoder_finish(struct encoder *encoder)
{
    char *text = NULL;

    put_run(encoder);
    if (!encoder->failed)
        text = base64(encoder->byte, encoder->count);
    free(encoder->byte);
    encoder_init(encoder);
    return text;
}
