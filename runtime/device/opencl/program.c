/* SPDX-License-Identifier: MIT */
/*
 * module.c - building modules, and telling what the compiler said.
 *
 * The implementation keeps the machine code of kernels on disk by itself.  Keeping what it makes of
 * the source before that (clGetProgramInfo) was tried and is not done: PoCL first compiles every
 * kernel then, 0.4 s each instead of 0.1 s a module, and ends the process over a kernel that its
 * compiler cannot cope with, launched or not.
 */
#include "device/opencl/program.h"

#include <errno.h>
#include <hum/kernel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "device/opencl/cache.h"
#include "device/opencl/measure.h"

#define FILE_MAX ((size_t)64 << 20)

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

bool humi_cl_is_module(const char *path)
{
    return ends_with(path, ".cl") || ends_with(path, ".spv");
}

/* ---- the device ------------------------------------------------------------------------------ */

/* "OpenCL 3.0 PoCL": 300; what cannot be read is 1.2. */
static unsigned version_of(cl_device_id id)
{
    char text[128] = "";
    unsigned major, minor;

    (void)humi_cl.GetDeviceInfo(id, CL_DEVICE_VERSION, sizeof text - 1, text, NULL);
    return sscanf(text, "OpenCL %u.%u", &major, &minor) == 2 ? major * 100 + minor * 10 : 120;
}

void humi_cl_target_read(cl_device_id id, struct humi_cl_target *target_out)
{
    char spirv[256] = "";

    *target_out = (struct humi_cl_target){.id = id, .version = version_of(id), .items_max = 1};
    (void)humi_cl.GetDeviceInfo(id, CL_DEVICE_NAME, sizeof target_out->name - 1, target_out->name,
                                NULL);
    (void)humi_cl.GetDeviceInfo(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof target_out->items_max,
                                &target_out->items_max, NULL);
    if (target_out->version >= 210 && humi_cl.CreateProgramWithIL)
        (void)humi_cl.GetDeviceInfo(id, CL_DEVICE_IL_VERSION, sizeof spirv - 1, spirv, NULL);
    target_out->takes_spirv = strstr(spirv, "SPIR-V") != NULL;
}

const char *humi_cl_build_options(const struct humi_cl_target *target)
{
    if (target->version >= 300)
        return "-cl-std=CL3.0 -cl-kernel-arg-info";
    return target->version >= 200 ? "-cl-std=CL2.0 -cl-kernel-arg-info" : "-cl-kernel-arg-info";
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The file's bytes, to be freed; NULL: errno says why. */
static char *read_file(const char *path, size_t *bytes_out)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t bytes = 0, room = 0;

    if (!file)
        return NULL;
    for (;;) {
        if (bytes == room) {
            char *grown = room < FILE_MAX ? realloc(text, room = room * 2 + 65536) : NULL;
            if (!grown)
                break;
            text = grown;
        }
        size_t got = fread(text + bytes, 1, room - bytes, file);
        bytes += got;
        if (got == 0) {
            bool good = !ferror(file);
            fclose(file);
            *bytes_out = bytes;
            if (good)
                return text;
            free(text);
            return NULL;
        }
    }
    free(text);
    fclose(file);
    errno = EFBIG;
    return NULL;
}

/* ---- the compiler's words -------------------------------------------------------------------- */

static char *build_log(const struct humi_cl_target *target, cl_program program)
{
    size_t bytes = 0;
    char *log;

    if (humi_cl.GetProgramBuildInfo(program, target->id, CL_PROGRAM_BUILD_LOG, 0, NULL,
                                    &bytes) != CL_SUCCESS)
        return NULL;
    log = calloc(1, bytes + 1);
    if (log && humi_cl.GetProgramBuildInfo(program, target->id, CL_PROGRAM_BUILD_LOG, bytes,
                                           log, NULL) == CL_SUCCESS)
        return log;
    free(log);
    return NULL;
}

/* False: it could not be kept. */
static bool keep_log(const char *name, const char *log, char *path_out, size_t bytes)
{
    char folder[3500];
    FILE *file;

    if (!humi_cl_cache_folder("opencl", folder, sizeof folder) ||
        (size_t)snprintf(path_out, bytes, "%s/%s.log", folder, name) >= bytes)
        return false;
    file = fopen(path_out, "we");
    if (!file)
        return false;
    fputs(log, file);
    return fclose(file) == 0;
}

