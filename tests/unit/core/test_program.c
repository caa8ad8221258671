/* SPDX-License-Identifier: MIT */
/*
 * test_program.c - programs from text on a device that answers what it is told to: what goes to the
 * device, what comes back of it, and the argument blocks of launches.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/kernels.h"
#include "core/program.h"
#include "core/stream.h"
#include "core_test.h"

static const struct fake_params one_device = {.processors = 2, .blocks = 2};

/* What the device was asked last, and what it answers. */
static struct {
    struct humi_ask asked;
    char bytes[4096];
    enum hum_status status;
    struct humi_reply reply;
    const void *data;               /* reply.bytes of it, if there is room */
    unsigned char block[HUM_ARGS_MAX]; /* of the last launch */
    struct humi_launch launch;
} device;

static enum hum_status answer(struct humi_processor *p, const struct humi_ask *ask,
                              struct humi_reply *reply_out)
{
    (void)p;
    device.asked = *ask;
    assert_true(ask->count <= sizeof device.bytes);
    if (ask->count > 0)
        memcpy(device.bytes, ask->bytes, ask->count);
    *reply_out = device.reply;
    if (ask->room && device.data && device.reply.bytes <= ask->room_bytes)
        memcpy(ask->room, device.data, device.reply.bytes);
    return device.status == HUM_OK ? HUM_OK : humi_fail(device.status, "the device says so");
}

static enum hum_status (*fake_submit)(struct humi_processor *p, const struct humi_launch *launch,
                                      uint64_t *ticket_out);

static enum hum_status submit(struct humi_processor *p, const struct humi_launch *launch,
                              uint64_t *ticket_out)
{
    device.launch = *launch;
    memcpy(device.block, launch->args, launch->args_bytes);
    return fake_submit(p, launch, ticket_out);
}

/* ---- a world with a program ------------------------------------------------------------------ */

static struct fake_world *world;
static struct humi_processor_ops ops;
static struct hum_program *program;

static int open_world(void **state)
{
    struct humi_processor *processor;

    (void)state;
    memset(&device, 0, sizeof device);
    world = world_open(&one_device);
    world->fake[1]->finish_at_once = true;
    processor = &world->fake[1]->processor;
    ops = *processor->ops;
    fake_submit = ops.submit;
    ops.submit = submit;
    ops.ask = answer;
    processor->ops = &ops;
    assert_int_equal(humi_stream_open(&world->hum, 1, true, &world->hum.default_stream[0]),
                     HUM_OK);
    device.reply = (struct humi_reply){.made = true, .number = 3};
    assert_int_equal(
        hum_program_create(&world->hum, 0, HUM_PROGRAM_SOURCE, "text", 4, &program, NULL), HUM_OK);
    device.reply = (struct humi_reply){0};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    humi_streams_close(&world->hum);
    hum_program_destroy(program);
    assert_int_equal(device.asked.kind, HUMI_ASK_DESTROY);
    assert_int_equal(device.asked.program, 3);
    humi_modules_close(&world->hum);
    humi_kernels_close(&world->hum);
    fake_world_close(world);
    return 0;
}

static size_t bytes_of(unsigned count)
{
    return offsetof(struct humi_signature, params) + count * sizeof(struct humi_param);
}

/* A kernel that takes this. */
static struct hum_kernel *kernel_that_takes(const struct humi_signature *signature)
{
    struct hum_kernel *kernel = NULL;

