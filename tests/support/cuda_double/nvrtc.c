/* SPDX-License-Identifier: MIT */
/*
 * nvrtc.c - a test double of NVRTC, found through HUM_NVRTC_LIBRARY.  It compiles nothing: what
 * follows the line MARK of the source is the PTX, its target the one that was asked for, and
 * a source with the word #error does not compile, for the reason behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/cuda/nvrtc.h"

#define MARK "// ptx:\n"
#define ARCH "--gpu-architecture=compute_"
#define OK 0
#define INVALID_INPUT 3
#define COMPILATION 6

struct _nvrtcProgram {
    char *source, *ptx;
    char log[256];
};

#define DECLARE(name, parameters) int name parameters;
HUMI_NVRTC_FUNCTIONS(DECLARE)
#undef DECLARE

int nvrtcVersion(int *major, int *minor)
{
    *major = 13;
    *minor = 0;
    return OK;
}

int nvrtcCreateProgram(struct _nvrtcProgram **program, const char *source, const char *name,
                       int header_count, const char *const *headers,
                       const char *const *header_names)
{
    struct _nvrtcProgram *p = calloc(1, sizeof(*p));

    if (!p || !source || !name || header_count || headers || header_names) {
        free(p);
        return INVALID_INPUT;
    }
    p->source = strdup(source);
    *program = p;
    return p->source ? OK : INVALID_INPUT;
}

int nvrtcDestroyProgram(struct _nvrtcProgram **program)
{
    free((*program)->source);
    free((*program)->ptx);
    free(*program);
    *program = NULL;
    return OK;
}

int nvrtcCompileProgram(struct _nvrtcProgram *program, int option_count,
                        const char *const *options)
{
    const char *error = strstr(program->source, "#error "), *ptx = strstr(program->source, MARK);
    int compute = 0;

    for (int i = 0; i < option_count; i++)
        if (strncmp(options[i], ARCH, strlen(ARCH)) == 0)
            compute = atoi(options[i] + strlen(ARCH));
    if (error || !compute || !ptx) {
        snprintf(program->log, sizeof(program->log), "error: %s", error ? error + 7 : "no target");
        return COMPILATION;
    }
    ptx += strlen(MARK);
    return asprintf(&program->ptx, ".version 6.0\n.target sm_%d\n.address_size 64\n%s", compute,
                    ptx) > 0 ? OK : INVALID_INPUT;
}

int nvrtcGetPTXSize(struct _nvrtcProgram *program, size_t *bytes)
{
    *bytes = program->ptx ? strlen(program->ptx) + 1 : 0;
    return OK;
}

int nvrtcGetPTX(struct _nvrtcProgram *program, char *ptx)
{
    memcpy(ptx, program->ptx, strlen(program->ptx) + 1);
    return OK;
}

int nvrtcGetProgramLogSize(struct _nvrtcProgram *program, size_t *bytes)
{
    *bytes = strlen(program->log) + 1;
    return OK;
}

int nvrtcGetProgramLog(struct _nvrtcProgram *program, char *log)
{
    memcpy(log, program->log, strlen(program->log) + 1);
    return OK;
}
