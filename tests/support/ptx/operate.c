/* SPDX-License-Identifier: MIT */
/* operate.c - the arithmetic: one operation on values that come from registers. */
#include <math.h>
#include <string.h>

#include "support/ptx/inside.h"

/* ---- types ----------------------------------------------------------------------------------- */

unsigned ptx_bits(enum ptx_type type)
{
    static const unsigned char bits[] = {
#define X(name, word, bits) bits,
        PTX_TYPES(X)
#undef X
    };

    return bits[type];
}

bool ptx_is_signed(enum ptx_type type)
{
    return type >= PTX_S8 && type <= PTX_S64;
}

bool ptx_is_float(enum ptx_type type)
{
    return type == PTX_F32 || type == PTX_F64;
}

uint64_t ptx_narrow(enum ptx_type type, uint64_t value)
{
    unsigned unused = 64 - ptx_bits(type);

    if (ptx_is_signed(type))
        return (uint64_t)((int64_t)(value << unused) >> unused);
    return value << unused >> unused;
}

static float f32_of(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;

    memcpy(&value, &low, sizeof(value));
    return value;
}

static double f64_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t bits_of_f32(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static uint64_t bits_of_f64(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* ---- whole numbers --------------------------------------------------------------------------- */

/* What a division by zero gives is not defined; GPUs give ones. */
static uint64_t divide(enum ptx_op op, enum ptx_type type, uint64_t a, uint64_t b)
{
    bool is_rest = op == PTX_REM;

    if (b == 0)
        return is_rest ? a : UINT64_MAX;
    if (!ptx_is_signed(type))
        return is_rest ? a % b : a / b;
    if ((int64_t)b == -1)
        return is_rest ? 0 : 0 - a;
    return (uint64_t)(is_rest ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
}

/* The whole product; operands are narrow. */
static __uint128_t product(enum ptx_type type, uint64_t a, uint64_t b)
{
    if (ptx_is_signed(type))
        return (__uint128_t)((__int128_t)(int64_t)a * (int64_t)b);
    return (__uint128_t)a * b;
}

static uint64_t multiply(const struct ptx_instruction *i, uint64_t a, uint64_t b)
{
    __uint128_t whole = product(i->type, a, b);

    return (uint64_t)(i->mode == PTX_HI ? whole >> ptx_bits(i->type) : whole);
}

/* By the width or more: nothing is left, but the sign. */
static uint64_t shift(enum ptx_op op, enum ptx_type type, uint64_t a, uint32_t by)
{
    unsigned bits = ptx_bits(type);

    if (op == PTX_SHL)
        return by >= bits ? 0 : a << by;
    if (ptx_is_signed(type))
        return (uint64_t)((int64_t)a >> (by >= bits ? bits - 1 : by));
    return by >= bits ? 0 : a >> by;
}

static bool is_less(enum ptx_type type, uint64_t a, uint64_t b)
{
    return ptx_is_signed(type) ? (int64_t)a < (int64_t)b : a < b;
}

static uint64_t absolute(uint64_t a)
{
    return (int64_t)a < 0 ? 0 - a : a;
}

static uint64_t whole(const struct ptx_instruction *i, uint64_t a, uint64_t b, uint64_t c)
{
    switch (i->op) {
    case PTX_ADD: return a + b;
    case PTX_SUB: return a - b;
    case PTX_MUL: return multiply(i, a, b);
    case PTX_MAD: return multiply(i, a, b) + c;
    case PTX_DIV:
    case PTX_REM: return divide(i->op, i->type, a, b);
    case PTX_NEG: return 0 - a;
    case PTX_ABS: return absolute(a);
    case PTX_MIN: return is_less(i->type, b, a) ? b : a;
    case PTX_MAX: return is_less(i->type, a, b) ? b : a;
    case PTX_AND: return a & b;
    case PTX_OR: return a | b;
    case PTX_XOR: return a ^ b;
    case PTX_NOT: return ~a;
    case PTX_SHL:
    case PTX_SHR: return shift(i->op, i->type, a, (uint32_t)b);
    case PTX_POPC: return (uint64_t)__builtin_popcountll(a);
    case PTX_CLZ: return a ? (uint64_t)__builtin_clzll(a) + ptx_bits(i->type) - 64
                           : ptx_bits(i->type);
    default: return a;
    }
}

/* ---- real numbers ---------------------------------------------------------------------------- */

static float real32(enum ptx_op op, float a, float b, float c)
{
    switch (op) {
    case PTX_ADD: return a + b;
    case PTX_SUB: return a - b;
    case PTX_MUL: return a * b;
    case PTX_DIV: return a / b;
    case PTX_FMA: return fmaf(a, b, c);
    case PTX_NEG: return -a;
    case PTX_ABS: return fabsf(a);
    case PTX_MIN: return fminf(a, b);
    case PTX_MAX: return fmaxf(a, b);
    case PTX_RCP: return 1.0f / a;
    case PTX_SQRT: return sqrtf(a);
    default: return a;
    }
}

static double real64(enum ptx_op op, double a, double b, double c)
{
    switch (op) {
    case PTX_ADD: return a + b;
    case PTX_SUB: return a - b;
    case PTX_MUL: return a * b;
    case PTX_DIV: return a / b;
    case PTX_FMA: return fma(a, b, c);
    case PTX_NEG: return -a;
    case PTX_ABS: return fabs(a);
    case PTX_MIN: return fmin(a, b);
    case PTX_MAX: return fmax(a, b);
    case PTX_RCP: return 1.0 / a;
    case PTX_SQRT: return sqrt(a);
    default: return a;
    }
}

uint64_t ptx_compute(const struct ptx_instruction *i, uint64_t a, uint64_t b, uint64_t c)
{
    enum ptx_type type = i->type;

    if (type == PTX_F32)
        return bits_of_f32(real32(i->op, f32_of(a), f32_of(b), f32_of(c)));
    if (type == PTX_F64)
        return bits_of_f64(real64(i->op, f64_of(a), f64_of(b), f64_of(c)));
    bool is_shift = i->op == PTX_SHL || i->op == PTX_SHR;
    uint64_t narrow_b = is_shift ? b : ptx_narrow(type, b);
    if (i->mode == PTX_WIDE) /* twice the width, and so is what is added */
        return whole(i, ptx_narrow(type, a), narrow_b, c);
    return ptx_narrow(type, whole(i, ptx_narrow(type, a), narrow_b, ptx_narrow(type, c)));
}

/* ---- comparisons ----------------------------------------------------------------------------- */

/* -1, 0, 1, or 2: one of them is no number */
static int order(enum ptx_type type, uint64_t a, uint64_t b)
{
    if (ptx_is_float(type)) {
        double x = type == PTX_F32 ? (double)f32_of(a) : f64_of(a);
        double y = type == PTX_F32 ? (double)f32_of(b) : f64_of(b);
        return isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
    }
    a = ptx_narrow(type, a);
    b = ptx_narrow(type, b);
    return is_less(type, a, b) ? -1 : a != b;
}

bool ptx_compare(enum ptx_mode how, enum ptx_type type, uint64_t a, uint64_t b)
{
    int is = order(type, a, b);
    bool unordered = is == 2;

    switch (how) {
    case PTX_EQ: return is == 0;
    case PTX_NE: return is == -1 || is == 1;
    case PTX_LO:
    case PTX_LT: return is == -1;
    case PTX_LS:
    case PTX_LE: return is == -1 || is == 0;
    case PTX_HI:
    case PTX_GT: return is == 1;
    case PTX_HS:
    case PTX_GE: return is == 1 || is == 0;
    case PTX_EQU: return unordered || is == 0;
    case PTX_NEU: return unordered || is != 0;
    case PTX_LTU: return unordered || is == -1;
    case PTX_LEU: return unordered || is != 1;
    case PTX_GTU: return unordered || is == 1;
    case PTX_GEU: return unordered || is != -1;
    case PTX_NUM: return !unordered;
    default: return unordered; /* nan */
    }
}

/* ---- conversions ----------------------------------------------------------------------------- */

static double to_whole(enum ptx_mode how, double value)
{
    switch (how) {
    case PTX_RNI: return nearbyint(value);
    case PTX_RMI: return floor(value);
    case PTX_RPI: return ceil(value);
    default: return trunc(value);
    }
}

/* What does not fit becomes the nearest that does; what is no number becomes 0. */
static uint64_t whole_of(enum ptx_type type, double value)
{
    int bits = (int)ptx_bits(type) - ptx_is_signed(type);
    double end = ldexp(1.0, bits);

    if (isnan(value))
        return 0;
    if (value >= end)
        return (UINT64_C(1) << (bits - 1) << 1) - 1;
    if (ptx_is_signed(type))
        return value <= -end ? 0 - (UINT64_C(1) << bits) : (uint64_t)(int64_t)value;
    return value <= 0 ? 0 : (uint64_t)value;
}

static uint64_t convert_real(const struct ptx_instruction *i, uint64_t value)
{
    double from = i->from == PTX_F32 ? (double)f32_of(value) : f64_of(value);

    if (i->mode >= PTX_RZI && i->mode <= PTX_RPI)
        from = to_whole(i->mode, from);
    if (i->type == PTX_F32)
        return bits_of_f32((float)from);
    return i->type == PTX_F64 ? bits_of_f64(from) : whole_of(i->type, from);
}

uint64_t ptx_convert(const struct ptx_instruction *i, uint64_t value)
{
    if (ptx_is_float(i->from))
        return convert_real(i, value);
    value = ptx_narrow(i->from, value);
    bool negative = ptx_is_signed(i->from);
    if (i->type == PTX_F32)
        return bits_of_f32(negative ? (float)(int64_t)value : (float)value);
    if (i->type == PTX_F64)
        return bits_of_f64(negative ? (double)(int64_t)value : (double)value);
    return ptx_narrow(i->type, value);
}

/* ---- atomics --------------------------------------------------------------------------------- */

/* What the word becomes, from what it is. */
static uint64_t replaced(const struct ptx_instruction *i, uint64_t is, uint64_t b, uint64_t c)
{
    struct ptx_instruction same = *i;

    same.mode = PTX_LO;
    switch (i->mode) {
    case PTX_AT_CAS: return is == ptx_narrow(i->type, b) ? c : is;
    case PTX_AT_EXCH: return b;
    case PTX_AT_ADD: same.op = PTX_ADD; break;
    case PTX_AT_AND: same.op = PTX_AND; break;
    case PTX_AT_OR: same.op = PTX_OR; break;
    case PTX_AT_XOR: same.op = PTX_XOR; break;
    case PTX_AT_MIN: same.op = PTX_MIN; break;
    default: same.op = PTX_MAX; break;
    }
    return ptx_compute(&same, is, b, 0);
}

uint64_t ptx_atomic(const struct ptx_instruction *i, void *p, uint64_t b, uint64_t c)
{
    if (ptx_bits(i->type) == 64) {
        uint64_t was = __atomic_load_n((uint64_t *)p, __ATOMIC_SEQ_CST);
        while (!__atomic_compare_exchange_n((uint64_t *)p, &was, replaced(i, was, b, c), false,
                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            ;
        return was;
    }
    uint32_t was = __atomic_load_n((uint32_t *)p, __ATOMIC_SEQ_CST);
    while (!__atomic_compare_exchange_n(
        (uint32_t *)p, &was, (uint32_t)replaced(i, ptx_narrow(i->type, was), b, c), false,
        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return was;
}
