/* SPDX-License-Identifier: MIT */
/*
 * programs.c - programs in OpenCL C from text: built, asked about, there again when the device's
 * process was started anew.
 */
#include "flow/programs.h"

#include <unistd.h>

struct hum *hum;
struct hum_program *program;

const char programs_source[] =
    "struct pair { int first; float others[3]; };\n"
    "kernel void every_kind(global int *out, global int *none, local int *scratch, uchar c,\n"
    "                       float4 v, struct pair pair, constant int *table)\n"
    "{\n"
    "    size_t i = get_global_id(0), l = get_local_id(0);\n"
    "    scratch[l] = (int)l * 2;\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    out[i] = scratch[get_local_size(0) - 1 - l] + c + (int)(v.x + v.w) + pair.first +\n"
    "             (int)pair.others[2] + table[i % 4] + (none ? 1000000 : 0);\n"
    "}\n"
    "kernel void where(global int *out)\n"
    "{\n"
    "    size_t x = get_global_id(0), y = get_global_id(1);\n"
    "    out[y * 16 + x] = (int)(get_global_offset(1) * 1000 + get_global_offset(0) * 100 +\n"
    "                            get_group_id(1) * 10 + get_group_id(0));\n"
    "}\n"
    "kernel void advance(global ulong *word, ulong add) { *word = *word * 3 + add; }\n"
    "kernel void fill(global ulong *words, ulong value) { words[get_global_id(0)] = value; }\n"
    "kernel void mirror(read_only image2d_t in, write_only image2d_t out, sampler_t sampler)\n"
    "{\n"
    "    int x = (int)get_global_id(0), y = (int)get_global_id(1);\n"
    "    write_imageui(out, (int2)(x, y),\n"
    "                  read_imageui(in, sampler, (int2)(get_image_width(in) - x, y)));\n"
    "}\n"
    "kernel void shapes(read_only image1d_buffer_t row, read_only image3d_t cube,\n"
    "                   sampler_t sampler, global uint *out)\n"
    "{\n"
    "    int i = (int)get_global_id(0);\n"
    "    out[i] = read_imageui(row, i).x * 1000 +\n"
    "             read_imageui(cube, sampler, (int4)(i % 2, i / 2 % 2, i / 4, 0)).x;\n"
    "}\n"
    "kernel void speak(int value) { printf(\"kernels say %d\\n\", value); }\n"
    "kernel __attribute__((reqd_work_group_size(8, 1, 1))) void in_eights(global int *out)\n"
    "{\n"
    "    out[get_global_id(0)] = (int)get_local_size(0);\n"
    "}\n";

struct hum_program *program_of(const char *text)
{
    struct hum_program *made = NULL;

    ok_cl(hum_program_create, hum, 0, HUM_PROGRAM_SOURCE, text, strlen(text), &made);
    return made;
}

struct hum_kernel *kernel_of(struct hum_program *of, const char *name)
{
    struct hum_kernel *kernel = NULL;

    ok_cl(hum_program_kernel, of, name, &kernel);
    return kernel;
}

void launch(struct hum_kernel *kernel, size_t items, size_t group, const struct hum_cl_arg *args,
            unsigned count)
{
    const struct hum_cl_range range = {.dimensions = 1, .global = {items}, .local = {group}};

    ok_cl(hum_launch_cl, hum_stream(hum, 0), kernel, &range, args, count);
}

void fill(struct hum_kernel *kernel, uint64_t *words, size_t count, uint64_t value)
{
    const struct hum_cl_arg args[] = {POINTER(words), VALUE(&value)};

    launch(kernel, count, 0, args, 2);
}

static int open_all(void **state)
{
    (void)state;
    hum = flow_open(ONE_DEVICE, NULL);
    program = program_of(programs_source);
    ok_cl(hum_program_build, program, NULL);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    hum_program_destroy(program);
    hum_close(hum);
    return 0;
}

/* ---- misuse ---------------------------------------------------------------------------------- */

