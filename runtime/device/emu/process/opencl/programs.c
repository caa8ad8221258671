/* SPDX-License-Identifier: MIT */
/* programs.c - programs from text, by the runtime's numbers: made, built, linked, forgotten. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/emu/process/opencl/prelude.h"
#include "device/emu/process/opencl/program.h"

#define ARG_INFO "-cl-kernel-arg-info" /* always asked for: the runtime must know arguments */

static struct humi_cl_program *programs[HUMI_EMU_PROGRAMS_MAX];

struct humi_cl_program *humi_cl_program(unsigned number)
{
    return number < HUMI_EMU_PROGRAMS_MAX ? programs[number] : NULL;
}

static void forget(struct humi_cl_program *program)
{
    (void)humi_cl.ReleaseProgram(program->program);
    free(program->options);
    free(program);
}

/* Owns the program from here on, whatever was said of it. */
static cl_int keep(unsigned number, cl_program made, bool *made_out)
{
    struct humi_cl_program *program = calloc(1, sizeof *program);

    if (!program || number >= HUMI_EMU_PROGRAMS_MAX) {
        (void)humi_cl.ReleaseProgram(made);
        free(program);
        return CL_OUT_OF_HOST_MEMORY;
    }
    program->program = made;
    if (programs[number])
        forget(programs[number]);
    programs[number] = program;
    *made_out = true;
    return CL_SUCCESS;
}

/* ---- making ---------------------------------------------------------------------------------- */

static cl_program create(const struct humi_emu_request *request, const char *bytes, cl_int *error)
{
    const unsigned char *binary = (const unsigned char *)bytes;
    const char *texts[] = {humi_cl_prelude, bytes};
    cl_context context = humi_cl_device.own;
    size_t count = (size_t)request->bytes, counts[] = {0, count};
    cl_device_id id = humi_cl_device.target.id;

    *error = CL_INVALID_VALUE;
    switch (request->what) {
    case HUM_PROGRAM_SOURCE:
        return humi_cl.CreateProgramWithSource(context, 2, texts, counts, error);
    case HUM_PROGRAM_BINARY:
        return humi_cl.CreateProgramWithBinary(context, 1, &id, &count, &binary, NULL, error);
    case HUM_PROGRAM_BUILTIN:
        return humi_cl.CreateProgramWithBuiltInKernels(context, 1, &id, bytes, error);
    case HUM_PROGRAM_SPIRV:
        if (humi_cl_device.target.takes_spirv)
            return humi_cl.CreateProgramWithIL(context, bytes, count, error);
        *error = CL_INVALID_OPERATION;
        return NULL;
    default:
        return NULL;
    }
}

/* ---- what comes with a request --------------------------------------------------------------- */

/* Numbers of programs, then texts. */
struct parcel {
    unsigned count;
    cl_program *programs;       /* to be freed */
    const char *folder, *options;
    const char **names;         /* COMPILE: count of them; to be freed */
};

/* The text behind this one; NULL: there is none. */
static const char *next_text(const char *text, const char *end)
{
    const char *next = text ? text + strlen(text) + 1 : NULL;

    return next && next < end ? next : NULL;
}

static void close_parcel(struct parcel *parcel)
{
    free(parcel->programs);
    free(parcel->names);
}

static cl_int open_parcel(const struct humi_emu_request *request, const char *bytes,
                          struct parcel *out)
{
    const char *end = bytes + request->bytes, *text;
    bool named = request->ask == HUMI_ASK_COMPILE;
    unsigned count = request->ask == HUMI_ASK_BUILD ? 0 : request->index;

    *out = (struct parcel){.count = count};
    if (request->bytes < count * sizeof(uint32_t) + 2)
        return CL_INVALID_VALUE;
    out->programs = calloc(count + 1, sizeof *out->programs);
    out->names = calloc(count + 1, sizeof *out->names);
    if (!out->programs || !out->names)
        return CL_OUT_OF_HOST_MEMORY;
    for (unsigned i = 0; i < count; i++) {
        uint32_t number;
        memcpy(&number, bytes + i * sizeof number, sizeof number);
        if (!humi_cl_program(number))
            return CL_INVALID_PROGRAM;
        out->programs[i] = humi_cl_program(number)->program;
    }
    out->folder = bytes + count * sizeof(uint32_t);
    out->options = text = next_text(out->folder, end);
    for (unsigned i = 0; named && text && i < count; i++)
        out->names[i] = text = next_text(text, end);
    return text ? CL_SUCCESS : CL_INVALID_VALUE;
}

/* ---- building -------------------------------------------------------------------------------- */

