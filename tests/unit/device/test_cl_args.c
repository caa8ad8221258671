/* SPDX-License-Identifier: MIT */
/* The block of a plain OpenCL kernel is the struct that a C compiler makes of the same members. */
#include "device/opencl/args.h"
#include "support/random.h"
#include "support/test.h"

static void sizes_of_types_are_those_of_opencl(void **state)
{
    static const struct {
        const char *name;
        size_t size;
    } cases[] = {
        {"char", 1},   {"uchar", 1},  {"short", 2},    {"half", 2},    {"int", 4},  {"uint", 4},
        {"float", 4},  {"long", 8},   {"double", 8},   {"uchar2", 2},  {"int3", 16}, {"float4", 16},
        {"char16", 16}, {"float3", 16}, {"double16", 128}, {"ulong8", 64}, {"ushort3", 8},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (humi_cl_type_size(cases[i].name) != cases[i].size)
            fail_msg("%s: %zu", cases[i].name, humi_cl_type_size(cases[i].name));
}

static void other_types_have_none(void **state)
{
    static const char *const names[] = {"",      "struct s", "floating", "int5",     "int1",
                                        "int*",  "size_t",   "bool",     "image2d_t", "sampler_t",
                                        "uint44", "vfloat",  "long "};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (humi_cl_type_size(names[i]) != 0)
            fail_msg("%s: %zu", names[i], humi_cl_type_size(names[i]));
}

/* The members as the compiler lays them out are the model. */
struct members {
    char c;
    void *pointer;
    short s;
    float f;
    double d;
    unsigned char u;
    float four[4] __attribute__((aligned(16)));
    size_t local;
    char small;
    struct {
        int a;
        double b, c;
    } structure; /* 24 bytes, aligned to 8 */
    char last;
};

static void a_block_is_laid_out_like_a_struct(void **state)
{
    struct humi_cl_arg args[] = {
        {HUMI_CL_VALUE, 1, 0, 0}, {HUMI_CL_POINTER, 8, 0, 0}, {HUMI_CL_VALUE, 2, 0, 0},
        {HUMI_CL_VALUE, 4, 0, 0}, {HUMI_CL_VALUE, 8, 0, 0},   {HUMI_CL_VALUE, 1, 0, 0},
        {HUMI_CL_VALUE, 16, 0, 0}, {HUMI_CL_LOCAL, 8, 0, 0},  {HUMI_CL_VALUE, 1, 0, 0},
        {HUMI_CL_VALUE, 24, 0, 8}, {HUMI_CL_VALUE, 1, 0, 0},
    };
    static const size_t offsets[] = {
        offsetof(struct members, c), offsetof(struct members, pointer), offsetof(struct members, s),
        offsetof(struct members, f), offsetof(struct members, d),       offsetof(struct members, u),
        offsetof(struct members, four), offsetof(struct members, local),
        offsetof(struct members, small), offsetof(struct members, structure),
        offsetof(struct members, last),
    };

    (void)state;
    assert_int_equal(humi_cl_layout(args, COUNT_OF(args)), sizeof(struct members));
    for (size_t i = 0; i < COUNT_OF(args); i++)
        assert_int_equal(args[i].offset, offsets[i]);
}

static void no_arguments_are_no_bytes(void **state)
{
    (void)state;
    assert_int_equal(humi_cl_layout(NULL, 0), 0);
}

/* In random orders: aligned, in order, and with gaps no wider than the alignment asks for. */
static void random_blocks_are_aligned_and_tight(void **state)
{
    struct random random = random_make(random_seed("cl_args"), 0);

    (void)state;
    for (uint64_t round = random_steps(2000); round > 0; round--) {
        struct humi_cl_arg args[HUMI_CL_ARGS_MAX];
        unsigned count = 1 + (unsigned)random_below(&random, HUMI_CL_ARGS_MAX);
        size_t end = 0, widest = 1, bytes;

        for (unsigned i = 0; i < count; i++)
            args[i] = (struct humi_cl_arg){.size = (size_t)1 << random_below(&random, 8)};
        bytes = humi_cl_layout(args, count);
        for (unsigned i = 0; i < count; i++) {
            assert_int_equal(args[i].offset % args[i].size, 0);
            assert_true(args[i].offset >= end && args[i].offset - end < args[i].size);
            end = args[i].offset + args[i].size;
            widest = args[i].size > widest ? args[i].size : widest;
        }
        assert_true(bytes >= end && bytes - end < widest && bytes % widest == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_types_are_those_of_opencl),
        cmocka_unit_test(other_types_have_none),
        cmocka_unit_test(a_block_is_laid_out_like_a_struct),
        cmocka_unit_test(no_arguments_are_no_bytes),
        cmocka_unit_test(random_blocks_are_aligned_and_tight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
