/* SPDX-License-Identifier: MIT */
/*
 * checked.c - a program of OpenCL that knows what is right: numbers go to the device, through some
 * kernels, and back.  Exit status 0: all are right; 1: it says how many are not; 2: no OpenCL.
 *
 *     checked [numbers]      1048576 if nobody says; 0: it only finds the device
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 4u

static const char *source =
    "kernel void next(global const uint *from, global uint *to)\n"
    "{ size_t i = get_global_id(0); to[i] = from[i] * 1664525u + 1013904223u; }\n";

static void need(cl_int error, const char *what)
{
    if (error == CL_SUCCESS)
        return;
    printf("%s: error %d\n", what, error);
    exit(2);
}

static unsigned right(unsigned number)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        number = number * 1664525u + 1013904223u;
    return number;
}

static cl_kernel build(cl_context context, cl_device_id device)
{
    cl_int error;
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &error);

    need(error, "clCreateProgramWithSource");
    need(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");
    cl_kernel kernel = clCreateKernel(program, "next", &error);
    need(error, "clCreateKernel");
    need(clReleaseProgram(program), "clReleaseProgram");
    return kernel;
}

static void compute(cl_context context, cl_device_id device, unsigned *numbers, size_t count)
{
    const size_t bytes = count * sizeof *numbers;
    cl_kernel kernel = build(context, device);
    cl_mem buffers[2];
    cl_int error;
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &error);

    need(error, "clCreateCommandQueue");
    for (unsigned i = 0; i < 2; i++) {
        buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, &error);
        need(error, "clCreateBuffer");
    }
    need(clEnqueueWriteBuffer(queue, buffers[0], CL_FALSE, 0, bytes, numbers, 0, NULL, NULL),
         "clEnqueueWriteBuffer");
    for (unsigned round = 0; round < ROUNDS; round++) {
        need(clSetKernelArg(kernel, 0, sizeof(cl_mem), &buffers[round % 2]), "clSetKernelArg");
        need(clSetKernelArg(kernel, 1, sizeof(cl_mem), &buffers[1 - round % 2]), "clSetKernelArg");
        need(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL),
             "clEnqueueNDRangeKernel");
    }
    need(clEnqueueReadBuffer(queue, buffers[ROUNDS % 2], CL_TRUE, 0, bytes, numbers, 0, NULL, NULL),
         "clEnqueueReadBuffer");
    for (unsigned i = 0; i < 2; i++)
        need(clReleaseMemObject(buffers[i]), "clReleaseMemObject");
    need(clReleaseKernel(kernel), "clReleaseKernel");
    need(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1u << 20;
    unsigned *numbers = malloc((count + 1) * sizeof *numbers), wrong = 0;
    cl_platform_id platform;
    cl_device_id device;
    cl_int error;

    need(numbers ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY, "malloc");
    need(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    need(clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL), "clGetDeviceIDs");
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    need(error, "clCreateContext");
    for (unsigned i = 0; i < count; i++)
        numbers[i] = i;
    if (count)
        compute(context, device, numbers, count);
    for (unsigned i = 0; i < count; i++)
        wrong += numbers[i] != right(i);
    printf("%u of %u numbers are wrong\n", wrong, count);
    free(numbers);
    need(clReleaseContext(context), "clReleaseContext");
    return wrong != 0;
}