/* The first lines of it, as many as have room beside the rest of the text. */
static enum hum_status fail_build(const char *name, const char *log)
{
    char path[4000];
    size_t room = HUMI_ERROR_TEXT_BYTES / 2, most = 0;

    if (!log || !*log)
        return humi_fail(HUM_ERR_MODULE, "%s is no OpenCL C, and its compiler does not say why",
                         name);
    while (log[most] && most < room)
        most++;
    while (log[most] && most > 0 && log[most] != '\n')
        most--;
    if (!keep_log(name, log, path, sizeof path)) {
        humi_warn("%s does not build:\n%s", name, log);
        snprintf(path, sizeof path, "in the program's log");
    }
    return humi_fail(HUM_ERR_MODULE, "%s does not build: %.*s (all of it: %s)", name,
                     (int)(most > 0 ? most : room), log, path);
}

/* ---- building -------------------------------------------------------------------------------- */

static enum hum_status create_program(const struct humi_cl_target *target, const char *path,
                                      const char *text, size_t bytes, cl_program *program_out)
{
    cl_int error = CL_SUCCESS;

    if (ends_with(path, ".cl"))
        *program_out =
            humi_cl.CreateProgramWithSource(target->context, 1, &text, &bytes, &error);
    else if (target->takes_spirv)
        *program_out = humi_cl.CreateProgramWithIL(target->context, text, bytes, &error);
    else
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL on %s takes no SPIR-V; give the source, a .cl file",
                         target->name);
    return error == CL_SUCCESS
               ? HUM_OK
               : humi_fail(HUM_ERR_MODULE, "OpenCL refuses %s with error %d", path, error);
}

enum hum_status humi_cl_build(const struct humi_cl_target *target, const char *path,
                              cl_program *program_out)
{
    const char *slash = strrchr(path, '/');
    size_t bytes;
    char *text = read_file(path, &bytes), *log;
    enum hum_status status;
    cl_program program = NULL;

    if (!text)
        return humi_fail_errno("cannot read %s", path);
    status = create_program(target, path, text, bytes, &program);
    free(text);
    if (status != HUM_OK)
        return status;
    if (humi_cl.BuildProgram(program, 1, &target->id, humi_cl_build_options(target), NULL, NULL) ==
        CL_SUCCESS) {
        *program_out = program;
        return HUM_OK;
    }
    log = build_log(target, program);
    status = fail_build(slash ? slash + 1 : path, log);
    free(log);
    (void)humi_cl.ReleaseProgram(program);
    return status;
}

/* ---- portable kernels ------------------------------------------------------------------------ */

/* hum_args_<name> was made by HUM_KERNEL; kernel_opencl.h says what it tells. */
static enum hum_status describe_portable(const struct humi_cl_target *target, cl_kernel args,
                                         const char *name, size_t *args_bytes_out)
{
    size_t told[3] = {0};

    if (humi_cl.GetKernelWorkGroupInfo(args, target->id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                       sizeof told, told, NULL) != CL_SUCCESS)
        return humi_fail(HUM_ERR_MODULE, "OpenCL does not tell about kernel \"%s\"", name);
    if (told[1] != HUM_KERNEL_ABI)
        return humi_fail(HUM_ERR_MODULE,
                         "kernel \"%s\" was built with version %zu of hum/kernel.h, this is "
                         "version %u: build it again",
                         name, told[1], HUM_KERNEL_ABI);
    if (told[0] > HUM_ARGS_MAX)
        return humi_fail(HUM_ERR_MODULE,
                         "kernel \"%s\" takes %zu bytes of arguments, at most %zu are possible",
                         name, told[0], HUM_ARGS_MAX);
    *args_bytes_out = told[0];
    return HUM_OK;
}

/* ---- plain kernels --------------------------------------------------------------------------- */

/*
 * Another name for a number, in a program without source: its size is the only one that is
 * accepted.  0: more than one is, as for structs, whose size OpenCL does not know.
 */
static size_t probe_size(cl_kernel kernel, cl_uint index)
{
    static const char zero[128];
    size_t found = 0;

    for (size_t size = 1; size <= sizeof zero; size *= 2) {
        if (humi_cl.SetKernelArg(kernel, index, size, zero) != CL_SUCCESS)
            continue;
        if (found > 0)
            return 0;
        found = size;
    }
    return found;
}

