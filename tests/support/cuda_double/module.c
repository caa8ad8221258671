/* SPDX-License-Identifier: MIT */
/*
 * module.c - modules, kernels and launches.
 *
 * An image is PTX text or a fat binary.  A line in it that names a shared object,
 *
 *     // hum.native: /path/to/module.so
 *
 * which whoever builds an image for tests adds, has the double run the kernels' native form.
 * Else PTX is carried out as what it is (support/ptx), and fat binaries are refused.
 * A kernel NAME takes one parameter, its argument block by value, as
 * `extern "C" __global__ void NAME(const struct args args)` would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/cuda_double/double.h"

#define NATIVE_MARK "// hum.native: "
#define FATBIN_MAGIC 0xba55ed50u
#define SHARED_DEFAULT (48 << 10)
#define SHARED_MAX (96 << 10)
#define THREADS_MAX 1024u
#define WHY_BYTES 256

struct CUmod_st {
    struct CUmod_st *next;
    struct CUctx_st *context;
    unsigned generation;
    bool dead;
    uint32_t number; /* in the device's process */
    struct CUfunc_st *functions;
};

struct CUfunc_st {
    struct CUfunc_st *next;
    struct CUmod_st *module;
    uint32_t args_bytes;
    int shared_max;
    char name[256];
};

/* ---- images --------------------------------------------------------------------------------- */

struct fatbin_header {
    uint32_t magic;
    uint16_t version, header_bytes;
    uint64_t bytes; /* after the header */
};

static bool is_fatbin(const char *image)
{
    uint32_t magic;

    memcpy(&magic, image, sizeof(magic));
    return magic == FATBIN_MAGIC;
}

/* Bytes of the image; 0: it is none. */
static size_t image_bytes(const void *image)
{
    struct fatbin_header head;

    if (is_fatbin(image)) {
        memcpy(&head, image, sizeof(head));
        return head.header_bytes + head.bytes;
    }
    const char *text = image;
    return strstr(text, ".version") && strstr(text, ".target sm_") ? strlen(text) : 0;
}

/* PTX runs on the architecture it was made for and on newer ones. */
static bool fits_device(const char *image, size_t bytes)
{
    const char *target = memmem(image, bytes, ".target sm_", 11);
    int device = world.options.compute[0] * 10 + world.options.compute[1];

    return !target || atoi(target + 11) <= device;
}

static bool native_path(const char *image, size_t bytes, char out[512])
{
    const char *mark = memmem(image, bytes, NATIVE_MARK, strlen(NATIVE_MARK));

    if (!mark)
        return false;
    mark += strlen(NATIVE_MARK);
    size_t rest = bytes - (size_t)(mark - image), length = 0;
    while (length < rest && mark[length] != '\n' && mark[length] != '\0')
        length++;
    if (length == 0 || length >= 512)
        return false;
    memcpy(out, mark, length);
    out[length] = '\0';
    return true;
}

