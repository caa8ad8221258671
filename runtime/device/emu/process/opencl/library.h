/* SPDX-License-Identifier: MIT */
/*
 * library.h - the OpenCL library, found at run time: nothing is linked, so that a machine without
 * it runs everything else.
 *
 * The members of `humi_cl` are the functions of the names behind "cl".  Valid after open() gave
 * HUM_OK; fixed from then on.
 */
#ifndef HUMI_DEVICE_EMU_PROCESS_OPENCL_LIBRARY_H
#define HUMI_DEVICE_EMU_PROCESS_OPENCL_LIBRARY_H

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <hum/hum.h>

#define HUMI_CL_FUNCTIONS(X)                                                                       \
    X(BuildProgram)                                                                                \
    X(CreateCommandQueueWithProperties)                                                            \
    X(CreateContext)                                                                               \
    X(CreateKernel)                                                                                \
    X(CreateProgramWithIL)                                                                         \
    X(CreateProgramWithSource)                                                                     \
    X(CreateSubDevices)                                                                            \
    X(EnqueueNDRangeKernel)                                                                        \
    X(EnqueueNativeKernel)                                                                         \
    X(Finish)                                                                                      \
    X(Flush)                                                                                       \
    X(GetDeviceIDs)                                                                                \
    X(GetDeviceInfo)                                                                               \
    X(GetEventInfo)                                                                                \
    X(GetKernelArgInfo)                                                                            \
    X(GetKernelInfo)                                                                               \
    X(GetKernelWorkGroupInfo)                                                                      \
    X(GetPlatformIDs)                                                                              \
    X(GetProgramBuildInfo)                                                                         \
    X(ReleaseEvent)                                                                                \
    X(ReleaseKernel)                                                                               \
    X(ReleaseProgram)                                                                              \
    X(SetKernelArg)                                                                                \
    X(SetKernelArgSVMPointer)                                                                      \
    X(WaitForEvents)

struct humi_cl_library {
#define X(name) __typeof__(&cl##name) name;
    HUMI_CL_FUNCTIONS(X)
#undef X
};
extern struct humi_cl_library humi_cl;

/* What is missing where there is no OpenCL, as an error text ends. */
#define HUMI_CL_PACKAGES "install it with: apt-get install pocl-opencl-icd ocl-icd-libopencl1"

/* HUM_ERR_UNSUPPORTED: there is none; the text names the packages. */
HUM_MUST_USE enum hum_status humi_cl_library_open(void);

#endif
