/* SPDX-License-Identifier: MIT */
/*
 * ptx_machine.c - support/ptx itself: single instructions against what "Parallel Thread Execution
 * ISA" says of them, what is refused, and that a missing barrier shows.
 */
#include <stdio.h>
#include <string.h>

#include "support/ptx/ptx.h"
#include "support/test.h"

#define HEAD ".version 6.0\n.target sm_35\n.address_size 64\n"
#define SHARED ".extern .shared .align 64 .b8 local[];\n"
#define REGISTERS                                                                                  \
    ".reg .pred %p<4>; .reg .b16 %rs<4>; .reg .b32 %r<8>; .reg .b64 %rd<8>;"                       \
    ".reg .f32 %f<8>; .reg .f64 %fd<8>;\n"

static char why[256];

/* A kernel of one parameter, a pointer in %rd0. */
static struct ptx_module *parse(const char *body)
{
    char text[2048];

    snprintf(text, sizeof text, "%s%s\nret;\n}\n",
             HEAD SHARED ".visible .entry k(.param .u64 out)\n{\n" REGISTERS
                         "ld.param.u64 %rd0, [out];\n",
             body);
    *why = '\0';
    return ptx_parse(text, why, sizeof why);
}

static bool run(struct ptx_module *module, const struct ptx_launch *launch)
{
    bool ran = ptx_run(ptx_find(module, "k"), launch, why, sizeof why);

    ptx_free(module);
    return ran;
}

/* ---- instructions ---------------------------------------------------------------------------- */

