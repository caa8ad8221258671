/* SPDX-License-Identifier: MIT */
/* images.c - images: kernels that read and write them, what moves their pixels, mappings. */
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"

#define WIDTH 37u
#define HEIGHT 23u

static const char source[] =
    "constant sampler_t nearest = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | "
    "CLK_FILTER_NEAREST;\n"
    "kernel void turn(read_only image2d_t from, write_only image2d_t to)\n"
    "{ int2 at = (int2)(get_global_id(0), get_global_id(1)); int2 size = get_image_dim(from);\n"
    "  write_imageui(to, at, read_imageui(from, nearest, size - 1 - at) + 1); }\n"
    "kernel void sample(read_only image2d_t from, sampler_t s, global uint *out)\n"
    "{ out[0] = read_imageui(from, s, (int2)(-5, 0)).x; }\n";

static const cl_image_format rgba = {CL_RGBA, CL_UNSIGNED_INT8};

static cl_mem image(const struct world *world, cl_mem_flags flags, void *host)
{
    const cl_image_desc desc = {
        .image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = WIDTH, .image_height = HEIGHT};
    cl_int error;
    cl_mem mem = clCreateImage(world->context, flags, &rgba, &desc, host, &error);

    ok(error);
    return mem;
}

static void kernels_read_and_write_images(void **state)
{
    struct world *world = *state;
    cl_kernel turn = world_kernel(world, source, "turn");
    unsigned char *host = malloc(WIDTH * HEIGHT * 4), *got = malloc(WIDTH * HEIGHT * 4);
    const size_t start[3] = {0}, all[3] = {WIDTH, HEIGHT, 1};
    cl_mem from, to;

    for (unsigned i = 0; i < WIDTH * HEIGHT * 4; i++)
        host[i] = (unsigned char)(i % 251);
    from = image(world, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, host);
    to = image(world, CL_MEM_WRITE_ONLY, NULL);
    ok(clSetKernelArg(turn, 0, ARG(from)));
    ok(clSetKernelArg(turn, 1, ARG(to)));
    ok(clEnqueueNDRangeKernel(world->queue, turn, 2, NULL, all, NULL, 0, NULL, NULL));
    ok(clEnqueueReadImage(world->queue, to, CL_TRUE, start, all, 0, 0, got, 0, NULL, NULL));
    for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
        for (unsigned c = 0; c < 4; c++)
            assert_int_equal(got[i * 4 + c], host[(WIDTH * HEIGHT - 1 - i) * 4 + c] + 1);
    ok(clReleaseMemObject(from));
    ok(clReleaseMemObject(to));
    ok(clReleaseKernel(turn));
    free(host);
    free(got);
}

static void samplers_are_arguments(void **state)
{
    struct world *world = *state;
    cl_kernel sample = world_kernel(world, source, "sample");
    unsigned char host[WIDTH * HEIGHT * 4];
    cl_mem from, out = world_buffer(world, 4);
    cl_int error;
    cl_uint got;

    memset(host, 9, sizeof host);
    from = image(world, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, host);
    for (unsigned edge = 0; edge < 2; edge++) {
        cl_sampler sampler = clCreateSampler(world->context, CL_FALSE,
                                             edge ? CL_ADDRESS_CLAMP_TO_EDGE : CL_ADDRESS_CLAMP,
                                             CL_FILTER_NEAREST, &error);

        ok(error);
        ok(clSetKernelArg(sample, 0, ARG(from)));
        ok(clSetKernelArg(sample, 1, ARG(sampler)));
        ok(clSetKernelArg(sample, 2, ARG(out)));
        world_run(world, sample, 1);
        ok(clEnqueueReadBuffer(world->queue, out, CL_TRUE, 0, 4, &got, 0, NULL, NULL));
        assert_int_equal(got, edge ? 9 : 0);
        ok(clReleaseSampler(sampler));
    }
    ok(clReleaseMemObject(from));
    ok(clReleaseMemObject(out));
    ok(clReleaseKernel(sample));
}

