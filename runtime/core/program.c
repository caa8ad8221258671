/* SPDX-License-Identifier: MIT */
/* program.c - programs in OpenCL C from text: made, built, linked, asked about. */
#include "core/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "core/kernels.h"
#include "core/record.h"
#include "core/service.h"

/* ---- errors ---------------------------------------------------------------------------------- */

static int nearest(enum hum_status status)
{
    switch (status) {
    case HUM_OK:
        return 0;
    case HUM_ERR_INVALID:
    case HUM_ERR_NOT_FOUND:
        return HUMI_CL_INVALID_VALUE;
    case HUM_ERR_NO_MEMORY:
        return HUMI_CL_OUT_OF_HOST_MEMORY;
    case HUM_ERR_UNSUPPORTED:
        return HUMI_CL_COMPILER_NOT_AVAILABLE;
    default:
        return HUMI_CL_OUT_OF_RESOURCES;
    }
}

enum hum_status humi_program_result(enum hum_status status, int error, int *error_out)
{
    if (error_out)
        *error_out = status == HUM_OK || error == 0 ? nearest(status) : error;
    return status;
}

static enum hum_status ask(struct hum *hum, unsigned processor, const struct humi_ask *request,
                           struct humi_reply *reply_out)
{
    struct humi_processor *device = hum->processor[processor];
    *reply_out = (struct humi_reply){0};
    if (!device->ops->ask)
        return humi_fail(HUM_ERR_UNSUPPORTED, "%s takes no programs in OpenCL C from text",
                         device->name);
    humi_service_await(hum, processor);
    return device->ops->ask(device, request, reply_out);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* Where an answer goes. */
struct answer {
    void *value;
    size_t bytes, *bytes_out;
    int *error_out;
};

static enum hum_status query(struct hum *hum, unsigned processor, struct humi_ask *request,
                             const struct answer *answer)
{
    struct humi_reply reply;
    request->room = answer->value;
    request->room_bytes = answer->bytes;
    enum hum_status status = ask(hum, processor, request, &reply);
    if (status == HUM_OK && answer->value && reply.bytes > answer->bytes) {
        status = humi_fail(HUM_ERR_MODULE, "the answer has %zu bytes, more than %zu", reply.bytes,
                           answer->bytes);
        reply.error = HUMI_CL_INVALID_VALUE;
    }
    if (status == HUM_OK && answer->bytes_out)
        *answer->bytes_out = reply.bytes;
    return humi_program_result(status, reply.error, answer->error_out);
}

static enum hum_status fail_device(int device, int *error_out)
{
    return humi_program_result(humi_fail(HUM_ERR_INVALID, "there is no device %d", device), 0,
                               error_out);
}

static enum hum_status query_device(struct hum *hum, int device, struct humi_ask *request,
                                    const struct answer *answer)
{
    if (!hum || !humi_is_device(hum, device))
        return fail_device(device, answer->error_out);
    return query(hum, humi_number(device), request, answer);
}

enum hum_status hum_cl_device_info(struct hum *hum, int device, unsigned what, void *value_out,
                                   size_t bytes, size_t *bytes_out, int *error_out)
{
    struct humi_ask request = {.kind = HUMI_ASK_DEVICE_INFO, .what = what};
    return query_device(hum, device, &request,
                        &(struct answer){value_out, bytes, bytes_out, error_out});
}

enum hum_status hum_cl_platform_info(struct hum *hum, int device, unsigned what, void *value_out,
                                     size_t bytes, size_t *bytes_out, int *error_out)
{
    struct humi_ask request = {.kind = HUMI_ASK_PLATFORM_INFO, .what = what};
    return query_device(hum, device, &request,
                        &(struct answer){value_out, bytes, bytes_out, error_out});
}

/* All of them fit: there are 16 orders of channels and 16 types. */
#define FORMATS_MAX 1024u

enum hum_status hum_cl_image_formats(struct hum *hum, int device, uint64_t access, unsigned image,
                                     uint32_t (*formats_out)[2], unsigned max, unsigned *count_out,
                                     int *error_out)
{
    struct humi_ask request = {
        .kind = HUMI_ASK_IMAGE_FORMATS, .what = image, .flags = access};
    uint32_t(*all)[2] = calloc(FORMATS_MAX, sizeof *all);
    size_t bytes = 0;
    if (!all)
        return humi_program_result(humi_fail(HUM_ERR_NO_MEMORY, "no memory for image formats"), 0,
                                   error_out);
    enum hum_status status =
        query_device(hum, device, &request,
                     &(struct answer){all, FORMATS_MAX * sizeof *all, &bytes, error_out});
    unsigned count = (unsigned)(bytes / sizeof *all);
    if (status == HUM_OK && count_out)
        *count_out = count;
    if (status == HUM_OK && formats_out)
        memcpy(formats_out, all, (max < count ? max : count) * sizeof *all);
    free(all);
    return status;
}

enum hum_status hum_program_info(struct hum_program *program, bool build, unsigned what,
                                 void *value_out, size_t bytes, size_t *bytes_out, int *error_out)
{
    struct humi_ask request = {.kind = build ? HUMI_ASK_BUILD_INFO : HUMI_ASK_PROGRAM_INFO,
                               .what = what};
    if (!program)
        return humi_program_result(humi_fail(HUM_ERR_INVALID, "hum_program_info needs a program"),
                                   HUMI_CL_INVALID_PROGRAM, error_out);
    request.program = program->module.id;
    return query(program->module.hum, program->module.processor, &request,
                 &(struct answer){value_out, bytes, bytes_out, error_out});
}

enum hum_status hum_kernel_info(struct hum_kernel *kernel, enum hum_cl_query about, unsigned what,
                                unsigned index, const void *input, size_t input_bytes,
                                void *value_out, size_t bytes, size_t *bytes_out, int *error_out)
{
    static const enum humi_ask_kind kinds[] = {
        [HUM_CL_KERNEL] = HUMI_ASK_KERNEL_INFO,
        [HUM_CL_KERNEL_ARG] = HUMI_ASK_KERNEL_ARG_INFO,
        [HUM_CL_KERNEL_WORK_GROUP] = HUMI_ASK_WORK_GROUP_INFO,
        [HUM_CL_KERNEL_SUB_GROUP] = HUMI_ASK_SUB_GROUP_INFO,
    };
    if (!kernel || !kernel->signature || (unsigned)about >= sizeof kinds / sizeof kinds[0])
        return humi_program_result(
            humi_fail(HUM_ERR_INVALID, "hum_kernel_info needs a kernel of a program"),
            HUMI_CL_INVALID_KERNEL, error_out);
    struct humi_ask request = {.kind = kinds[about],
                               .kernel = kernel->id,
                               .what = what,
                               .index = index,
                               .bytes = input,
                               .count = input ? input_bytes : 0};
    return query(kernel->module->hum, kernel->module->processor, &request,
                 &(struct answer){value_out, bytes, bytes_out, error_out});
}

/* ---- making ---------------------------------------------------------------------------------- */

static struct hum_program *program_new(struct hum *hum, unsigned processor)
{
    struct hum_program *program = calloc(1, sizeof *program);
    if (!program) {
        (void)humi_fail(HUM_ERR_NO_MEMORY, "no memory for a program");
        return NULL;
    }
    program->module.hum = hum;
    program->module.processor = processor;
    humi_list_init(&program->module.kernels);
    return program;
}

void humi_program_free(struct hum_module *module)
{
    humi_module_clear(module);
    free(humi_container_of(module, struct hum_program, module));
}

/* CREATE or LINK. */
static enum hum_status make(struct hum *hum, unsigned processor, const struct humi_ask *request,
                            struct hum_program **program_out, int *error_out)
{
    struct hum_program *program = program_new(hum, processor);
    struct humi_reply reply = {0};
    enum hum_status status = program ? ask(hum, processor, request, &reply) : HUM_ERR_NO_MEMORY;
    if (!reply.made) {
        free(program);
        return humi_program_result(status, reply.error, error_out);
    }
    program->module.id = reply.number;
    humi_lock(&hum->lock);
    humi_list_push_back(&hum->modules, &program->module.all);
    humi_unlock(&hum->lock);
    *program_out = program;
    return humi_program_result(status, reply.error, error_out);
}

enum hum_status hum_program_create(struct hum *hum, int device, enum hum_program_form form,
                                   const void *bytes, size_t count,
                                   struct hum_program **program_out, int *error_out)
{
    const struct humi_ask request = {
        .kind = HUMI_ASK_CREATE, .what = form, .bytes = bytes, .count = count};
    if (!hum || !program_out || (count && !bytes) || form > HUM_PROGRAM_BUILTIN)
        return humi_program_result(
            humi_fail(HUM_ERR_INVALID, "hum_program_create needs a space, bytes and an output"), 0,
            error_out);
    if (!humi_is_device(hum, device))
        return fail_device(device, error_out);
    return make(hum, humi_number(device), &request, program_out, error_out);
}

/* HUM lock not held: what the kernels of the program were ends. */
static void forget_kernels(struct hum_program *program)
{
    humi_lock(&program->module.hum->lock);
    humi_module_clear(&program->module);
    humi_unlock(&program->module.hum->lock);
}

void hum_program_destroy(struct hum_program *program)
{
    if (!program)
        return;
    struct humi_ask request = {.kind = HUMI_ASK_DESTROY, .program = program->module.id};
    struct humi_reply reply;
    humi_lock(&program->module.hum->lock);
    humi_list_remove(&program->module.all);
    humi_unlock(&program->module.hum->lock);
    (void)ask(program->module.hum, program->module.processor, &request, &reply);
    humi_program_free(&program->module);
}

/* ---- building -------------------------------------------------------------------------------- */

/* What a build is given, as bytes. */
struct parcel {
    struct hum_program *const *programs;
    unsigned count;
    const char *options;
    const char *const *names;    /* NULL: none */
};

static size_t text_put(char *at, const char *text)
{
    size_t bytes = strlen(text) + 1;
    if (at)
        memcpy(at, text, bytes);
    return bytes;
}

/* at NULL: only how many bytes it takes. */
static size_t parcel_put(char *at, const struct parcel *parcel, const char *folder)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < parcel->count; i++) {
        uint32_t number = parcel->programs[i]->module.id;
        if (at)
            memcpy(at + bytes, &number, sizeof number);
        bytes += sizeof number;
    }
    bytes += text_put(at ? at + bytes : NULL, folder);
    bytes += text_put(at ? at + bytes : NULL, parcel->options ? parcel->options : "");
    for (unsigned i = 0; parcel->names && i < parcel->count; i++)
        bytes += text_put(at ? at + bytes : NULL, parcel->names[i]);
    return bytes;
}