/* What %rd1 holds behind the text; memory is {0x8182838485868788, 0}. */
static const struct {
    const char *text;
    uint64_t is;
} instructions[] = {
    {"mov.u64 %rd1, -1;", UINT64_MAX},
    {"mov.u32 %r1, -1; cvt.u64.u32 %rd1, %r1;", UINT32_MAX},
    {"mov.u32 %r1, -1; cvt.s64.s32 %rd1, %r1;", UINT64_MAX},
    {"mov.u64 %rd2, 0x1ff; cvt.u64.u8 %rd1, %rd2;", 0xff},
    {"mov.u64 %rd2, 0x1ff; cvt.s64.s8 %rd1, %rd2;", UINT64_MAX},
    {"ld.u8 %rd1, [%rd0];", 0x88},
    {"ld.s8 %rd1, [%rd0];", 0xffffffffffffff88},
    {"ld.s16 %rd1, [%rd0+2];", 0xffffffffffff8586},
    {"ld.global.u32 %rd1, [%rd0+4];", 0x81828384},
    {"add.s64 %rd2, %rd0, 8; ld.volatile.u32 %rd1, [%rd2+-4];", 0x81828384},
    {"ld.v2.u32 {%r1, %r2}, [%rd0]; cvt.u64.u32 %rd1, %r2;", 0x81828384},
    {"ld.v4.u16 {%rs0, %rs1, %rs2, %rs3}, [%rd0]; cvt.u64.u16 %rd1, %rs2;", 0x8384},
    {"mov.u32 %r1, 5; st.u8 [%rd0+1], %r1; ld.u16 %rd1, [%rd0];", 0x588},
    {"mov.u32 %r1, 1; mov.u32 %r2, 2; st.v2.u32 [%rd0], {%r1, %r2}; ld.u64 %rd1, [%rd0];",
     0x200000001},
    {"mov.u32 %r1, 0xffffffff; add.u32 %r2, %r1, 2; cvt.u64.u32 %rd1, %r2;", 1},
    {"sub.s64 %rd1, 3, 5;", UINT64_MAX - 1},
    {"mov.u32 %r1, -3; mul.wide.s32 %rd1, %r1, 5;", (uint64_t)-15},
    {"mov.u32 %r1, -3; mul.wide.u32 %rd1, %r1, 5;", UINT64_C(5) * 0xfffffffd},
    {"mov.u64 %rd2, -1; mul.hi.u64 %rd1, %rd2, %rd2;", UINT64_MAX - 1},
    {"mov.u64 %rd2, -1; mul.hi.s64 %rd1, %rd2, %rd2;", 0},
    {"mov.u32 %r1, 0x80000000; mul.hi.u32 %r2, %r1, 6; cvt.u64.u32 %rd1, %r2;", 3},
    {"mov.u32 %r1, 7; mov.u64 %rd2, 100; mad.wide.u32 %rd1, %r1, 6, %rd2;", 142},
    {"mad.lo.s64 %rd1, 7, -6, 2;", (uint64_t)-40},
    {"div.s64 %rd1, -7, 2;", (uint64_t)-3},
    {"rem.s64 %rd1, -7, 2;", UINT64_MAX},
    {"mov.u32 %r1, -7; rem.u32 %r2, %r1, 4; cvt.u64.u32 %rd1, %r2;", 1},
    {"min.s64 %rd1, -7, 2;", (uint64_t)-7},
    {"min.u64 %rd1, -7, 2;", 2},
    {"max.u64 %rd1, -7, 2;", (uint64_t)-7},
    {"neg.s64 %rd1, 5;", (uint64_t)-5},
    {"shl.b64 %rd1, 1, 64;", 0},
    {"mov.u32 %r1, 1; shl.b32 %r2, %r1, 31; cvt.u64.u32 %rd1, %r2;", 0x80000000},
    {"shr.s64 %rd1, -8, 200;", UINT64_MAX},
    {"shr.u64 %rd1, -8, 60;", 15},
    {"mov.u32 %r1, -8; shr.s32 %r2, %r1, 1; cvt.s64.s32 %rd1, %r2;", (uint64_t)-4},
    {"not.b64 %rd1, 0;", UINT64_MAX},
    {"popc.b64 %r1, -1; cvt.u64.u32 %rd1, %r1;", 64},
    {"mov.u32 %r2, 1; clz.b32 %r1, %r2; cvt.u64.u32 %rd1, %r1;", 31},
    {"setp.lt.s64 %p1, -1, 0; selp.u64 %rd1, 4, 5, %p1;", 4},
    {"setp.lt.u64 %p1, -1, 0; selp.u64 %rd1, 4, 5, %p1;", 5},
    {"setp.ls.u64 %p1, 3, 3; not.pred %p2, %p1; selp.b64 %rd1, 4, 5, %p2;", 5},
    {"setp.gt.f32 %p1, 0f7FC00000, 0f00000000; selp.u64 %rd1, 4, 5, %p1;", 5},
    {"setp.leu.f32 %p1, 0f7FC00000, 0f00000000; selp.u64 %rd1, 4, 5, %p1;", 4},
    {"setp.ne.f64 %p1, 0d7FF8000000000000, 0d0; selp.u64 %rd1, 4, 5, %p1;", 5},
    {"mov.u64 %rd1, 1; setp.eq.s64 %p1, 1, 1; @%p1 mov.u64 %rd1, 2;", 2},
    {"mov.u64 %rd1, 1; setp.eq.s64 %p1, 1, 1; @!%p1 mov.u64 %rd1, 2;", 1},
    {"mov.f32 %f1, 0f3F800000; add.rn.f32 %f2, %f1, 0f33800000; mov.b32 %r1, %f2; "
     "cvt.u64.u32 %rd1, %r1;", 0x3f800000}, /* 1 + 2^-24: to even */
    {"div.rn.f64 %fd1, 0d3FF0000000000000, 0d4008000000000000; mov.b64 %rd1, %fd1;",
     0x3fd5555555555555}, /* 1 / 3 */
    {"rcp.rn.f32 %f1, 0f40400000; mov.b32 %r1, %f1; cvt.u64.u32 %rd1, %r1;", 0x3eaaaaab},
    {"sqrt.rn.f32 %f1, 0f40000000; mov.b32 %r1, %f1; cvt.u64.u32 %rd1, %r1;", 0x3fb504f3},
    {"cvt.rzi.s64.f64 %rd1, 0dC004000000000000;", (uint64_t)-2}, /* -2.5 */
    {"cvt.rmi.s64.f64 %rd1, 0dC004000000000000;", (uint64_t)-3},
    {"cvt.rzi.u64.f64 %rd1, 0dC004000000000000;", 0},
    {"cvt.rzi.s32.f64 %r1, 0d43E0000000000000; cvt.s64.s32 %rd1, %r1;", INT32_MAX}, /* 2^63 */
    {"cvt.rzi.u64.f64 %rd1, 0d7FF8000000000000;", 0},
    {"mov.u64 %rd2, -1; cvt.rn.f32.u64 %f1, %rd2; mov.b32 %r1, %f1; cvt.u64.u32 %rd1, %r1;",
     0x5f800000},
    {"mov.u64 %rd2, -1; cvt.rn.f32.s64 %f1, %rd2; mov.b32 %r1, %f1; cvt.u64.u32 %rd1, %r1;",
     0xbf800000},
    {"cvt.f64.f32 %fd1, 0f3F000000; mov.b64 %rd1, %fd1;", 0x3fe0000000000000},
    {"atom.sys.add.u32 %r1, [%rd0], 2; ld.u32 %rd1, [%rd0];", 0x8586878a},
    {"atom.add.u64 %rd1, [%rd0], 2;", 0x8182838485868788},
    {"atom.global.cas.b64 %rd1, [%rd0], 5, 6; ld.u64 %rd1, [%rd0];", 0x8182838485868788},
    {"atom.cas.b32 %r1, [%rd0], 0x85868788, 6; ld.u32 %rd1, [%rd0];", 6},
    {"atom.min.s32 %r1, [%rd0], 6; ld.u32 %rd1, [%rd0];", 0x85868788},
    {"atom.min.u32 %r1, [%rd0], 6; ld.u32 %rd1, [%rd0];", 6},
    {"red.max.s32 [%rd0], 6; ld.u32 %rd1, [%rd0];", 6},
    {"atom.exch.b64 %rd2, [%rd0+8], 9; ld.u64 %rd1, [%rd0+8];", 9},
    {"st.shared.u64 [local+8], 77; mov.u64 %rd2, local; cvta.shared.u64 %rd3, %rd2; "
     "ld.u64 %rd1, [%rd3+8];", 77},
    {"cvta.shared.u64 %rd2, local; cvta.to.shared.u64 %rd1, %rd2;", 0},
    {"mov.u64 %rd1, 0; $again: add.s64 %rd1, %rd1, 1; setp.lt.u64 %p1, %rd1, 10; @%p1 bra $again;",
     10},
    {"mov.u64 %rd1, 1; bra.uni $on; mov.u64 %rd1, 2; $on:", 1},
};

