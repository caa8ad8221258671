/* SPDX-License-Identifier: MIT */
/*
 * modules.c - images of kernels: PTX text, which the driver compiles, fat binaries and cubins; and
 * CUDA C++, which NVRTC makes PTX of for the device.
 *
 * An image is kept, so that a device that was replaced can load it again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "device/cuda/cuda.h"
#include "device/cuda/nvrtc.h"

#define LOG_BYTES 4096u
#define IMAGE_BYTES_MAX ((size_t)1 << 30)

/* ---- images ---------------------------------------------------------------------------------- */

static enum hum_status read_image(const char *path, char **image_out)
{
    FILE *file = fopen(path, "rbe");
    char *image = NULL;
    long bytes = -1;

    if (!file)
        return humi_fail(errno == ENOENT ? HUM_ERR_NOT_FOUND : HUM_ERR_MODULE,
                         "cannot read the module '%s': %s", path, strerror(errno));
    if (fseek(file, 0, SEEK_END) == 0)
        bytes = ftell(file);
    if (bytes > 0 && (size_t)bytes < IMAGE_BYTES_MAX)
        image = malloc((size_t)bytes + 1);
    bool whole = image && fseek(file, 0, SEEK_SET) == 0 &&
                 fread(image, 1, (size_t)bytes, file) == (size_t)bytes;
    fclose(file);
    if (!whole) {
        free(image);
        return humi_fail(HUM_ERR_MODULE, "the module '%s' is empty or cannot be read", path);
    }
    image[bytes] = '\0'; /* text ends there */
    *image_out = image;
    return HUM_OK;
}

/* The image of a module that is CUDA C++ becomes PTX. */
static enum hum_status compile_image(struct humi_cuda_device *d, struct humi_cuda_module *module)
{
    const char *dot = strrchr(module->path, '.');
    int major = 0, minor = 0;
    char *ptx = NULL;

    if (!dot || strcmp(dot, ".cu") != 0)
        return HUM_OK;
    enum hum_status status =
        humi_cuda_do(d, cuDeviceGetAttribute, &major,
                     HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, d->ordinal);
    if (status == HUM_OK)
        status = humi_cuda_do(d, cuDeviceGetAttribute, &minor,
                              HUMI_CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, d->ordinal);
    if (status == HUM_OK)
        status = humi_nvrtc_compile(module->image, module->path, 10 * major + minor, &ptx);
    if (status != HUM_OK)
        return status;
    free(module->image);
    module->image = ptx;
    return HUM_OK;
}

/* What the compiler of the driver said becomes part of the error text. */
static enum hum_status load_image(struct humi_cuda_device *d, struct humi_cuda_module *module)
{
    char errors[LOG_BYTES] = "", notes[LOG_BYTES] = "", text[HUMI_ERROR_TEXT_BYTES];
    enum humi_cu_jit_option options[] = {
        HUMI_CU_JIT_ERROR_LOG_BUFFER, HUMI_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
        HUMI_CU_JIT_INFO_LOG_BUFFER, HUMI_CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {errors, (void *)(uintptr_t)sizeof errors, notes,
                      (void *)(uintptr_t)sizeof notes};
    enum hum_status status =
        humi_cuda_do(d, cuModuleLoadDataEx, &module->handle, module->image,
                     (unsigned)(sizeof options / sizeof *options), options, values);

    if (*notes)
        humi_debug("%s: %s: %s", d->base.name, module->path, notes);
    if (status == HUM_OK)
        return HUM_OK;
    humi_error_save(text, sizeof text);
    return humi_fail(status, "%s cannot load '%s': %.200s%s%.200s", d->base.name, module->path,
                     text, *errors ? ": " : "", errors);
}

/* ---- kernels --------------------------------------------------------------------------------- */

static int attribute(struct humi_cuda_device *d, struct CUfunc_st *function,
                     enum humi_cu_function_attribute which, int otherwise)
{
    int value = otherwise;

    return d->cu.cuFuncGetAttribute(&value, which, function) == HUMI_CUDA_SUCCESS ? value
                                                                                  : otherwise;
}

/* Drivers before CUDA 12.4 cannot tell. */
static size_t args_bytes_of(struct humi_cuda_device *d, struct CUfunc_st *function)
{
    size_t offset = 0, bytes = 0;

    if (!d->cu.cuFuncGetParamInfo)
        return HUMI_ARGS_UNKNOWN;
    if (d->cu.cuFuncGetParamInfo(function, 0, &offset, &bytes) != HUMI_CUDA_SUCCESS)
        return 0; /* no parameter */
    return bytes;
}

static enum hum_status find_function(struct humi_cuda_device *d, struct humi_cuda_kernel *kernel)
{
    struct humi_cuda_module *module = &d->modules.modules[kernel->module];
    enum humi_cu_result result =
        d->cu.cuModuleGetFunction(&kernel->function, module->handle, kernel->name);