/* The request gets bytes, to be freed. */
static enum hum_status parcel_pack(const struct parcel *parcel, struct humi_ask *request)
{
    char *folder = getcwd(NULL, 0), *bytes;
    request->count = parcel_put(NULL, parcel, folder ? folder : "");
    request->index = parcel->count;
    request->bytes = bytes = malloc(request->count);
    if (bytes)
        (void)parcel_put(bytes, parcel, folder ? folder : "");
    free(folder);
    return bytes ? HUM_OK : humi_fail(HUM_ERR_NO_MEMORY, "no memory to build a program");
}

static bool are_of(struct hum_program *const *programs, unsigned count, const struct hum *hum,
                   unsigned processor)
{
    for (unsigned i = 0; i < count; i++)
        if (!programs || !programs[i] || programs[i]->module.hum != hum ||
            programs[i]->module.processor != processor)
            return false;
    return true;
}

static enum hum_status build(struct hum_program *program, struct humi_ask *request,
                             const struct parcel *parcel, int *error_out)
{
    struct humi_reply reply = {0};
    enum hum_status status = parcel_pack(parcel, request);
    request->program = program->module.id;
    if (status == HUM_OK) {
        forget_kernels(program);
        status = ask(program->module.hum, program->module.processor, request, &reply);
    }
    free((void *)(uintptr_t)request->bytes);
    return humi_program_result(status, reply.error, error_out);
}

