/* SPDX-License-Identifier: MIT */
/* format.c - see format.h */
#include "platform/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The components of a pixel, in memory, as indices of r, g, b, a. */
struct order {
    cl_channel_order order;
    unsigned channels;
    unsigned char from[4];
};

static const struct order orders[] = {
    {CL_R, 1, {0}},
    {CL_A, 1, {3}},
    {CL_RG, 2, {0, 1}},
    {CL_RA, 2, {0, 3}},
    {CL_RGB, 3, {0, 1, 2}},
    {CL_RGBA, 4, {0, 1, 2, 3}},
    {CL_BGRA, 4, {2, 1, 0, 3}},
    {CL_ARGB, 4, {3, 0, 1, 2}},
    {CL_ABGR, 4, {3, 2, 1, 0}},
    {CL_INTENSITY, 1, {0}},
    {CL_LUMINANCE, 1, {0}},
    {CL_Rx, 1, {0}},
    {CL_RGx, 2, {0, 1}},
    {CL_RGBx, 3, {0, 1, 2}},
    {CL_DEPTH, 1, {0}},
    {CL_sRGB, 3, {0, 1, 2}},
    {CL_sRGBA, 4, {0, 1, 2, 3}},
    {CL_sBGRA, 4, {2, 1, 0, 3}},
    {CL_sRGBx, 3, {0, 1, 2}},
};

static const struct order *order_of(cl_channel_order order)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (orders[i].order == order)
            return &orders[i];
    return NULL;
}

/* Of one component. */
static size_t type_bytes(cl_channel_type type)
{
    switch (type) {
    case CL_SNORM_INT8:
    case CL_UNORM_INT8:
    case CL_SIGNED_INT8:
    case CL_UNSIGNED_INT8:
        return 1;
    case CL_SNORM_INT16:
    case CL_UNORM_INT16:
    case CL_SIGNED_INT16:
    case CL_UNSIGNED_INT16:
    case CL_HALF_FLOAT:
        return 2;
    case CL_SIGNED_INT32:
    case CL_UNSIGNED_INT32:
    case CL_FLOAT:
        return 4;
    default:
        return 0;
    }
}

size_t humi_format_bytes(const cl_image_format *format)
{
    const struct order *order = order_of(format->image_channel_order);
    bool is_rgb = order && (order->order == CL_RGB || order->order == CL_RGBx);

    if (!order)
        return 0;
    switch (format->image_channel_data_type) { /* all components in one word */
    case CL_UNORM_SHORT_565:
    case CL_UNORM_SHORT_555:
        return is_rgb ? 2 : 0;
    case CL_UNORM_INT_101010:
        return is_rgb ? 4 : 0;
    default:
        return is_rgb ? 0 : order->channels * type_bytes(format->image_channel_data_type);
    }
}

/* ---- one pixel ------------------------------------------------------------------------------- */

/* IEEE binary16, rounded to the nearest even. */
static uint16_t half_of(float value)
{
    uint32_t bits, sign, magnitude;

    memcpy(&bits, &value, sizeof bits);
    sign = bits >> 16 & 0x8000u;
    magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) /* subnormal: a multiple of 2^-24 */
        return (uint16_t)(sign | (uint32_t)lrintf(fabsf(value) * 16777216.0f));
    magnitude -= 0x38000000u;
    return (uint16_t)(sign | ((magnitude + 0xfffu + (magnitude >> 13 & 1)) >> 13));
}

static float clamp(float value, float least)
{
    return !(value > least) ? least : value > 1.0f ? 1.0f : value;
}

