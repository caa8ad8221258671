/* SPDX-License-Identifier: MIT */
/* nvrtc.c - see nvrtc.h. */
#include "device/cuda/nvrtc.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define CODE_COMPILATION 6 /* NVRTC_ERROR_COMPILATION */

/* Fixed once loaded. */
static struct nvrtc {
#define MEMBER(name, parameters) int(*name) parameters;
    HUMI_NVRTC_FUNCTIONS(MEMBER)
#undef MEMBER
} nvrtc;

static const struct {
    const char *name;
    size_t member; /* offset in struct nvrtc */
} functions[] = {
#define ROW(name, parameters) {#name, offsetof(struct nvrtc, name)},
    HUMI_NVRTC_FUNCTIONS(ROW)
#undef ROW
};

/* ---- the library ----------------------------------------------------------------------------- */

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static void *library; /* guarded by load_lock */

static void *open_any(void)
{
    static const char *const names[] = {"libnvrtc.so.13",   "libnvrtc.so.12",   "libnvrtc.so.11.2",
                                        "libnvrtc.so.11.1", "libnvrtc.so.11.0", "libnvrtc.so"};
    const char *named = secure_getenv("HUM_NVRTC_LIBRARY");
    void *opened = NULL;

    if (named && *named)
        return dlopen(named, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; !opened && i < sizeof names / sizeof *names; i++)
        opened = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return opened;
}

static enum hum_status load(void)
{
    int major = 0, minor = 0;
    void *opened = open_any();

    if (!opened)
        return humi_fail(HUM_ERR_UNSUPPORTED, "there is no NVRTC to compile it (%s): install it, "
                                              "or build NAME.ptx with clang", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *address = dlsym(opened, functions[i].name);
        if (!address) {
            dlclose(opened);
            return humi_fail(HUM_ERR_UNSUPPORTED, "NVRTC lacks %s", functions[i].name);
        }
        memcpy((char *)&nvrtc + functions[i].member, &address, sizeof address);
    }
    library = opened;
    (void)nvrtc.nvrtcVersion(&major, &minor);
    humi_info("NVRTC %d.%d", major, minor);
    return HUM_OK;
}

static enum hum_status load_once(void)
{
    pthread_mutex_lock(&load_lock);
    enum hum_status status = library ? HUM_OK : load();
    pthread_mutex_unlock(&load_lock);
    return status;
}

/* ---- programs -------------------------------------------------------------------------------- */

static enum hum_status fail_with_log(struct _nvrtcProgram *program, const char *name, int code)
{
    enum hum_status status =
        code == CODE_COMPILATION ? HUM_ERR_MODULE : HUM_ERR_UNSUPPORTED;
    size_t bytes = 0;
    char *log = NULL;

    if (nvrtc.nvrtcGetProgramLogSize(program, &bytes) == 0 && bytes > 0)
        log = calloc(1, bytes + 1);
    if (log)
        (void)nvrtc.nvrtcGetProgramLog(program, log);
    status = humi_fail(status, "NVRTC cannot compile '%s' (code %d): %.300s", name, code,
                       log ? log : "");
    free(log);
    return status;
}

static enum hum_status read_ptx(struct _nvrtcProgram *program, const char *name, char **ptx_out)
{
    size_t bytes = 0;
    char *ptx = NULL;

    if (nvrtc.nvrtcGetPTXSize(program, &bytes) == 0 && bytes > 0)
        ptx = calloc(1, bytes + 1);
    if (!ptx || nvrtc.nvrtcGetPTX(program, ptx) != 0) {
        free(ptx);
        return humi_fail(HUM_ERR_NO_MEMORY, "no PTX of '%s' from NVRTC", name);
    }
    *ptx_out = ptx;
    return HUM_OK;
}

/* Nothing is fused: the same bits as the native form; 177: a function that is not used. */
enum hum_status humi_nvrtc_compile(const char *source, const char *name, int compute,
                                   char **ptx_out)
{
    char target[48];
    const char *options[] = {target, "--std=c++17", "--fmad=false", "--diag-suppress=177"};
    struct _nvrtcProgram *program = NULL;
    enum hum_status status = load_once();

    if (status != HUM_OK)
        return status;
    snprintf(target, sizeof target, "--gpu-architecture=compute_%d", compute);
    int code = nvrtc.nvrtcCreateProgram(&program, source, name, 0, NULL, NULL);
    if (code)
        return humi_fail(HUM_ERR_NO_MEMORY, "NVRTC takes no program (code %d)", code);
    code = nvrtc.nvrtcCompileProgram(program, (int)(sizeof options / sizeof *options), options);
    status = code ? fail_with_log(program, name, code) : read_ptx(program, name, ptx_out);
    (void)nvrtc.nvrtcDestroyProgram(&program);
    return status;
}