static void pixels_are_filled_copied_and_mapped(void **state)
{
    struct world *world = *state;
    cl_mem a = image(world, CL_MEM_READ_WRITE, NULL), b = image(world, CL_MEM_READ_WRITE, NULL);
    cl_mem buffer = world_buffer(world, 4096);
    const size_t start[3] = {0}, all[3] = {WIDTH, HEIGHT, 1}, at[3] = {5, 7, 0},
                 size[3] = {8, 4, 1};
    const cl_uint zero[4] = {0}, color[4] = {1, 2, 300, 4};
    size_t row_pitch = 0;
    unsigned char *mapped, got[8 * 4 * 4];
    cl_int error;

    ok(clEnqueueFillImage(world->queue, a, zero, start, all, 0, NULL, NULL));
    ok(clEnqueueFillImage(world->queue, b, zero, start, all, 0, NULL, NULL));
    ok(clEnqueueFillImage(world->queue, a, color, at, size, 0, NULL, NULL));
    ok(clEnqueueCopyImage(world->queue, a, b, start, start, all, 0, NULL, NULL));
    ok(clEnqueueCopyImageToBuffer(world->queue, b, buffer, at, size, 64, 0, NULL, NULL));
    ok(clEnqueueReadBuffer(world->queue, buffer, CL_TRUE, 64, sizeof got, got, 0, NULL, NULL));
    for (unsigned i = 0; i < sizeof got; i++)
        assert_int_equal(got[i], i % 4 == 2 ? 255 : i % 4 + 1);
    ok(clEnqueueCopyBufferToImage(world->queue, buffer, a, 64, start, size, 0, NULL, NULL));
    mapped = clEnqueueMapImage(world->queue, a, CL_TRUE, CL_MAP_READ, start, all, &row_pitch, NULL,
                               0, NULL, NULL, &error);
    ok(error);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            bool inside = (x >= 5 && x < 13 && y >= 7 && y < 11) || (x < 8 && y < 4);

            assert_int_equal(mapped[y * row_pitch + x * 4], inside ? 1 : 0);
        }
    ok(clEnqueueUnmapMemObject(world->queue, a, mapped, 0, NULL, NULL));
    ok(clFinish(world->queue));
    ok(clReleaseMemObject(a));
    ok(clReleaseMemObject(b));
    ok(clReleaseMemObject(buffer));
}

static void images_tell_what_they_are(void **state)
{
    struct world *world = *state;
    cl_image_desc desc = {
        .image_type = CL_MEM_OBJECT_IMAGE3D, .image_width = 8, .image_height = 4, .image_depth = 2};
    cl_int error;
    cl_mem mem = clCreateImage(world->context, 0, &rgba, &desc, NULL, &error);
    size_t size;

    ok(error);
    ok(clGetImageInfo(mem, CL_IMAGE_DEPTH, sizeof size, &size, NULL));
    assert_int_equal(size, 2);
    ok(clGetImageInfo(mem, CL_IMAGE_ELEMENT_SIZE, sizeof size, &size, NULL));
    assert_int_equal(size, 4);
    ok(clGetImageInfo(mem, CL_IMAGE_SLICE_PITCH, sizeof size, &size, NULL));
    assert_true(size >= 8 * 4 * 4);
    ok(clReleaseMemObject(mem));
    desc.image_depth = 0;
    assert_null(clCreateImage(world->context, 0, &rgba, &desc, NULL, &error));
    if (world_is_hum(world)) /* others have other codes for it */
        gives(CL_INVALID_IMAGE_DESCRIPTOR, error);
    assert_null(
        clCreateImage(world->context, 0, &(cl_image_format){CL_RGBA, 1}, &desc, NULL, &error));
    if (world_is_hum(world))
        gives(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR, error);
}

/* ---- images in buffers ----------------------------------------------------------------------- */

#define PITCH ((size_t)(WIDTH + 11) * 4) /* bytes of a row, some of which are no pixels */
#define OFFSET ((size_t)4096)

static bool has_images_in_buffers(const struct world *world)
{
    char extensions[4096];

    ok(clGetDeviceInfo(world->device, CL_DEVICE_EXTENSIONS, sizeof extensions, extensions, NULL));
    return strstr(extensions, "cl_khr_image2d_from_buffer");
}

static cl_mem image_in(const struct world *world, cl_mem buffer, cl_mem_flags flags, size_t pitch,
                       cl_int *error_out)
{
    const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D,
                                .image_width = WIDTH,
                                .image_height = HEIGHT,
                                .image_row_pitch = pitch,
                                .mem_object = buffer};

    return clCreateImage(world->context, flags, &rgba, &desc, NULL, error_out);
}