static void wrong_calls_change_nothing(void **state)
{
    struct hum_program *made = NULL;
    struct hum_kernel *kernel = NULL;
    size_t bytes = 0;

    (void)state;
    is_cl(HUM_ERR_MODULE, CL_INVALID_KERNEL_NAME, hum_program_kernel, program, "no_such", &kernel);
    is_cl(HUM_ERR_INVALID, CL_INVALID_VALUE, hum_program_create, hum, 1, HUM_PROGRAM_SOURCE, "x",
          1, &made);
    is_cl(HUM_ERR_INVALID, CL_INVALID_VALUE, hum_program_create, hum, 0, HUM_PROGRAM_SOURCE, NULL,
          1, &made);
    is_cl(HUM_ERR_INVALID, CL_INVALID_PROGRAM, hum_program_build, NULL, "");
    is_cl(HUM_ERR_MODULE, CL_INVALID_BUILD_OPTIONS, hum_program_build, program_of("kernel void k()"
          "{ }"), "--no-such-option");
    is_cl(HUM_ERR_MODULE, CL_INVALID_VALUE, hum_program_info, program, false, CL_PROGRAM_CONTEXT,
          NULL, 0, &bytes);
    is_cl(HUM_ERR_MODULE, CL_INVALID_BINARY, hum_program_create, hum, 0, HUM_PROGRAM_BINARY,
          "no binary", 9, &made);
    assert_null(made);
    assert_null(kernel);
    assert_int_equal(bytes, 0);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void the_device_answers_as_opencl_does(void **state)
{
    char name[256] = "", platform[256] = "";
    cl_uint units = 0;
    size_t bytes = 0;

    (void)state;
    ok_cl(hum_cl_device_info, hum, 0, CL_DEVICE_NAME, NULL, 0, &bytes);
    ok_cl(hum_cl_device_info, hum, 0, CL_DEVICE_NAME, name, sizeof name, NULL);
    assert_int_equal(bytes, strlen(name) + 1);
    is_cl(HUM_ERR_MODULE, CL_INVALID_VALUE, hum_cl_device_info, hum, 0, CL_DEVICE_NAME, name,
          bytes - 1, NULL);
    ok_cl(hum_cl_device_info, hum, 0, CL_DEVICE_MAX_COMPUTE_UNITS, &units, sizeof units, &bytes);
    assert_int_equal(units, 2); /* its workers */
    assert_int_equal(bytes, sizeof units);
    ok_cl(hum_cl_platform_info, hum, 0, CL_PLATFORM_VERSION, platform, sizeof platform, NULL);
    assert_memory_equal(platform, "OpenCL ", 7);
    is_cl(HUM_ERR_MODULE, CL_INVALID_VALUE, hum_cl_device_info, hum, 0, CL_DEVICE_PLATFORM, NULL,
          0, NULL);
    is_cl(HUM_ERR_INVALID, CL_INVALID_VALUE, hum_cl_device_info, hum, 9, CL_DEVICE_NAME, NULL, 0,
          NULL);
}

static void image_formats_are_listed(void **state)
{
    uint32_t formats[512][2], two[2][2];
    unsigned count = 0;
    bool found = false;

    (void)state;
    ok_cl(hum_cl_image_formats, hum, 0, CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, formats, 512,
          &count);
    assert_true(count > 2 && count <= 512);
    for (unsigned i = 0; i < count; i++)
        found |= formats[i][0] == CL_RGBA && formats[i][1] == CL_UNSIGNED_INT8;
    assert_true(found);
    ok_cl(hum_cl_image_formats, hum, 0, CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, two, 2, NULL);
    assert_memory_equal(two, formats, sizeof two);
}

static void programs_and_kernels_answer_as_opencl_does(void **state)
{
    struct hum_kernel *kernel = kernel_of(program, "in_eights");
    char names[1024] = "", type[64] = "";
    size_t bytes = 0, required[3] = {0}, kernels = 0, ranges[3] = {8, 1, 1};
    cl_build_status built = CL_BUILD_NONE;
    enum hum_status status;
    char *text;
    int error;

    (void)state;
    ok_cl(hum_program_info, program, false, CL_PROGRAM_NUM_KERNELS, &kernels, sizeof kernels,
          NULL);
    assert_int_equal(kernels, 8);
    ok_cl(hum_program_info, program, false, CL_PROGRAM_KERNEL_NAMES, names, sizeof names, NULL);
    assert_non_null(strstr(names, "every_kind"));
    ok_cl(hum_program_info, program, true, CL_PROGRAM_BUILD_STATUS, &built, sizeof built, NULL);
    assert_int_equal(built, CL_BUILD_SUCCESS);
    ok_cl(hum_program_info, program, false, CL_PROGRAM_SOURCE, NULL, 0, &bytes);
    assert_int_equal(bytes, sizeof programs_source);
    text = malloc(bytes);
    ok_cl(hum_program_info, program, false, CL_PROGRAM_SOURCE, text, bytes, NULL);
    assert_string_equal(text, programs_source);
    free(text);
    ok_cl(hum_kernel_info, kernel, HUM_CL_KERNEL_WORK_GROUP, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, 0,
          NULL, 0, required, sizeof required, NULL);
    assert_int_equal(required[0], 8);
    ok_cl(hum_kernel_info, kernel, HUM_CL_KERNEL, CL_KERNEL_FUNCTION_NAME, 0, NULL, 0, names,
          sizeof names, NULL);
    assert_string_equal(names, "in_eights");
    ok_cl(hum_kernel_info, kernel, HUM_CL_KERNEL_ARG, CL_KERNEL_ARG_TYPE_NAME, 0, NULL, 0, type,
          sizeof type, NULL);
    assert_string_equal(type, "int*");
    /* PoCL has no subgroups before 4.0, and says so. */
    status = hum_kernel_info(kernel, HUM_CL_KERNEL_SUB_GROUP,
                             CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, 0, ranges, sizeof ranges,
                             &bytes, sizeof bytes, NULL, &error);
    assert_true(status == HUM_OK ? bytes > 0 : error == CL_INVALID_OPERATION);
}

/* ---- building -------------------------------------------------------------------------------- */

/* The whole log, to be freed. */
static char *log_of(struct hum_program *of)
{
    size_t bytes = 0;
    char *text;

    ok_cl(hum_program_info, of, true, CL_PROGRAM_BUILD_LOG, NULL, 0, &bytes);
    text = malloc(bytes + 1);
    ok_cl(hum_program_info, of, true, CL_PROGRAM_BUILD_LOG, text, bytes, NULL);
    text[bytes] = '\0';
    return text;
}

/* Longer than a message in both directions. */
static void the_log_of_a_bad_source_can_be_read(void **state)
{
    enum { ERRORS = 20, LONG = 400, BYTES = 20000 };
    char *text = calloc(1, BYTES), *log, name[LONG + 1] = "";
    struct hum_program *bad;

    (void)state;
    memset(name, 'x', LONG);
    for (unsigned i = 0; i < ERRORS; i++)
        snprintf(text + strlen(text), BYTES - strlen(text),
                 "kernel void k%u(global int *out) { *out = nobody_declared_%u_%s; }\n", i, i,
                 name);
    bad = program_of(text);
    is_cl(HUM_ERR_MODULE, CL_BUILD_PROGRAM_FAILURE, hum_program_build, bad, "-DUNUSED=1");
    log = log_of(bad);
    assert_true(strlen(log) > 4096);
    assert_non_null(strstr(log, "nobody_declared_0_"));
    assert_non_null(strstr(log, "nobody_declared_15_"));
    free(log);
    free(text);
    hum_program_destroy(bad);
}

static void options_are_heard_and_answered_as_given(void **state)
{
    static const char text[] = "kernel void give(global ulong *out) { *out = NUMBER; }";
    struct hum_program *made = program_of(text);
    uint64_t *out = flow_alloc(hum, PAGE);
    const struct hum_cl_arg args[] = {POINTER(out)};
    char options[64] = "";

    (void)state;
    ok_cl(hum_program_build, made, "-DNUMBER=5");
    launch(kernel_of(made, "give"), 1, 1, args, 1);
    ok(hum_wait(hum, 0));
    assert_int_equal(*out, 5);
    ok_cl(hum_program_build, made, "-DNUMBER=6"); /* the kernel of before has gone with it */
    launch(kernel_of(made, "give"), 1, 1, args, 1);
    ok(hum_wait(hum, 0));
    assert_int_equal(*out, 6);
    ok_cl(hum_program_info, made, true, CL_PROGRAM_BUILD_OPTIONS, options, sizeof options, NULL);
    assert_string_equal(options, "-DNUMBER=6");
    hum_program_destroy(made);
}

/* A linked program of two parts, one with a header; the parts are destroyed. */
static struct hum_program *linked(void)
{
    static const char *const name = "seven.h";
    struct hum_program *header = program_of("#define SEVEN 7\n"), *made = NULL;
    struct hum_program *parts[] = {
        program_of("#include \"seven.h\"\nulong seven(void);\nulong seven(void)"
                   "{ return SEVEN; }\n"),
        program_of("ulong seven(void);\n"
                   "kernel void tell(global ulong *out) { *out = seven() * 6; }\n")};

    ok_cl(hum_program_compile, parts[0], "", &header, &name, 1);
    ok_cl(hum_program_compile, parts[1], "", NULL, NULL, 0);
    ok_cl(hum_program_link, hum, 0, "", parts, 2, &made);
    hum_program_destroy(header);
    hum_program_destroy(parts[0]);
    hum_program_destroy(parts[1]);
    return made;
}

static void expect_42(struct hum_kernel *kernel)
{
    uint64_t *out = flow_alloc(hum, PAGE);
    const struct hum_cl_arg args[] = {POINTER(out)};

    launch(kernel, 1, 1, args, 1);
    ok(hum_wait(hum, 0));
    assert_int_equal(*out, 42);
}

static void parts_that_do_not_fit_have_a_log(void **state)
{
    struct hum_program *part = program_of("ulong missing(void);\nkernel void k(global ulong *out)"
                                          "{ *out = missing(); }\n");
    struct hum_program *made = NULL;

    (void)state;
    is_cl(HUM_ERR_MODULE, CL_INVALID_OPERATION, hum_program_link, hum, 0, "", &part, 1, &made);
    assert_null(made); /* it was not compiled */
    hum_program_destroy(part);
}

static void a_binary_gives_the_same_program(void **state)
{
    struct hum_program *again = NULL;
    uint64_t *words = flow_alloc(hum, PAGE);
    size_t bytes = 0;
    char *binary;

    (void)state;
    ok_cl(hum_program_info, program, false, CL_PROGRAM_BINARIES, NULL, 0, &bytes);
    assert_true(bytes > 0);
    binary = malloc(bytes);
    ok_cl(hum_program_info, program, false, CL_PROGRAM_BINARIES, binary, bytes, NULL);
    ok_cl(hum_program_create, hum, 0, HUM_PROGRAM_BINARY, binary, bytes, &again);
    free(binary);
    ok_cl(hum_program_build, again, NULL);
    assert_int_equal(hum_kernel_params(kernel_of(again, "every_kind")), 7);
    fill(kernel_of(again, "fill"), words, 10, 99);
    ok(hum_wait(hum, 0));
    assert_int_equal(words[9], 99);
    hum_program_destroy(again);
}

/* ---- what kernels say, and what is said of them ---------------------------------------------- */

static void what_kernels_print_comes_out_of_the_program(void **state)
{
    struct hum *before = hum;
    struct hum_program *made;
    FILE *file = tmpfile();
    int value = 4711, usual = dup(1);
    const struct hum_cl_arg args[] = {VALUE(&value)};
    char text[256] = "";

    (void)state;
    assert_non_null(file);
    fflush(stdout);
    assert_int_equal(dup2(fileno(file), 1), 1);
    hum = flow_open(ONE_DEVICE, NULL);
    made = program_of(programs_source);
    ok_cl(hum_program_build, made, NULL);
    launch(kernel_of(made, "speak"), 1, 1, args, 1);
    ok(hum_wait(hum, 0));
    hum_close(hum); /* takes the program along */
    hum = before;
    assert_int_equal(dup2(usual, 1), 1);
    close(usual);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "kernels say 4711\n");
}

