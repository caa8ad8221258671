/* SPDX-License-Identifier: MIT */
/*
 * errors.c - the code that the specification names for each misuse: a row a misuse, a test a noun.
 * Where implementations may choose, the test leaves it out.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/world.h"

static const char source[] =
    "kernel void every(global int *p, local int *l, int4 v, int n) { p[n] = l[0] + v.x; }\n"
    "kernel void none(void) {}\n"
    "kernel void eight(global int *p) { p[0] = 1; }\n";

static const void *NOTHING; /* NULL, unknown to the compiler */

static void platforms_and_devices(void **state)
{
    struct world *world = *state;
    cl_device_id device;
    cl_uint count;
    size_t size;
    char text[4];

    gives(CL_INVALID_VALUE, clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_ALL, 0, &device, NULL));
    gives(CL_INVALID_VALUE, clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_ALL, 1, NULL, NULL));
    gives(CL_INVALID_DEVICE_TYPE, clGetDeviceIDs(world->platform, 1 << 20, 1, &device, &count));
    gives(CL_DEVICE_NOT_FOUND,
          clGetDeviceIDs(world->platform, CL_DEVICE_TYPE_ACCELERATOR, 1, &device, &count));
    gives(CL_INVALID_VALUE, clGetPlatformInfo(world->platform, 0x7777, 4, text, &size));
    gives(CL_INVALID_VALUE, clGetPlatformInfo(world->platform, CL_PLATFORM_NAME, 2, text, &size));
    gives(CL_INVALID_VALUE, clGetDeviceInfo(world->device, 0x7777, 4, text, &size));
    gives(CL_INVALID_VALUE, clGetDeviceInfo(world->device, CL_DEVICE_TYPE, 4, text, &size));
    gives(CL_INVALID_VALUE,
          clCreateSubDevices(world->device, (cl_device_partition_property[]){0x7777, 1, 0}, 1,
                             &device, &count));
    ok(clRetainDevice(world->device));
    ok(clReleaseDevice(world->device));
}

static void contexts(void **state)
{
    struct world *world = *state;
    const cl_context_properties twice[] = {
        CL_CONTEXT_PLATFORM, (cl_context_properties)world->platform, CL_CONTEXT_PLATFORM,
        (cl_context_properties)world->platform, 0};
    const cl_context_properties unknown[] = {0x7777, 1, 0};
    int any;

    refuses(CL_INVALID_VALUE, clCreateContext(NULL, 1, &world->device, NULL, &any, &error));
    refuses(CL_INVALID_PROPERTY, clCreateContext(unknown, 1, &world->device, NULL, NULL, &error));
    refuses(CL_INVALID_PROPERTY, clCreateContext(twice, 1, &world->device, NULL, NULL, &error));
    refuses(CL_DEVICE_NOT_FOUND,
            clCreateContextFromType(
                (cl_context_properties[]){CL_CONTEXT_PLATFORM,
                                          (cl_context_properties)world->platform, 0},
                CL_DEVICE_TYPE_ACCELERATOR, NULL, NULL, &error));
    gives(CL_INVALID_VALUE, clGetContextInfo(world->context, 0x7777, 0, NULL, NULL));
    gives(CL_INVALID_CONTEXT, clReleaseContext(NULL));
    gives(CL_INVALID_CONTEXT, clRetainContext((cl_context)world->queue));
}