/* One component of a fraction. */
static void pack_fraction(cl_channel_type type, float value, void *out)
{
    int32_t number;
    uint16_t half;

    switch (type) {
    case CL_SNORM_INT8:
        number = (int32_t)lrintf(clamp(value, -1.0f) * 127.0f);
        memcpy(out, &(int8_t){(int8_t)number}, 1);
        break;
    case CL_SNORM_INT16:
        number = (int32_t)lrintf(clamp(value, -1.0f) * 32767.0f);
        memcpy(out, &(int16_t){(int16_t)number}, 2);
        break;
    case CL_UNORM_INT8:
        number = (int32_t)lrintf(clamp(value, 0.0f) * 255.0f);
        memcpy(out, &(uint8_t){(uint8_t)number}, 1);
        break;
    case CL_UNORM_INT16:
        number = (int32_t)lrintf(clamp(value, 0.0f) * 65535.0f);
        memcpy(out, &(uint16_t){(uint16_t)number}, 2);
        break;
    case CL_HALF_FLOAT:
        half = half_of(value);
        memcpy(out, &half, sizeof half);
        break;
    default:
        memcpy(out, &value, sizeof value);
        break;
    }
}

/* One component of a whole number, saturated. */
static void pack_number(cl_channel_type type, int64_t value, void *out)
{
    static const struct {
        cl_channel_type type;
        int64_t least, most;
    } ranges[] = {
        {CL_SIGNED_INT8, INT8_MIN, INT8_MAX},    {CL_SIGNED_INT16, INT16_MIN, INT16_MAX},
        {CL_SIGNED_INT32, INT32_MIN, INT32_MAX}, {CL_UNSIGNED_INT8, 0, UINT8_MAX},
        {CL_UNSIGNED_INT16, 0, UINT16_MAX},      {CL_UNSIGNED_INT32, 0, UINT32_MAX},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (ranges[i].type == type)
            value = value < ranges[i].least  ? ranges[i].least
                    : value > ranges[i].most ? ranges[i].most
                                             : value;
    memcpy(out, &value, type_bytes(type)); /* the low bytes come first */
}

/* All components in one word, the first in the highest bits. */
static void pack_word(cl_channel_type type, const float *color, void *out)
{
    unsigned low = type == CL_UNORM_INT_101010 ? 10 : 5;
    unsigned middle = type == CL_UNORM_SHORT_565 ? 6 : low;
    uint32_t word = (uint32_t)lrintf(clamp(color[0], 0.0f) * (float)((1u << low) - 1));

    word = word << middle | (uint32_t)lrintf(clamp(color[1], 0.0f) * (float)((1u << middle) - 1));
    word = word << low | (uint32_t)lrintf(clamp(color[2], 0.0f) * (float)((1u << low) - 1));
    memcpy(out, &word, type == CL_UNORM_INT_101010 ? 4 : 2);
}

static float gamma_of(float value)
{
    value = clamp(value, 0.0f);
    return value <= 0.0031308f ? 12.92f * value : 1.055f * powf(value, 1.0f / 2.4f) - 0.055f;
}

void humi_format_pack(const cl_image_format *format, const void *color, void *pixel_out)
{
    const struct order *order = order_of(format->image_channel_order);
    cl_channel_type type = format->image_channel_data_type;
    bool is_srgb = order->order == CL_sRGB || order->order == CL_sRGBA ||
                   order->order == CL_sBGRA || order->order == CL_sRGBx;
    float fractions[4];
    int32_t numbers[4];

    memcpy(fractions, color, order->order == CL_DEPTH ? sizeof fractions[0] : sizeof fractions);
    if (type == CL_UNORM_SHORT_565 || type == CL_UNORM_SHORT_555 || type == CL_UNORM_INT_101010) {
        pack_word(type, fractions, pixel_out);
        return;
    }
    for (unsigned i = 0; i < order->channels; i++) {
        char *out = (char *)pixel_out + i * type_bytes(type);
        unsigned from = order->from[i];

        if (type >= CL_SIGNED_INT8 && type <= CL_UNSIGNED_INT32) {
            memcpy(numbers, color, sizeof numbers);
            pack_number(type,
                        type >= CL_UNSIGNED_INT8 ? (int64_t)(uint32_t)numbers[from]
                                                 : (int64_t)numbers[from],
                        out);
        } else {
            pack_fraction(type, is_srgb && from < 3 ? gamma_of(fractions[from]) : fractions[from],
                          out);
        }
    }
}