static void kernels_of_one_name_have_their_figures_together(void **state)
{
    static const char text[] = "kernel void counted(global ulong *words, ulong value)"
                               "{ words[get_global_id(0)] = value; }\n";
    uint64_t *words = flow_alloc(hum, PAGE);
    struct hum_explanation why;

    (void)state;
    for (uint64_t round = 1; round <= 3; round++) {
        struct hum_program *made = program_of(text);
        struct hum_kernel_stats stats;
        ok_cl(hum_program_build, made, NULL);
        fill(kernel_of(made, "counted"), words, 10, round);
        ok(hum_wait(hum, 0));
        assert_int_equal(words[9], round);
        ok(hum_stats_kernel(kernel_of(made, "counted"), &stats));
        assert_int_equal(stats.launches, round);
        assert_true(stats.counters.faults_device > 0);
        hum_program_destroy(made);
    }
    ok(hum_explain(hum, words, &why)); /* names it although it has gone */
    assert_string_equal(why.event[1].kernel, "counted");
}

static void undeclared_touches_of_such_kernels_are_found(void **state)
{
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *before = hum, *checked = NULL;
    struct hum_program *made;
    struct hum_violation found[2];
    uint64_t *words;

    (void)state;
    options.devices = ONE_DEVICE;
    options.check = "uses";
    ok(hum_open(&options, &checked));
    hum = checked;
    made = program_of(programs_source);
    ok_cl(hum_program_build, made, NULL);
    words = flow_alloc(hum, PAGE);
    fill(kernel_of(made, "fill"), words, 10, 1); /* pointers among the arguments are uses */
    ok(hum_wait(hum, 0));
    assert_int_equal(hum_violations(hum, NULL, 0), 0);
    ok(hum_use_none(hum_stream(hum, 0)));
    fill(kernel_of(made, "fill"), words, 10, 2);
    ok(hum_wait(hum, 0));
    assert_int_equal(hum_violations(hum, found, 2), 1);
    assert_string_equal(found[0].kernel, "fill");
    hum = before;
    hum_close(checked);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void programs_are_there_again_after_a_crash(void **state)
{
    struct hum_program *made = linked();
    struct hum_kernel *tell = kernel_of(made, "tell"), *kernel = kernel_of(program, "fill");
    uint64_t *wild = (uint64_t *)(uintptr_t)0x123456789000, *words = flow_alloc(hum, PAGE);

    (void)state;
    expect_42(tell);
    for (unsigned round = 1; round <= 2; round++) {
        fill(kernel, wild, 1, 1);
        status_is(HUM_ERR_ILLEGAL_ADDRESS, hum_wait(hum, 0));
        assert_non_null(strstr(hum_error_text(), "fill"));
        assert_non_null(strstr(hum_error_text(), "123456789000"));
        fill(kernel, words, 100, round);
        ok(hum_wait(hum, 0));
        assert_int_equal(words[99], round);
        expect_42(tell);
    }
    assert_true(flow_device(hum, 0).restarts >= 2);
    hum_program_destroy(made);
}

static void the_one_of_a_row_that_never_ends_times_out(void **state)
{
    static const char text[] = "kernel void add(global ulong *word, ulong value)"
                               "{ *word += value; }\n"
                               "kernel void for_ever(volatile global ulong *word, ulong value)"
                               "{ while (*word < value) { } }\n";
    struct hum_options options = HUM_OPTIONS_INIT;
    struct hum *before = hum, *watched = NULL;
    struct hum_program *made;
    uint64_t *words;

    (void)state;
    options.devices = ONE_DEVICE;
    options.watchdog_ms = 300;
    ok(hum_open(&options, &watched));
    hum = watched;
    made = program_of(text);
    ok_cl(hum_program_build, made, NULL);
    words = flow_alloc(hum, 2 * PAGE);
    fill(kernel_of(made, "for_ever"), words + WORDS_PER_PAGE, 1, 0); /* compiled */
    for (unsigned i = 0; i < 20; i++)
        fill(kernel_of(made, "add"), words, 1, 2);
    fill(kernel_of(made, "for_ever"), words + WORDS_PER_PAGE, 1, 1);
    status_is(HUM_ERR_TIMEOUT, hum_wait(hum, 0));
    assert_non_null(strstr(hum_error_text(), "for_ever"));
    fill(kernel_of(made, "add"), words, 1, 2);
    ok(hum_wait(hum, 0));
    assert_int_equal(words[0], 42);
    hum = before;
    hum_close(watched);
}

static void without_an_implementation_programs_are_unsupported(void **state)
{
    struct hum *before = hum;
    struct hum_program *made = NULL;

    (void)state;
    assert_int_equal(setenv("OCL_ICD_VENDORS", "/nonexistent/", 1), 0);
    hum = flow_open(ONE_DEVICE, NULL);
    assert_int_equal(unsetenv("OCL_ICD_VENDORS"), 0);
    is_cl(HUM_ERR_UNSUPPORTED, CL_COMPILER_NOT_AVAILABLE, hum_program_create, hum, 0,
          HUM_PROGRAM_SOURCE, programs_source, sizeof programs_source - 1, &made);
    assert_non_null(strstr(hum_error_text(), "apt-get install pocl-opencl-icd"));
    hum_close(hum);
    hum = before;
}

/* ---- the list of them ------------------------------------------------------------------------ */

static bool has_opencl(void)
{
    struct hum *probe = flow_open(ONE_DEVICE, NULL);
    size_t bytes;
    int error;
    enum hum_status status =
        hum_cl_device_info(probe, 0, CL_DEVICE_NAME, NULL, 0, &bytes, &error);

    if (status == HUM_ERR_UNSUPPORTED)
        printf("skipped: %s\n", hum_error_text());
    hum_close(probe);
    return status != HUM_ERR_UNSUPPORTED;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_argument_arrives),
        cmocka_unit_test(what_a_kernel_takes_is_told),
        cmocka_unit_test(work_items_start_at_the_offset),
        cmocka_unit_test(launches_of_a_stream_run_in_order_without_a_wait),
        cmocka_unit_test(launches_in_a_row_have_their_own_faults),
        cmocka_unit_test(the_one_of_a_row_that_crashes_is_named),
        cmocka_unit_test(rows_of_several_streams_and_kinds_keep_their_order),
        cmocka_unit_test(wrong_launches_have_the_errors_of_opencl),
        cmocka_unit_test(arguments_have_room_up_to_a_limit),
        cmocka_unit_test(argument_blocks_of_all_sizes_arrive),
        cmocka_unit_test(wrong_calls_change_nothing),
        cmocka_unit_test(the_device_answers_as_opencl_does),
        cmocka_unit_test(image_formats_are_listed),
        cmocka_unit_test(programs_and_kernels_answer_as_opencl_does),
        cmocka_unit_test(the_log_of_a_bad_source_can_be_read),
        cmocka_unit_test(options_are_heard_and_answered_as_given),
        cmocka_unit_test(parts_that_do_not_fit_have_a_log),
        cmocka_unit_test(a_binary_gives_the_same_program),
        cmocka_unit_test(images_lie_in_the_space_and_only_kernels_touch_them),
        cmocka_unit_test(images_have_their_shape_and_pitches),
        cmocka_unit_test(what_is_no_image_fails_at_the_wait),
        cmocka_unit_test(what_kernels_print_comes_out_of_the_program),
        cmocka_unit_test(kernels_of_one_name_have_their_figures_together),
        cmocka_unit_test(undeclared_touches_of_such_kernels_are_found),
        cmocka_unit_test(programs_are_there_again_after_a_crash),
        cmocka_unit_test(the_one_of_a_row_that_never_ends_times_out),
        cmocka_unit_test(without_an_implementation_programs_are_unsupported),
    };

    if (!has_opencl())
        return 77;
    return cmocka_run_group_tests(tests, open_all, close_all);
}
