/* SPDX-License-Identifier: MIT */
/*
 * entries.h - the functions that programs call, one for each entry of the loader's table.
 *
 * clCreateBuffer is humi_clCreateBuffer here, so that no call inside the platform takes the way
 * through the loader.  Their contracts are those of the OpenCL specification.
 */
#ifndef HUMI_PLATFORM_ENTRIES_H
#define HUMI_PLATFORM_ENTRIES_H

#include "platform/opencl.h"

/* X(name behind "cl") */
#define HUMI_ENTRIES(X)                       \
    X(GetPlatformIDs)                         \
    X(GetPlatformInfo)                        \
    X(GetDeviceIDs)                           \
    X(GetDeviceInfo)                          \
    X(CreateContext)                          \
    X(CreateContextFromType)                  \
    X(RetainContext)                          \
    X(ReleaseContext)                         \
    X(GetContextInfo)                         \
    X(CreateCommandQueue)                     \
    X(RetainCommandQueue)                     \
    X(ReleaseCommandQueue)                    \
    X(GetCommandQueueInfo)                    \
    X(SetCommandQueueProperty)                \
    X(CreateBuffer)                           \
    X(CreateImage2D)                          \
    X(CreateImage3D)                          \
    X(RetainMemObject)                        \
    X(ReleaseMemObject)                       \
    X(GetSupportedImageFormats)               \
    X(GetMemObjectInfo)                       \
    X(GetImageInfo)                           \
    X(CreateSampler)                          \
    X(RetainSampler)                          \
    X(ReleaseSampler)                         \
    X(GetSamplerInfo)                         \
    X(CreateProgramWithSource)                \
    X(CreateProgramWithBinary)                \
    X(RetainProgram)                          \
    X(ReleaseProgram)                         \
    X(BuildProgram)                           \
    X(UnloadCompiler)                         \
    X(GetProgramInfo)                         \
    X(GetProgramBuildInfo)                    \
    X(CreateKernel)                           \
    X(CreateKernelsInProgram)                 \
    X(RetainKernel)                           \
    X(ReleaseKernel)                          \
    X(SetKernelArg)                           \
    X(GetKernelInfo)                          \
    X(GetKernelWorkGroupInfo)                 \
    X(WaitForEvents)                          \
    X(GetEventInfo)                           \
    X(RetainEvent)                            \
    X(ReleaseEvent)                           \
    X(GetEventProfilingInfo)                  \
    X(Flush)                                  \
    X(Finish)                                 \
    X(EnqueueReadBuffer)                      \
    X(EnqueueWriteBuffer)                     \
    X(EnqueueCopyBuffer)                      \
    X(EnqueueReadImage)                       \
    X(EnqueueWriteImage)                      \
    X(EnqueueCopyImage)                       \
    X(EnqueueCopyImageToBuffer)               \
    X(EnqueueCopyBufferToImage)               \
    X(EnqueueMapBuffer)                       \
    X(EnqueueMapImage)                        \
    X(EnqueueUnmapMemObject)                  \
    X(EnqueueNDRangeKernel)                   \
    X(EnqueueTask)                            \
    X(EnqueueNativeKernel)                    \
    X(EnqueueMarker)                          \
    X(EnqueueWaitForEvents)                   \
    X(EnqueueBarrier)                         \
    X(GetExtensionFunctionAddress)            \
    X(CreateFromGLBuffer)                     \
    X(CreateFromGLTexture2D)                  \
    X(CreateFromGLTexture3D)                  \
    X(CreateFromGLRenderbuffer)               \
    X(GetGLObjectInfo)                        \
    X(GetGLTextureInfo)                       \
    X(EnqueueAcquireGLObjects)                \
    X(EnqueueReleaseGLObjects)                \
    X(GetGLContextInfoKHR)                    \
    X(SetEventCallback)                       \
    X(CreateSubBuffer)                        \
    X(SetMemObjectDestructorCallback)         \
    X(CreateUserEvent)                        \
    X(SetUserEventStatus)                     \
    X(EnqueueReadBufferRect)                  \
    X(EnqueueWriteBufferRect)                 \
    X(EnqueueCopyBufferRect)                  \
    X(CreateSubDevicesEXT)                    \
    X(RetainDeviceEXT)                        \
    X(ReleaseDeviceEXT)                       \
    X(CreateEventFromGLsyncKHR)               \
    X(CreateSubDevices)                       \
    X(RetainDevice)                           \
    X(ReleaseDevice)                          \
    X(CreateImage)                            \
    X(CreateProgramWithBuiltInKernels)        \
    X(CompileProgram)                         \
    X(LinkProgram)                            \
    X(UnloadPlatformCompiler)                 \
    X(GetKernelArgInfo)                       \
    X(EnqueueFillBuffer)                      \
    X(EnqueueFillImage)                       \
    X(EnqueueMigrateMemObjects)               \
    X(EnqueueMarkerWithWaitList)              \
    X(EnqueueBarrierWithWaitList)             \
    X(GetExtensionFunctionAddressForPlatform) \
    X(CreateFromGLTexture)                    \
    X(CreateCommandQueueWithProperties)       \
    X(CreatePipe)                             \
    X(GetPipeInfo)                            \
    X(SVMAlloc)                               \
    X(SVMFree)                                \
    X(EnqueueSVMFree)                         \
    X(EnqueueSVMMemcpy)                       \
    X(EnqueueSVMMemFill)                      \
    X(EnqueueSVMMap)                          \
    X(EnqueueSVMUnmap)                        \
    X(CreateSamplerWithProperties)            \
    X(SetKernelArgSVMPointer)                 \
    X(SetKernelExecInfo)                      \
    X(GetKernelSubGroupInfoKHR)               \
    X(CloneKernel)                            \
    X(CreateProgramWithIL)                    \
    X(EnqueueSVMMigrateMem)                   \
    X(GetDeviceAndHostTimer)                  \
    X(GetHostTimer)                           \
    X(GetKernelSubGroupInfo)                  \
    X(SetDefaultDeviceCommandQueue)           \
    X(SetProgramReleaseCallback)              \
    X(SetProgramSpecializationConstant)       \
    X(CreateBufferWithProperties)             \
    X(CreateImageWithProperties)              \
    X(SetContextDestructorCallback)

#define X(name) extern __typeof__(*(cl_api_cl##name)NULL) humi_cl##name;
HUMI_ENTRIES(X)
#undef X

extern const cl_icd_dispatch humi_dispatch;

#endif
