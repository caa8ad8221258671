/* SPDX-License-Identifier: MIT */
/*
 * inside.h - a kernel as the files of this folder share it: what parse.c makes of the text and
 * run.c carries out with the arithmetic of operate.c.
 *
 * A register is 64 bits wide, whatever it was declared as: who reads it looks at the bits of the
 * instruction's type alone (ptx_narrow), who writes it leaves the others zero or the sign.
 */
#ifndef SUPPORT_PTX_INSIDE_H
#define SUPPORT_PTX_INSIDE_H

#include "support/ptx/ptx.h"

/* X(op, word, fewest operands, most) */
#define PTX_OPS(X)                                                                                 \
    X(MOV, "mov", 2, 2) X(LD, "ld", 2, 2) X(ST, "st", 2, 2) X(CVTA, "cvta", 2, 2)                  \
    X(ADD, "add", 3, 3) X(SUB, "sub", 3, 3) X(MUL, "mul", 3, 3) X(MAD, "mad", 4, 4)                \
    X(DIV, "div", 3, 3) X(REM, "rem", 3, 3) X(NEG, "neg", 2, 2) X(ABS, "abs", 2, 2)                \
    X(MIN, "min", 3, 3) X(MAX, "max", 3, 3) X(AND, "and", 3, 3) X(OR, "or", 3, 3)                  \
    X(XOR, "xor", 3, 3) X(NOT, "not", 2, 2) X(SHL, "shl", 3, 3) X(SHR, "shr", 3, 3)                \
    X(SETP, "setp", 3, 3) X(SELP, "selp", 4, 4) X(CVT, "cvt", 2, 2) X(RCP, "rcp", 2, 2)            \
    X(SQRT, "sqrt", 2, 2) X(FMA, "fma", 4, 4) X(POPC, "popc", 2, 2) X(CLZ, "clz", 2, 2)            \
    X(BRA, "bra", 1, 1) X(RET, "ret", 0, 0) X(EXIT, "exit", 0, 0) X(BAR, "bar", 1, 1)              \
    X(BARRIER, "barrier", 1, 1) X(MEMBAR, "membar", 0, 0) X(FENCE, "fence", 0, 0)                  \
    X(ATOM, "atom", 3, 4) X(RED, "red", 2, 3)

enum ptx_op {
#define X(op, word, fewest, most) PTX_##op,
    PTX_OPS(X)
#undef X
    PTX_OP_COUNT
};

/* X(type, word, bits) */
#define PTX_TYPES(X)                                                                               \
    X(U8, "u8", 8) X(U16, "u16", 16) X(U32, "u32", 32) X(U64, "u64", 64)                           \
    X(S8, "s8", 8) X(S16, "s16", 16) X(S32, "s32", 32) X(S64, "s64", 64)                           \
    X(B8, "b8", 8) X(B16, "b16", 16) X(B32, "b32", 32) X(B64, "b64", 64)                           \
    X(F32, "f32", 32) X(F64, "f64", 64) X(PRED, "pred", 1)

enum ptx_type {
#define X(type, word, bits) PTX_##type,
    PTX_TYPES(X)
#undef X
    PTX_TYPE_COUNT
};

enum ptx_space { PTX_GENERIC, PTX_GLOBAL, PTX_SHARED, PTX_PARAM };

/* How an operation is meant, beside its type: X(mode, word) */
#define PTX_MODES(X)                                                                               \
    X(LO, "lo") X(HI, "hi") X(WIDE, "wide")                                                        \
    X(EQ, "eq") X(NE, "ne") X(LT, "lt") X(LE, "le") X(GT, "gt") X(GE, "ge") X(LS, "ls")            \
    X(HS, "hs") X(EQU, "equ") X(NEU, "neu") X(LTU, "ltu") X(LEU, "leu") X(GTU, "gtu")              \
    X(GEU, "geu") X(NUM, "num") X(NAN, "nan")                                                      \
    X(RN, "rn") X(RZI, "rzi") X(RNI, "rni") X(RMI, "rmi") X(RPI, "rpi")                            \
    X(AT_ADD, "add") X(AT_AND, "and") X(AT_OR, "or") X(AT_XOR, "xor") X(AT_MIN, "min")             \
    X(AT_MAX, "max") X(AT_EXCH, "exch") X(AT_CAS, "cas") X(TO, "to")

enum ptx_mode {
    PTX_PLAIN,
#define X(mode, word) PTX_##mode,
    PTX_MODES(X)
#undef X
};

enum ptx_special {
    PTX_TID_X, PTX_TID_Y, PTX_TID_Z, PTX_NTID_X, PTX_NTID_Y, PTX_NTID_Z,
    PTX_CTAID_X, PTX_CTAID_Y, PTX_CTAID_Z, PTX_NCTAID_X, PTX_NCTAID_Y, PTX_NCTAID_Z,
    PTX_SPECIAL_COUNT
};

struct ptx_operand {
    enum { PTX_REGISTER, PTX_VALUE, PTX_SPECIAL } kind;
    uint64_t value;             /* number of the register or special register; the value */
};

struct ptx_instruction {
    enum ptx_op op;
    enum ptx_type type, from;   /* from: of cvt's operand */
    enum ptx_mode mode;
    enum ptx_space space;
    int guard;                  /* runs only if this register is true; -1: always */
    bool guard_not;             /* if it is false */
    unsigned count;             /* operands, an address or a vector is one */
    unsigned elements;          /* of the vector, else 1 */
    unsigned line;
    int64_t offset;             /* behind the address in brackets */
    struct ptx_operand operand[4], vector[4];
};

struct ptx_kernel {
    struct ptx_kernel *next;
    struct ptx_module *module;
    char name[128];
    size_t args_bytes;
    unsigned registers;
    struct ptx_instruction *code;
    unsigned length;
};

struct ptx_module {
    struct ptx_kernel *kernels;
    void *threads, *registers, *shared, *args; /* of the launch that runs */
};

unsigned ptx_bits(enum ptx_type type);
bool ptx_is_signed(enum ptx_type type);
bool ptx_is_float(enum ptx_type type);
/* The bits of the type alone, with its sign. */
uint64_t ptx_narrow(enum ptx_type type, uint64_t value);

/* Whatever computes a value from up to three, with no look at memory. */
uint64_t ptx_compute(const struct ptx_instruction *i, uint64_t a, uint64_t b, uint64_t c);
uint64_t ptx_convert(const struct ptx_instruction *i, uint64_t value);
bool ptx_compare(enum ptx_mode how, enum ptx_type type, uint64_t a, uint64_t b);
/* What *p was; atomic for the host, too.  4 or 8 bytes, as the type. */
uint64_t ptx_atomic(const struct ptx_instruction *i, void *p, uint64_t b, uint64_t c);

#endif