/* Where relative paths in options are meant from; -1: it cannot be had. */
static int enter(const char *folder)
{
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (*folder && chdir(folder) != 0 && before >= 0) {
        close(before);
        return -1;
    }
    return before;
}

static void leave(int before)
{
    if (before < 0)
        return;
    (void)!fchdir(before);
    close(before);
}

static char *with_arg_info(const char *options)
{
    char *text = NULL;

    if (strstr(options, ARG_INFO))
        return strdup(options);
    return asprintf(&text, "%s%s%s", options, *options ? " " : "", ARG_INFO) < 0 ? NULL : text;
}

static cl_int compile(struct humi_cl_program *program, enum humi_ask_kind kind,
                      const struct parcel *parcel, const char *options)
{
    const cl_device_id *id = &humi_cl_device.target.id;

    if (kind == HUMI_ASK_BUILD)
        return humi_cl.BuildProgram(program->program, 1, id, options, NULL, NULL);
    return humi_cl.CompileProgram(program->program, 1, id, options, parcel->count,
                                  parcel->count ? parcel->programs : NULL,
                                  parcel->count ? parcel->names : NULL, NULL, NULL);
}

static cl_int build(struct humi_cl_program *program, enum humi_ask_kind kind,
                    const struct parcel *parcel)
{
    char *options = with_arg_info(parcel->options), *given = strdup(parcel->options);
    int before;
    cl_int error;

    if (!options || !given) {
        free(options);
        free(given);
        return CL_OUT_OF_HOST_MEMORY;
    }
    free(program->options);
    program->options = given;
    before = enter(parcel->folder);
    error = compile(program, kind, parcel, options);
    leave(before);
    free(options);
    return error;
}

/* PoCL tells of a linked program's arguments if that is an option here, too; others refuse it. */
static cl_program try_link(const struct parcel *parcel, cl_int *error)
{
    char *options = with_arg_info(parcel->options);
    const char *const tries[] = {options ? options : parcel->options, parcel->options};
    cl_program made = NULL;

    *error = CL_INVALID_LINKER_OPTIONS;
    for (unsigned i = 0; !made && *error == CL_INVALID_LINKER_OPTIONS && i < 2; i++)
        made = humi_cl.LinkProgram(humi_cl_device.own, 1, &humi_cl_device.target.id, tries[i],
                                   parcel->count, parcel->programs, NULL, NULL, error);
    free(options);
    return made;
}

static cl_int link_parts(unsigned number, const struct parcel *parcel, bool *made_out)
{
    cl_int error, kept = CL_SUCCESS;
    cl_program made = try_link(parcel, &error);

    if (made)
        kept = keep(number, made, made_out);
    if (*made_out)
        programs[number]->options = strdup(parcel->options);
    return error == CL_SUCCESS ? kept : error;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* OpenCL refuses to build a program that has kernels. */
static void forget_kernels(unsigned program)
{
    for (unsigned i = 0; i < HUMI_EMU_KERNELS_MAX; i++) {
        const struct humi_kernel *kernel = humi_catalog_kernel(i);
        if (kernel && kernel->cl && humi_cl_is_of(kernel->cl, program))
            humi_cl_forget(humi_catalog_take(i));
    }
}

static cl_int change_parcel(const struct humi_emu_request *request, const char *bytes,
                            bool *made_out)
{
    struct humi_cl_program *program = humi_cl_program(request->module);
    struct parcel parcel;
    cl_int error = open_parcel(request, bytes, &parcel);

    if (error == CL_SUCCESS && request->ask == HUMI_ASK_LINK) {
        error = link_parts(request->module, &parcel, made_out);
    } else if (error == CL_SUCCESS && !program) {
        error = CL_INVALID_PROGRAM;
    } else if (error == CL_SUCCESS) {
        forget_kernels(request->module);
        error = build(program, request->ask, &parcel);
    }
    close_parcel(&parcel);
    return error;
}

cl_int humi_cl_program_change(const struct humi_emu_request *request, const char *bytes,
                              bool *made_out)
{
    cl_int error = CL_SUCCESS;
    cl_program made;

    *made_out = false;
    switch (request->ask) {
    case HUMI_ASK_CREATE:
        made = create(request, bytes, &error);
        return made && error == CL_SUCCESS ? keep(request->module, made, made_out) : error;
    case HUMI_ASK_DESTROY:
        if (!humi_cl_program(request->module))
            return CL_INVALID_PROGRAM;
        forget_kernels(request->module);
        forget(programs[request->module]);
        programs[request->module] = NULL;
        return CL_SUCCESS;
    default:
        return change_parcel(request, bytes, made_out);
    }
}
