/* SPDX-License-Identifier: MIT */
/* calls.c - launches of kernels of programs from text, with every kind of argument. */
#include "flow/programs.h"

/* ---- arguments ------------------------------------------------------------------------------- */

struct pair {
    int first;
    float others[3];
};

void every_kind_of_argument_arrives(void **state)
{
    enum { COUNT = 64, GROUP = 16 };
    int *out = flow_alloc(hum, COUNT * sizeof *out), *table = flow_alloc(hum, PAGE);
    struct hum_kernel *kernel = kernel_of(program, "every_kind");
    struct pair pair = {.first = 7, .others = {1, 2, 500}};
    unsigned char c = 200;
    float v[4] = {10, 1e6f, 1e6f, 20};

    (void)state;
    for (int i = 0; i < 4; i++)
        table[i] = 10000 * i;
    for (int round = 0; round < 3; round++) { /* arguments that stay, and one that changes */
        const struct hum_cl_arg args[] = {POINTER(out), POINTER(NULL),
                                          LOCAL(GROUP * sizeof(int)), VALUE(&c),
                                          VALUE(&v), VALUE(&pair),
                                          POINTER(table)};
        pair.first = 7 + round;
        launch(kernel, COUNT, GROUP, args, 7);
        ok(hum_wait(hum, 0));
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(out[i], (GROUP - 1 - i % GROUP) * 2 + 200 + 30 + 7 + round + 500 +
                                         10000 * (i % 4));
    }
}

void what_a_kernel_takes_is_told(void **state)
{
    static const struct hum_cl_param wanted[] = {
        {HUM_CL_POINTER, 0}, {HUM_CL_POINTER, 0}, {HUM_CL_LOCAL, 0},  {HUM_CL_VALUE, 1},
        {HUM_CL_VALUE, 16},  {HUM_CL_VALUE, 0},   {HUM_CL_POINTER, 0}};
    struct hum_kernel *kernel = kernel_of(program, "every_kind"), *mirror;
    struct hum_cl_param param;

    (void)state;
    assert_int_equal(hum_kernel_params(kernel), 7);
    for (unsigned i = 0; i < 7; i++) {
        assert_true(hum_kernel_param(kernel, i, &param));
        assert_int_equal(param.kind, wanted[i].kind);
        assert_int_equal(param.bytes, wanted[i].bytes);
    }
    assert_false(hum_kernel_param(kernel, 7, &param));
    mirror = kernel_of(program, "mirror");
    assert_true(hum_kernel_param(mirror, 1, &param));
    assert_int_equal(param.kind, HUM_CL_IMAGE);
    assert_true(hum_kernel_param(mirror, 2, &param));
    assert_int_equal(param.kind, HUM_CL_SAMPLER);
}

void work_items_start_at_the_offset(void **state)
{
    struct hum_cl_range range = {
        .dimensions = 2, .offset = {4, 2}, .global = {8, 4}, .local = {4, 2}};
    int *out = flow_alloc(hum, PAGE);
    const struct hum_cl_arg args[] = {POINTER(out)};

    (void)state;
    ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel_of(program, "where"), &range, args, 1);
    ok(hum_wait(hum, 0));
    for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 16; x++) {
            bool inside = x >= 4 && x < 12 && y >= 2 && y < 6;
            assert_int_equal(out[y * 16 + x],
                             inside ? 2400 + (y - 2) / 2 * 10 + (x - 4) / 4 : 0);
        }
    }
    range.global[1] = 0; /* no work-items: nothing runs */
    ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel_of(program, "where"), &range, args, 1);
    ok(hum_wait(hum, 0));
}

static void advance(uint64_t *word, uint64_t add)
{
    const struct hum_cl_arg args[] = {POINTER(word), VALUE(&add)};

    launch(kernel_of(program, "advance"), 1, 1, args, 2);
}

