/* SPDX-License-Identifier: MIT */
/* absent.c - in place of the rest of this folder where hum was built without OpenCL's headers. */
#include "base/status.h"
#include "device/device.h"

enum hum_status humi_opencl_open(const struct humi_space_params *space,
                                 const struct humi_device_params *params,
                                 struct humi_processor **out)
{
    (void)space;
    (void)params;
    (void)out;
    return humi_fail(HUM_ERR_UNSUPPORTED,
                     "hum was built without OpenCL; apt-get install opencl-c-headers "
                     "pocl-opencl-icd ocl-icd-libopencl1, and build it again");
}