    device.data = signature;
    device.reply = (struct humi_reply){.number = 5, .bytes = bytes_of(signature->count)};
    assert_int_equal(hum_program_kernel(program, "k", &kernel, NULL), HUM_OK);
    return kernel;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void what_hum_says_has_the_nearest_error_of_opencl(void **state)
{
    static const struct {
        enum hum_status status;
        int told, wanted;
    } cases[] = {
        {HUM_OK, 0, 0},
        {HUM_ERR_MODULE, -11, -11},
        {HUM_ERR_DEVICE_LOST, 0, HUMI_CL_OUT_OF_RESOURCES},
        {HUM_ERR_NO_MEMORY, 0, HUMI_CL_OUT_OF_HOST_MEMORY},
        {HUM_ERR_UNSUPPORTED, 0, HUMI_CL_COMPILER_NOT_AVAILABLE},
        {HUM_ERR_INVALID, 0, HUMI_CL_INVALID_VALUE},
        {HUM_ERR_SYSTEM, 0, HUMI_CL_OUT_OF_RESOURCES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int error = 77;
        device.status = cases[i].status;
        device.reply = (struct humi_reply){.error = cases[i].told};
        assert_int_equal(hum_program_build(program, NULL, &error), cases[i].status);
        assert_int_equal(error, cases[i].wanted);
    }
    device.status = HUM_OK;
}

static void a_device_without_programs_says_so(void **state)
{
    struct hum_program *made = NULL;
    int error = 0;

    (void)state;
    ops.ask = NULL;
    assert_int_equal(
        hum_program_create(&world->hum, 0, HUM_PROGRAM_SOURCE, "text", 4, &made, &error),
        HUM_ERR_UNSUPPORTED);
    assert_int_equal(error, HUMI_CL_COMPILER_NOT_AVAILABLE);
    assert_null(made);
    ops.ask = answer;
}

/* ---- what the device is told ----------------------------------------------------------------- */

static void a_build_has_its_folder_and_options(void **state)
{
    char *folder = getcwd(NULL, 0);

    (void)state;
    assert_int_equal(hum_program_build(program, "-DX=1", NULL), HUM_OK);
    assert_int_equal(device.asked.kind, HUMI_ASK_BUILD);
    assert_int_equal(device.asked.count, strlen(folder) + 1 + 6);
    assert_string_equal(device.bytes, folder);
    assert_string_equal(device.bytes + strlen(folder) + 1, "-DX=1");
    free(folder);
}

static void a_compilation_names_its_headers(void **state)
{
    static const char *const names[] = {"a.h", "b/c.h"};
    struct hum_program *const headers[] = {program, program};
    char *folder = getcwd(NULL, 0);
    const char *at = device.bytes + 2 * sizeof(uint32_t);
    uint32_t numbers[2];

    (void)state;
    assert_int_equal(hum_program_compile(program, NULL, headers, names, 2, NULL), HUM_OK);
    assert_int_equal(device.asked.index, 2);
    memcpy(numbers, device.bytes, sizeof numbers);
    assert_int_equal(numbers[0], 3);
    assert_int_equal(numbers[1], 3);
    assert_string_equal(at, folder);
    at += strlen(at) + 1;
    assert_string_equal(at, "");
    assert_string_equal(at + 1, "a.h");
    assert_string_equal(at + 5, "b/c.h");
    assert_int_equal(device.asked.count, at + 11 - device.bytes);
    assert_int_equal(hum_program_compile(program, NULL, headers, NULL, 2, NULL), HUM_ERR_INVALID);
    free(folder);
}

static void a_program_that_did_not_link_is_there(void **state)
{
    struct hum_program *made = program;
    int error = 0;

    (void)state;
    device.status = HUM_ERR_MODULE;
    device.reply = (struct humi_reply){.error = -17};
    assert_int_equal(hum_program_link(&world->hum, 0, NULL, &program, 1, &made, &error),
                     HUM_ERR_MODULE);
    assert_null(made);
    device.reply.made = true;
    device.reply.number = 9;
    assert_int_equal(hum_program_link(&world->hum, 0, NULL, &program, 1, &made, &error),
                     HUM_ERR_MODULE);
    assert_int_equal(error, -17);
    assert_int_equal(made->module.id, 9);
    hum_program_destroy(made);
    device.status = HUM_OK;
}

/* ---- what the device says -------------------------------------------------------------------- */

static void answers_longer_than_the_room_are_refused(void **state)
{
    uint64_t value = 42;
    size_t bytes = 7;
    int error = 0;

    (void)state;
    device.data = &value;
    device.reply.bytes = sizeof value;
    assert_int_equal(hum_program_info(program, false, 1, &value, 4, &bytes, &error),
                     HUM_ERR_MODULE);
    assert_int_equal(error, HUMI_CL_INVALID_VALUE);
    assert_int_equal(bytes, 7);
    assert_int_equal(hum_program_info(program, false, 1, NULL, 0, &bytes, &error), HUM_OK);
    assert_int_equal(bytes, sizeof value);
}

static void formats_are_at_most_as_many_as_there_is_room(void **state)
{
    static const uint32_t told[5][2] = {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}};
    uint32_t formats[3][2] = {{0}};
    unsigned count = 0;

    (void)state;
    device.data = told;
    device.reply.bytes = sizeof told;
    assert_int_equal(hum_cl_image_formats(&world->hum, 0, 4, 1, formats, 2, &count, NULL), HUM_OK);
    assert_int_equal(count, 5);
    assert_memory_equal(formats, told, 2 * sizeof told[0]);
    assert_int_equal(formats[2][0], 0);
    device.reply.bytes = (size_t)1 << 20;
    assert_int_equal(hum_cl_image_formats(&world->hum, 0, 4, 1, formats, 2, &count, NULL),
                     HUM_ERR_MODULE);
}

static void kernels_that_cannot_be_are_refused(void **state)
{
    static struct humi_signature told;
    struct hum_kernel *kernel = NULL;
    static const struct {
        unsigned count, kind;
        size_t bytes;
    } cases[] = {
        {2, HUM_CL_VALUE, 8},
        {2, HUM_CL_VALUE, 0},
        {HUMI_PARAMS_MAX + 1, HUM_CL_VALUE, sizeof told},
        {UINT32_MAX, HUM_CL_VALUE, sizeof told},
        {1, HUM_CL_SAMPLER + 1, sizeof told - (HUMI_PARAMS_MAX - 1) * sizeof told.params[0]},
        {1, HUM_CL_VALUE, sizeof told},
        {1, HUM_CL_VALUE, sizeof told + 8},
    };

    (void)state;
    device.data = &told;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        told.count = cases[i].count;
        told.params[0].kind = cases[i].kind;
        device.reply.bytes = cases[i].bytes;
        assert_int_equal(hum_program_kernel(program, "k", &kernel, NULL), HUM_ERR_SYSTEM);
        assert_null(kernel);
    }
}