void launches_of_a_stream_run_in_order_without_a_wait(void **state)
{
    enum { LAUNCHES = 3000 };
    uint64_t *word = flow_alloc(hum, PAGE), wanted = 0;

    (void)state;
    for (uint64_t i = 0; i < LAUNCHES; i++) {
        advance(word, i);
        wanted = wanted * 3 + i;
    }
    ok(hum_wait(hum, 0));
    assert_true(*word == wanted);
}

/* One follows the other without the worker, and yet each has its faults. */
void launches_in_a_row_have_their_own_faults(void **state)
{
    enum { ROUNDS = 100 };
    struct hum_kernel *kernel = kernel_of(program, "fill"), *other = kernel_of(program, "advance");
    struct hum_kernel_stats before[2], after[2];
    uint64_t *word = flow_alloc(hum, PAGE), *pages[ROUNDS], wanted = 0;

    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++)
        pages[i] = flow_alloc(hum, PAGE);
    advance(word, 0);
    fill(kernel, pages[0], 1, 1);
    ok(hum_wait(hum, 0));
    ok(hum_stats_kernel(kernel, &before[0]));
    ok(hum_stats_kernel(other, &before[1]));
    for (unsigned i = 0; i < ROUNDS; i++) {
        advance(word, i);
        fill(kernel, pages[i], 1, i);
        wanted = wanted * 3 + i;
    }
    ok(hum_wait(hum, 0));
    ok(hum_stats_kernel(kernel, &after[0]));
    ok(hum_stats_kernel(other, &after[1]));
    assert_int_equal(after[0].launches - before[0].launches, ROUNDS);
    assert_int_equal(after[1].launches - before[1].launches, ROUNDS);
    assert_true(after[0].counters.faults_device > before[0].counters.faults_device);
    assert_int_equal(after[1].counters.faults_device, before[1].counters.faults_device);
    for (unsigned i = 0; i < ROUNDS; i++)
        assert_int_equal(pages[i][0], i);
    assert_true(*word == wanted);
}

void the_one_of_a_row_that_crashes_is_named(void **state)
{
    enum { BEFORE = 50 };
    uint64_t *wild = (uint64_t *)(uintptr_t)0x123456789000, *word = flow_alloc(hum, PAGE);
    uint64_t *other = flow_alloc(hum, PAGE), wanted = 0;
    struct hum_kernel *kernel = kernel_of(program, "fill");

    (void)state;
    fill(kernel, word, 1, 0);
    advance(word, 0);
    ok(hum_wait(hum, 0));
    for (unsigned i = 0; i < BEFORE; i++) {
        advance(word, i);
        wanted = wanted * 3 + i;
    }
    fill(kernel, wild, 1, 1);
    for (unsigned i = 0; i < BEFORE; i++) /* asks for its kernel while the process ends */
        advance(other, i);
    status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
    assert_non_null(strstr(hum_error_text(), "fill"));
    assert_non_null(strstr(hum_error_text(), "123456789000"));
    assert_true(*word == wanted); /* all before it ran, once */
}

/* One launch, or two, of the kind that the dice say; sometimes waited for, and a pause. */
static uint64_t roll(struct hum_stream *stream, uint64_t *word, uint64_t value, unsigned dice)
{
    const struct hum_cl_range range = {.dimensions = 1, .global = {1}, .local = {1}};
    const struct hum_cl_arg args[] = {POINTER(word), VALUE(&value)};
    const struct flow_words native = {.words = word, .n = 1, .value = value};
    bool both = dice % 32 == 0;

    ok_cl(hum_launch_cl, stream, kernel_of(program, "advance"), &range, args, 2);
    if (both)
        ok(hum_launch(stream, flow_kernel(hum, 0, "add"), 1, &native, sizeof native));
    if (dice % 4 == 0)
        ok(hum_stream_wait(stream));
    if (dice % 8 == 0) /* around the time for which the next launch is looked for */
        for (volatile unsigned n = 0; n < dice % 97 * 2000; n++)
            continue;
    return both ? value : 0;
}

