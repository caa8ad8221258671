/* SPDX-License-Identifier: MIT */
/* absent.c - in place of the rest of this folder where hum was built without OpenCL's headers. */
#include <string.h>

#include "base/status.h"
#include "device/emu/process/opencl/opencl.h"

bool humi_cl_is_module(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".cl") == 0 || strcmp(dot, ".spv") == 0);
}

enum hum_status humi_cl_load(const char *path, struct humi_cl_module **module_out)
{
    (void)module_out;
    return humi_fail(HUM_ERR_UNSUPPORTED,
                     "%s: hum was built without OpenCL; apt-get install opencl-c-headers "
                     "pocl-opencl-icd ocl-icd-libopencl1, and build it again",
                     path);
}

enum hum_status humi_cl_find(struct humi_cl_module *module, const char *name,
                             struct humi_cl_kernel **kernel_out, size_t *args_bytes_out)
{
    (void)module;
    (void)kernel_out;
    (void)args_bytes_out;
    return humi_fail(HUM_ERR_NOT_FOUND, "the module has no kernel \"%s\"", name);
}

bool humi_cl_is_plain(const struct humi_cl_kernel *kernel)
{
    return kernel != NULL;
}

bool humi_cl_is_called(const struct humi_cl_kernel *kernel)
{
    return kernel != NULL;
}

struct humi_result humi_cl_run(struct humi_worker *worker, struct humi_piece *piece)
{
    (void)worker;
    (void)piece;
    return (struct humi_result){.status = HUM_ERR_UNSUPPORTED};
}

enum hum_status humi_cl_answer(const struct humi_emu_request *request, const char *bytes,
                               struct humi_cl_reply *reply_out)
{
    (void)request;
    (void)bytes;
    *reply_out = (struct humi_cl_reply){0};
    return humi_fail(HUM_ERR_UNSUPPORTED,
                     "hum was built without OpenCL; apt-get install opencl-c-headers "
                     "pocl-opencl-icd ocl-icd-libopencl1, and build it again");
}