/* The log buffer that the caller may have given gets a sentence, as the compiler's would be. */
static void write_log(unsigned count, const enum humi_cu_jit_option *options, void **values,
                      const char *text)
{
    char *buffer = NULL;
    size_t bytes = 0;

    for (unsigned i = 0; i < count; i++) {
        if (options[i] == HUMI_CU_JIT_ERROR_LOG_BUFFER)
            buffer = values[i];
        if (options[i] == HUMI_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
            bytes = (size_t)(uintptr_t)values[i];
    }
    if (buffer && bytes > 0)
        snprintf(buffer, bytes, "%s", text);
}

static enum humi_cu_result open_native(struct device *device, const struct wire_request *request,
                                       uint32_t *number_out, char why_out[WHY_BYTES])
{
    struct wire_reply reply = executor_ask(device, request, -1);

    snprintf(why_out, WHY_BYTES, "cuda double: the native form cannot be loaded");
    if (reply.result == WIRE_NOT_FOUND)
        return HUMI_CUDA_ERROR_FILE_NOT_FOUND;
    *number_out = (uint32_t)reply.value;
    return reply.result == WIRE_OK ? HUMI_CUDA_SUCCESS
                                   : HUMI_CUDA_ERROR_SHARED_OBJECT_INIT_FAILED;
}

static enum humi_cu_result open_ptx(struct device *device, const char *image, size_t bytes,
                                    uint32_t *number_out, char why_out[WHY_BYTES])
{
    struct wire_request request = {.op = WIRE_LOAD};
    int file = memfd_create("cuda double: ptx", MFD_CLOEXEC);
    struct wire_reply reply = {.result = WIRE_FAILED};

    if (file >= 0 && write(file, image, bytes) == (ssize_t)bytes)
        reply = executor_ask(device, &request, file);
    if (file >= 0)
        close(file);
    snprintf(why_out, WHY_BYTES, "ptx: %.200s", reply.why);
    *number_out = (uint32_t)reply.value;
    return reply.result == WIRE_OK ? HUMI_CUDA_SUCCESS : HUMI_CUDA_ERROR_INVALID_PTX;
}

static enum humi_cu_result open_image(struct CUctx_st *context, const char *image,
                                      uint32_t *number_out, char why_out[WHY_BYTES])
{
    struct wire_request request = {.op = WIRE_LOAD};
    size_t bytes = image_bytes(image);

    snprintf(why_out, WHY_BYTES, "not an image");
    if (bytes == 0)
        return HUMI_CUDA_ERROR_INVALID_IMAGE;
    snprintf(why_out, WHY_BYTES, "for a newer device");
    if (!fits_device(image, bytes))
        return HUMI_CUDA_ERROR_NO_BINARY_FOR_GPU;
    if (native_path(image, bytes, request.text))
        return open_native(context->device, &request, number_out, why_out);
    if (!is_fatbin(image))
        return open_ptx(context->device, image, bytes, number_out, why_out);
    snprintf(why_out, WHY_BYTES, "cuda double: the image names no native form");
    return HUMI_CUDA_ERROR_NO_BINARY_FOR_GPU;
}

/* ---- modules -------------------------------------------------------------------------------- */

enum humi_cu_result cuModuleLoadDataEx(struct CUmod_st **module, const void *image,
                                       unsigned option_count, enum humi_cu_jit_option *options,
                                       void **option_values)
{
    struct CUctx_st *context;
    char why[WHY_BYTES];
    uint32_t number = 0;

    ENTER_CONTEXT(cuModuleLoadDataEx, context);
    if (!module || !image || (option_count > 0 && (!options || !option_values)))
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    enum humi_cu_result result = open_image(context, image, &number, why);
    if (result) {
        write_log(option_count, options, option_values, why);
        RETURN(result);
    }
    struct CUmod_st *m = calloc(1, sizeof(*m));
    if (!m)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    *m = (struct CUmod_st){.context = context, .generation = context->generation,
                           .number = number, .next = world.modules};
    world.modules = *module = m;
    RETURN(HUMI_CUDA_SUCCESS);
}

static struct CUmod_st *module_of(struct CUctx_st *context, struct CUmod_st *handle)
{
    for (struct CUmod_st *m = world.modules; m; m = m->next)
        if (m == handle)
            return !m->dead && m->context == context && m->generation == context->generation
                       ? m
                       : NULL;
    return NULL;
}

enum humi_cu_result cuModuleUnload(struct CUmod_st *module)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuModuleUnload, context);
    struct CUmod_st *m = module_of(context, module);
    if (!m)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    m->dead = true;
    RETURN(HUMI_CUDA_SUCCESS);
}

void modules_forget(struct CUctx_st *context)
{
    for (struct CUmod_st *m = world.modules; m; m = m->next)
        if (m->context == context)
            m->dead = true;
    while (!context && world.modules) {
        struct CUmod_st *m = world.modules;
        world.modules = m->next;
        while (m->functions) {
            struct CUfunc_st *f = m->functions;
            m->functions = f->next;
            free(f);
        }
        free(m);
    }
}

uint64_t modules_count(void)
{
    uint64_t n = 0;

    for (struct CUmod_st *m = world.modules; m; m = m->next)
        n += !m->dead;
    return n;
}

/* ---- kernels -------------------------------------------------------------------------------- */

static struct CUfunc_st *function_named(struct CUmod_st *m, const char *name)
{
    struct wire_request request = {.op = WIRE_FIND, .module = m->number};

    for (struct CUfunc_st *f = m->functions; f; f = f->next)
        if (strcmp(f->name, name) == 0)
            return f;
    snprintf(request.text, sizeof(request.text), "%s", name);
    struct wire_reply reply = executor_ask(m->context->device, &request, -1);
    struct CUfunc_st *f = reply.result == WIRE_OK ? calloc(1, sizeof(*f)) : NULL;
    if (!f)
        return NULL;
    f->module = m;
    f->args_bytes = (uint32_t)reply.value;
    f->shared_max = SHARED_DEFAULT;
    snprintf(f->name, sizeof(f->name), "%s", name);
    f->next = m->functions;
    m->functions = f;
    return f;
}

enum humi_cu_result cuModuleGetFunction(struct CUfunc_st **function, struct CUmod_st *module,
                                        const char *name)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuModuleGetFunction, context);
    struct CUmod_st *m = module_of(context, module);
    if (!m)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!function || !name || !*name)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    struct CUfunc_st *f = strlen(name) < sizeof(f->name) ? function_named(m, name) : NULL;
    if (!f)
        RETURN(HUMI_CUDA_ERROR_NOT_FOUND);
    *function = f;
    RETURN(HUMI_CUDA_SUCCESS);
}