void rows_of_several_streams_and_kinds_keep_their_order(void **state)
{
    enum { STREAMS = 3, LAUNCHES = 1500 };
    uint64_t *words[STREAMS], wanted[STREAMS] = {0};
    struct hum_stream *streams[STREAMS];
    uint32_t dice = 12345;

    (void)state;
    for (unsigned s = 0; s < STREAMS; s++) {
        words[s] = flow_alloc(hum, PAGE);
        ok(hum_stream_create(hum, 0, &streams[s]));
    }
    for (uint64_t i = 0; i < LAUNCHES; i++) {
        dice = dice * 1664525 + 1013904223;
        unsigned s = (dice >> 8) % STREAMS;
        wanted[s] = wanted[s] * 3 + i + roll(streams[s], words[s], i, dice >> 16);
    }
    ok(hum_wait(hum, 0));
    for (unsigned s = 0; s < STREAMS; s++) {
        assert_true(*words[s] == wanted[s]);
        hum_stream_destroy(streams[s]);
    }
}

/* ---- misuse ---------------------------------------------------------------------------------- */

void wrong_launches_have_the_errors_of_opencl(void **state)
{
    struct hum_stream *stream = hum_stream(hum, 0);
    struct hum_kernel *kernel = kernel_of(program, "fill"), *eights;
    uint64_t *words = flow_alloc(hum, PAGE), value = 1;
    struct hum_cl_arg args[] = {POINTER(words), VALUE(&value)};
    static const struct {
        struct hum_cl_range range;
        int error;
    } ranges[] = {
        {{.dimensions = 4, .global = {1, 1, 1}}, CL_INVALID_WORK_DIMENSION},
        {{.dimensions = 1, .global = {8}, .local = {3}}, CL_INVALID_WORK_GROUP_SIZE},
        {{.dimensions = 1, .global = {1 << 20}, .local = {1 << 20}}, CL_INVALID_WORK_ITEM_SIZE},
        {{.dimensions = 2, .global = {4096, 4096}, .local = {4096, 4096}},
         CL_INVALID_WORK_GROUP_SIZE},
        {{.dimensions = 1, .offset = {SIZE_MAX}, .global = {2}}, CL_INVALID_GLOBAL_OFFSET},
        {{.dimensions = 2, .global = {SIZE_MAX / 2, 4}}, CL_INVALID_GLOBAL_WORK_SIZE},
    };
    const struct hum_cl_range one = {.dimensions = 1, .global = {8}};

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        is_cl(HUM_ERR_INVALID, ranges[i].error, hum_launch_cl, stream, kernel, &ranges[i].range,
              args, 2);
    is_cl(HUM_ERR_INVALID, CL_INVALID_KERNEL_ARGS, hum_launch_cl, stream, kernel, &one, args, 1);
    is_cl(HUM_ERR_INVALID, CL_INVALID_KERNEL, hum_launch_cl, stream, NULL, &one, args, 2);
    args[1].bytes = 4;
    is_cl(HUM_ERR_INVALID, CL_INVALID_ARG_SIZE, hum_launch_cl, stream, kernel, &one, args, 2);
    args[1] = (struct hum_cl_arg)LOCAL(8);
    is_cl(HUM_ERR_INVALID, CL_INVALID_ARG_VALUE, hum_launch_cl, stream, kernel, &one, args, 2);
    eights = kernel_of(program, "in_eights");
    is_cl(HUM_ERR_INVALID, CL_INVALID_WORK_GROUP_SIZE, hum_launch_cl, stream, eights, &one, args,
          1);
    status_is(HUM_ERR_INVALID, hum_launch(stream, kernel, 8, words, 8));
    ok(hum_wait(hum, 0));
    assert_int_equal(words[0], 0);
}

