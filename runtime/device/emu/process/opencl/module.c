/* SPDX-License-Identifier: MIT */
/*
 * module.c - building modules, and telling what the compiler said.
 *
 * The implementation keeps the machine code of kernels on disk by itself.  Keeping what it makes of
 * the source before that (clGetProgramInfo) was tried and is not done: PoCL first compiles every
 * kernel then, 0.4 s each instead of 0.1 s a module, and ends the process over a kernel that its
 * compiler cannot cope with, launched or not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "device/emu/process/opencl/program.h"

#define OPTIONS "-cl-std=CL3.0 -cl-kernel-arg-info"
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

static char *build_log(cl_program program)
{
    size_t bytes = 0;
    char *log;

    if (humi_cl.GetProgramBuildInfo(program, humi_cl_device.id, CL_PROGRAM_BUILD_LOG, 0, NULL,
                                    &bytes) != CL_SUCCESS)
        return NULL;
    log = calloc(1, bytes + 1);
    if (log && humi_cl.GetProgramBuildInfo(program, humi_cl_device.id, CL_PROGRAM_BUILD_LOG, bytes,
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

static enum hum_status create_program(const char *path, const char *text, size_t bytes,
                                      cl_program *program_out)
{
    cl_int error = CL_SUCCESS;

    if (ends_with(path, ".cl"))
        *program_out =
            humi_cl.CreateProgramWithSource(humi_cl_device.context, 1, &text, &bytes, &error);
    else if (humi_cl_device.takes_spirv)
        *program_out = humi_cl.CreateProgramWithIL(humi_cl_device.context, text, bytes, &error);
    else
        return humi_fail(HUM_ERR_UNSUPPORTED,
                         "OpenCL on %s takes no SPIR-V; give the source, a .cl file",
                         humi_cl_device.name);
    return error == CL_SUCCESS
               ? HUM_OK
               : humi_fail(HUM_ERR_MODULE, "OpenCL refuses %s with error %d", path, error);
}

static enum hum_status build(const char *path, const char *name, cl_program *program_out)
{
    size_t bytes;
    char *text = read_file(path, &bytes), *log;
    enum hum_status status;
    cl_int error;

    if (!text)
        return humi_fail_errno("cannot read %s", path);
    status = create_program(path, text, bytes, program_out);
    free(text);
    if (status != HUM_OK)
        return status;
    /* A program that was built for the device runs on all parts of it. */
    error = humi_cl.BuildProgram(*program_out, 1, &humi_cl_device.id, OPTIONS, NULL, NULL);
    if (error == CL_SUCCESS)
        return HUM_OK;
    log = build_log(*program_out);
    status = fail_build(name, log);
    free(log);
    (void)humi_cl.ReleaseProgram(*program_out);
    return status;
}

enum hum_status humi_cl_load(const char *path, struct humi_cl_module **module_out)
{
    const char *slash = strrchr(path, '/');
    enum hum_status status = humi_cl_device_open();
    struct humi_cl_module *module;

    if (status != HUM_OK)
        return status;
    module = calloc(1, sizeof *module);
    if (!module)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a module");
    snprintf(module->name, sizeof module->name, "%s", slash ? slash + 1 : path);
    status = build(path, module->name, &module->program);
    if (status != HUM_OK) {
        free(module);
        return status;
    }
    *module_out = module;
    return HUM_OK;
}