/* What is passed by value: a number, a vector, or a struct.  False: none of these. */
static bool describe_value(const struct humi_cl_target *target, cl_kernel kernel, cl_uint index,
                           const char *type, struct humi_cl_arg *arg_out)
{
    struct humi_cl_measure measure;
    cl_program program = NULL;

    arg_out->kind = HUMI_CL_VALUE;
    arg_out->size = humi_cl_type_size(type);
    if (arg_out->size > 0)
        return true;
    (void)humi_cl.GetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof program, &program, NULL);
    if (program && humi_cl_measure(target, program, type, &measure)) {
        arg_out->size = measure.bytes;
        arg_out->align = measure.align;
        return true;
    }
    arg_out->size = probe_size(kernel, index);
    return arg_out->size > 0;
}

static enum hum_status describe_arg(const struct humi_cl_target *target, cl_kernel kernel,
                                    cl_uint index, const char *name, struct humi_cl_arg *arg_out)
{
    cl_kernel_arg_address_qualifier space = 0;
    char type[128] = "";

    if (humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof space,
                                 &space, NULL) != CL_SUCCESS ||
        humi_cl.GetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type - 1, type,
                                 NULL) != CL_SUCCESS)
        return humi_fail(HUM_ERR_MODULE, "OpenCL does not tell about argument %u of kernel \"%s\"",
                         index + 1, name);
    *arg_out = (struct humi_cl_arg){.size = sizeof(void *)};
    if (space == CL_KERNEL_ARG_ADDRESS_LOCAL) {
        arg_out->kind = HUMI_CL_LOCAL;
        return HUM_OK;
    }
    if (type[0] && type[strlen(type) - 1] == '*') {
        arg_out->kind = HUMI_CL_POINTER;
        return HUM_OK;
    }
    if (space != CL_KERNEL_ARG_ADDRESS_PRIVATE ||
        !describe_value(target, kernel, index, type, arg_out))
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "argument %u of kernel \"%s\" is of type %s; hum passes numbers, vectors, "
                         "pointers and, where it has the source, structs",
                         index + 1, name, type);
    return HUM_OK;
}

static enum hum_status describe_plain(const struct humi_cl_target *target, cl_kernel kernel,
                                      struct humi_cl_form *out, size_t *args_bytes_out)
{
    cl_uint count = 0;

    (void)humi_cl.GetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL);
    if (count > HUMI_CL_ARGS_MAX)
        return humi_fail(HUM_ERR_UNSUPPORTED, "kernel \"%s\" has %u arguments, at most %u are "
                                              "possible",
                         out->name, count, HUMI_CL_ARGS_MAX);
    for (cl_uint i = 0; i < count; i++) {
        enum hum_status status = describe_arg(target, kernel, i, out->name, &out->args[i]);
        if (status != HUM_OK)
            return status;
    }
    out->count = count;
    *args_bytes_out = humi_cl_layout(out->args, count);
    return count > 0 && *args_bytes_out > HUM_ARGS_MAX
               ? humi_fail(HUM_ERR_MODULE, "kernel \"%s\" has too many bytes of arguments",
                           out->name)
               : HUM_OK;
}

/* ---- finding --------------------------------------------------------------------------------- */

static cl_kernel open_kernel(cl_program program, const char *prefix, const char *name)
{
    char full[80];
    cl_int error;
    cl_kernel kernel;

    snprintf(full, sizeof full, "%s%s", prefix, name);
    kernel = humi_cl.CreateKernel(program, full, &error);
    return error == CL_SUCCESS ? kernel : NULL;
}

enum hum_status humi_cl_describe(const struct humi_cl_target *target, cl_program program,
                                 const char *name, struct humi_cl_form *form_out,
                                 size_t *args_bytes_out)
{
    cl_kernel found = open_kernel(program, "hum_args_", name);
    enum hum_status status;

    *form_out = (struct humi_cl_form){.program = program, .plain = !found};
    snprintf(form_out->name, sizeof form_out->name, "%s%s", found ? "hum_kernel_" : "", name);
    if (!found)
        found = open_kernel(program, "", name);
    if (!found)
        return humi_fail(HUM_ERR_NOT_FOUND, "the module has no kernel \"%s\"", name);
    status = form_out->plain ? describe_plain(target, found, form_out, args_bytes_out)
                             : describe_portable(target, found, name, args_bytes_out);
    (void)humi_cl.ReleaseKernel(found);
    return status;
}
