/* SPDX-License-Identifier: MIT */
/*
 * misuse.c - HUM_CL_CHECK: a program in which each misuse is planted once, and one without any.
 * Both are this program again, with its name for an argument; the test reads what they print.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"

#define BYTES ((size_t)8192)
#define LINES_MAX 32u

static const char source[] =
    "kernel void iota(global int *x) { x[get_global_id(0)] = get_global_id(0); }\n"
    "kernel void twice(global const int *x, global int *y)\n"
    "{ y[get_global_id(0)] = 2 * x[get_global_id(0)]; }\n";

static const char *self;
static volatile cl_mem left; /* planted: mapped at the end; known here, so it is no leak */

/* ---- the programs ---------------------------------------------------------------------------- */

static void *map(const struct world *world, cl_mem mem, cl_map_flags flags, size_t offset,
                 size_t bytes)
{
    cl_int error;
    void *pointer =
        clEnqueueMapBuffer(world->queue, mem, CL_TRUE, flags, offset, bytes, 0, NULL, NULL, &error);

    ok(error);
    return pointer;
}

static void unmap(const struct world *world, cl_mem mem, void *pointer)
{
    ok(clEnqueueUnmapMemObject(world->queue, mem, pointer, 0, NULL, NULL));
    ok(clFinish(world->queue));
}

static void map_svm(const struct world *world, void *svm, cl_map_flags flags, cl_bool blocking)
{
    ok(clEnqueueSVMMap(world->queue, blocking, flags, svm, BYTES, 0, NULL, NULL));
}

static void unmap_svm(const struct world *world, void *svm)
{
    ok(clEnqueueSVMUnmap(world->queue, svm, 0, NULL, NULL));
    ok(clFinish(world->queue));
}

static void run_on(const struct world *world, cl_kernel kernel, cl_mem mem)
{
    ok(clSetKernelArg(kernel, 0, ARG(mem)));
    world_run(world, kernel, BYTES / sizeof(int));
    ok(clFinish(world->queue));
}