void arguments_have_room_up_to_a_limit(void **state)
{
    static const char text[] = "struct big { uchar bytes[2000]; };\n"
                               "kernel void one(global uchar *out, struct big a)"
                               "{ *out = a.bytes[1999]; }\n"
                               "kernel void three(struct big a, struct big b, struct big c) { }\n";
    struct hum_program *made = program_of(text);
    const struct hum_cl_range range = {.dimensions = 0};
    struct { unsigned char bytes[2000]; } big = {.bytes = {[1999] = 77}};
    struct hum_cl_arg args[] = {VALUE(&big), VALUE(&big), VALUE(&big)};
    unsigned char *out = flow_alloc(hum, PAGE);

    (void)state;
    ok_cl(hum_program_build, made, "");
    is_cl(HUM_ERR_INVALID, CL_OUT_OF_RESOURCES, hum_launch_cl, hum_stream(hum, 0),
          kernel_of(made, "three"), &range, args, 3);
    args[0] = POINTER(out);
    ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel_of(made, "one"), &range, args, 2);
    ok(hum_wait(hum, 0));
    assert_int_equal(*out, 77);
    hum_program_destroy(made);
}

#define SIZES(X) X(160) X(184) X(200) X(208) X(216) X(224) X(232) X(240) X(264) X(2000)

/* Small blocks lie with the launch and large ones elsewhere; many are under way at once. */
void argument_blocks_of_all_sizes_arrive(void **state)
{
#define KERNEL(n)                                                                                  \
    "struct s" #n " { uchar bytes[" #n "]; };\n"                                                   \
    "kernel void k" #n "(global uchar *out, struct s" #n " a)"                                     \
    "{ out[0] = a.bytes[0]; out[1] = a.bytes[" #n " - 1]; }\n"
    static const char text[] = SIZES(KERNEL);
    enum { ROUNDS = 5 };
    static const size_t sizes[] = {
#define SIZE(n) n,
        SIZES(SIZE)};
    struct hum_program *made = program_of(text);
    const struct hum_cl_range range = {.dimensions = 0};
    unsigned char *out = flow_alloc(hum, PAGE), wanted[PAGE] = {0}, big[2000] = {0};
    unsigned at = 0;

    (void)state;
    ok_cl(hum_program_build, made, "");
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++, at += 2) {
            const struct hum_cl_arg args[] = {
                POINTER(out + at), {.kind = HUM_CL_VALUE, .bytes = sizes[i], .u.value = big}};
            char name[16];
            snprintf(name, sizeof name, "k%zu", sizes[i]);
            wanted[at] = big[0] = (unsigned char)(at + 1);
            wanted[at + 1] = big[sizes[i] - 1] = (unsigned char)(at + 100);
            ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel_of(made, name), &range, args, 2);
        }
    }
    ok(hum_wait(hum, 0));
    assert_memory_equal(out, wanted, PAGE);
    hum_program_destroy(made);
}

/* ---- images ---------------------------------------------------------------------------------- */