static void instructions_do_what_the_manual_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
        uint64_t memory[2] = {0x8182838485868788, 0}, *at = memory;
        struct ptx_launch launch = {{1, 1, 1}, {1, 1, 1}, 16, &at, 0};
        char body[512];

        snprintf(body, sizeof body, "%s st.u64 [%%rd0], %%rd1;", instructions[i].text);
        struct ptx_module *module = parse(body);
        if (!module || !run(module, &launch))
            fail_msg("%s: %s", instructions[i].text, why);
        if (memory[0] != instructions[i].is)
            fail_msg("%s: 0x%llx", instructions[i].text, (unsigned long long)memory[0]);
    }
}

/* ---- what is refused ------------------------------------------------------------------------- */

static const struct {
    const char *text, *why;
} refused[] = {
    {"ld.local.u32 %r1, [%rd0];", "'.local' of"},
    {"add.ftz.f32 %f1, %f2, %f3;", "'.ftz' of"},
    {"div.full.f32 %f1, %f2, %f3;", "'.full' of"},
    {"sin.approx.f32 %f1, %f2;", "'sin.approx.f32' is not known"},
    {"call printf;", "'call' is not known"},
    {"mov.u32 %r8, 1;", "'%r8' is no number"},
    {"mov.u32 %r1, nowhere;", "'nowhere' is no number"},
    {"bra $nowhere;", "no label '$nowhere'"},
    {"add.u32 %r1, %r2;", "2 operands"},
    {"ld.v2.u32 {%r1, %r2, %r3}, [%rd0];", "a vector of 3"},
    {"mov.u32 %r1, 1", "instead of ';'"},
    {"{ mov.u32 %r1, 1;", "ends inside of a kernel"},
};

static void what_is_not_known_is_refused_by_name(void **state)
{
    char other[128] = "";

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_null(parse(refused[i].text));
        if (!strstr(why, refused[i].why) || !strstr(why, "line "))
            fail_msg("%s: %s", refused[i].text, why);
    }
    assert_null(ptx_parse("int main", other, sizeof other));
    assert_non_null(strstr(other, "not PTX"));
    assert_null(ptx_parse(HEAD ".global .u32 counter;", other, sizeof other));
    assert_non_null(strstr(other, "'.global' is not known"));
    assert_null(ptx_parse(HEAD ".shared .b8 mine[64];", other, sizeof other));
    assert_non_null(strstr(other, "fixed size"));
}

static const struct {
    const char *text, *why;
} wrong[] = {
    {"ld.u32 %r1, [%rd0+2];", "4 bytes at 0x"},
    {"ld.v2.u64 {%rd1, %rd2}, [%rd0+8];", "are not aligned"},
    {"ld.param.u64 %rd1, [out+8];", "8 bytes at 8 of 8"},
    {"st.shared.u32 [local+16], 1;", "4 bytes at 16 of 16"},
    {"ld.shared.u32 %r1, [%rd0];", "of 16"},
    {"cvta.shared.u64 %rd1, local; ld.global.u32 %r1, [%rd1];", "touched as global"},
    {"st.param.u64 [out], 1;", "not written"},
    {"mov.u32 5, 6;", "no register"},
    {"atom.cas.b32 %r1, [%rd0], 1;", "no such atomic"},
    {"atom.add.f32 %f1, [%rd0], %f2;", "no such atomic"},
};