enum hum_status hum_program_build(struct hum_program *program, const char *options, int *error_out)
{
    struct humi_ask request = {.kind = HUMI_ASK_BUILD};
    if (!program)
        return humi_program_result(humi_fail(HUM_ERR_INVALID, "hum_program_build needs a program"),
                                   HUMI_CL_INVALID_PROGRAM, error_out);
    return build(program, &request, &(struct parcel){.options = options}, error_out);
}

enum hum_status hum_program_compile(struct hum_program *program, const char *options,
                                    struct hum_program *const *headers,
                                    const char *const *header_names, unsigned header_count,
                                    int *error_out)
{
    struct humi_ask request = {.kind = HUMI_ASK_COMPILE};
    bool right = program && are_of(headers, header_count, program->module.hum,
                                   program->module.processor);
    for (unsigned i = 0; right && i < header_count; i++)
        right = header_names && header_names[i];
    if (!right)
        return humi_program_result(
            humi_fail(HUM_ERR_INVALID, "hum_program_compile needs programs of one device, and a "
                                       "name for each header"),
            0, error_out);
    return build(program, &request,
                 &(struct parcel){headers, header_count, options, header_names}, error_out);
}

enum hum_status hum_program_link(struct hum *hum, int device, const char *options,
                                 struct hum_program *const *parts, unsigned part_count,
                                 struct hum_program **program_out, int *error_out)
{
    struct humi_ask request = {.kind = HUMI_ASK_LINK};
    if (!hum || !humi_is_device(hum, device))
        return fail_device(device, error_out);
    if (!program_out || !part_count || !are_of(parts, part_count, hum, humi_number(device)))
        return humi_program_result(
            humi_fail(HUM_ERR_INVALID, "hum_program_link needs programs of the device"), 0,
            error_out);
    *program_out = NULL;
    enum hum_status status = parcel_pack(&(struct parcel){parts, part_count, options, NULL},
                                         &request);
    if (status == HUM_OK)
        status = make(hum, humi_number(device), &request, program_out, error_out);
    else
        (void)humi_program_result(status, 0, error_out);
    free((void *)(uintptr_t)request.bytes);
    return status;
}