    if (result == HUMI_CUDA_ERROR_NOT_FOUND)
        return humi_fail(HUM_ERR_NOT_FOUND, "'%s' has no kernel '%s'", module->path, kernel->name);
    if (result)
        return humi_cuda_result(d, HUMI_CUDA_FN_cuModuleGetFunction, result);
    kernel->args_bytes = args_bytes_of(d, kernel->function);
    kernel->block_threads =
        attribute(d, kernel->function, HUMI_CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK,
                  d->limits.block_threads);
    kernel->static_bytes =
        attribute(d, kernel->function, HUMI_CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, 0);
    kernel->dynamic_bytes = attribute(
        d, kernel->function, HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 48 << 10);
    return HUM_OK;
}

/* ---- tables (lock held) ---------------------------------------------------------------------- */

static bool module_known(const struct humi_cuda_modules *m, const char *path, unsigned *module_out)
{
    for (unsigned i = 0; i < m->module_count; i++)
        if (strcmp(m->modules[i].path, path) == 0) {
            *module_out = i;
            return true;
        }
    return false;
}

static enum hum_status module_add(struct humi_cuda_device *d, const char *path,
                                  unsigned *module_out)
{
    struct humi_cuda_modules *m = &d->modules;
    struct humi_cuda_module added = {.path = strdup(path)};
    struct humi_cuda_module *grown = realloc(m->modules, (m->module_count + 1) * sizeof *grown);
    enum hum_status status;

    if (grown)
        m->modules = grown;
    status = grown && added.path ? read_image(path, &added.image)
                                 : humi_fail(HUM_ERR_NO_MEMORY, "no memory for a module");
    if (status == HUM_OK)
        status = compile_image(d, &added);
    if (status == HUM_OK)
        status = load_image(d, &added);
    if (status != HUM_OK) {
        free(added.path);
        free(added.image);
        return status;
    }
    m->modules[m->module_count] = added;
    *module_out = m->module_count++;
    return HUM_OK;
}

static bool kernel_known(const struct humi_cuda_modules *m, unsigned module, const char *name,
                         unsigned *kernel_out)
{
    for (unsigned i = 0; i < m->kernel_count; i++)
        if (m->kernels[i]->module == module && strcmp(m->kernels[i]->name, name) == 0) {
            *kernel_out = i;
            return true;
        }
    return false;
}

static enum hum_status kernel_add(struct humi_cuda_device *d, unsigned module, const char *name,
                                  unsigned *kernel_out)
{
    struct humi_cuda_modules *m = &d->modules;
    struct humi_cuda_kernel **grown =
        realloc(m->kernels, (m->kernel_count + 1) * sizeof *m->kernels);
    struct humi_cuda_kernel *kernel = calloc(1, sizeof *kernel);
    enum hum_status status = HUM_OK;

    if (grown)
        m->kernels = grown;
    if (!grown || !kernel)
        status = humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    else if (module >= m->module_count)
        status = humi_fail(HUM_ERR_INVALID, "no such module");
    else if (strlen(name) >= sizeof kernel->name)
        status = humi_fail(HUM_ERR_NOT_FOUND, "the name '%.80s' is too long", name);
    if (status == HUM_OK) {
        kernel->module = module;
        snprintf(kernel->name, sizeof kernel->name, "%s", name);
        status = find_function(d, kernel);
    }
    if (status != HUM_OK) {
        free(kernel);
        return status;
    }
    m->kernels[m->kernel_count] = kernel;
    *kernel_out = m->kernel_count++;
    return HUM_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct humi_cuda_kernel *humi_cuda_kernel_of(struct humi_cuda_device *d, unsigned kernel)
{
    struct humi_cuda_kernel *found = NULL;

    humi_lock(&d->modules.lock);
    if (kernel < d->modules.kernel_count)
        found = d->modules.kernels[kernel];
    humi_unlock(&d->modules.lock);
    return found;
}

enum hum_status humi_cuda_load(struct humi_processor *p, const char *path, unsigned *module_out)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    enum hum_status status = HUM_OK;

    if (!humi_cuda_enter(d))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s was lost", p->name);
    humi_lock(&d->modules.lock);
    if (!module_known(&d->modules, path, module_out))
        status = module_add(d, path, module_out);
    humi_unlock(&d->modules.lock);
    humi_cuda_leave(d);
    return status;
}

enum hum_status humi_cuda_kernel(struct humi_processor *p, unsigned module, const char *name,
                                 unsigned *kernel_out, size_t *args_bytes_out)
{
    struct humi_cuda_device *d = humi_cuda_of(p);
    enum hum_status status = HUM_OK;

    if (!humi_cuda_enter(d))
        return humi_fail(HUM_ERR_DEVICE_LOST, "%s was lost", p->name);
    humi_lock(&d->modules.lock);
    if (!kernel_known(&d->modules, module, name, kernel_out))
        status = kernel_add(d, module, name, kernel_out);
    if (status == HUM_OK)
        *args_bytes_out = d->modules.kernels[*kernel_out]->args_bytes;
    humi_unlock(&d->modules.lock);
    humi_cuda_leave(d);
    return status;
}

enum hum_status humi_cuda_modules_reload(struct humi_cuda_device *d)
{
    struct humi_cuda_modules *m = &d->modules;
    enum hum_status status = HUM_OK;

    for (unsigned i = 0; status == HUM_OK && i < m->module_count; i++)
        status = load_image(d, &m->modules[i]);
    for (unsigned i = 0; status == HUM_OK && i < m->kernel_count; i++)
        status = find_function(d, m->kernels[i]);
    return status;
}

/* The handles go with the context, or here where the program keeps that. */
void humi_cuda_modules_free(struct humi_cuda_device *d)
{
    struct humi_cuda_modules *m = &d->modules;

    for (unsigned i = 0; i < m->module_count; i++) {
        if (d->context && !humi_cuda_is_lost(d))
            (void)d->cu.cuModuleUnload(m->modules[i].handle);
        free(m->modules[i].path);
        free(m->modules[i].image);
    }
    for (unsigned i = 0; i < m->kernel_count; i++)
        free(m->kernels[i]);
    free(m->modules);
    free(m->kernels);
}
