/* SPDX-License-Identifier: MIT */
/* device.c - finding devices; they are neither divided nor counted. */
#include "platform/device.h"

#include "base/clock.h"
#include "platform/entries.h"

cl_int CL_API_CALL humi_clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint room,
                                       cl_device_id *devices_out, cl_uint *count_out)
{
    const cl_device_type known = CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU |
                                 CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_CUSTOM |
                                 CL_DEVICE_TYPE_DEFAULT;
    bool is_default = type == CL_DEVICE_TYPE_DEFAULT;
    unsigned count;

    if (platform && platform != &humi_platform)
        return CL_INVALID_PLATFORM;
    if (type != CL_DEVICE_TYPE_ALL && (!type || (type & ~known)))
        return CL_INVALID_DEVICE_TYPE;
    if ((room == 0 && devices_out) || (!devices_out && !count_out))
        return CL_INVALID_VALUE;
    if (type != CL_DEVICE_TYPE_ALL && !(type & (CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT)))
        return CL_DEVICE_NOT_FOUND;
    count = devices_out ? humi_platform_open() : humi_platform_count();
    if (!count)
        return CL_DEVICE_NOT_FOUND;
    if (is_default)
        count = 1;
    for (unsigned i = 0; devices_out && i < count && i < room; i++)
        devices_out[i] = humi_platform_device(i);
    if (count_out)
        *count_out = count;
    return CL_SUCCESS;
}

cl_int CL_API_CALL humi_clRetainDevice(cl_device_id device)
{
    return humi_retain(device, HUMI_KIND_DEVICE, CL_INVALID_DEVICE);
}

cl_int CL_API_CALL humi_clReleaseDevice(cl_device_id device)
{
    return humi_release(device, HUMI_KIND_DEVICE, CL_INVALID_DEVICE);
}

/* No device can be divided: CL_DEVICE_PARTITION_MAX_SUB_DEVICES is 0. */
cl_int CL_API_CALL humi_clCreateSubDevices(cl_device_id device,
                                           const cl_device_partition_property *properties,
                                           cl_uint room, cl_device_id *devices_out,
                                           cl_uint *count_out)
{
    (void)properties;
    (void)room;
    (void)devices_out;
    (void)count_out;
    return humi_is(device, HUMI_KIND_DEVICE) ? CL_INVALID_VALUE : CL_INVALID_DEVICE;
}

cl_int CL_API_CALL humi_clCreateSubDevicesEXT(cl_device_id device,
                                              const cl_device_partition_property_ext *properties,
                                              cl_uint room, cl_device_id *devices_out,
                                              cl_uint *count_out)
{
    (void)properties;
    return humi_clCreateSubDevices(device, NULL, room, devices_out, count_out);
}

cl_int CL_API_CALL humi_clRetainDeviceEXT(cl_device_id device)
{
    return humi_clRetainDevice(device);
}

cl_int CL_API_CALL humi_clReleaseDeviceEXT(cl_device_id device)
{
    return humi_clReleaseDevice(device);
}

/* ---- clocks: the device's is the host's ------------------------------------------------------ */

cl_int CL_API_CALL humi_clGetHostTimer(cl_device_id device, cl_ulong *host_out)
{
    if (!humi_is(device, HUMI_KIND_DEVICE))
        return CL_INVALID_DEVICE;
    if (!host_out)
        return CL_INVALID_VALUE;
    *host_out = humi_clock_ns();
    return CL_SUCCESS;
}

cl_int CL_API_CALL humi_clGetDeviceAndHostTimer(cl_device_id device, cl_ulong *device_out,
                                                cl_ulong *host_out)
{
    if (humi_is(device, HUMI_KIND_DEVICE) && !device_out)
        return CL_INVALID_VALUE;
    cl_int error = humi_clGetHostTimer(device, host_out);
    if (error == CL_SUCCESS)
        *device_out = *host_out;
    return error;
}