static void queues(void **state)
{
    struct world *world = *state;
    const cl_queue_properties unknown[] = {0x7777, 0, 0};
    const cl_queue_properties device[] = {
        CL_QUEUE_PROPERTIES, CL_QUEUE_ON_DEVICE | CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
    cl_uint size;

    refuses(CL_INVALID_VALUE, clCreateCommandQueue(world->context, world->device, 1 << 20, &error));
    refuses(CL_INVALID_DEVICE,
            clCreateCommandQueue(world->context, (cl_device_id)NOTHING, 0, &error));
    refuses(CL_INVALID_VALUE,
            clCreateCommandQueueWithProperties(world->context, world->device, unknown, &error));
    refuses(CL_INVALID_QUEUE_PROPERTIES,
            clCreateCommandQueueWithProperties(world->context, world->device, device, &error));
    gives(CL_INVALID_COMMAND_QUEUE,
          clGetCommandQueueInfo(world->queue, CL_QUEUE_SIZE, 4, &size, NULL));
    gives(CL_INVALID_VALUE, clGetCommandQueueInfo(world->queue, 0x7777, 4, &size, NULL));
    gives(CL_INVALID_COMMAND_QUEUE, clFinish((cl_command_queue)world->context));
    gives(CL_INVALID_COMMAND_QUEUE, clFlush(NULL));
}

static void buffers(void **state)
{
    struct world *world = *state;
    cl_mem mem = world_buffer(world, 4096), read_only;
    const cl_buffer_region outside = {2048, 4096}, unaligned = {1, 64}, empty = {0, 0};
    cl_int code;
    char host[64];

    refuses(CL_INVALID_BUFFER_SIZE, clCreateBuffer(world->context, 0, 0, NULL, &error));
    refuses(CL_INVALID_VALUE,
            clCreateBuffer(world->context, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, 64, NULL, &error));
    refuses(CL_INVALID_VALUE, clCreateBuffer(world->context, 1u << 30, 64, NULL, &error));
    refuses(CL_INVALID_VALUE,
            clCreateBuffer(world->context, CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR, 64, host,
                           &error));
    refuses(CL_INVALID_HOST_PTR,
            clCreateBuffer(world->context, CL_MEM_COPY_HOST_PTR, 64, NULL, &error));
    refuses(CL_INVALID_HOST_PTR, clCreateBuffer(world->context, 0, 64, host, &error));
    refuses(CL_INVALID_VALUE,
            clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &outside, &error));
    refuses(CL_INVALID_BUFFER_SIZE,
            clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &empty, &error));
    refuses(CL_MISALIGNED_SUB_BUFFER_OFFSET,
            clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &unaligned, &error));
    refuses(CL_INVALID_VALUE, clCreateSubBuffer(mem, 0, 0x7777, &outside, &error));
    read_only = clCreateBuffer(world->context, CL_MEM_HOST_READ_ONLY, 64, NULL, &code);
    ok(code);
    gives(CL_INVALID_OPERATION,
          clEnqueueWriteBuffer(world->queue, read_only, CL_TRUE, 0, 64, host, 0, NULL, NULL));
    refuses(CL_INVALID_OPERATION, clEnqueueMapBuffer(world->queue, read_only, CL_TRUE, CL_MAP_WRITE,
                                                     0, 64, 0, NULL, NULL, &error));
    gives(CL_INVALID_VALUE, clGetMemObjectInfo(mem, 0x7777, 0, NULL, NULL));
    gives(CL_INVALID_MEM_OBJECT, clGetImageInfo(mem, CL_IMAGE_WIDTH, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clSetMemObjectDestructorCallback(mem, NULL, NULL));
    ok(clReleaseMemObject(read_only));
    ok(clReleaseMemObject(mem));
}

