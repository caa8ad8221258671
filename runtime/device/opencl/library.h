/* SPDX-License-Identifier: MIT */
/*
 * library.h - the OpenCL library, found at run time: nothing is linked, so that a machine without
 * it runs everything else.
 *
 * The members of `humi_cl` are the functions of the names behind "cl".  Valid after open() gave
 * HUM_OK, but for those newer than the version that was asked for, which may be NULL; fixed from
 * then on.
 * Threads: open() by any.
 */
#ifndef HUMI_DEVICE_OPENCL_LIBRARY_H
#define HUMI_DEVICE_OPENCL_LIBRARY_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <hum/hum.h>

/* X(name, since): the version of OpenCL that has it, 120 is 1.2. */
#define HUMI_CL_FUNCTIONS(X)                                                                       \
    X(BuildProgram, 100)                                                                           \
    X(CompileProgram, 120)                                                                         \
    X(CreateBuffer, 100)                                                                           \
    X(CreateCommandQueue, 100)                                                                     \
    X(CreateCommandQueueWithProperties, 200)                                                       \
    X(CreateContext, 100)                                                                          \
    X(CreateImage, 120)                                                                            \
    X(CreateKernel, 100)                                                                           \
    X(CreateProgramWithBinary, 100)                                                                \
    X(CreateProgramWithBuiltInKernels, 120)                                                        \
    X(CreateProgramWithIL, 210)                                                                    \
    X(CreateProgramWithSource, 100)                                                                \
    X(CreateSampler, 100)                                                                          \
    X(CreateSubBuffer, 110)                                                                        \
    X(CreateSubDevices, 120)                                                                       \
    X(EnqueueFillBuffer, 120)                                                                      \
    X(EnqueueMarkerWithWaitList, 120)                                                              \
    X(EnqueueNDRangeKernel, 100)                                                                   \
    X(EnqueueNativeKernel, 100)                                                                    \
    X(EnqueueReadBuffer, 100)                                                                      \
    X(EnqueueSVMMemFill, 200)                                                                      \
    X(EnqueueSVMMemcpy, 200)                                                                       \
    X(EnqueueWriteBuffer, 100)                                                                     \
    X(Finish, 100)                                                                                 \
    X(Flush, 100)                                                                                  \
    X(GetDeviceIDs, 100)                                                                           \
    X(GetDeviceInfo, 100)                                                                          \
    X(GetEventInfo, 100)                                                                           \
    X(GetEventProfilingInfo, 100)                                                                  \
    X(GetImageInfo, 100)                                                                           \
    X(GetKernelArgInfo, 120)                                                                       \
    X(GetKernelInfo, 100)                                                                          \
    X(GetKernelSubGroupInfo, 210)                                                                  \
    X(GetKernelWorkGroupInfo, 100)                                                                 \
    X(GetPlatformIDs, 100)                                                                         \
    X(GetPlatformInfo, 100)                                                                        \
    X(GetProgramBuildInfo, 100)                                                                    \
    X(GetProgramInfo, 100)                                                                         \
    X(GetSupportedImageFormats, 100)                                                               \
    X(LinkProgram, 120)                                                                            \
    X(ReleaseCommandQueue, 100)                                                                    \
    X(ReleaseContext, 100)                                                                         \
    X(ReleaseEvent, 100)                                                                           \
    X(ReleaseKernel, 100)                                                                          \
    X(ReleaseMemObject, 100)                                                                       \
    X(ReleaseProgram, 100)                                                                         \
    X(SVMAlloc, 200)                                                                               \
    X(SVMFree, 200)                                                                                \
    X(SetEventCallback, 110)                                                                       \
    X(SetKernelArg, 100)                                                                           \
    X(SetKernelArgSVMPointer, 200)                                                                 \
    X(SetKernelExecInfo, 200)                                                                      \
    X(WaitForEvents, 100)

struct humi_cl_library {
#define X(name, since) __typeof__(&cl##name) name;
    HUMI_CL_FUNCTIONS(X)
#undef X
};
extern struct humi_cl_library humi_cl;

/* What is missing where there is no OpenCL, as an error text ends. */
#define HUMI_CL_PACKAGES "install it with: apt-get install pocl-opencl-icd ocl-icd-libopencl1"

/*
 * HUM_ERR_UNSUPPORTED: there is none, or it lacks a function of this version or an older one; the
 * text names the packages.
 */
HUM_MUST_USE enum hum_status humi_cl_library_open(unsigned version);

#endif