/* Rows of pixels with gaps between them; what lies in the gaps stays as it was. */
static void images_lie_in_buffers(void **state)
{
    struct world *world = *state;
    const cl_buffer_region part = {OFFSET, HEIGHT * PITCH};
    const size_t start[3] = {0}, all[3] = {WIDTH, HEIGHT, 1};
    unsigned char *host, *got;
    cl_kernel turn;
    cl_mem buffers[2], parts[2], images[2], parent;
    cl_int error;
    size_t size;

    if (!has_images_in_buffers(world))
        skip();
    host = malloc(OFFSET + HEIGHT * PITCH);
    got = malloc(OFFSET + HEIGHT * PITCH);
    turn = world_kernel(world, source, "turn");
    for (size_t i = 0; i < OFFSET + HEIGHT * PITCH; i++)
        host[i] = (unsigned char)(i % 241);
    for (unsigned i = 0; i < 2; i++) {
        buffers[i] = clCreateBuffer(world->context, CL_MEM_COPY_HOST_PTR, OFFSET + HEIGHT * PITCH,
                                    host, &error);
        ok(error);
        parts[i] = clCreateSubBuffer(buffers[i], 0, CL_BUFFER_CREATE_TYPE_REGION, &part, &error);
        ok(error);
        images[i] = image_in(world, parts[i], i ? CL_MEM_WRITE_ONLY : CL_MEM_READ_ONLY, PITCH,
                             &error);
        ok(error);
        ok(clReleaseMemObject(parts[i])); /* the image holds it */
    }
    ok(clGetImageInfo(images[0], CL_IMAGE_ROW_PITCH, sizeof size, &size, NULL));
    assert_int_equal(size, PITCH);
    ok(clGetImageInfo(images[0], CL_IMAGE_BUFFER, sizeof parent, &parent, NULL));
    assert_ptr_equal(parent, parts[0]);
    ok(clSetKernelArg(turn, 0, ARG(images[0])));
    ok(clSetKernelArg(turn, 1, ARG(images[1])));
    ok(clEnqueueNDRangeKernel(world->queue, turn, 2, NULL, all, NULL, 0, NULL, NULL));
    ok(clEnqueueReadBuffer(world->queue, buffers[1], CL_TRUE, 0, OFFSET + HEIGHT * PITCH, got, 0,
                           NULL, NULL));
    assert_memory_equal(got, host, OFFSET);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < PITCH; x++) {
            size_t at = OFFSET + y * PITCH + x;
            size_t from = OFFSET + (HEIGHT - 1 - y) * PITCH + (WIDTH - 1 - x / 4) * 4 + x % 4;

            assert_int_equal(got[at], x < WIDTH * 4 ? host[from] + 1 : host[at]);
        }
    ok(clEnqueueReadImage(world->queue, images[1], CL_TRUE, start, all, 0, 0, host, 0, NULL, NULL));
    for (unsigned y = 0; y < HEIGHT; y++)
        assert_memory_equal(host + (size_t)y * WIDTH * 4, got + OFFSET + y * PITCH, WIDTH * 4);
    for (unsigned i = 0; i < 2; i++) {
        ok(clReleaseMemObject(images[i]));
        ok(clReleaseMemObject(buffers[i]));
    }
    ok(clReleaseKernel(turn));
    free(host);
    free(got);
}

static void images_in_buffers_keep_to_them(void **state)
{
    struct world *world = *state;
    cl_mem small, fits, mem;
    cl_uint pitch_align, base_align;
    cl_mem_flags flags;
    cl_int status;

    if (!world_is_hum(world))
        skip(); /* others have other codes for it */
    ok(clGetDeviceInfo(world->device, CL_DEVICE_IMAGE_PITCH_ALIGNMENT, sizeof pitch_align,
                       &pitch_align, NULL));
    ok(clGetDeviceInfo(world->device, CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, sizeof base_align,
                       &base_align, NULL));
    assert_int_equal(!pitch_align, !has_images_in_buffers(world));
    assert_int_equal(!base_align, !has_images_in_buffers(world));
    small = world_buffer(world, HEIGHT * WIDTH * 4 - 1);
    fits = clCreateBuffer(world->context, CL_MEM_READ_ONLY, HEIGHT * WIDTH * 4, NULL, &status);
    ok(status);
    refuses(CL_INVALID_IMAGE_SIZE, image_in(world, small, 0, 0, &error));
    refuses(CL_INVALID_IMAGE_DESCRIPTOR, image_in(world, fits, 0, WIDTH * 4 - 4, &error));
    refuses(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR, image_in(world, fits, 0, WIDTH * 4 + 1, &error));
    refuses(CL_INVALID_VALUE, image_in(world, fits, CL_MEM_WRITE_ONLY, 0, &error));
    mem = image_in(world, fits, 0, 0, &status);
    ok(status);
    ok(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    assert_int_equal(flags, CL_MEM_READ_ONLY); /* as the buffer */
    refuses(CL_INVALID_OPERATION, image_in(world, mem, 0, 0, &error)); /* no image in an image */
    ok(clReleaseMemObject(mem));
    ok(clReleaseMemObject(fits));
    ok(clReleaseMemObject(small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_read_and_write_images),
        cmocka_unit_test(samplers_are_arguments),
        cmocka_unit_test(pixels_are_filled_copied_and_mapped),
        cmocka_unit_test(images_tell_what_they_are),
        cmocka_unit_test(images_lie_in_buffers),
        cmocka_unit_test(images_in_buffers_keep_to_them),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