/* ---- kernels --------------------------------------------------------------------------------- */

/* What the device's process told, if it can be true. */
static struct humi_signature *signature_check(const struct humi_signature *told, size_t bytes)
{
    size_t head = offsetof(struct humi_signature, params);
    if (bytes < head || told->count > HUMI_PARAMS_MAX ||
        bytes != head + told->count * sizeof told->params[0])
        return NULL;
    for (unsigned i = 0; i < told->count; i++)
        if (told->params[i].kind > HUM_CL_SAMPLER)
            return NULL;
    struct humi_signature *signature = malloc(bytes);
    return signature ? memcpy(signature, told, bytes) : NULL;
}

static enum hum_status kernel_make(struct hum_program *program, unsigned id, const char *name,
                                   struct humi_signature *signature,
                                   struct hum_kernel **kernel_out)
{
    struct hum_module *module = &program->module;
    struct hum_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return humi_fail(HUM_ERR_NO_MEMORY, "no memory for a kernel");
    kernel->module = module;
    kernel->id = id;
    kernel->args_bytes = HUMI_ARGS_UNKNOWN;
    snprintf(kernel->name, sizeof kernel->name, "%s", name);
    enum hum_status status = humi_kernels_make(module->hum, module->processor, id, kernel->name,
                                               &kernel->meter);
    if (status != HUM_OK) {
        free(kernel);
        return status;
    }
    kernel->signature = signature;
    humi_list_push_back(&module->kernels, &kernel->link);
    humi_record_kernel(module->hum, kernel);
    *kernel_out = kernel;
    return HUM_OK;
}

/* Owns the signature. */
static enum hum_status kernel_get(struct hum_program *program, unsigned id, const char *name,
                                  struct humi_signature *signature, struct hum_kernel **kernel_out)
{
    humi_list_each (link, &program->module.kernels) {
        struct hum_kernel *kernel = humi_container_of(link, struct hum_kernel, link);
        if (kernel->id != id)
            continue;
        free(signature);
        *kernel_out = kernel;
        return HUM_OK;
    }
    enum hum_status status = kernel_make(program, id, name, signature, kernel_out);
    if (status != HUM_OK)
        free(signature);
    return status;
}

enum hum_status hum_program_kernel(struct hum_program *program, const char *name,
                                   struct hum_kernel **kernel_out, int *error_out)
{
    struct humi_signature told;
    if (!program || !name || !*name || !kernel_out)
        return humi_program_result(
            humi_fail(HUM_ERR_INVALID, "hum_program_kernel needs a program, a name and an output"),
            0, error_out);
    struct hum *hum = program->module.hum;
    const struct humi_ask request = {.kind = HUMI_ASK_KERNEL,
                                     .program = program->module.id,
                                     .bytes = name,
                                     .count = strlen(name) + 1,
                                     .room = &told,
                                     .room_bytes = sizeof told};
    struct humi_reply reply;
    enum hum_status status = ask(hum, program->module.processor, &request, &reply);
    if (status != HUM_OK)
        return humi_program_result(status, reply.error, error_out);
    struct humi_signature *signature =
        reply.bytes <= sizeof told ? signature_check(&told, reply.bytes) : NULL;
    if (!signature)
        return humi_program_result(
            humi_fail(HUM_ERR_SYSTEM, "kernel '%s' cannot take what its device says", name), 0,
            error_out);
    humi_lock(&hum->lock);
    status = kernel_get(program, reply.number, name, signature, kernel_out);
    humi_unlock(&hum->lock);
    return humi_program_result(status, 0, error_out);
}

unsigned hum_kernel_params(const struct hum_kernel *kernel)
{
    return kernel && kernel->signature ? kernel->signature->count : 0;
}

bool hum_kernel_param(const struct hum_kernel *kernel, unsigned index,
                      struct hum_cl_param *param_out)
{
    if (index >= hum_kernel_params(kernel) || !param_out)
        return false;
    const struct humi_param *param = &kernel->signature->params[index];
    *param_out = (struct hum_cl_param){(enum hum_cl_arg_kind)param->kind, param->bytes};
    return true;
}