/* ---- argument blocks ------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Read from the definition: each argument begins behind the last, at a multiple of 8. */
static void expect_block(const struct hum_cl_arg *args, unsigned count)
{
    const unsigned char *at = device.block + 80;
    struct humi_call call;

    memcpy(&call, device.block, sizeof call);
    assert_int_equal(call.count, count);
    for (unsigned i = 0; i < count; i++) {
        uint32_t head[2];
        uint64_t word;
        memcpy(head, at, sizeof head);
        memcpy(&word, at + 8, sizeof word);
        assert_int_equal(head[0], args[i].kind);
        assert_int_equal((at - device.block) % 8, 0);
        switch (args[i].kind) {
        case HUM_CL_POINTER:
            assert_int_equal(word, (uintptr_t)args[i].u.pointer);
            break;
        case HUM_CL_LOCAL:
            assert_int_equal(word, args[i].bytes);
            break;
        default:
            assert_int_equal(head[1], args[i].bytes);
            assert_memory_equal(at + 8, args[i].u.value, args[i].bytes);
        }
        at += 8 + (head[1] + 7) / 8 * 8;
    }
    assert_int_equal(at - device.block, device.launch.args_bytes);
}

static void every_argument_block_can_be_read_back(void **state)
{
    static struct humi_signature takes = {
        .items_max = 64, .sizes_max = {64, 64, 64}, .local_max = 100000};
    const struct hum_cl_range range = {
        .dimensions = 2, .offset = {1, 2}, .global = {12, 10}, .local = {4, 5}};
    struct hum_stream *stream = world->hum.default_stream[0];
    unsigned char values[16][64];
    struct hum_cl_arg args[16];
    uint64_t random = 20261128;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        takes.count = (uint32_t)(next_random(&random) % 17);
        for (unsigned i = 0; i < takes.count; i++) {
            size_t bytes = next_random(&random) % 64 + 1;
            takes.params[i].kind = (uint32_t)(next_random(&random) % 3);
            takes.params[i].bytes =
                takes.params[i].kind == HUM_CL_VALUE && bytes % 2 ? (uint32_t)bytes : 0;
            memset(values[i], (int)next_random(&random), sizeof values[i]);
            args[i] = (struct hum_cl_arg){.kind = (enum hum_cl_arg_kind)takes.params[i].kind,
                                          .bytes = bytes,
                                          .u.value = values[i]};
        }
        humi_module_clear(&program->module); /* a kernel with another signature */
        assert_int_equal(
            hum_launch_cl(stream, kernel_that_takes(&takes), &range, args, takes.count, NULL),
            HUM_OK);
        assert_int_equal(device.launch.count, 120);
        expect_block(args, takes.count);
    }
    assert_int_equal(hum_stream_wait(stream), HUM_OK);
}

static void blocks_are_never_too_long(void **state)
{
    static struct humi_signature takes = {.items_max = 1, .sizes_max = {1, 1, 1}};
    static const unsigned char value[2000];
    const struct hum_cl_range task = {.dimensions = 0};
    struct hum_stream *stream = world->hum.default_stream[0];
    const struct hum_cl_arg args[] = {{HUM_CL_VALUE, 2000, {value}},
                                      {HUM_CL_VALUE, 2000, {value}},
                                      {HUM_CL_VALUE, 1, {value}}};
    int error = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        takes.params[i].kind = HUM_CL_VALUE;
    takes.count = 2; /* 80 + 2 * 2008 are HUM_ARGS_MAX */
    assert_int_equal(hum_launch_cl(stream, kernel_that_takes(&takes), &task, args, 2, &error),
                     HUM_OK);
    assert_int_equal(device.launch.args_bytes, HUM_ARGS_MAX);
    takes.count = 3;
    humi_module_clear(&program->module);
    assert_int_equal(hum_launch_cl(stream, kernel_that_takes(&takes), &task, args, 3, &error),
                     HUM_ERR_INVALID);
    assert_int_equal(error, HUMI_CL_OUT_OF_RESOURCES);
    assert_int_equal(hum_stream_wait(stream), HUM_OK);
}

#define in_world(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_world(what_hum_says_has_the_nearest_error_of_opencl),
        in_world(a_device_without_programs_says_so),
        in_world(a_build_has_its_folder_and_options),
        in_world(a_compilation_names_its_headers),
        in_world(a_program_that_did_not_link_is_there),
        in_world(answers_longer_than_the_room_are_refused),
        in_world(formats_are_at_most_as_many_as_there_is_room),
        in_world(kernels_that_cannot_be_are_refused),
        in_world(every_argument_block_can_be_read_back),
        in_world(blocks_are_never_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