static struct CUfunc_st *function_of(struct CUctx_st *context, struct CUfunc_st *handle)
{
    for (struct CUmod_st *m = world.modules; m; m = m->next)
        for (struct CUfunc_st *f = m->functions; f; f = f->next)
            if (f == handle)
                return module_of(context, m) ? f : NULL;
    return NULL;
}

enum humi_cu_result cuFuncGetAttribute(int *value, enum humi_cu_function_attribute attribute,
                                       struct CUfunc_st *function)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuFuncGetAttribute, context);
    struct CUfunc_st *f = function_of(context, function);
    if (!f)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!value)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    switch (attribute) {
    case HUMI_CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
        *value = (int)THREADS_MAX;
        RETURN(HUMI_CUDA_SUCCESS);
    case HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
        *value = f->shared_max;
        RETURN(HUMI_CUDA_SUCCESS);
    case HUMI_CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    case HUMI_CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
    case HUMI_CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
        *value = 0;
        RETURN(HUMI_CUDA_SUCCESS);
    case HUMI_CU_FUNC_ATTRIBUTE_NUM_REGS:
        *value = 32;
        RETURN(HUMI_CUDA_SUCCESS);
    }
    RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
}

/* The argument block is the one parameter. */
enum humi_cu_result cuFuncGetParamInfo(struct CUfunc_st *function, size_t parameter,
                                       size_t *offset, size_t *bytes)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuFuncGetParamInfo, context);
    struct CUfunc_st *f = function_of(context, function);
    if (!f)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (!offset || parameter > 0)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    *offset = 0;
    if (bytes)
        *bytes = f->args_bytes;
    RETURN(HUMI_CUDA_SUCCESS);
}

enum humi_cu_result cuFuncSetAttribute(struct CUfunc_st *function,
                                       enum humi_cu_function_attribute attribute, int value)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuFuncSetAttribute, context);
    struct CUfunc_st *f = function_of(context, function);
    if (!f)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    if (attribute != HUMI_CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 ||
        value > SHARED_MAX)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    f->shared_max = value;
    RETURN(HUMI_CUDA_SUCCESS);
}

static enum humi_cu_result check_shape(const struct CUfunc_st *f, const struct wire_request *r)
{
    for (int d = 0; d < 3; d++)
        if (r->grid[d] == 0 || r->block[d] == 0)
            return HUMI_CUDA_ERROR_INVALID_VALUE;
    if (r->grid[0] > 2147483647u || r->grid[1] > 65535 || r->grid[2] > 65535)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    if (r->block[0] > THREADS_MAX || r->block[1] > THREADS_MAX || r->block[2] > 64 ||
        r->block[0] * r->block[1] * r->block[2] > THREADS_MAX)
        return HUMI_CUDA_ERROR_INVALID_VALUE;
    return r->shared_bytes > (unsigned)f->shared_max ? HUMI_CUDA_ERROR_INVALID_VALUE
                                                     : HUMI_CUDA_SUCCESS;
}

enum humi_cu_result cuLaunchKernel(struct CUfunc_st *function, unsigned grid_x, unsigned grid_y,
                                   unsigned grid_z, unsigned block_x, unsigned block_y,
                                   unsigned block_z, unsigned shared_bytes,
                                   struct CUstream_st *stream, void **parameters, void **extra)
{
    struct CUctx_st *context;

    ENTER_CONTEXT(cuLaunchKernel, context);
    struct CUfunc_st *f = function_of(context, function);
    struct CUstream_st *s = stream_of(context, stream);
    if (!f || !s)
        RETURN(HUMI_CUDA_ERROR_INVALID_HANDLE);
    /* Of the two ways to pass parameters the double knows the first. */
    if (extra || !parameters || !parameters[0] || f->args_bytes > WIRE_ARGS_MAX)
        RETURN(HUMI_CUDA_ERROR_INVALID_VALUE);
    struct wire_request *r = calloc(1, sizeof(*r));
    if (!r)
        RETURN(HUMI_CUDA_ERROR_OUT_OF_MEMORY);
    *r = (struct wire_request){.op = WIRE_RUN, .module = f->module->number,
                               .grid = {grid_x, grid_y, grid_z},
                               .block = {block_x, block_y, block_z},
                               .shared_bytes = shared_bytes, .args_bytes = f->args_bytes,
                               .turns = world.options.turns};
    memcpy(r->args, parameters[0], f->args_bytes);
    snprintf(r->text, sizeof(r->text), "%s", f->name);
    enum humi_cu_result result = check_shape(f, r);
    if (!result)
        result = stream_append(s, &(struct operation){.kind = OP_KERNEL, .kernel = r});
    if (result)
        free(r);
    else
        managed_guard(context, s);
    RETURN(result);
}