static void what_goes_wrong_ends_the_launch_with_the_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t memory[4] __attribute__((aligned(16))) = {0}, *at = memory;
        struct ptx_launch launch = {{1, 1, 1}, {1, 1, 1}, 16, &at, 0};
        struct ptx_module *module = parse(wrong[i].text);

        if (!module)
            fail_msg("%s: %s", wrong[i].text, why);
        assert_false(run(module, &launch));
        if (!strstr(why, wrong[i].why) || !strstr(why, "k, line "))
            fail_msg("%s: %s", wrong[i].text, why);
    }
}

/* ---- threads --------------------------------------------------------------------------------- */

/* Each of 4 x 4 threads leaves its number in shared memory and takes its opposite's. */
#define REVERSE(barrier)                                                                           \
    "mov.u32 %r1, %tid.x; mov.u32 %r2, %tid.y; mov.u32 %r3, %ntid.x; mad.lo.u32 %r1, %r2, %r3, "   \
    "%r1; cvt.u64.u32 %rd1, %r1; shl.b64 %rd1, %rd1, 2; mov.u64 %rd2, local; add.u64 %rd3, %rd2, " \
    "%rd1; st.shared.u32 [%rd3], %r1;" barrier "sub.u64 %rd4, 60, %rd1; add.u64 %rd4, %rd4, %rd2;" \
    "ld.shared.u32 %r4, [%rd4]; mov.u32 %r5, %ctaid.x; mul.wide.u32 %rd5, %r5, 64;"                \
    "add.u64 %rd0, %rd0, %rd5; add.u64 %rd0, %rd0, %rd1; st.u32 [%rd0], %r4;"

static bool is_reversed(const char *body, uint64_t seed)
{
    uint32_t out[3][16], *at = out[0];
    struct ptx_launch launch = {{3, 1, 1}, {4, 4, 1}, 64, &at, seed};
    struct ptx_module *module = parse(body);

    if (!module || !run(module, &launch))
        fail_msg("%s", why);
    for (unsigned b = 0; b < 3; b++)
        for (unsigned i = 0; i < 16; i++)
            if (out[b][i] != 15 - i)
                return false;
    return true;
}

static void barriers_hold_in_every_order_and_are_missed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        assert_true(is_reversed(REVERSE("bar.sync 0;"), seed));
        assert_false(is_reversed(REVERSE(""), seed));
    }
}

/* Threads that have ended are not waited for. */
static void some_may_end_before_a_barrier(void **state)
{
    uint64_t sum = 0, *at = &sum;
    struct ptx_launch launch = {{1, 1, 1}, {10, 1, 1}, 16, &at, 3};
    struct ptx_module *module = parse("mov.u32 %r1, %tid.x; setp.gt.u32 %p1, %r1, 6; @%p1 ret;"
                                      "bar.sync 0; red.add.u64 [%rd0], 1;");

    (void)state;
    assert_non_null(module);
    assert_true(run(module, &launch));
    assert_int_equal(sum, 7);
}

static void parameters_lie_where_they_do_in_c(void **state)
{
    struct {
        uint8_t a;
        uint64_t b;
        uint16_t c[3];
        uint32_t d;
        uint64_t *out;
    } args = {.a = 1, .b = 20, .c = {300, 300, 300}, .d = 4000};
    uint64_t sum = 0;
    struct ptx_launch launch = {{1, 1, 1}, {1, 1, 1}, 0, &args, 0};
    struct ptx_module *module = ptx_parse(
        HEAD ".entry k(.param .u8 a, .param .u64 b, .param .align 2 .b8 c[6], .param .u32 d,\n"
             ".param .u64 out)\n.maxntid 256, 1, 1\n{ " REGISTERS
             "ld.param.u8 %rd0, [a]; ld.param.u64 %rd1, [b]; ld.param.u16 %rd2, [c+4];"
             "ld.param.u32 %rd3, [d]; ld.param.u64 %rd4, [out]; add.u64 %rd0, %rd0, %rd1;"
             "add.u64 %rd0, %rd0, %rd2; add.u64 %rd0, %rd0, %rd3; st.u64 [%rd4], %rd0; }",
        why, sizeof why);

    (void)state;
    args.out = &sum;
    if (!module)
        fail_msg("%s", why);
    assert_int_equal(ptx_args_bytes(ptx_kernel_at(module, 0)), sizeof args);
    assert_null(ptx_kernel_at(module, 1));
    assert_true(run(module, &launch));
    assert_int_equal(sum, 4321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_do_what_the_manual_says),
        cmocka_unit_test(what_is_not_known_is_refused_by_name),
        cmocka_unit_test(what_goes_wrong_ends_the_launch_with_the_line),
        cmocka_unit_test(barriers_hold_in_every_order_and_are_missed),
        cmocka_unit_test(some_may_end_before_a_barrier),
        cmocka_unit_test(parameters_lie_where_they_do_in_c),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