void images_lie_in_the_space_and_only_kernels_touch_them(void **state)
{
    enum { WIDTH = 64, HEIGHT = 48, PITCH = 512 };
    unsigned char *in = flow_alloc(hum, HEIGHT * PITCH), *out = flow_alloc(hum, HEIGHT * PITCH);
    struct hum_cl_image from = {.pixels = in,
                                .flags = CL_MEM_READ_ONLY,
                                .order = CL_RGBA,
                                .type = CL_UNSIGNED_INT8,
                                .kind = CL_MEM_OBJECT_IMAGE2D,
                                .width = WIDTH,
                                .height = HEIGHT,
                                .row_pitch = PITCH};
    struct hum_cl_image to = from;
    const struct hum_cl_sampler sampler = {CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, 0};
    const struct hum_cl_range range = {.dimensions = 2, .global = {WIDTH, HEIGHT}};
    const struct hum_cl_arg args[] = {IMAGE(&from), IMAGE(&to), SAMPLER(&sampler)};

    (void)state;
    to.pixels = out;
    to.flags = CL_MEM_WRITE_ONLY;
    for (unsigned round = 0; round < 2; round++) { /* the second finds the objects of the first */
        for (unsigned i = 0; i < HEIGHT * PITCH; i++)
            in[i] = (unsigned char)(i * 7 + round);
        ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel_of(program, "mirror"), &range, args, 3);
        ok(hum_wait(hum, 0));
        assert_int_equal(flow_page(hum, out).resident, HUM_BIT(0));
        for (unsigned y = 0; y < HEIGHT; y++)
            for (unsigned x = 0; x < WIDTH * 4; x++)
                assert_int_equal(out[y * PITCH + x],
                                 x < 4 ? 0 : in[y * PITCH + (WIDTH - x / 4) * 4 + x % 4]);
        for (unsigned i = WIDTH * 4; i < PITCH; i++)
            assert_int_equal(out[i], 0); /* behind the row */
        memset(out, 0, HEIGHT * PITCH);
    }
    /* Freed and never touched again, also not when the object is dropped. */
    ok(hum_free(hum, in));
    ok(hum_free(hum, out));
}

/* An image of a buffer, and one of three dimensions whose rows and slices have gaps. */
void images_have_their_shape_and_pitches(void **state)
{
    enum { COUNT = 8, ROW = 64, SLICE = 256 };
    uint32_t *row = flow_alloc(hum, PAGE), *out = flow_alloc(hum, PAGE);
    unsigned char *cube = flow_alloc(hum, PAGE);
    const struct hum_cl_image images[] = {{.pixels = row,
                                           .flags = CL_MEM_READ_ONLY,
                                           .order = CL_R,
                                           .type = CL_UNSIGNED_INT32,
                                           .kind = CL_MEM_OBJECT_IMAGE1D_BUFFER,
                                           .width = COUNT},
                                          {.pixels = cube,
                                           .flags = CL_MEM_READ_ONLY,
                                           .order = CL_RGBA,
                                           .type = CL_UNSIGNED_INT8,
                                           .kind = CL_MEM_OBJECT_IMAGE3D,
                                           .width = 2,
                                           .height = 2,
                                           .depth = 2,
                                           .row_pitch = ROW,
                                           .slice_pitch = SLICE}};
    const struct hum_cl_sampler sampler = {CL_FALSE, CL_ADDRESS_NONE, CL_FILTER_NEAREST, 0};
    const struct hum_cl_arg args[] = {IMAGE(&images[0]), IMAGE(&images[1]), SAMPLER(&sampler),
                                      POINTER(out)};

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        row[i] = i * 3 + 1;
        cube[i / 4 * SLICE + i / 2 % 2 * ROW + i % 2 * 4] = (unsigned char)(100 + i);
    }
    launch(kernel_of(program, "shapes"), COUNT, COUNT, args, 4);
    ok(hum_wait(hum, 0));
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(out[i], (i * 3 + 1) * 1000 + 100 + i);
}

void what_is_no_image_fails_at_the_wait(void **state)
{
    struct hum_cl_image image = {.pixels = flow_alloc(hum, PAGE),
                                 .order = 1,
                                 .type = 2,
                                 .kind = CL_MEM_OBJECT_IMAGE2D,
                                 .width = 4,
                                 .height = 4};
    const struct hum_cl_sampler sampler = {CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, 0};
    const struct hum_cl_range range = {.dimensions = 2, .global = {4, 4}};
    const struct hum_cl_arg args[] = {IMAGE(&image), IMAGE(&image), SAMPLER(&sampler)};

    (void)state;
    ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel_of(program, "mirror"), &range, args, 3);
    status_is(HUM_ERR_MODULE, hum_wait(hum, 0));
    assert_non_null(strstr(hum_error_text(), "mirror"));
}