#define FUNCTION(world, name) \
    ((name##_fn)clGetExtensionFunctionAddressForPlatform((world)->platform, #name))

/* A fill of all its bytes, and kernel twice of it into `to`, recorded; what they are for is looked
 * at when they are enqueued. */
static cl_command_buffer_khr record(const struct world *world, cl_kernel twice, cl_mem mem,
                                    cl_mem to)
{
    const int pattern = 3;
    const size_t count = BYTES / sizeof(int);
    cl_int error;
    cl_command_buffer_khr buffer =
        FUNCTION(world, clCreateCommandBufferKHR)(1, &world->queue, NULL, &error);

    ok(error);
    ok(FUNCTION(world, clCommandFillBufferKHR)(buffer, NULL, mem, &pattern, sizeof pattern, 0,
                                               BYTES, 0, NULL, NULL, NULL));
    ok(clSetKernelArg(twice, 0, ARG(mem)));
    ok(clSetKernelArg(twice, 1, ARG(to)));
    ok(FUNCTION(world, clCommandNDRangeKernelKHR)(buffer, NULL, NULL, twice, 1, NULL, &count, NULL,
                                                  0, NULL, NULL, NULL));
    ok(FUNCTION(world, clFinalizeCommandBufferKHR)(buffer));
    return buffer;
}

static void run_recorded(const struct world *world, cl_command_buffer_khr buffer)
{
    ok(FUNCTION(world, clEnqueueCommandBufferKHR)(0, NULL, buffer, 0, NULL, NULL));
    ok(clFinish(world->queue));
}

/* Buffers and SVM are numbered from 0 on in the order made. */
static void touch_unmapped(const struct world *world)
{
    cl_mem mem = world_buffer(world, BYTES);                                     /* buffer 0 */
    volatile int *svm = clSVMAlloc(world->context, CL_MEM_READ_WRITE, BYTES, 0); /* svm 0 */
    volatile int *pointer = map(world, mem, CL_MAP_WRITE, 4096, 4096);

    pointer[0] = 1;
    unmap(world, mem, (void *)pointer);
    pointer[3] = 7; /* planted */
    pointer[4] = 7; /* the same place */
    svm[1025] = 3;  /* planted: it never was mapped */
    map_svm(world, (void *)svm, CL_MAP_READ | CL_MAP_WRITE, CL_TRUE);
    assert_int_equal(svm[1025], 3); /* it was let through */
    svm[0] = 4;
    unmap_svm(world, (void *)svm);
    assert_int_equal(svm[2], 0); /* planted */
    ok(clReleaseMemObject(mem));
    clSVMFree(world->context, (void *)svm);
}

static void use_mapped(const struct world *world, cl_kernel iota, cl_kernel twice)
{
    cl_mem x = world_buffer(world, BYTES), y = world_buffer(world, BYTES); /* buffers 1, 2 */
    int *svm = clSVMAlloc(world->context, CL_MEM_READ_WRITE, BYTES, 0);    /* svm 1 */
    char host[64] = {0}, *pointer;
    cl_command_buffer_khr recorded = record(world, twice, x, y);

    run_on(world, iota, x);
    pointer = map(world, x, CL_MAP_READ, 0, 64);
    ok(clSetKernelArg(twice, 1, ARG(y)));
    run_on(world, twice, x); /* right: read while mapped for reading */
    ok(clEnqueueWriteBuffer(world->queue, x, CL_TRUE, 64, 64, host, 0, NULL, NULL)); /* beside */
    run_on(world, iota, x);                                                          /* planted */
    run_recorded(world, recorded);                                                   /* planted */
    ok(clEnqueueWriteBuffer(world->queue, x, CL_TRUE, 32, 64, host, 0, NULL, NULL)); /* planted */
    unmap(world, x, pointer);
    pointer = map(world, x, CL_MAP_WRITE, 128, 64);
    run_on(world, twice, x);                                                         /* planted */
    ok(clEnqueueReadBuffer(world->queue, x, CL_TRUE, 100, 64, host, 0, NULL, NULL)); /* planted */
    ok(clEnqueueReadBuffer(world->queue, x, CL_TRUE, 0, 64, host, 0, NULL, NULL));   /* beside */
    unmap(world, x, pointer);
    map_svm(world, svm, CL_MAP_WRITE, CL_TRUE);
    ok(clSetKernelArgSVMPointer(iota, 0, svm + 100));
    world_run(world, iota, 1); /* planted */
    ok(clFinish(world->queue));
    unmap_svm(world, svm);
    ok(FUNCTION(world, clReleaseCommandBufferKHR)(recorded));
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
    clSVMFree(world->context, svm);
}

static void forget_unmap(const struct world *world)
{
    cl_mem mem = world_buffer(world, BYTES), part; /* buffer 3 */
    const cl_buffer_region region = {4096, 4096};
    void *svm = clSVMAlloc(world->context, CL_MEM_READ_WRITE, BYTES, 0); /* svm 2 */
    cl_int error;

    part = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
    ok(error);
    (void)map(world, part, CL_MAP_WRITE, 16, 16);
    ok(clReleaseMemObject(part)); /* planted */
    ok(clReleaseMemObject(mem));
    map_svm(world, svm, CL_MAP_WRITE, CL_TRUE);
    ok(clFinish(world->queue));
    clSVMFree(world->context, svm);    /* planted */
    left = world_buffer(world, BYTES); /* buffer 4 */
    (void)map(world, left, CL_MAP_WRITE, 0, BYTES);
}

/* Rows 0 and 1 of the left half are mapped. */
static void use_mapped_image(const struct world *world, bool planted)
{
    const cl_image_format format = {CL_R, CL_UNSIGNED_INT8};
    const cl_image_desc desc = {
        .image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 64, .image_height = 16};
    const size_t none[3] = {0, 0, 0}, half[3] = {32, 2, 1}, corner[3] = {31, 1, 0};
    const size_t right[3] = {32, 0, 0}, one[3] = {1, 1, 1}, all[3] = {32, 16, 1};
    const cl_uint color[4] = {1, 1, 1, 1};
    cl_int error;
    cl_mem image = clCreateImage(world->context, 0, &format, &desc, NULL, &error);
    char host[512], *pointer;
    size_t pitch;

    ok(error);
    ok(clEnqueueFillImage(world->queue, image, color, right, all, 0, NULL, NULL));
    pointer = clEnqueueMapImage(world->queue, image, CL_TRUE, CL_MAP_WRITE, none, half, &pitch,
                                NULL, 0, NULL, NULL, &error);
    ok(error);
    memset(pointer, 1, 32);
    memset(pointer + pitch, 1, 32);
    ok(clEnqueueReadImage(world->queue, image, CL_TRUE, right, all, 0, 0, host, 0, NULL, NULL));
    ok(clEnqueueWriteImage(world->queue, image, CL_TRUE, right, all, 0, 0, host, 0, NULL, NULL));
    if (planted)
        ok(clEnqueueWriteImage(world->queue, image, CL_TRUE, corner, one, 0, 0, host, 0, NULL,
                               NULL));
    unmap(world, image, pointer);
    ok(clEnqueueReadImage(world->queue, image, CL_TRUE, none, half, 0, 0, host, 0, NULL, NULL));
    ok(clReleaseMemObject(image));
}

/* Brought to the host it is as little the program's as elsewhere. */
static void touch_migrated(const struct world *world)
{
    cl_mem mem = world_buffer(world, BYTES); /* buffer 7 */
    volatile char *pointer = map(world, mem, CL_MAP_WRITE, 0, 64);

    unmap(world, mem, (void *)pointer);
    ok(clEnqueueMigrateMemObjects(world->queue, 1, &mem, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL,
                                  NULL));
    ok(clFinish(world->queue));
    pointer[5] = 1; /* planted */
    ok(clReleaseMemObject(mem));
}

static void leave_context(const struct world *world)
{
    struct world other = *world;
    cl_int error;
    void *svm;

    other.context = clCreateContext(NULL, 1, &world->device, NULL, NULL, &error);
    ok(error);
    other.queue = clCreateCommandQueue(other.context, world->device, 0, &error);
    ok(error);
    svm = clSVMAlloc(other.context, CL_MEM_READ_WRITE, BYTES, 0); /* svm 3 */
    map_svm(&other, svm, CL_MAP_READ | CL_MAP_WRITE, CL_TRUE);
    ok(clEnqueueSVMUnmap(other.queue, (char *)svm + 64, 0, NULL, NULL)); /* planted */
    ok(clFinish(other.queue));
    world_close(&other); /* planted */
}

static void read_unwritten(const struct world *world, cl_kernel twice)
{
    cl_mem x = world_buffer(world, BYTES), y = world_buffer(world, BYTES); /* buffers 5, 6 */
    char host[256] = {0};
    void *pointer;

    ok(clEnqueueReadBuffer(world->queue, x, CL_TRUE, 0, 64, host, 0, NULL, NULL)); /* planted */
    ok(clSetKernelArg(twice, 1, ARG(y)));
    run_on(world, twice, x); /* planted: nothing is in x */
    ok(clEnqueueReadBuffer(world->queue, y, CL_TRUE, 0, 64, host, 0, NULL, NULL)); /* right */
    ok(clEnqueueWriteBuffer(world->queue, x, CL_TRUE, 0, 64, host, 0, NULL, NULL));
    pointer = map(world, x, CL_MAP_READ, 32, 64); /* planted: half of it was written */
    unmap(world, x, pointer);
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
}

static void planted(const struct world *world, cl_kernel iota, cl_kernel twice)
{
    touch_unmapped(world);
    use_mapped(world, iota, twice);
    forget_unmap(world);
    read_unwritten(world, twice);
    touch_migrated(world);
    use_mapped_image(world, true);
    leave_context(world);
}

/* Everything that is near to a misuse, and right. */
static void clean(const struct world *world, cl_kernel iota, cl_kernel twice)
{
    const cl_svm_mem_flags fine = CL_MEM_SVM_FINE_GRAIN_BUFFER;
    int *svm = clSVMAlloc(world->context, CL_MEM_READ_WRITE, BYTES, 0), own[2048] = {0}, *pointer;
    int *both = clSVMAlloc(world->context, CL_MEM_READ_WRITE | fine, BYTES, 0), *again, got[16];
    cl_mem x = world_buffer(world, BYTES), y = world_buffer(world, BYTES), over;
    cl_command_buffer_khr recorded = record(world, twice, x, y);
    const size_t from[3] = {0, 1, 0}, size[3] = {16, 2, 1};
    cl_int error;

    run_recorded(world, recorded);
    pointer = map(world, y, CL_MAP_READ, 0, BYTES);
    assert_int_equal(pointer[2047], 6);
    unmap(world, y, pointer);
    ok(FUNCTION(world, clReleaseCommandBufferKHR)(recorded));
    pointer = map(world, x, CL_MAP_WRITE_INVALIDATE_REGION, 0, BYTES);
    memset(pointer, 1, BYTES);
    unmap(world, x, pointer);
    ok(clSetKernelArg(twice, 1, ARG(y)));
    run_on(world, twice, x);
    pointer = map(world, y, CL_MAP_READ, 0, BYTES);
    again = map(world, y, CL_MAP_READ, 64, 64);
    assert_int_equal(pointer[16], 0x02020202);
    unmap(world, y, pointer);
    assert_int_equal(again[0], 0x02020202); /* the other mapping is there */
    unmap(world, y, again);
    ok(clEnqueueReadBufferRect(world->queue, y, CL_TRUE, from, from, size, 64, 0, 16, 0, got, 0,
                               NULL, NULL));
    map_svm(world, svm, CL_MAP_WRITE, CL_FALSE);
    ok(clFinish(world->queue));
    memset(svm, 0, BYTES);
    unmap_svm(world, svm);
    ok(clSetKernelArgSVMPointer(iota, 0, svm));
    world_run(world, iota, 16);
    ok(clEnqueueSVMMemcpy(world->queue, CL_TRUE, got, svm, sizeof got, 0, NULL, NULL));
    assert_int_equal(got[15], 15);
    ok(clSetKernelArgSVMPointer(iota, 0, both));
    both[20] = 5;
    world_run(world, iota, 16);
    ok(clFinish(world->queue));
    assert_int_equal(both[15] + both[20], 20);
    over = clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR, BYTES, own, &error);
    ok(error);
    run_on(world, iota, over);
    pointer = map(world, over, CL_MAP_READ, 0, BYTES);
    assert_int_equal(pointer[2047], 2047);
    unmap(world, over, pointer);
    use_mapped_image(world, false);
    ok(clReleaseMemObject(over));
    ok(clReleaseMemObject(x));
    ok(clReleaseMemObject(y));
    clSVMFree(world->context, svm);
    clSVMFree(world->context, both);
}

static void program(void **state)
{
    struct world *world = *state;
    cl_kernel iota = world_kernel(world, source, "iota");
    cl_kernel twice = world_kernel(world, source, "twice");

    (strcmp(self, "clean") == 0 ? clean : planted)(world, iota, twice);
    ok(clReleaseKernel(iota));
    ok(clReleaseKernel(twice));
}

/* ---- reading what they print ----------------------------------------------------------------- */

struct output {
    char lines[LINES_MAX][512]; /* behind "check: " */
    unsigned count;
};

/* The program again; it has to succeed. */
static void run_again(const char *name, const char *settings, struct output *output_out)
{
    char command[8192], line[1024];
    FILE *pipe;

    output_out->count = 0;
    snprintf(command, sizeof command, "%s '%s' %s 2>&1 >/dev/null", settings, self, name);
    pipe = popen(command, "re");
    assert_non_null(pipe);
    while (fgets(line, sizeof line, pipe)) {
        const char *check = strstr(line, "check: ");

        if (check && output_out->count < LINES_MAX)
            snprintf(output_out->lines[output_out->count++], sizeof output_out->lines[0], "%s",
                     check + strlen("check: "));
    }
    assert_int_equal(pclose(pipe), 0);
}

/* A line is right if it has the parts of the pattern, which '*' separates, in order. */
static bool has_parts(const char *line, const char *pattern)
{
    while (*pattern) {
        char part[256];
        size_t length = strcspn(pattern, "*");

        snprintf(part, sizeof part, "%.*s", (int)length, pattern);
        line = strstr(line, part);
        if (!line)
            return false;
        line += length;
        pattern += length + (pattern[length] == '*');
    }
    return true;
}

static void each_planted_misuse_is_found_once(void **state)
{
    static const char *const expected[] = {
        "the program wrote byte 4108 of buffer 0 *not mapped (since clEnqueueUnmapMemObject)",
        "the program wrote byte 4100 of svm 0 *not mapped (it never was)",
        "the program read byte 8 of svm 0 *not mapped (since clEnqueueSVMUnmap)",
        "kernel 'iota' may write bytes 0 to 8191 of buffer 1, *bytes 0 to 63 *for reading",
        "clEnqueueFillBuffer may write bytes 0 to 8191 of buffer 1, *bytes 0 to 63 *for reading",
        "clEnqueueWriteBuffer may write bytes 32 to 95 of buffer 1, *bytes 0 to 63 *for reading",
        "kernel 'twice' may read bytes 0 to 8191 of buffer 1, *bytes 128 to 191 *for writing",
        "clEnqueueReadBuffer may read bytes 100 to 163 of buffer 1, *bytes 128 to 191 *for writing",
        "kernel 'iota' may write bytes 0 to 8191 of svm 1, *bytes 0 to 8191 *for writing",
        "clReleaseMemObject: buffer 3 is still mapped for writing from byte 4112 on",
        "clSVMFree: svm 2 is still mapped for writing from byte 0 on",
        "clEnqueueReadBuffer reads bytes 0 to 63 of buffer 5, *any of them",
        "kernel 'twice' reads bytes 0 to 8191 of buffer 5, *any of them",
        "clEnqueueMapBuffer reads bytes 32 to 95 of buffer 5, *byte 64",
        "the program wrote byte 5 of buffer 7 *not mapped (since clEnqueueUnmapMemObject)",
        "clEnqueueWriteImage may write bytes 95 to 95 of image 8, *bytes 0 to 95 *for writing",
        "clEnqueueSVMUnmap: svm 3 is not mapped at 0x",
        "clReleaseContext: svm 3 is still mapped for writing from byte 0 on",
        "at the end: buffer 4 is still mapped for writing from byte 0 on",
        "19 found: 5 touches of what is not mapped, 7 uses of what is mapped, 4 never unmapped, "
        "3 reads of what no one wrote",
    };
    struct output output;

    (void)state;
    run_again("planted", "HUM_CL_CHECK=1", &output);
    for (unsigned i = 0; i < output.count && i < COUNT_OF(expected); i++)
        if (!has_parts(output.lines[i], expected[i]))
            fail_msg("line %u is not as expected (%s): %s", i, expected[i], output.lines[i]);
    assert_int_equal(output.count, COUNT_OF(expected));
}

static void a_clean_program_is_found_clean(void **state)
{
    struct output output;

    (void)state;
    run_again("clean", "HUM_CL_CHECK=1", &output);
    for (unsigned i = 0; i + 1 < output.count; i++)
        fail_msg("found: %s", output.lines[i]);
    assert_int_equal(output.count, 1);
    assert_true(has_parts(output.lines[0], "0 found: "));
}

static void nothing_is_said_where_nothing_is_sought(void **state)
{
    struct output output;

    (void)state;
    run_again("planted", "HUM_CL_CHECK=0", &output);
    assert_int_equal(output.count, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest again[] = {cmocka_unit_test(program)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_planted_misuse_is_found_once),
        cmocka_unit_test(a_clean_program_is_found_clean),
        cmocka_unit_test(nothing_is_said_where_nothing_is_sought),
    };

    self = argv[argc - 1];
    if (argc > 1)
        return cmocka_run_group_tests(again, world_setup, world_teardown);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
