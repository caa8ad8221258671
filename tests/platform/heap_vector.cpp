// SPDX-License-Identifier: MIT
//
// heap_vector.cpp - a program in C++ that loads OpenCL by itself, after it has begun: kernels work
// on its vectors, in threads of its own.  Exit status 0: all is right; 1: it is not; 2: there is no
// system SVM.
#define CL_TARGET_OPENCL_VERSION 200
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

static const char *source = "kernel void saxpy(global float *y, global const float *x, float a)\n"
                            "{ size_t i = get_global_id(0); y[i] += a * x[i]; }\n";

static void *library;

#define CL(name) (reinterpret_cast<decltype(&name)>(dlsym(library, #name)))

static void need(cl_int error, const char *what)
{
    if (error == CL_SUCCESS)
        return;
    std::printf("%s: error %d\n", what, error);
    std::exit(2);
}

struct Device {
    cl_device_id id;
    cl_context context;
    cl_program program;

    Device()
    {
        cl_platform_id platform;
        cl_device_svm_capabilities can = 0;
        cl_int error;

        need(CL(clGetPlatformIDs)(1, &platform, nullptr), "clGetPlatformIDs");
        need(CL(clGetDeviceIDs)(platform, CL_DEVICE_TYPE_ALL, 1, &id, nullptr), "clGetDeviceIDs");
        need(CL(clGetDeviceInfo)(id, CL_DEVICE_SVM_CAPABILITIES, sizeof can, &can, nullptr),
             "clGetDeviceInfo");
        need(can & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM ? CL_SUCCESS : CL_INVALID_VALUE, "system SVM");
        context = CL(clCreateContext)(nullptr, 1, &id, nullptr, nullptr, &error);
        need(error, "clCreateContext");
        program = CL(clCreateProgramWithSource)(context, 1, &source, nullptr, &error);
        need(error, "clCreateProgramWithSource");
        need(CL(clBuildProgram)(program, 1, &id, "", nullptr, nullptr), "clBuildProgram");
    }
};

// y += a x, which grow as only vectors do.
static int add(const Device &device, float a, std::size_t count)
{
    std::vector<float> x, y;
    cl_int error;
    int wrong = 0;
    cl_command_queue queue = CL(clCreateCommandQueue)(device.context, device.id, 0, &error);
    need(error, "clCreateCommandQueue");
    cl_kernel kernel = CL(clCreateKernel)(device.program, "saxpy", &error);
    need(error, "clCreateKernel");
    for (std::size_t i = 0; i < count; i++) {
        x.push_back(static_cast<float>(i % 1000));
        y.push_back(1.0f);
    }
    need(CL(clSetKernelArgSVMPointer)(kernel, 0, y.data()), "clSetKernelArgSVMPointer");
    need(CL(clSetKernelArgSVMPointer)(kernel, 1, x.data()), "clSetKernelArgSVMPointer");
    need(CL(clSetKernelArg)(kernel, 2, sizeof a, &a), "clSetKernelArg");
    need(CL(clEnqueueNDRangeKernel)(queue, kernel, 1, nullptr, &count, nullptr, 0, nullptr, nullptr),
         "clEnqueueNDRangeKernel");
    need(CL(clFinish)(queue), "clFinish");
    for (std::size_t i = 0; i < count; i++)
        wrong += y[i] != 1.0f + a * static_cast<float>(i % 1000);
    need(CL(clReleaseKernel)(kernel), "clReleaseKernel");
    need(CL(clReleaseCommandQueue)(queue), "clReleaseCommandQueue");
    return wrong;
}

int main()
{
    // Made before there is a space, and used and freed with one.
    auto early = std::make_unique<std::vector<std::string>>(100, std::string(50, 'x'));
    int wrong[3] = {};
    std::vector<std::thread> threads;

    library = dlopen("libOpenCL.so.1", RTLD_NOW);
    need(library ? CL_SUCCESS : CL_INVALID_VALUE, "libOpenCL.so.1");
    const Device device;
    for (auto &text : *early)
        text += text;
    for (int i = 0; i < 3; i++)
        threads.emplace_back([&device, &wrong, i] {
            wrong[i] = add(device, 2.0f + static_cast<float>(i), std::size_t{1000} << 4 * i);
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("%d, %d and %d are wrong\n", wrong[0], wrong[1], wrong[2]);
    return wrong[0] || wrong[1] || wrong[2] || early->back().size() != 100;
}