static void transfers(void **state)
{
    struct world *world = *state;
    cl_command_queue q = world->queue;
    cl_mem mem = world_buffer(world, 4096);
    const size_t zero[3] = {0}, one[3] = {1, 1, 1}, far[3] = {4096, 0, 0}, none[3] = {4, 0, 1};
    cl_event event = NULL;
    char host[4096];
    void *mapped;
    cl_int code;

    gives(CL_INVALID_VALUE, clEnqueueReadBuffer(q, mem, CL_TRUE, 4000, 97, host, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueReadBuffer(q, mem, CL_TRUE, 0, 64, NULL, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueWriteBuffer(q, mem, CL_TRUE, 4097, 1, host, 0, NULL, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST,
          clEnqueueReadBuffer(q, mem, CL_TRUE, 0, 64, host, 1, NULL, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST,
          clEnqueueReadBuffer(q, mem, CL_TRUE, 0, 64, host, 0, &event, NULL));
    gives(CL_INVALID_EVENT_WAIT_LIST,
          clEnqueueReadBuffer(q, mem, CL_TRUE, 0, 64, host, 1, &event, NULL));
    gives(CL_MEM_COPY_OVERLAP, clEnqueueCopyBuffer(q, mem, mem, 0, 32, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueCopyBuffer(q, mem, mem, 4000, 0, 97, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueFillBuffer(q, mem, host, 3, 0, 96, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueFillBuffer(q, mem, host, 4, 2, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueFillBuffer(q, mem, NULL, 4, 0, 64, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueReadBufferRect(q, mem, CL_TRUE, far, zero, one, 0, 0, 0, 0,
                                                    host, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueWriteBufferRect(q, mem, CL_TRUE, zero, zero, none, 0, 0, 0, 0,
                                                     host, 0, NULL, NULL));
    gives(CL_INVALID_VALUE,
          clEnqueueWriteBufferRect(q, mem, CL_TRUE, zero, zero, (size_t[3]){8, 2, 1}, 4, 0, 0, 0,
                                   host, 0, NULL, NULL));
    gives(CL_MEM_COPY_OVERLAP,
          clEnqueueCopyBufferRect(q, mem, mem, zero, (size_t[3]){1, 1, 0}, (size_t[3]){8, 4, 1}, 16,
                                  0, 16, 0, 0, NULL, NULL));
    refuses(CL_INVALID_VALUE,
            clEnqueueMapBuffer(q, mem, CL_TRUE, CL_MAP_READ, 4000, 97, 0, NULL, NULL, &error));
    refuses(CL_INVALID_VALUE,
            clEnqueueMapBuffer(q, mem, CL_TRUE, 1 << 20, 0, 64, 0, NULL, NULL, &error));
    gives(CL_INVALID_VALUE, clEnqueueUnmapMemObject(q, mem, host, 0, NULL, NULL));
    mapped = clEnqueueMapBuffer(q, mem, CL_TRUE, CL_MAP_READ, 0, 64, 0, NULL, NULL, &code);
    ok(code);
    ok(clEnqueueUnmapMemObject(q, mem, mapped, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueUnmapMemObject(q, mem, mapped, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueMigrateMemObjects(q, 0, NULL, 0, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clEnqueueMigrateMemObjects(q, 1, &mem, 1 << 20, 0, NULL, NULL));
    ok(clReleaseMemObject(mem));
}

static void other_contexts(void **state)
{
    struct world *world = *state, other;
    cl_mem mem;
    cl_event event;
    char host[64];

    world_open(&other);
    mem = world_buffer(&other, 64);
    ok(clEnqueueMarkerWithWaitList(other.queue, 0, NULL, &event));
    gives(CL_INVALID_CONTEXT,
          clEnqueueReadBuffer(world->queue, mem, CL_TRUE, 0, 64, host, 0, NULL, NULL));
    gives(CL_INVALID_CONTEXT, clEnqueueMarkerWithWaitList(world->queue, 1, &event, NULL));
    gives(CL_INVALID_CONTEXT, clEnqueueUnmapMemObject(world->queue, mem, host, 0, NULL, NULL));
    ok(clFinish(other.queue));
    ok(clReleaseEvent(event));
    ok(clReleaseMemObject(mem));
    world_close(&other);
}

static void events(void **state)
{
    struct world *world = *state;
    cl_event user, marker;
    cl_ulong time;
    cl_int code;

    user = clCreateUserEvent(world->context, &code);
    ok(code);
    ok(clEnqueueMarkerWithWaitList(world->queue, 0, NULL, &marker));
    gives(CL_INVALID_VALUE, clWaitForEvents(0, NULL));
    gives(CL_INVALID_VALUE, clSetUserEventStatus(user, 1));
    gives(CL_INVALID_EVENT, clSetUserEventStatus(marker, CL_COMPLETE));
    gives(CL_INVALID_VALUE, clSetEventCallback(user, CL_QUEUED, NULL, NULL));
    gives(CL_INVALID_VALUE, clGetEventInfo(user, 0x7777, 0, NULL, NULL));
    gives(CL_PROFILING_INFO_NOT_AVAILABLE,
          clGetEventProfilingInfo(user, CL_PROFILING_COMMAND_END, sizeof time, &time, NULL));
    ok(clSetUserEventStatus(user, CL_COMPLETE));
    ok(clFinish(world->queue));
    gives(CL_INVALID_VALUE, clGetEventProfilingInfo(marker, 0x7777, sizeof time, &time, NULL));
    gives(CL_INVALID_VALUE,
          clGetEventProfilingInfo(marker, CL_PROFILING_COMMAND_END, 4, &time, NULL));
    ok(clReleaseEvent(user));
    ok(clReleaseEvent(marker));
}

static void programs(void **state)
{
    struct world *world = *state;
    const char *broken = "kernel void f( { }", *good = source, *nothing = NULL;
    cl_program program;
    cl_kernel kernel;
    cl_build_status status;
    cl_int code;
    int any;

    refuses(CL_INVALID_VALUE, clCreateProgramWithSource(world->context, 0, &good, NULL, &error));
    refuses(CL_INVALID_VALUE, clCreateProgramWithSource(world->context, 1, &nothing, NULL, &error));
    program = clCreateProgramWithSource(world->context, 1, &broken, NULL, &code);
    ok(code);
    refuses(CL_INVALID_PROGRAM_EXECUTABLE, clCreateKernel(program, "f", &error));
    ok(clGetProgramBuildInfo(program, world->device, CL_PROGRAM_BUILD_STATUS, sizeof status,
                             &status, NULL));
    assert_int_equal(status, CL_BUILD_NONE);
    gives(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    ok(clGetProgramBuildInfo(program, world->device, CL_PROGRAM_BUILD_STATUS, sizeof status,
                             &status, NULL));
    assert_int_equal(status, CL_BUILD_ERROR);
    ok(clReleaseProgram(program));
    program = world_program(world, source);
    gives(CL_INVALID_VALUE, clBuildProgram(program, 1, NULL, NULL, NULL, NULL));
    gives(CL_INVALID_VALUE, clBuildProgram(program, 0, &world->device, NULL, NULL, NULL));
    gives(CL_INVALID_VALUE, clBuildProgram(program, 0, NULL, NULL, NULL, &any));
    gives(CL_INVALID_BUILD_OPTIONS,
          clBuildProgram(program, 0, NULL, "-no-such-option", NULL, NULL));
    ok(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    refuses(CL_INVALID_KERNEL_NAME, clCreateKernel(program, "nobody", &error));
    refuses(CL_INVALID_VALUE, clCreateKernel(program, NULL, &error));
    kernel = clCreateKernel(program, "none", &code);
    ok(code);
    gives(CL_INVALID_OPERATION, clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    ok(clReleaseKernel(kernel));
    ok(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    gives(CL_INVALID_VALUE, clGetProgramInfo(program, 0x7777, 0, NULL, NULL));
    ok(clReleaseProgram(program));
}

static void kernels(void **state)
{
    struct world *world = *state;
    cl_program program = world_program(world, source);
    cl_mem mem = world_buffer(world, 64), bad = (cl_mem)world->context;
    cl_kernel all = clCreateKernel(program, "every", NULL);
    const size_t one = 1, two = 2, three = 3, huge = SIZE_MAX;
    cl_int4 v = {{1, 2, 3, 4}};
    cl_int n = 0;

    gives(CL_INVALID_ARG_INDEX, clSetKernelArg(all, 4, ARG(n)));
    gives(CL_INVALID_ARG_SIZE, clSetKernelArg(all, 3, 8, &v));
    gives(CL_INVALID_ARG_SIZE, clSetKernelArg(all, 2, ARG(n)));
    gives(CL_INVALID_ARG_SIZE, clSetKernelArg(all, 0, 4, &mem));
    gives(CL_INVALID_MEM_OBJECT, clSetKernelArg(all, 0, ARG(bad)));
    gives(CL_INVALID_ARG_VALUE, clSetKernelArg(all, 3, sizeof n, NULL));
    gives(CL_INVALID_ARG_VALUE, clSetKernelArg(all, 1, ARG(n)));
    gives(CL_INVALID_ARG_SIZE, clSetKernelArg(all, 1, 0, NULL));
    ok(clSetKernelArg(all, 0, ARG(mem)));
    ok(clSetKernelArg(all, 1, 64, NULL));
    ok(clSetKernelArg(all, 2, ARG(v)));
    gives(CL_INVALID_KERNEL_ARGS,
          clEnqueueNDRangeKernel(world->queue, all, 1, NULL, &one, NULL, 0, NULL, NULL));
    ok(clSetKernelArg(all, 3, ARG(n)));
    gives(CL_INVALID_WORK_DIMENSION,
          clEnqueueNDRangeKernel(world->queue, all, 4, NULL, &one, NULL, 0, NULL, NULL));
    gives(CL_INVALID_WORK_DIMENSION,
          clEnqueueNDRangeKernel(world->queue, all, 0, NULL, &one, NULL, 0, NULL, NULL));
    gives(CL_INVALID_GLOBAL_OFFSET,
          clEnqueueNDRangeKernel(world->queue, all, 1, &huge, &two, NULL, 0, NULL, NULL));
    gives(CL_INVALID_WORK_GROUP_SIZE,
          clEnqueueNDRangeKernel(world->queue, all, 1, NULL, &three, &two, 0, NULL, NULL));
    gives(CL_INVALID_KERNEL, clEnqueueNDRangeKernel(world->queue, (cl_kernel)world->context, 1,
                                                    NULL, &one, NULL, 0, NULL, NULL));
    gives(CL_INVALID_VALUE, clGetKernelInfo(all, 0x7777, 0, NULL, NULL));
    gives(CL_INVALID_ARG_INDEX, clGetKernelArgInfo(all, 9, CL_KERNEL_ARG_NAME, 0, NULL, NULL));
    ok(clEnqueueNDRangeKernel(world->queue, all, 1, NULL, &one, NULL, 0, NULL, NULL));
    ok(clFinish(world->queue));
    ok(clReleaseKernel(all));
    ok(clReleaseProgram(program));
    ok(clReleaseMemObject(mem));
}

static void samplers(void **state)
{
    struct world *world = *state;

    refuses(CL_INVALID_VALUE,
            clCreateSampler(world->context, 7, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &error));
    refuses(CL_INVALID_VALUE,
            clCreateSampler(world->context, CL_TRUE, 0x7777, CL_FILTER_NEAREST, &error));
    refuses(CL_INVALID_VALUE,
            clCreateSampler(world->context, CL_TRUE, CL_ADDRESS_CLAMP, 0x7777, &error));
}

static void what_no_device_has(void **state)
{
    struct world *world = *state;

    gives(CL_INVALID_OPERATION,
          clEnqueueNativeKernel(world->queue, (void(CL_CALLBACK *)(void *))free, NULL, 0, 0, NULL,
                                NULL, 0, NULL, NULL));
    gives(CL_INVALID_OPERATION,
          clSetDefaultDeviceCommandQueue(world->context, world->device, world->queue));
    refuses(CL_INVALID_OPERATION, clCreatePipe(world->context, 0, 4, 4, NULL, &error));
    refuses(CL_INVALID_OPERATION, clCreateProgramWithIL(world->context, "x", 1, &error));
    refuses(CL_INVALID_VALUE,
            clCreateProgramWithBuiltInKernels(world->context, 1, &world->device, "nobody", &error));
}

/* An object that was let go, or is of another kind, is no object. */
static void handles_of_another_kind(void **state)
{
    struct world *world = *state;
    void *queue = world->queue;

    gives(CL_INVALID_CONTEXT, clRetainContext(queue));
    gives(CL_INVALID_MEM_OBJECT, clRetainMemObject(queue));
    gives(CL_INVALID_EVENT, clRetainEvent(queue));
    gives(CL_INVALID_PROGRAM, clRetainProgram(queue));
    gives(CL_INVALID_KERNEL, clRetainKernel(queue));
    gives(CL_INVALID_SAMPLER, clRetainSampler(queue));
    gives(CL_INVALID_DEVICE, clRetainDevice(queue));
    gives(CL_INVALID_COMMAND_QUEUE, clRetainCommandQueue((void *)world->context));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platforms_and_devices),
        cmocka_unit_test(contexts),
        cmocka_unit_test(queues),
        cmocka_unit_test(buffers),
        cmocka_unit_test(transfers),
        cmocka_unit_test(other_contexts),
        cmocka_unit_test(events),
        cmocka_unit_test(programs),
        cmocka_unit_test(kernels),
        cmocka_unit_test(samplers),
        cmocka_unit_test(what_no_device_has),
        cmocka_unit_test(handles_of_another_kind),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
